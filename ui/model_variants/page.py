"""The comparison of published models; what is picked comes back through the strip, in `view`."""

from ui.kit.components import component
from ui.model_variants import payload


def stage() -> None:
    """Draw it."""
    component("model_variants")(key="variants", data=payload.stage())
