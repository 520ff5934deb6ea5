"""Overview: in half a minute, a picture is cut into patches, each becomes a token, twelve blocks mix them, and one token answers.

A story that plays by itself tells it; below, the person sees the same at once, patch by patch, and where each stage is explained.
"""

from functools import partial

from ui import shell
from ui.compare.page import comparison
from ui.kit import explain
from ui.overview import explained, page
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("overview")
page.story()
page.onward()
with page.folded() as fold:
    if fold.open:
        page.stage()
        comparison("overview")
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(explained.formulas, trace, selection.token),
    code=explained.CODE,
    checks=partial(explained.checks, trace, selection.token),
    exports=[*explained.exports(trace, selection), web_page("overview")],
    script=explained.script(selection, trace.config.num_classes, trace.depth),
)
