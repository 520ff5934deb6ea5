"""Memory: in ten seconds, a model's weights stay as they are while what it holds of a picture grows with its patches, or their square.

The person drags the resolution and sees which part of the memory grows, what fits on a device, and a measurement beside the prediction.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.memory_scaling import explained, measured, page
from ui.memory_scaling.setting import setting
from ui.standalone.export import web_page

shell.require()

shell.lead("memory_scaling")
page.stage()
now = setting()
measured.section(now)
explain.sections(
    formulas=partial(explained.formulas, now),
    code=explained.CODE,
    checks=partial(explained.checks, now),
    exports=[*explained.exports(now), web_page("memory_scaling")],
    script=explained.script(now),
)
