"""Features: in ten seconds, tokens that stand for the same thing have become alike, wherever they lie in the picture.

The person points at a patch and sees which others are like it, in any layer, and the directions in which patches differ most as colours.
"""

from functools import partial

from ui import shell
from ui.features import explained, page
from ui.kit import explain
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("features")
page.stage()
selection, trace = page.looked_at(), session.analysis().trace
explain.sections(
    formulas=partial(explained.formulas, trace, selection),
    code=explained.CODE,
    checks=partial(explained.checks, trace, selection),
    exports=[*explained.exports(trace, selection), web_page("features")],
    script=explained.script(trace, selection),
)
