"""The performance page's stage; what is chosen comes back through the strip, in `view`."""

from ui.kit.components import component
from ui.performance import payload


def stage() -> None:
    """Draw it: nothing in it depends on the picture."""
    component("performance")(key="performance", data=payload.stage())
