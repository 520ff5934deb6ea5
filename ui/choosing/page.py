"""The choosing page: its guide, and the cards of what carries over to later works."""

from functools import partial

from ui.choosing import payload
from ui.kit.components import component
from ui.state import session
from ui.work import cached, watch
from ui.work.job import Macs

OTHER_PICTURES = 3


def guide() -> None:
    """Draw the guide; what is chosen comes back through the strip, in `view`."""
    component("choosing")(key="choosing", data=payload.guide())


def gallery_pairs() -> list[dict]:
    """The current picture and a few of the gallery with their titles."""
    chosen, others = session.current().picture, [p for p in cached.gallery().values() if p.id != session.current().picture][:OTHER_PICTURES]
    pairs = [{"title": session.picture_title(), "src": cached.thumbnail(chosen, session.picture)}]
    return pairs + [{"title": p.title, "src": cached.thumbnail(p.id, partial(cached.gallery_picture, p.id))} for p in others]


def packed_pictures() -> list[dict]:
    """The pictures of `gallery_pairs`, whole and in their own shape, with the rows and columns of their patches."""
    chosen = session.current().picture
    others = [(p.title, cached.gallery_picture(p.id)) for p in cached.gallery().values() if p.id != chosen][:OTHER_PICTURES]
    return [payload.in_whole_patches(title, image) for title, image in [(session.picture_title(), session.picture()), *others]]


def cards() -> None:
    """The cards, for the current picture and model."""

    def draw(data: bytes) -> None:
        component("choosing_next")(key="choosing_next", data=data)

    pairs, packed = gallery_pairs(), packed_pictures()
    build = partial(payload.carried_over, pairs=pairs, packed=packed, model=cached.model_names()[session.current().model])
    macs = Macs(payload.extra_macs(session.analysis().trace))
    watch.payload("choosing_next", "choosing next", macs, build, draw, "Running the model with other patch sizes")
