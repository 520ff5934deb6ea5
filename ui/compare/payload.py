"""Compare: what is selected beside a second model, picture or setting. Nothing is computed until it is opened."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from ui.kit.components import component
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import schema, session, view
from ui.state import selection as state
from ui.work import cached, models

if TYPE_CHECKING:
    from PIL.Image import Image

    from ui.state.selection import Selection
    from ui.work.cached import Analysis

Page = Literal["attention", "overview"]
KINDS = {"model": "Model", "picture": "Picture", "setting": "Setting"}
KEPT = "_compared"
NUMBERS = 1 << 22
"""Of the residual stream that is sent for one side: 8 MB in float16."""


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
    """The right side. Another model keeps the sizes if it takes them, and else begins at its own. ValueError if it cannot be read."""
    if kind == "picture":
        return Second(chosen.model, other, chosen.image_size, chosen.patch_size)
    if kind == "setting":
        size, patch = (int(part) for part in other.split("/"))
        return Second(chosen.model, chosen.picture, size, patch)
    sizes = models.sizes_of(cached.model(other).config)
    if chosen.image_size in sizes.image_sizes and chosen.patch_size in sizes.patch_sizes_for(chosen.image_size):
        return Second(other, chosen.picture, chosen.image_size, chosen.patch_size)
    size, patch = sizes.start
    said = f"It does not take {chosen.image_size} / {chosen.patch_size}: it is shown at {size} / {patch}, its own."
    return Second(other, chosen.picture, size, patch, (said,))


def picture_of(name: str) -> "Image":
    """A picture of this session by its id."""
    own = session.uploads().get(name)
    return own.image if own else cached.gallery_picture(name)


def section(page: Page) -> None:
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
        format_func=KINDS.get,
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
            st.info(
                f"There is no other {kind} “{state.quoted(other)}” here; {next(iter(found.values()))} is shown.", icon=":material/info:"
            )
        other = first_choice(kind, found)
    st.session_state["compare_second"] = other
    right.selectbox(
        f"The second {kind}",
        list(found),
        format_func=found.get,
        key="compare_second",
        on_change=lambda: choose(page, kind, st.session_state["compare_second"]),
    )
    draw(page, kind, other, found[other])


def first_choice(kind: str, found: dict[str, str]) -> str:
    """What stands on the right at first: the earliest moment of training, the next picture, half the patches along each side."""
    chosen = session.current()
    wider = f"{chosen.image_size}/{2 * chosen.patch_size}"
    return wider if kind == "setting" and wider in found else next(iter(found))


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
    titles = [names[kind], f"{second.image_size} / {second.patch_size}" if kind == "setting" else title]

    def build(here: "Analysis") -> bytes:
        make = attention_payload if page == "attention" else overview_payload
        return make(here, there, chosen.layer, differs=kind, titles=titles, said=list(second.said), sameRows=kind != "model")

    layer = chosen.layer if page == "attention" else ""
    component("compare")(key="compare", data=session.payload(f"compare {page} {second} {layer}", build))


def side_facts(analysis: "Analysis") -> dict:
    """What the browser says about one side."""
    from vit_core.readout import Answer

    trace = analysis.trace
    answer = Answer.of(trace, 5)
    return {**layout_facts(analysis.trace), "top": answer.top, "short": answer.short}


def attention_payload(here: "Analysis", there: "Analysis", layer: int, **facts) -> bytes:
    """q and k `[1, T, D]` in float16 of the chosen layer, and of the one at the same relative depth on the right; both pictures."""
    from vit_core.study.pairs import beside

    arrays, sides = {}, []
    layers = [min(layer, here.trace.depth - 1)]
    layers.append(beside(layers[0], here.trace.depth, there.trace.depth))
    for name, analysis, at in zip(("left", "right"), (here, there), layers, strict=True):
        block = analysis.trace.block(at)
        arrays |= {f"{name}_{part}": getattr(block, part)[0].transpose(0, 1).flatten(1).half().numpy()[None] for part in ("q", "k")}
        arrays[f"{name}_picture"] = picture_array(analysis.shown)
        sides.append({**side_facts(analysis), "layer": at})
    return pack(arrays, mode="attention", left=sides[0], right=sides[1], **facts)


def overview_payload(here: "Analysis", there: "Analysis", _layer: int, **facts) -> bytes:
    """The residual stream `[stages, T, D]` in float16 on both sides, before the first layer and after each; fewer where that is large."""
    from vit_core.study.pairs import beside

    largest = max(a.trace.layout.num_tokens * a.trace.config.embed_dim for a in (here, there))
    count = max(2, min(here.trace.depth + 1, NUMBERS // largest))
    stages = [round(at * here.trace.depth / (count - 1)) for at in range(count)]
    arrays, sides = {}, []
    for name, analysis in (("left", here), ("right", there)):
        own = [beside(stage, here.trace.depth + 1, analysis.trace.depth + 1) for stage in stages]
        arrays[f"{name}_stream"] = np.stack([analysis.trace.resid(stage)[0].half().numpy() for stage in own])
        arrays[f"{name}_picture"] = picture_array(analysis.shown)
        sides.append({**side_facts(analysis), "stages": own})
    return pack(arrays, mode="stream", left=sides[0], right=sides[1], **facts)
