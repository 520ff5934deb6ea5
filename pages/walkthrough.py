"""Walkthrough: in ten seconds, nine steps lead from pixels to a prediction, and each shows the real numbers of your picture.

The person goes step by step, picks a patch or a number, sees what it is made of, and says beforehand what will happen.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.standalone.export import web_page
from ui.state import session
from ui.walkthrough import explained, page, payload, questions

shell.require()

shell.lead("walkthrough")
selection = session.current()
places = page.stage(selection)
step, trace = page.open_step(selection), session.analysis().trace
selection = payload.with_subject(selection, trace, session.opening().patch)
questions.section(selection, trace, step)
explain.sections(
    formulas=partial(explained.STEPS[step].formulas, trace, selection),
    code=explained.code_of(trace, step),
    checks=partial(explained.STEPS[step].checks, trace, selection),
    exports=[*explained.exports(trace, selection, step), web_page("walkthrough")],
    script=explained.script(trace, selection, step),
)
page.whole_program(trace, selection)
page.ahead(selection, places)
