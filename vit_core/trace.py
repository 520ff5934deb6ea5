"""What one forward pass leaves behind: the residual stream and q, k, v of every layer; everything else is derived when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.config import TokenLayout, ViTConfig
from vit_core.patches import patchify
from vit_core.readout import likeliest, probabilities

if TYPE_CHECKING:
    from vit_core.model import Block, VisionTransformer


def derived(method: Callable) -> Callable:
    """Run a derivation in the mode of the forward it belongs to: where that built no graph, none is built now, learnable weights or not."""

    @wraps(method)
    def derive(self: Any, *args: Any) -> Any:
        if not self.recorded.is_inference():
            return method(self, *args)
        with torch.inference_mode():
            return method(self, *args)

    return derive


@dataclass(frozen=True, eq=False)
class AttentionTrace:
    """One layer's attention. `q`, `k`, `v` and `head_out` are `[B, heads, T, head_dim]`, as the forward used them."""

    q: Float[Tensor, "batch heads tokens head_dim"]
    k: Float[Tensor, "batch heads tokens head_dim"]
    v: Float[Tensor, "batch heads tokens head_dim"]
    head_out: Float[Tensor, "batch heads tokens head_dim"]
    block: "Block"
    edited: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def recorded(self) -> Tensor:
        """A tensor that the forward made and no edit replaces; it tells in which mode the forward ran."""
        return self.q

    def scores(self, queries: int | slice = slice(None)) -> Float[Tensor, "batch heads queries keys"]:
        """`q k^T / sqrt(head_dim)` before softmax, for all queries, a slice of them, or one (the axis stays)."""
        return self.block.attn.scores(self.q[:, :, as_slice(queries)], self.k)

    def weights(self, queries: int | slice = slice(None)) -> Float[Tensor, "batch heads queries keys"]:
        """Attention weights: each row is a probability distribution over the keys. Edited weights are returned as edited."""
        if "attn_weights" in self.edited:
            return self.edited["attn_weights"][:, :, as_slice(queries)]
        return self.scores(queries).softmax(dim=-1)

    def log_sum_exp(self) -> Float[Tensor, "batch heads queries"]:
        """The logarithm of every row's softmax denominator: `weights = exp(scores - log_sum_exp)`."""
        return self.scores().logsumexp(dim=-1)

    @property
    @derived
    def head_contributions(self) -> Float[Tensor, "batch heads tokens dim"]:
        """What each head adds to `attn_out`; their sum plus the projection's bias is `attn_out`."""
        return self.block.attn.head_contributions(self.head_out)


@dataclass(frozen=True, eq=False)
class BlockTrace:
    """One layer: `resid_pre -> norm1_out -> attention -> attn_out -> attn_update -> resid_mid -> norm2_out -> mlp_* -> resid_post`.

    Tensors along the residual stream are `[B, T, D]`; `mlp_pre_act` and `mlp_post_act` are `[B, T, hidden]`.
    """

    block: "Block"
    resid_pre: Float[Tensor, "batch tokens dim"]
    attention: AttentionTrace
    resid_mid: Float[Tensor, "batch tokens dim"]
    resid_post: Float[Tensor, "batch tokens dim"]
    edited: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def recorded(self) -> Tensor:
        return self.attention.recorded

    @property
    def q(self) -> Tensor:
        return self.attention.q

    @property
    def k(self) -> Tensor:
        return self.attention.k

    @property
    def v(self) -> Tensor:
        return self.attention.v

    @property
    def head_out(self) -> Tensor:
        return self.attention.head_out

    @property
    def attn_scores(self) -> Tensor:
        return self.attention.scores()

    @property
    def attn_weights(self) -> Tensor:
        return self.attention.weights()

    @property
    @derived
    def norm1_out(self) -> Tensor:
        return self.block.norm1(self.resid_pre)

    @property
    @derived
    def attn_out(self) -> Tensor:
        return self.block.attn.merge(self.head_out)

    @property
    @derived
    def attn_update(self) -> Tensor:
        return self._edited_or("attn_update", lambda: self.block.ls1(self.attn_out))

    @property
    @derived
    def norm2_out(self) -> Tensor:
        return self.block.norm2(self.resid_mid)

    @property
    @derived
    def mlp_pre_act(self) -> Tensor:
        return self.block.mlp.pre_act(self.norm2_out)

    @property
    @derived
    def mlp_post_act(self) -> Tensor:
        return self._edited_or("mlp_post_act", lambda: self.block.mlp.post_act(self.mlp_pre_act))

    @property
    @derived
    def mlp_out(self) -> Tensor:
        return self.block.mlp.out(self.mlp_post_act)

    @property
    @derived
    def mlp_update(self) -> Tensor:
        return self._edited_or("mlp_update", lambda: self.block.ls2(self.mlp_out))

    def _edited_or(self, site: str, derive: Callable[[], Tensor]) -> Tensor:
        return self.edited[site] if site in self.edited else derive()


@dataclass(frozen=True, eq=False)
class ViTTrace:
    """A forward pass and its insides. Tensors are never modified; `logits` is `[B, classes]` (the pooled features if there is no head)."""

    model: "VisionTransformer"
    images: Float[Tensor, "batch chans height width"]
    patch_size: int
    layout: TokenLayout
    patch_embeddings: Float[Tensor, "batch patches dim"]
    pos_embedding: Float[Tensor, "1 positions dim"]
    tokens: Float[Tensor, "batch tokens dim"]
    blocks: tuple[BlockTrace, ...]
    pooled: Tensor
    logits: Float[Tensor, "batch classes"]

    @property
    def config(self) -> ViTConfig:
        return self.model.config

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        return self.images.shape[-2], self.images.shape[-1]

    @property
    def depth(self) -> int:
        return len(self.blocks)

    @cached_property
    def patches(self) -> Float[Tensor, "batch patches values"]:
        """The flattened patches, `[B, N, P*P*C]`, in the input's normalised units."""
        return patchify(self.images, self.patch_size)

    @property
    def probs(self) -> Float[Tensor, "batch classes"]:
        """`softmax(logits / temperature)`, with the temperature that was calibrated on the validation set (1 if none was)."""
        return probabilities(self.config, self.logits)

    def block(self, layer: int) -> BlockTrace:
        """One layer's trace. IndexError names the range."""
        if not 0 <= layer < self.depth:
            raise IndexError(f"The model has layers 0 to {self.depth - 1}; got {layer}.")
        return self.blocks[layer]

    def attn_scores(self, layer: int, queries: int | slice = slice(None)) -> Float[Tensor, "batch heads queries keys"]:
        """`[B, heads, T_query, T_key]`, scaled, before softmax."""
        return self.block(layer).attention.scores(queries)

    def attn_weights(self, layer: int, queries: int | slice = slice(None)) -> Float[Tensor, "batch heads queries keys"]:
        """`[B, heads, T_query, T_key]`; every row sums to 1."""
        return self.block(layer).attention.weights(queries)

    def resid(self, layer: int) -> Float[Tensor, "batch tokens dim"]:
        """The residual stream that enters `layer`; at `depth`, what leaves the last one."""
        return self.blocks[-1].resid_post if layer == self.depth else self.block(layer).resid_pre

    @property
    def recorded(self) -> Tensor:
        return self.blocks[0].recorded

    @property
    @derived
    def norm_out(self) -> Float[Tensor, "batch tokens dim"]:
        """All tokens after the last layer's normalisation, as the head would read them."""
        return self.model.final_norm(self.resid(self.depth))

    def top_k(self, k: int = 5, item: int = 0) -> list[tuple[str, float]]:
        """The `k` likeliest classes of one picture as `(label, probability)`, likeliest first, labels whole as the model's files have them.

        ValueError if the model has no classes.
        """
        if self.config.num_classes == 0:
            raise ValueError("This model has no classification head, so it gives features and no prediction.")
        return [(found.whole, found.probability) for found in likeliest(self.config, self.logits[item], k)]

    @property
    def kept_bytes(self) -> int:
        """Bytes of memory that the trace holds on to, each storage counted once; weights and the input do not count."""
        kept = [self.patch_embeddings, self.tokens, self.pooled, self.logits]
        if self.pos_embedding.data_ptr() != self.model.pos_embed.data_ptr():
            kept.append(self.pos_embedding)
        for block in self.blocks:
            kept += [block.resid_pre, block.q, block.k, block.v, block.head_out, block.resid_mid, block.resid_post]
            kept += [*block.edited.values(), *block.attention.edited.values()]
        return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in kept}.values())


def as_slice(queries: int | slice) -> slice:
    """One index as a slice that keeps its axis; -1 counts from the end."""
    return queries if isinstance(queries, slice) else slice(queries, queries + 1 or None)
