"""The patch embedding's stage, and the calculator of what an embedding costs."""

from ui.kit.components import component
from ui.patch_embedding import payload
from ui.patch_embedding.setting import Calculation
from ui.state import session


def stage() -> dict | None:
    """Draw it; comes back what the browser asks to have checked: patch, dimension, and the sum that it computed."""
    data = session.payload("patch_embedding", payload.stage)
    return component("patch_embedding")(key="patch_embedding", data=data, on_check_change=lambda: None).check


def calculator(calculation: Calculation) -> None:
    """Draw the calculator; what is set comes back through the strip, in `view`."""
    component("patch_embedding_calculator")(key="patch_calculator", data=payload.calculator(calculation))
