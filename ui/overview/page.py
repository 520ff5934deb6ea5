"""The overview's stage: picture, tokens, flow and prediction."""

from ui.kit.components import component
from ui.overview import payload
from ui.state import session


def stage() -> None:
    """Draw it for the selection."""
    component("overview")(key="overview", data=session.payload("overview", payload.stage))
