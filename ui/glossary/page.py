"""The glossary's stage; search and entry come back through the strip, in `view`."""

from ui.glossary import payload
from ui.kit.components import component
from ui.state import session


def stage() -> None:
    """Draw it, with the sizes of the current model and picture."""
    component("glossary")(key="glossary", data=payload.stage(session.analysis().trace))
