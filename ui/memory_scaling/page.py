"""The memory calculator; its setting comes back through the strip, in `view`."""

from ui.kit.components import component
from ui.memory_scaling import payload
from ui.memory_scaling.setting import configs
from ui.state import session
from ui.work import cached


def stage() -> None:
    """Draw it; what it is sent is made once for the app's model."""
    chosen = session.current().model
    data = cached.payload("memory", chosen, "", 0, 0, lambda: payload.stage(configs(chosen), chosen))
    component("memory_scaling")(key="memory", data=data)
