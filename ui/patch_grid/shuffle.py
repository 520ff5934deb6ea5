"""The same patches in another order: what the model says of them, with its positions and without."""

import numpy as np
import streamlit as st
import torch

from ui.kit.components import component
from ui.kit.payload import jpeg, pack
from ui.patch_grid.setting import FITS, Setting
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from vit_core import images, preprocess
from vit_core.study.effect import Answer
from vit_core.study.embedding import reading_edits

STATE = "_patch_shuffle"
MAX_TOKENS = 1100


@st.fragment
def section(selection: Selection, setting: Setting) -> None:
    """The picture in order and shuffled; the button runs the model three more times."""
    here = (selection.picture, selection.model, setting)
    where, seed = st.session_state.get(STATE, (None, 0))
    seed = seed if where == here else 0

    def shuffle() -> None:
        asked = st.session_state["patch_shuffle"].get("shuffle")
        if type(asked) is int and 0 < asked < 10**6:
            st.session_state[STATE] = (here, asked)

    kind = f"patch_shuffle {setting.size} {setting.patch} {setting.fit} {seed}"
    data = session.payload(kind, lambda _: payload(selection, setting, seed))
    component("patch_grid_shuffle")(key="patch_shuffle", data=data, on_shuffle_change=shuffle)


def order_of(seed: int, count: int) -> torch.Tensor:
    """A random order of `count` patches."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def payload(selection: Selection, setting: Setting, seed: int) -> bytes:
    """The model's own picture, this order and the next one's; once a shuffle was asked for (`seed` above 0), the four answers."""
    picture, model = session.picture(), cached.model(selection.model)
    shape = setting.shape((picture.height, picture.width))
    layout = model.config.layout(model.config.check_sizes(shape, setting.patch))
    pixels = preprocess(picture, model, image_size=shape, fit=FITS[setting.fit])
    order, following = order_of(seed, layout.num_patches), order_of(seed + 1, layout.num_patches)
    allowed = layout.num_tokens <= MAX_TOKENS
    said, drift = four_answers(model, pixels, setting.patch, order) if seed and allowed else ([], 0.0)
    shown = jpeg(images.to_image(pixels, model.config.preprocessing))
    arrays = {
        "picture": np.frombuffer(shown, dtype=np.uint8),
        "order": order.numpy().astype(np.int32),
        "following": following.numpy().astype(np.int32),
    }
    return pack(
        arrays,
        grid=list(layout.grid),
        seed=seed,
        allowed=allowed,
        most=MAX_TOKENS,
        tokens=layout.num_tokens,
        answers=said,
        drift=drift,
        features=not model.config.num_classes,
    )


def four_answers(model, pixels: torch.Tensor, patch_size: int, order: torch.Tensor) -> tuple[list, float]:
    """`[with positions, without][in order, shuffled]`: the likeliest class and its probability; and how far the logits without positions differ.

    Without a head: the cosine of the features to those in order with positions.
    """
    traces = [
        [model(pixels, patch_size, edits=reading_edits(model.config, place, placed)) for place in (None, order)] for placed in (True, False)
    ]
    drift = float((traces[1][0].logits - traces[1][1].logits).abs().max())
    if not model.config.num_classes:
        return [[["cosine", float(Answer.of(traces[0][0]).left(trace)[0])] for trace in row] for row in traces], drift
    return [[list(trace.top_k(1)[0]) for trace in row] for row in traces], drift
