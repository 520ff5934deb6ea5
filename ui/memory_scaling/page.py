"""The memory calculator; its setting comes back through the strip, in `view`."""

from ui.kit.components import component
from ui.memory_scaling import payload


def stage() -> None:
    """Draw it."""
    component("memory_scaling")(key="memory", data=payload.stage())
