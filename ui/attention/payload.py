"""What the attention page’s components are sent: q and k of every layer, and what is measured over the whole model."""

from typing import TYPE_CHECKING

import numpy as np

from ui.kit.payload import layout_facts, pack, picture_array
from vit_core.study.opening import opening

if TYPE_CHECKING:
    from ui.work.analysis import Analysis
    from vit_core.analysis import Fusion


IN_THE_TEXT = (5, 2)
"""Layer and head, from 0, of the example that the explained text takes: "Layer 6/12, Head 3/12"."""


def explorer(analysis: "Analysis") -> bytes:
    """q and k `[L, T, D]` and the log-sum-exp of every row `[L, heads, T]`, and the picture.

    In float32: what is printed from half precision would have a wrong fourth digit more often than a right one.
    """
    trace = analysis.trace
    layers = range(trace.depth)

    def by_token(name: str) -> np.ndarray:
        rows = [getattr(trace.block(layer), name)[0].transpose(0, 1).flatten(1).numpy() for layer in layers]
        return np.stack(rows)

    lse = np.stack([trace.block(layer).attention.log_sum_exp()[0].numpy() for layer in layers])
    arrays = {"q": by_token("q"), "k": by_token("k"), "lse": lse, "picture": picture_array(analysis.shown)}
    found, (layer, head) = opening(trace), IN_THE_TEXT
    text = [layer, head] if layer < trace.depth and head < trace.config.num_heads else None
    return pack(arrays, opening=[found.layer, found.head], text=text, **layout_facts(analysis.trace))


def rolled_out(analysis: "Analysis", fusion: "Fusion", residual: float, discard: float) -> bytes:
    """One map for each token: what it draws on, `[T, T]`."""
    from vit_core.analysis import rollout

    rows = rollout(analysis.trace, fusion, residual, discard)[0].numpy()
    note = (
        "Rollout multiplies the layers' attention, heads fused and the residual connection counted in: an estimate of how much "
        "of each input patch reaches a token of the last layer. Every row sums to 1."
    )
    arrays = {"maps": rows.astype(np.float32), "picture": picture_array(analysis.shown)}
    return pack(arrays, by="token", title="Rollout to", note=note, **layout_facts(analysis.trace))


def lengths(analysis: "Analysis") -> bytes:
    """The length of every token before each layer and at the end, `[L + 1, T]`, and which patches stand out."""
    from vit_core.study.heads import NORM_FACTOR, high_norm_patches

    trace = analysis.trace
    layers = range(trace.depth + 1)
    norms = np.stack([trace.resid(layer)[0].norm(dim=-1).numpy() for layer in layers])
    flags = np.stack([high_norm_patches(trace, layer)[0].numpy() for layer in layers]).astype(np.uint8)
    note = (
        f"Flagged: patches more than {NORM_FACTOR:g} times as long as the median. In DINOv2’s largest model 2.37% of the "
        "tokens are about ten times as long, in patches with little information, and OpenCLIP and DeiT-III have such tokens at B and L; "
        "register tokens remove them (Darcet et al. 2024, section 2.2). Small models need not show any."
    )
    arrays: dict[str, np.ndarray] = {"maps": norms.astype(np.float32), "flags": flags, "picture": picture_array(analysis.shown)}
    return pack(arrays, by="layer", title="Length of the tokens", note=note, **layout_facts(analysis.trace))


def head_measures(analysis: "Analysis") -> bytes:
    """Every head's measures `[L * heads]` and type, and the figures of those that are drawn, each by layer and by rank."""
    from ui.attention.charts import MEASURES, by_measure
    from ui.kit.charts import looks, packed
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
    figures = {f"{name} {along}": packed(by_measure(found, name, along)) for name in MEASURES for along in ("layer", "rank")}
    kinds = [kind for layer in found.kinds for kind in layer]
    return pack(arrays, kinds=kinds, figures=figures, looks=looks(), **layout_facts(analysis.trace))
