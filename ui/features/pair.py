"""Two pictures side by side: one layer's rows of both, and for each patch the one most like it in the other picture."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import torch

from ui.compare.setting import first_choice, options
from ui.features.payload import Places, at_length_one, rows_of
from ui.features.setting import Setting
from ui.kit.components import component
from ui.kit.latex import four
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session, view
from ui.state.selection import Selection, quoted
from ui.work import cached, watch
from ui.work.job import Macs
from vit_core.study.features import Matches, best_matches

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace


def asked(chosen: Selection) -> str:
    """The id of the second picture."""
    found, said = options("picture"), view.read("features_pair", chosen.view, "other")
    return said if said in found else first_choice("picture", found)


def second_picture(chosen: Selection) -> tuple[str, str, "Image"]:
    """The choice of the second picture: its id, what it is called, and it."""
    found, said = options("picture"), view.read("features_pair", chosen.view, "other")
    name = asked(chosen)
    if said and said != name:
        st.info(f"There is no other picture “{quoted(said)}” here; {found[name]} is shown.", icon=":material/info:")
    st.session_state["features_other"] = name

    def change() -> None:
        session.change(view=view.changed("features_pair", session.current().view, {"other": st.session_state["features_other"]}))

    st.selectbox("The second picture", list(found), format_func=lambda one: found.get(one, one), key="features_other", on_change=change)
    return name, found[name], image_of(name)


def image_of(name: str) -> "Image":
    """A picture of this session by its id."""
    own = session.uploads().get(name)
    return own.image if own else cached.gallery_picture(name)


def other_analysis(chosen: Selection, name: str, image: "Image") -> "Analysis":
    """The model's trace of the second picture, at the sizes of the first."""
    return cached.analysis(chosen.model, name, chosen.image_size, chosen.patch_size, image)


def matched(one: "Tensor", other: "Tensor") -> tuple[Matches, Matches]:
    """Each patch's best match in the other picture, and back."""
    return best_matches(one, other), best_matches(other, one)


def mutual(there: Matches, back: Matches) -> "Tensor":
    """Whether each patch is the best match of its own best match, `[patches]`."""
    return back.index[there.index] == torch.arange(len(there.index))


def patches_of(trace: "ViTTrace", layer: int, here: Setting, places: Places) -> "Tensor":
    """The patches' rows that are looked at."""
    return rows_of(trace, layer, here, places)[trace.layout.patches]


def payload(analysis: "Analysis", other: "Analysis", subject: int, layer: int, here: Setting, places: Places, titles: list[str]) -> bytes:
    """Both pictures, their patches' rows at length 1, and the matches both ways."""
    one, two = (patches_of(side.trace, layer, here, places) for side in (analysis, other))
    there, back = matched(one, two)
    arrays = {"rows": at_length_one(one), "others": at_length_one(two)}
    arrays |= {"there": there.index.numpy().astype(np.int32), "back": back.index.numpy().astype(np.int32)}
    arrays |= {"cosines": there.cosine.float().numpy()}
    arrays |= {"picture": picture_array(analysis.shown), "other": picture_array(other.shown)}
    facts = {"subject": subject, "layer": layer, "rows": here.rows, "content": here.content, "titles": titles}
    return pack(arrays, **facts, **layout_facts(analysis.trace))


def stage(analysis: "Analysis", subject: int, chosen: Selection, here: Setting, places: Places, more: int) -> None:
    """The choice of the second picture, and both."""
    name, title, image = second_picture(chosen)
    trace = analysis.trace
    layer, count = min(chosen.layer, trace.depth - 1), trace.layout.num_patches
    titles = [session.picture_title(), title]

    def build(first: "Analysis") -> bytes:
        return payload(first, other_analysis(chosen, name, image), subject, layer, here, places, titles)

    work = Macs(session.macs() + more + 2 * count**2 * trace.config.embed_dim)
    draw = partial(component("features_pair"), key="features_pair")
    what = "Running the model on the second picture"
    watch.payload("features_pair", f"features pair {name} {here.name} {layer}", work, build, lambda data: draw(data=data), what)


def formulas(trace: "ViTTrace", chosen: Selection, here: Setting, places: Places, more: int) -> list[tuple[str, str]]:
    """What a best match is, and how many are mutual."""
    if more:
        return []
    name = asked(chosen)
    layer = min(chosen.layer, trace.depth - 1)
    one, two = (patches_of(side, layer, here, places) for side in (trace, other_analysis(chosen, name, image_of(name)).trace))
    there, back = matched(one, two)
    first, count = trace.layout.num_prefix_tokens, int(mutual(there, back).sum())
    patch = max(0, chosen.token - first)
    return [
        (
            f"**Best match.** Of the other picture’s patches the one whose row points most the same way; of {trace.layout.num_patches}, "
            f"{count} are mutual: each the best match of its own best match. Here of {trace.layout.name(first + patch)}.",
            rf"\max_{{z'}}\ \cos(z, z') = \max_{{z'}}\ \frac{{z\cdot z'}}{{|z|\,|z'|}} = {four(float(there.cosine[patch]))}",
        )
    ]
