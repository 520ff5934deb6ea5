"""Variants: in ten seconds, all these models are one drawing at different widths and depths; most of their parameters are in the MLPs.

The person sorts them, puts up to four side by side, sees compute against accuracy, and builds one of their own.
"""

from ui import shell
from ui.kit import explain
from ui.model_variants import explained, page
from ui.standalone.export import web_page

shell.require()

shell.lead("model_variants")
page.stage()
explain.sections(
    formulas=explained.formulas,
    code=explained.CODE,
    checks=explained.checks,
    exports=[*explained.exports(), web_page("model_variants")],
    script=explained.script(),
)
