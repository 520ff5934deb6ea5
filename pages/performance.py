"""Performance: in ten seconds, the accuracy usually quoted for a model often belongs to another data set; data and recipe move it as much as size.

The person follows a model through the chart, reads every figure's source, and compares what is commonly stated with what is so.
"""

from ui import shell
from ui.kit import explain
from ui.performance import explained as performance_sections
from ui.performance import payload as performance

shell.require()

shell.lead("performance")
performance.stage(performance.payload())
explain.sections(
    formulas=performance_sections.formulas,
    code=performance_sections.CODE,
    checks=performance_sections.checks,
    exports=performance_sections.exports(),
    script=performance_sections.script(),
)
