"""The choosing page: its guide, and the cards of what carries over to later works."""

from functools import partial

from ui.choosing import payload
from ui.kit.components import component
from ui.state import session
from ui.work import cached, watch
from ui.work.job import Macs


def guide() -> None:
    """Draw the guide; what is chosen comes back through the strip, in `view`."""
    component("choosing")(key="choosing", data=payload.guide())


def cards() -> None:
    """The cards, for the current picture and model."""

    def draw(data: bytes) -> None:
        component("choosing_next")(key="choosing_next", data=data)

    pairs, packed = payload.gallery_pairs(), payload.packed_pictures()
    build = partial(payload.carried_over, pairs=pairs, packed=packed, model=cached.model_names()[session.current().model])
    macs = Macs(payload.extra_macs(session.analysis().trace))
    watch.payload("choosing_next", "choosing next", macs, build, draw, "Running the model with other patch sizes")
