"""Variants: in ten seconds, all these models are one drawing at different widths and depths; most of their parameters are in the MLPs.

The person sorts them, puts up to four side by side, sees compute against accuracy, and builds one of their own.
"""

from ui import shell
from ui.kit import explain
from ui.kit.components import component
from ui.model_variants import payload as model_variants

shell.require()

shell.lead("model_variants")
component("model_variants")(key="variants", data=model_variants.payload())
explain.sections(
    formulas=model_variants.formulas,
    code=model_variants.CODE,
    checks=model_variants.checks,
    exports=model_variants.exports(),
    script=model_variants.script(),
)
