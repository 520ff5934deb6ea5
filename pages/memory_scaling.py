"""Memory: in ten seconds, a model's weights stay as they are while what it holds of a picture grows with its patches, or their square.

The person drags the resolution and sees which part of the memory grows, what fits on a device, and a measurement beside the prediction.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.kit.components import component
from ui.memory_scaling import measured
from ui.memory_scaling import payload as memory_scaling
from ui.memory_scaling import setting as memory_setting

shell.require()

shell.lead("memory_scaling")
component("memory_scaling")(key="memory", data=memory_scaling.payload())
setting = memory_setting.setting()
measured.section(setting)
explain.sections(
    formulas=partial(memory_scaling.formulas, setting),
    code=memory_scaling.CODE,
    checks=partial(memory_scaling.checks, setting),
    exports=memory_scaling.exports(setting),
    script=memory_scaling.script(setting),
)
