"""Attention over the whole model: rollout, heads by depth, long tokens, and whether attention is importance."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui import answers, cached, components, figures, session

if TYPE_CHECKING:
    from ui.cached import Analysis

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
        "Share of the residual", 0.0, 1.0, 0.5, 0.05, key="rollout_residual", help="½ stands for the residual connection beside the attention."
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
    payload = session.payload(f"rollout {fusion} {residual} {discard}", lambda analysis: rollout_payload(analysis, fusion, residual, discard))
    components.maps(payload, "rollout")


def _heads() -> None:
    components.heads(session.payload("heads", heads_payload))
    st.caption(
        "Commonly stated: early layers look near, late ones far. In fact the lowest layers of large ViTs hold both local and global heads, "
        "the highest only global ones; trained on little data, the lower layers fail to learn locality (Dosovitskiy et al. 2021, figures 7 and 11; "
        "Raghu et al. 2021, figures 3 and 4). The types are measured on this picture, by rules of ours: see the code of HeadProfiles.kinds."
    )


def _norms() -> None:
    components.maps(session.payload("norms", norms_payload), "norms")


@st.fragment
def _importance() -> None:
    trace = session.analysis().trace
    reader = "[CLS] attends to" if trace.layout.cls is not None else "the patches, on average, attend to"
    st.markdown(
        "Attention says where a head reads. It does not say what the answer depends on: the values carry the content, the residual stream goes around "
        f"every head, and {trace.depth} layers mix. So test it: cover the patches that {reader} most in the last layer, and compare with random ones."
    )
    if st.button("Cover patches and run the model again", key="occlude"):
        st.session_state["_occluded"] = session.current()
    here, done = session.current(), st.session_state.get("_occluded")
    same = done is not None and all(getattr(done, name) == getattr(here, name) for name in ("picture", "model", "image_size", "patch_size"))
    if same:
        curves = cached.occlusion(here.model, here.picture, here.image_size, here.patch_size, session.analysis())
        top = answers.of_trace(trace, 1).top
        followed = f"probability of {top[0][0]}" if top else "cosine of the features to those of the whole picture"
        arrays = [values.numpy() for values in (curves.shares, curves.most, curves.least, curves.random)]
        st.plotly_chart(figures.occlusion(*arrays, followed), key="occlusion")
        steps, random_mean = curves.shares.tolist(), curves.random.mean(0)
        at = len(steps) // 2
        st.caption(
            f"With {100 * steps[at]:.0f}% of the patches covered: {float(curves.most[at]):.3f} when the most attended go first, "
            f"{float(random_mean[at]):.3f} in random order (mean of {len(curves.random)}), {float(curves.least[at]):.3f} when the least "
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
    arrays = {"maps": rows.astype(np.float16), "picture": components.picture_array(analysis)}
    return components.pack(arrays, by="token", title="Rollout to", note=note, **components.layout_facts(analysis))


def norms_payload(analysis: "Analysis") -> bytes:
    """The length of every token before each layer and at the end, `[L + 1, T]`, and which patches stand out."""
    from vit_core.heads import NORM_FACTOR, high_norm_patches

    trace = analysis.trace
    layers = range(trace.depth + 1)
    norms = np.stack([trace.resid(layer)[0].norm(dim=-1).numpy() for layer in layers])
    flags = np.stack([high_norm_patches(trace, layer)[0].numpy() for layer in layers]).astype(np.uint8)
    note = (
        f"Flagged: patches more than {NORM_FACTOR:g} times as long as the median. In large models about 2% of the tokens grow about ten times as long, "
        "in patches with little information; register tokens remove them (Darcet et al. 2024). Small models need not show any."
    )
    arrays = {"maps": norms.astype(np.float32), "flags": flags, "picture": components.picture_array(analysis)}
    return components.pack(arrays, by="layer", title="Length of the tokens", note=note, **components.layout_facts(analysis))


def heads_payload(analysis: "Analysis") -> bytes:
    """Every head's measures `[L * heads]` and type."""
    from vit_core.heads import head_profiles

    found = head_profiles(analysis.trace)
    names = {"distance": "distance", "entropy": "entropy", "prefix": "prefix_mass", "local": "local_mass", "row": "row_mass", "column": "column_mass"}
    arrays = {name: getattr(found, field).flatten().float().numpy() for name, field in names.items()}
    kinds = [kind for layer in found.kinds for kind in layer]
    return components.pack(arrays, kinds=kinds, uniform=found.uniform_distance, **components.layout_facts(analysis))
