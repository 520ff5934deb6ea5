"""The attention page: the explorer, and attention over the whole model: rollout, heads by depth, long tokens, whether it is importance."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from torch import from_numpy

from ui.attention import payload
from ui.attention.charts import importance
from ui.kit.charts import show_chart
from ui.kit.components import component
from ui.state import session
from ui.work import watch
from ui.work.job import Macs
from ui.work.jobs import jobs
from vit_core.readout import readout
from vit_core.study.occlusion import ORDERS, STEPS, curves_of, occlusion_values
from vit_core.study.perturbation import attention_on_patches

if TYPE_CHECKING:
    from torch import Tensor

    from vit_core import ViTTrace
    from vit_core.analysis import Fusion

VIEWS = ["Rollout", "Heads by depth", "Long tokens", "Is it importance?"]


def explorer() -> dict | None:
    """Draw the explorer; comes back what the browser asks to have checked: layer, head, query, key, and the weight that it computed."""
    return component("attention")(key="attention", data=session.payload("attention", payload.explorer), on_check_change=lambda: None).check


def maps(data: bytes, key: str) -> None:
    """Maps over the picture, one for each token or layer: array `maps`, optional `flags`, and the facts `by`, `title` and `note`."""
    component("attention_maps")(key=key, data=data)


def heads(data: bytes) -> None:
    """Every head as a dot by depth and measure."""
    component("attention_heads")(key="heads", data=data)


def whole_model() -> None:
    """A choice of views; only the open one is computed."""
    st.subheader("The whole model on this picture", anchor=False)
    view = st.segmented_control("View", VIEWS, default=VIEWS[0], required=True, label_visibility="collapsed", key="whole_model_view")
    {"Rollout": _rollout, "Heads by depth": _heads, "Long tokens": _norms, "Is it importance?": _importance}[view]()


def _rollout() -> None:
    left, middle, right = st.columns(3)
    fusions: list[Fusion] = ["mean", "max", "min"]
    fusion = left.segmented_control("Heads are fused by", fusions, default=fusions[0], required=True, key="rollout_fusion")
    residual = middle.slider(
        "Share of the residual",
        0.0,
        1.0,
        0.5,
        0.05,
        key="rollout_residual",
        help="½ stands for the residual connection beside the attention.",
    )
    discard = right.slider(
        "Discarded, the lowest",
        0.0,
        0.95,
        0.0,
        0.05,
        key="rollout_discard",
        help="The lowest weights of each row are dropped, and the row is scaled to 1 again.",
    )
    watch.payload(
        "rollout",
        f"rollout {fusion} {residual} {discard}",
        Macs(watch.ROLLED_OUT * session.attention_weights()),
        partial(payload.rolled_out, fusion=fusion, residual=residual, discard=discard),
        partial(maps, key="rollout"),
        "Multiplying the attention of all layers",
        alone=True,
    )


def _heads() -> None:
    work = Macs(watch.PROFILED * session.attention_weights())
    watch.payload("heads", "heads", work, payload.head_measures, heads, "Measuring every head", alone=True)
    st.caption(
        "Commonly stated: early layers look near, late ones far. On average they do; but the lowest layers of large ViTs hold both local "
        "and global heads, the highest only global ones; L/16 and H/14, trained on ImageNet alone, fail to learn locality in the lower "
        "layers (Dosovitskiy et al. 2021, section 4.5, figures 7 and 11; "
        "Raghu et al. 2021, figures 3 and 4). The types are measured on this picture, by rules of ours: see the code of HeadProfiles.kinds."
    )


def _norms() -> None:
    maps(session.payload("norms", payload.lengths), "norms")


def _importance() -> None:
    trace = session.analysis().trace
    st.markdown(importance_words(trace))
    key, total = ("importance", *session.payload_key("")), (2 + ORDERS) * STEPS
    steps = partial(covered_by_attention, trace)
    if jobs.result(key) is None and watch.followed(key) is None:
        st.button("Cover patches and run the model again", key="occlude", on_click=watch.start, args=(key, steps, total))
        return
    watch.runs(key, steps, total, Macs(total * session.macs()), partial(_curves, trace))


def importance_words(trace: "ViTTrace") -> str:
    """Why attention is not importance, and what the experiment does about it."""
    lead = readout(trace.config).lead
    return (
        "Attention says where a head reads. It does not say what the answer depends on: the values carry the content, the residual "
        "stream goes "
        f"around every head, and {trace.depth} layers mix. So test it: cover the patches that {lead.on_average} "
        f"{lead.does('attends', 'attend')} to most in the last layer, and compare with random ones."
    )


def covered_by_attention(trace: "ViTTrace") -> Iterator["Tensor"]:
    """What covering patches does to the answer, in the order of the last layer's attention of what reads it."""
    return occlusion_values(trace, attention_on_patches(trace, trace.depth - 1))


def _curves(trace: "ViTTrace", values: np.ndarray) -> None:
    if np.isnan(values).all():  # an empty chart would have an axis of no meaning
        return
    show_chart(importance(trace, values), "occlusion")
    if np.isnan(values).any():
        return
    curves = curves_of(from_numpy(values), None)
    at = STEPS // 2
    st.caption(
        f"With {100 * float(curves.shares[at]):.0f}% of the patches covered: {float(curves.most[at]):.3f} when the most attended go first, "
        f"{float(curves.random[:, at].mean()):.3f} in random order (mean of {len(curves.random)}), {float(curves.least[at]):.3f} "
        "when the least attended go first. Covered patches take the picture's mean colour."
    )
