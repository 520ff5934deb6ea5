"""Attention over the whole model: rollout, heads by depth, long tokens, and whether attention is importance."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from torch import from_numpy

from ui.kit import answers, components, figures
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session
from ui.work import jobs, later
from vit_core.study.occlusion import ORDERS, STEPS, curves_of, occlusion_values

if TYPE_CHECKING:
    from torch import Tensor

    from ui.work.cached import Analysis
    from vit_core import ViTTrace

VIEWS = ["Rollout", "Heads by depth", "Long tokens", "Is it importance?"]


def section() -> None:
    """A choice of views; only the open one is computed."""
    st.subheader("The whole model on this picture", anchor=False)
    view = st.segmented_control("View", VIEWS, default=VIEWS[0], required=True, label_visibility="collapsed", key="whole_model_view")
    {"Rollout": _rollout, "Heads by depth": _heads, "Long tokens": _norms, "Is it importance?": _importance}[view]()


def _rollout() -> None:
    left, middle, right = st.columns(3)
    fusion = left.segmented_control("Heads are fused by", ["mean", "max", "min"], default="mean", required=True, key="rollout_fusion")
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
    later.show(
        "rollout",
        f"rollout {fusion} {residual} {discard}",
        later.ROLLED_OUT * session.attention_weights(),
        partial(rollout_payload, fusion=fusion, residual=residual, discard=discard),
        partial(components.maps, key="rollout"),
        "Multiplying the attention of all layers",
    )


def _heads() -> None:
    later.show("heads", "heads", later.PROFILED * session.attention_weights(), heads_payload, components.heads, "Measuring every head")
    st.caption(
        "Commonly stated: early layers look near, late ones far. In fact the lowest layers of large ViTs hold both local and global heads, "
        "the highest only global ones; trained on little data, the lower layers fail to learn locality (Dosovitskiy et al. 2021, figures 7 and 11; "
        "Raghu et al. 2021, figures 3 and 4). The types are measured on this picture, by rules of ours: see the code of HeadProfiles.kinds."
    )


def _norms() -> None:
    components.maps(session.payload("norms", norms_payload), "norms")


def _importance() -> None:
    trace = session.analysis().trace
    reader = "[CLS] attends to" if trace.layout.cls is not None else "the patches, on average, attend to"
    st.markdown(
        "Attention says where a head reads. It does not say what the answer depends on: the values carry the content, the residual stream goes around "
        f"every head, and {trace.depth} layers mix. So test it: cover the patches that {reader} most in the last layer, and compare with random ones."
    )
    key, total = ("importance", *session.payload_key("")), (2 + ORDERS) * STEPS
    steps = partial(covered_by_attention, trace)
    if key not in jobs.finished and jobs.current(key) is None:
        st.button("Cover patches and run the model again", key="occlude", on_click=jobs.start, args=(key, steps, total))
        return
    jobs.watch(key, steps, total, session.macs(), partial(_curves, trace))


def covered_by_attention(trace: "ViTTrace") -> Iterator["Tensor"]:
    """What covering patches does to the answer, in the order of the last layer's attention of [CLS], or of all patches without one (mean)."""
    readers = trace.layout.patches if trace.layout.cls is None else trace.layout.cls
    return occlusion_values(trace, trace.attn_weights(trace.depth - 1, readers)[0].mean((0, 1))[trace.layout.patches])


def _curves(trace: "ViTTrace", values: np.ndarray) -> None:
    if np.isnan(values).all():  # an empty chart would have an axis of no meaning
        return
    top = answers.of_trace(trace, 1).top
    followed = f"probability of {top[0][0]}" if top else "cosine of the features to those of the whole picture"
    curves = curves_of(from_numpy(values), None)
    st.plotly_chart(
        figures.occlusion(*(part.numpy() for part in (curves.shares, curves.most, curves.least, curves.random)), followed), key="occlusion"
    )
    if np.isnan(values).any():
        return
    at = STEPS // 2
    st.caption(
        f"With {100 * float(curves.shares[at]):.0f}% of the patches covered: {float(curves.most[at]):.3f} when the most attended go first, "
        f"{float(curves.random[:, at].mean()):.3f} in random order (mean of {len(curves.random)}), {float(curves.least[at]):.3f} when the least "
        "attended go first. Covered patches take the picture's mean colour."
    )


def rollout_payload(analysis: "Analysis", fusion: str, residual: float, discard: float) -> bytes:
    """One map for each token: what it draws on, `[T, T]`, in float16."""
    from vit_core.analysis import rollout

    rows = rollout(analysis.trace, fusion, residual, discard)[0].numpy()
    note = (
        "Rollout multiplies the layers' attention, heads fused and the residual connection counted in: an estimate of how much of each input patch "
        "reaches a token of the last layer. Every row sums to 1."
    )
    arrays = {"maps": rows.astype(np.float16), "picture": picture_array(analysis.shown)}
    return pack(arrays, by="token", title="Rollout to", note=note, **layout_facts(analysis.trace))


def norms_payload(analysis: "Analysis") -> bytes:
    """The length of every token before each layer and at the end, `[L + 1, T]`, and which patches stand out."""
    from vit_core.study.heads import NORM_FACTOR, high_norm_patches

    trace = analysis.trace
    layers = range(trace.depth + 1)
    norms = np.stack([trace.resid(layer)[0].norm(dim=-1).numpy() for layer in layers])
    flags = np.stack([high_norm_patches(trace, layer)[0].numpy() for layer in layers]).astype(np.uint8)
    note = (
        f"Flagged: patches more than {NORM_FACTOR:g} times as long as the median. In large models about 2% of the tokens grow about ten times as long, "
        "in patches with little information; register tokens remove them (Darcet et al. 2024). Small models need not show any."
    )
    arrays = {"maps": norms.astype(np.float32), "flags": flags, "picture": picture_array(analysis.shown)}
    return pack(arrays, by="layer", title="Length of the tokens", note=note, **layout_facts(analysis.trace))


def heads_payload(analysis: "Analysis") -> bytes:
    """Every head's measures `[L * heads]` and type."""
    from vit_core.study.heads import head_profiles

    found = head_profiles(analysis.trace)
    names = {
        "distance": "distance",
        "entropy": "entropy",
        "prefix": "prefix_mass",
        "local": "local_mass",
        "row": "row_mass",
        "column": "column_mass",
    }
    arrays = {name: getattr(found, field).flatten().float().numpy() for name, field in names.items()}
    kinds = [kind for layer in found.kinds for kind in layer]
    return pack(arrays, kinds=kinds, uniform=found.uniform_distance, **layout_facts(analysis.trace))
