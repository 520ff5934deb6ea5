"""What each head does on a picture, measured: how far it reaches, how much it gives [CLS], and the type that follows from it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vit_core.analysis import attention_distance, attention_entropy, patch_distances, weights_by_queries
from vit_core.trace import ViTTrace

KINDS = ("local", "row", "column", "[CLS]-bound", "global", "mixed")
PREFIX_SHARE = 0.5
LOCAL_SHARE = 0.4
LINE_LIFT = 3.0
GLOBAL_REACH = 0.9
NORM_FACTOR = 3.0
ONE_IN, ROOM = 50, 1.5


@dataclass(frozen=True, eq=False)
class HeadProfiles:
    """Measures `[layers, heads]` over all patch queries, and the type of each head.

    `distance` in pixels, `entropy` in bits; `prefix_mass` the share of attention on [CLS] and other tokens without a place. Of what goes to
    patches: `local_mass` the share on the 3×3 patches around the query, `row_mass` and `column_mass` the share on the query's own line.
    """

    distance: Float[Tensor, "layers heads"]
    entropy: Float[Tensor, "layers heads"]
    prefix_mass: Float[Tensor, "layers heads"]
    local_mass: Float[Tensor, "layers heads"]
    row_mass: Float[Tensor, "layers heads"]
    column_mass: Float[Tensor, "layers heads"]
    uniform_distance: float
    grid: tuple[int, int]

    @property
    def kinds(self) -> list[list[str]]:
        """The type of each head, by the first rule that holds.

        [CLS]-bound: half of the attention or more goes to tokens without a place. local: 40% or more of the rest stays within 3×3 patches.
        row, column: three times as much on the own line as even attention would give. global: reaches at least 90% as far as even
        attention. Otherwise mixed. The rules are ours.
        """
        rows, cols = self.grid

        def kind(prefix: float, local: float, row: float, column: float, distance: float) -> str:
            if prefix >= PREFIX_SHARE:
                return "[CLS]-bound"
            if local >= LOCAL_SHARE:
                return "local"
            lifts = {"row": row * rows, "column": column * cols}
            line = max(lifts, key=lifts.__getitem__)
            if lifts[line] >= LINE_LIFT:
                return line
            return "global" if distance >= GLOBAL_REACH * self.uniform_distance else "mixed"

        columns = [self.prefix_mass, self.local_mass, self.row_mass, self.column_mass, self.distance]
        table = torch.stack(columns, dim=-1).tolist()
        return [[kind(*values) for values in layer] for layer in table]


@torch.inference_mode()
def head_profiles(trace: ViTTrace) -> HeadProfiles:
    """Measure every head of every layer over the patches of all pictures in the trace."""
    layout = trace.layout
    rows, cols = layout.grid
    index = torch.arange(layout.num_patches)
    row, col = index // cols, index % cols
    near = ((row[:, None] - row).abs() <= 1) & ((col[:, None] - col).abs() <= 1)
    masks = {"local": near, "row": row[:, None] == row, "column": col[:, None] == col}
    found: dict[str, list[Tensor]] = {"prefix": [], "local": [], "row": [], "column": []}
    for layer in range(trace.depth):
        sums = dict.fromkeys(found, trace.tokens.new_zeros(()))
        for queries, weights in weights_by_queries(trace, layer, layout.patches):
            on_patches = weights[..., layout.patches]  # [B, heads, queries, N]
            mass = on_patches.sum(dim=-1)
            shares = on_patches / mass.clamp(min=1e-12)[..., None]
            first = queries.start - layout.num_prefix_tokens
            sums["prefix"] = sums["prefix"] + (1 - mass).sum(dim=(0, 2))
            for name, mask in masks.items():
                sums[name] = sums[name] + (shares * mask[first : first + mass.shape[-1]]).sum(dim=(0, 2, 3))
        for name, total in sums.items():
            found[name].append(total / (len(trace.tokens) * layout.num_patches))
    uniform = float(patch_distances(layout, trace.patch_size).mean())
    measures = {f"{name}_mass": torch.stack(values) for name, values in found.items()}
    return HeadProfiles(attention_distance(trace), attention_entropy(trace), **measures, uniform_distance=uniform, grid=(rows, cols))


@torch.inference_mode()
def high_norm_patches(trace: ViTTrace, layer: int | None = None) -> Bool[Tensor, "batch patches"]:
    """Patches whose residual stream is more than three times as long as the median patch's, at the end or where `layer` begins.

    Darcet et al. 2024 found such tokens in large models, in patches with little information, and call them artefacts.
    """
    norms = trace.resid(trace.depth if layer is None else layer)[:, trace.layout.patches].norm(dim=-1)
    return norms > NORM_FACTOR * norms.quantile(0.5, dim=-1, keepdim=True)


def colour_ceiling(weights: Float[Tensor, " patches"]) -> float:
    """The end of the colour scale of a map of attention weights.

    It is the largest weight, or, where few patches stand far above all others (attention sinks), one and a half times the largest that at
    most one patch in fifty exceeds. The rule is ours; the browser's is `ceilingOf` in `assets/components/kit/picture/colours.js`.
    """
    above = -(-len(weights) // ONE_IN)
    if above >= len(weights):
        return max(1e-12, float(weights.max()))
    best = weights.double().topk(above + 1).values
    most, rest = float(best[0]), float(best[-1])
    return max(1e-12, min(most, ROOM * rest) if rest > 0 else most)
