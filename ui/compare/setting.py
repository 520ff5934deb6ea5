"""What is set of a comparison: what differs, what can stand on the right, and what then is computed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from ui.state import schema, session, view
from ui.state.selection import sizes_of
from ui.work import cached

if TYPE_CHECKING:
    from ui.state.selection import Selection


Page = Literal["attention", "overview"]
KINDS = {"model": "Model", "picture": "Picture", "setting": "Setting"}
KEPT, BROUGHT = "_compared", "_compared_at_once"


@dataclass(frozen=True)
class Second:
    """The right side: everything that it is computed from. `said` are sentences about what had to differ besides."""

    model: str
    picture: str
    image_size: int
    patch_size: int
    said: tuple[str, ...] = ()


def asked(page: Page) -> tuple[str, str] | None:
    """What differs, and the second one's id, as the link says; None while nothing is compared.

    A change that the browser sent before it knew of the comparison lacks it: it is put back.
    """
    said, kept = session.current().view, st.session_state.setdefault(KEPT, {})
    vs = view.read("compare", said, "vs")
    if vs is None:
        if page in kept:
            session.change(view=view.changed("compare", said, kept[page]))
            st.rerun()
        return None
    kept[page] = {name: value for name, value in view.values(said).items() if name in schema.entry_of("compare")["keys"]}
    return vs[0], vs[1]


def choose(page: Page, kind: str | None, second: str = "") -> None:
    """Compare with another one, or close the comparison."""
    if kind is None:
        st.session_state.get(KEPT, {}).pop(page, None)
    changes = {"vs": [kind, second]} if kind else dict.fromkeys(schema.entry_of("compare")["keys"])
    session.change(view=view.changed("compare", session.current().view, changes))


def bring(page: Page, second: str) -> None:
    """Let the page open with a second model beside the chosen one, and the comparison in sight."""
    session.prepare(page, view.changed("compare", "", {"vs": ["model", second]}))
    count = st.session_state.get(BROUGHT, (0,))[0]
    st.session_state[BROUGHT] = (count + 1, session.current().model, second)


def brought(kind: str, second: str) -> int:
    """Which of the comparisons that were brought this one is; 0 for one that somebody set by hand."""
    count, *models = st.session_state.get(BROUGHT, (0, "", ""))
    return count if kind == "model" and models == [session.current().model, second] else 0


def options(kind: str) -> dict[str, str]:
    """What can stand on the right: ids and names, without what stands on the left."""
    chosen = session.current()
    if kind == "model":
        return {name: title for name, title in cached.model_names().items() if name != chosen.model}
    if kind == "picture":
        pictures = {picture.id: picture.title for picture in cached.gallery().values()} | {
            upload.id: upload.name for upload in session.uploads().values()
        }
        return {name: title for name, title in pictures.items() if name != chosen.picture}
    sizes = session.limits(chosen.model).sizes
    pairs = [(size, patch) for size in sizes.image_sizes for patch in sizes.patch_sizes_for(size)]
    return {
        f"{s}/{p}": f"{s} px / {p} px → {s // p} × {s // p} patches" for s, p in pairs if (s, p) != (chosen.image_size, chosen.patch_size)
    }


def second_of(kind: str, other: str, chosen: "Selection") -> Second:
    """The right side. Another model keeps the sizes if it takes them, but a patch size that it was not trained with, and else begins at its
    own. ValueError if it cannot be read."""
    if kind == "picture":
        return Second(chosen.model, other, chosen.image_size, chosen.patch_size)
    if kind == "setting":
        size, patch = (int(part) for part in other.split("/"))
        return Second(chosen.model, chosen.picture, size, patch)
    config = cached.model(other).config
    sizes, own = sizes_of(config), config.patch_size
    if not config.flexible and own != chosen.patch_size and own in sizes.patch_sizes_for(chosen.image_size):
        return Second(other, chosen.picture, chosen.image_size, own, (f"It was trained with patches of {own} px, and is shown with them.",))
    if chosen.image_size in sizes.image_sizes and chosen.patch_size in sizes.patch_sizes_for(chosen.image_size):
        return Second(other, chosen.picture, chosen.image_size, chosen.patch_size)
    size, patch = sizes.start
    said = f"It does not take {chosen.image_size} / {chosen.patch_size}: it is shown at {size} / {patch}, its own."
    return Second(other, chosen.picture, size, patch, (said,))


def first_choice(kind: str, found: dict[str, str]) -> str:
    """What stands on the right at first: the other bundled model or the earliest moment of training, the next picture, half the patches
    along each side."""
    chosen = session.current()
    wider = f"{chosen.image_size}/{2 * chosen.patch_size}"
    return wider if kind == "setting" and wider in found else next(iter(found))
