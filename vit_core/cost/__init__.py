"""What a model costs, in closed form and in exact integers: parameters and multiply-accumulates; bytes are in `vit_core.cost.activations`.

`vit_core.cost.measure` checks them. Symbols: N patches, n tokens (patches and prefix), D width, M the MLP's hidden width, a heads, L
layers, K classes, P patch size, k side of the stored patch kernel, C colour channels. Sizes default to the configuration's own.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from vit_core.config import ViTConfig
from vit_core.cost.activations import (
    Attention,
    MemoryCount,
    inference_peak,
    largest_batch,
    largest_size,
    memory,
    saved_activations,
    trace_bytes,
)
from vit_core.cost.shapes import MLP_MATRICES, Size, layout, side, tokens
from vit_core.cost.states import Optimizer
from vit_core.readout import readout

__all__ = [
    "Attention",
    "BlockParameters",
    "Breakdown",
    "LayerMacs",
    "MacCount",
    "MemoryCount",
    "Optimizer",
    "ParameterCount",
    "Size",
    "inference_peak",
    "largest_batch",
    "largest_size",
    "layout",
    "macs",
    "memory",
    "parameters",
    "saved_activations",
    "side",
    "tokens",
    "tokens_where_attention_is_half",
    "trace_bytes",
]


@dataclass(frozen=True)
class Breakdown:
    """A count made of named parts."""

    def parts(self) -> dict[str, int]:
        """Name to count, in the order of the forward pass; the parts of a block are summed over all layers. They add up to `total`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def total(self) -> int:
        return sum(self.parts().values())


class ModelBreakdown(Breakdown):
    """A count of a whole model: `block` is one layer's, `depth` the number of layers."""

    if TYPE_CHECKING:  # each count says itself where among its parts they stand

        @property
        def depth(self) -> int: ...

        @property
        def block(self) -> Breakdown: ...

    def parts(self) -> dict[str, int]:
        parts: dict[str, int] = {}
        for name, value in super().parts().items():
            if name == "block":
                parts |= {part: self.depth * count for part, count in self.block.parts().items()}
            elif name != "depth":
                parts[name] = value
        return parts

    @property
    def blocks(self) -> int:
        """All layers together."""
        return self.depth * self.block.total


@dataclass(frozen=True)
class BlockParameters(Breakdown):
    """Learned numbers of one block: D(3D + 3) if biased, D(D + 1), 2DM + M + D (SwiGLU: 3DM + 2M + D), 4D, 2D if scaled."""

    qkv: int
    projection: int
    mlp: int
    norms: int
    layer_scale: int


@dataclass(frozen=True)
class ParameterCount(ModelBreakdown):
    """Learned numbers of a model."""

    patch_embed: int
    class_token: int
    distill_token: int
    registers: int
    mask_token: int
    positions: int
    pre_norm: int
    block: BlockParameters
    depth: int
    final_norm: int
    head: int


@dataclass(frozen=True)
class LayerMacs(Breakdown):
    """Multiply-accumulates of one layer: 3nD², n²D, n²D, nD², 2nDM (SwiGLU: 3nDM)."""

    qkv: int
    scores: int
    weighted_values: int
    projection: int
    mlp: int

    @property
    def attention_core(self) -> int:
        """Scores and weighted values: what is quadratic in the tokens."""
        return self.scores + self.weighted_values

    @property
    def attention_share(self) -> float:
        """The core's share of the layer, 0 to 1; n / (6D + n) where M = 4D."""
        return self.attention_core / self.total


@dataclass(frozen=True)
class MacCount(ModelBreakdown):
    """Multiply-accumulates of one forward pass with one image.

    Normalisation, activations, softmax and additions are left out, as is usual. `kernel_resize` is done once a pass, however many images.
    """

    kernel_resize: int
    patch_embed: int
    block: LayerMacs
    depth: int
    head: int

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiplication and an addition each."""
        return 2 * self.total

    @property
    def attention_share(self) -> float:
        """Share of scores and weighted values in the whole pass, 0 to 1."""
        return self.depth * self.block.attention_core / self.total


def parameters(config: ViTConfig) -> ParameterCount:
    """Learned numbers, part by part."""
    dim, hidden, (rows, cols) = config.embed_dim, config.mlp_hidden, config.native_grid
    matrices = MLP_MATRICES[config.ffn]
    return ParameterCount(
        patch_embed=dim * config.in_chans * config.kernel**2 + dim * config.patch_bias,
        class_token=dim * config.class_token,
        distill_token=dim * config.distill_token,
        registers=dim * config.num_registers,
        mask_token=dim * config.mask_token,
        positions=dim * (config.num_pos_prefix + rows * cols),
        pre_norm=2 * dim * config.pre_norm,
        block=BlockParameters(
            qkv=3 * dim * dim + 3 * dim * config.qkv_bias,
            projection=dim * dim + dim,
            mlp=matrices * dim * hidden + (matrices - 1) * hidden + dim,
            norms=4 * dim,
            layer_scale=2 * dim * config.layer_scale,
        ),
        depth=config.depth,
        final_norm=2 * dim,
        head=config.projection * dim
        + config.num_classes * ((config.projection or dim * config.num_pooled) + config.head_bias + (readout(config).heads == "two")),
    )


def macs(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> MacCount:
    """Multiply-accumulates of a forward pass with one image of `image_size` pixels, part by part."""
    dim, sequence = config.embed_dim, layout(config, image_size, patch_size)
    n, area, kernel_area = sequence.num_tokens, side(config, patch_size) ** 2, config.kernel**2
    return MacCount(
        kernel_resize=0 if area == kernel_area else dim * config.in_chans * kernel_area * area,
        patch_embed=sequence.num_patches * dim * config.in_chans * area,
        block=LayerMacs(
            qkv=3 * n * dim * dim,
            scores=n * n * dim,
            weighted_values=n * n * dim,
            projection=n * dim * dim,
            mlp=MLP_MATRICES[config.ffn] * n * dim * config.mlp_hidden,
        ),
        depth=config.depth,
        head=config.projection * dim + config.num_classes * (config.projection or dim * config.num_pooled),
    )


def tokens_where_attention_is_half(config: ViTConfig) -> int:
    """The fewest tokens at which scores and weighted values cost at least as much as the rest of a layer.

    2n²D = n(4D² + 2DM), so n = 2D + M, rounded up; with SwiGLU n = 2D + 3M/2. For M = 4D that is 6D.
    """
    return -(-(4 * config.embed_dim + MLP_MATRICES[config.ffn] * config.mlp_hidden) // 2)
