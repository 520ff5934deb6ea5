"""Patch embedding: in ten seconds, a patch becomes a token by one multiplication with one matrix, and each number of it is a dot product.

The person picks a patch and an output, sees the sum term by term, what the embedding keeps of the picture, and what all this costs.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.kit.components import component
from ui.patch_embedding import calculator as patch_calculator
from ui.patch_embedding import payload as patch_embedding
from ui.state import session

shell.require()

shell.lead("patch_embedding")
result = component("patch_embedding")(
    key="patch_embedding", data=session.payload("patch_embedding", patch_embedding.payload), on_check_change=lambda: None
)
selection, trace = session.current(), session.analysis().trace
calculation = patch_calculator.calculation_of(selection)
component("patch_embedding_calculator")(key="patch_calculator", data=patch_calculator.data(calculation))
patch = patch_embedding.chosen(trace, selection)
explain.sections(
    formulas=partial(patch_embedding.formulas, trace, patch, calculation),
    code=patch_embedding.CODE,
    checks=partial(patch_embedding.checks, trace, patch, session.last_check(result.check), calculation),
    exports=patch_embedding.exports(trace, selection, patch),
    script=patch_embedding.script(selection, patch),
)
