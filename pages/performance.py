"""Performance: in ten seconds, the accuracy usually quoted for a model often belongs to another data set; data and recipe move it as much
as size.

The person follows a model through the chart, reads every figure's source, and compares what is commonly stated with what is so.
"""

from ui import shell
from ui.kit import explain
from ui.performance import explained, page
from ui.standalone.export import web_page

shell.require()

shell.lead("performance")
page.stage()
explain.sections(
    formulas=explained.formulas,
    code=explained.CODE,
    checks=explained.checks,
    exports=[*explained.exports(), web_page("performance")],
    script=explained.script(),
)
