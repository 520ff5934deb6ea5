"""Patch embedding: in ten seconds, a patch becomes a token by one multiplication with one matrix, and each number of it is a dot product.

The person picks a patch and an output, sees the sum term by term, what the embedding keeps of the picture, and what all this costs.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.patch_embedding import explained, page
from ui.patch_embedding.setting import calculation_of, chosen, chosen_output
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("patch_embedding")
asked = page.stage()
selection, trace = session.current(), session.analysis().trace
calculation = calculation_of(selection)
page.calculator(calculation)
patch, output = chosen(trace, selection), chosen_output(trace, selection)
explain.sections(
    formulas=partial(explained.formulas, trace, patch, calculation, output),
    code=explained.CODE,
    checks=partial(explained.checks, trace, patch, session.last_check(asked), calculation, output),
    exports=[*explained.exports(trace, selection, patch), web_page("patch_embedding")],
    script=explained.script(selection, patch, output),
)
