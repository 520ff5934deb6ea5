"""Walkthrough: in ten seconds, nine steps lead from pixels to a prediction, and each shows the real numbers of your picture.

The person goes step by step, picks a patch or a number, sees what it is made of, and says beforehand what will happen.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.state import session
from ui.walkthrough import page as walkthrough
from ui.walkthrough import questions as walkthrough_questions
from ui.walkthrough import steps as walkthrough_steps

shell.require()

shell.lead("walkthrough")
selection = session.current()
places = walkthrough.stage(selection)
step, trace = walkthrough.open_step(selection), session.analysis().trace
walkthrough_questions.section(selection, trace, step)
explain.sections(
    formulas=partial(walkthrough_steps.STEPS[step].formulas, trace, selection),
    code=walkthrough_steps.code_of(trace, step),
    checks=partial(walkthrough_steps.STEPS[step].checks, trace, selection),
    exports=walkthrough_steps.exports(trace, selection, step),
    script=walkthrough_steps.script(trace, selection, step),
)
walkthrough.whole_program(trace, selection)
walkthrough.ahead(selection, places)
