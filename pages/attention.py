"""Attention: in ten seconds, each patch asks a question, and every head answers it differently, with weights that sum to one.

The person moves over the picture and sees all heads answer at once, and how one weight is computed.
"""

from functools import partial

from ui import shell
from ui.attention import explained, page
from ui.compare.page import comparison
from ui.kit import explain
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("attention")
asked = page.explorer()
page.whole_model()
comparison("attention")
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(explained.formulas, trace, selection),
    code=explained.CODE,
    checks=partial(explained.checks, trace, selection, session.last_check(asked)),
    exports=[*explained.exports(trace, selection), web_page("attention")],
    script=explained.script(trace, selection),
)
