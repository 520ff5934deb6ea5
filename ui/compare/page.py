"""The comparison on the overview and the attention page: what is selected beside a second model, picture or setting."""

from typing import TYPE_CHECKING

import streamlit as st

from ui.compare import payload
from ui.compare.setting import KINDS, Page, asked, brought, choose, first_choice, options, second_of
from ui.kit.components import component
from ui.state import session
from ui.state.selection import quoted
from ui.work import cached

if TYPE_CHECKING:
    from PIL.Image import Image

    from ui.work.analysis import Analysis


def picture_of(name: str) -> "Image":
    """A picture of this session by its id."""
    own = session.uploads().get(name)
    return own.image if own else cached.gallery_picture(name)


def comparison(page: Page) -> None:
    """The switch; once it is on, the choice of the second one and the two side by side."""
    now = asked(page)
    st.session_state["comparing"] = now is not None
    st.toggle(
        "**Compare** with another model, picture or setting",
        key="comparing",
        on_change=lambda: choose(page, "model" if st.session_state["comparing"] else None),
    )
    if now is None:
        return
    kind, other = now
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    st.session_state["compare_kind"] = kind
    left.segmented_control(
        "What differs",
        list(KINDS),
        format_func=KINDS.__getitem__,
        key="compare_kind",
        required=True,
        on_change=lambda: choose(page, st.session_state["compare_kind"]),
    )
    found = options(kind)
    if not found:
        st.info(f"There is only one {kind} here: nothing to compare it with.", icon=":material/info:")
        return
    if other not in found:
        if other:
            st.info(f"There is no other {kind} “{quoted(other)}” here; {next(iter(found.values()))} is shown.", icon=":material/info:")
        other = first_choice(kind, found)
    st.session_state["compare_second"] = other
    right.selectbox(
        f"The second {kind}",
        list(found),
        format_func=lambda name: found.get(name, name),
        key="compare_second",
        on_change=lambda: choose(page, kind, st.session_state["compare_second"]),
    )
    draw(page, kind, other, found[other])


def draw(page: Page, kind: str, other: str, title: str) -> None:
    """Both sides, packed once for what they show."""
    chosen = session.current()
    try:
        second = second_of(kind, other, chosen)
        there = cached.analysis(second.model, second.picture, second.image_size, second.patch_size, picture_of(second.picture))
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return
    names = {
        "model": cached.model_names()[chosen.model],
        "picture": session.picture_title(),
        "setting": f"{chosen.image_size} / {chosen.patch_size}",
    }
    at_once = brought(kind, other)
    titles = [names[kind], f"{second.image_size} / {second.patch_size}" if kind == "setting" else title]

    def build(here: "Analysis") -> bytes:
        make = payload.attention if page == "attention" else payload.overview
        facts = {"differs": kind, "titles": titles, "said": list(second.said), "sameRows": kind != "model", "brought": at_once}
        return make(here, there, chosen.layer, **facts)

    layer = chosen.layer if page == "attention" else ""
    component("compare")(key="compare", data=session.payload(f"compare {page} {second} {layer} {at_once}", build))
