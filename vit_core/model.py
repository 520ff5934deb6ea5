"""The Vision Transformer: one forward pass, readable from top to bottom, that returns everything it saw."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from vit_core.config import TokenLayout, ViTConfig
from vit_core.layers import Attention, LayerScale, Mlp, PatchEmbed, SwiGLU
from vit_core.positions import interpolate_positions
from vit_core.readout import readout, unknown_pool
from vit_core.trace import AttentionTrace, BlockTrace, ViTTrace

MODEL_SITES = ("patch_embeddings", "pos_embedding", "tokens")
BLOCK_SITES = ("attn_weights", "head_out", "attn_update", "resid_mid", "mlp_post_act", "mlp_update", "resid_post")
Edits = Mapping[tuple[int | None, str], Callable[[Tensor], Tensor]]


class Block(nn.Module):
    """Pre-norm transformer block: `x + attention(norm(x))`, then `x + mlp(norm(x))`."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        dim = config.embed_dim
        self.norm1 = nn.LayerNorm(dim, eps=config.norm_eps)
        self.attn = Attention(config)
        self.ls1: LayerScale | nn.Identity = LayerScale(dim) if config.layer_scale else nn.Identity()
        self.norm2 = nn.LayerNorm(dim, eps=config.norm_eps)
        self.mlp: Mlp | SwiGLU = SwiGLU(config) if config.ffn == "swiglu" else Mlp(config)
        self.ls2: LayerScale | nn.Identity = LayerScale(dim) if config.layer_scale else nn.Identity()

    def forward(self, resid_pre: Float[Tensor, "batch tokens dim"], edit: "Editor", explicit: bool = False) -> BlockTrace:
        """`explicit` computes the attention matrix in full; otherwise the fused kernel runs, unless this layer's weights are edited."""
        q, k, v = self.attn.project(self.norm1(resid_pre))  # each [B, heads, T, head_dim]
        if explicit or edit.wants("attn_weights"):
            attn_weights = edit("attn_weights", self.attn.scores(q, k).softmax(dim=-1))  # [B, heads, T_query, T_key]
            head_out = attn_weights @ v
        else:
            head_out = F.scaled_dot_product_attention(q, k, v)
        head_out = edit("head_out", head_out)  # [B, heads, T, head_dim]
        attn_update = edit("attn_update", self.ls1(self.attn.merge(head_out)))  # [B, T, D]
        resid_mid = edit("resid_mid", resid_pre + attn_update)

        mlp_post_act = edit("mlp_post_act", self.mlp.post_act(self.mlp.pre_act(self.norm2(resid_mid))))  # [B, T, hidden]
        mlp_update = edit("mlp_update", self.ls2(self.mlp.out(mlp_post_act)))  # [B, T, D]
        resid_post = edit("resid_post", resid_mid + mlp_update)

        attention = AttentionTrace(q, k, v, head_out, self, edit.done)
        return BlockTrace(self, resid_pre, attention, resid_mid, resid_post, edit.done)


class VisionTransformer(nn.Module):
    """A plain ViT. `model(images, patch_size)` runs at any resolution and patch size that divide each other.

    Parameter names follow timm. `attention` chooses the fused kernel (no attention matrix in memory) or explicit matrix products, whose
    backward pass is faster on a CPU; both give the same trace.
    """

    def __init__(self, config: ViTConfig, attention: Literal["fused", "explicit"] = "fused") -> None:
        super().__init__()
        self.config = config
        self.attention = attention
        dim, (rows, cols) = config.embed_dim, config.native_grid
        self.patch_embed = PatchEmbed(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim)) if config.class_token else None
        self.dist_token = nn.Parameter(torch.zeros(1, 1, dim)) if config.distill_token else None
        self.reg_token = nn.Parameter(torch.zeros(1, config.num_registers, dim)) if config.num_registers else None
        self.mask_token = nn.Parameter(torch.zeros(1, dim)) if config.mask_token else None
        self.pos_embed = nn.Parameter(torch.zeros(1, config.num_pos_prefix + rows * cols, dim))
        self.norm_pre = nn.LayerNorm(dim, eps=config.norm_eps) if config.pre_norm else nn.Identity()
        self.blocks = cast(Sequence[Block], nn.ModuleList(Block(config) for _ in range(config.depth)))
        after = config.norm_position == "after_pool"
        self.norm = nn.Identity() if after else nn.LayerNorm(dim, eps=config.norm_eps)
        self.fc_norm = nn.LayerNorm(dim, eps=config.norm_eps) if after else nn.Identity()
        has_head, heads = config.num_classes > 0, readout(config).heads
        self.projection = nn.Linear(dim, config.projection, bias=False) if config.projection else None
        wide = config.projection or (2 * dim if heads == "wide" else dim)
        self.head = nn.Linear(wide, config.num_classes, bias=config.head_bias) if has_head else nn.Identity()
        self.head_dist = nn.Linear(dim, config.num_classes) if has_head and heads == "two" else None

    @torch.no_grad()
    def init_weights(self, seed: int = 0) -> "VisionTransformer":
        """Weights to start training from: truncated normals of standard deviation 0.02, zero biases, a zero head. Returns the model."""
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if name.startswith(("head.", "head_dist.")) or name.endswith("bias") or name == "mask_token":
                nn.init.zeros_(parameter)
            elif parameter.ndim > 1:
                nn.init.trunc_normal_(parameter, std=0.02, generator=generator)
        return self

    def forward(
        self, images: Float[Tensor, "batch chans height width"], patch_size: int | None = None, edits: Edits | None = None
    ) -> ViTTrace:
        """Run the model and keep what it saw.

        images: normalised pixels (see `vit_core.preprocess`). patch_size: pixels, the config's own if None. edits: maps `(layer, site)`
        to a pure function of the tensor at that site (`MODEL_SITES` with layer None, `BLOCK_SITES` with a layer index).
        A graph for gradients is built in training mode, or where `images` ask for gradients; otherwise inference mode is used.
        ValueError if the sizes do not divide, or an edit names a place that does not exist or changes a shape.
        """
        config, patch_size = self.config, self.config.patch_size if patch_size is None else patch_size
        if images.ndim != 4 or images.shape[1] != config.in_chans:
            raise ValueError(f"The model expects images of shape [B, {config.in_chans}, H, W]; got {list(images.shape)}.")
        layout = config.layout(config.check_sizes((images.shape[2], images.shape[3]), patch_size))
        edits = checked_edits(edits, config.depth)
        learns = torch.is_grad_enabled() and (images.requires_grad or (self.training and any(p.requires_grad for p in self.parameters())))
        with torch.inference_mode(not learns):
            edit = Editor(edits, None)
            patch_embeddings = edit("patch_embeddings", self.patch_embed(images, patch_size))  # [B, N, D]
            pos_embedding = interpolate_positions(self.pos_embed, config, layout.grid)  # at the native grid, the parameter itself
            if edit.wants("pos_embedding"):
                pos_embedding = edit("pos_embedding", pos_embedding.clone())
            tokens = edit("tokens", self.norm_pre(self.assemble(patch_embeddings, pos_embedding)))  # [B, T, D]

            blocks, x = [], tokens
            for layer, block in enumerate(self.blocks):
                blocks.append(block(x, Editor(edits, layer), explicit=self.attention == "explicit"))
                x = blocks[-1].resid_post

            pooled, logits = self.read_out(x, layout)
        return ViTTrace(self, images, patch_size, layout, patch_embeddings, pos_embedding, tokens, tuple(blocks), pooled, logits)

    def assemble(
        self, patch_embeddings: Float[Tensor, "batch patches dim"], pos_embedding: Float[Tensor, "1 positions dim"]
    ) -> Float[Tensor, "batch tokens dim"]:
        """`[class, distillation, registers, patches]`, positions added to the tokens that have one."""
        batch = len(patch_embeddings)
        prefix = [t.expand(batch, -1, -1) for t in (self.cls_token, self.dist_token) if t is not None]
        positioned = prefix if self.config.num_pos_prefix else []
        x = torch.cat([*positioned, patch_embeddings], dim=1) + pos_embedding
        parts = [] if positioned else prefix
        if self.reg_token is None:
            return torch.cat([*parts, x], dim=1) if parts else x
        front, patches = x.split([len(positioned), patch_embeddings.shape[1]], dim=1)
        return torch.cat([*parts, front, self.reg_token.expand(batch, -1, -1), patches], dim=1)

    def final_norm(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
        """The normalisation after the last block, for every token (the one that follows pooling, where that is the model's)."""
        return self.fc_norm(self.norm(x))

    def read_out(self, x: Float[Tensor, "batch tokens dim"], layout: TokenLayout) -> tuple[Tensor, Float[Tensor, "batch classes"]]:
        """Residual stream to `(pooled, logits)`: also what a logit lens applies to earlier layers.

        `pooled` is `[B, D]`, or `[B, 2, D]` where `config.num_pooled` is 2: the logits are then the mean of two heads' ("cls_dist"), or
        those of one head that reads both vectors ("cls_mean").
        """
        match self.config.pool:
            case "mean":
                pooled = self.fc_norm(self.norm(x)[:, layout.patches].mean(dim=1))
                return pooled, self.classify(pooled)
            case "cls":
                cls = cast(int, layout.cls)
                pooled = self.final_norm(x[:, cls : cls + 1]).squeeze(1)
                return pooled, self.classify(pooled)
            case "cls_mean":
                normed = self.final_norm(x)
                pooled = torch.stack([normed[:, layout.cls], normed[:, layout.patches].mean(dim=1)], dim=1)
                return pooled, self.head(pooled.flatten(1))
            case "cls_dist":
                cls, dist = cast(int, layout.cls), cast(int, layout.dist)
                pooled = self.final_norm(x[:, cls : dist + 1])
                if self.head_dist is None:
                    return pooled, pooled.mean(dim=1)
                return pooled, (self.head(pooled[:, 0]) + self.head_dist(pooled[:, 1])) / 2
            case other:
                unknown_pool(other)

    def classify(self, pooled: Float[Tensor, "*lead dim"]) -> Float[Tensor, "*lead classes"]:
        """What the one head answers to pooled rows; with a projection, to their cosine with each class's text."""
        return self.head(pooled if self.projection is None else F.normalize(self.projection(pooled), dim=-1))


class Editor:
    """Applies one layer's edits and remembers what they made, so that a trace shows the values that were used."""

    def __init__(self, edits: Edits, layer: int | None) -> None:
        self.functions = {site: function for (at, site), function in edits.items() if at == layer}
        self.done: dict[str, Tensor] = {}

    def wants(self, site: str) -> bool:
        return site in self.functions

    def __call__(self, site: str, value: Tensor) -> Tensor:
        if site not in self.functions:
            return value
        changed = self.functions[site](value)
        if changed.shape != value.shape:
            raise ValueError(f"The edit of `{site}` must keep its shape {list(value.shape)}; it returned {list(changed.shape)}.")
        self.done[site] = changed
        return changed


def checked_edits(edits: Edits | None, depth: int) -> Edits:
    """`edits` if every key names a place in the model; ValueError otherwise."""
    for layer, site in edits or {}:
        if layer is None and site not in MODEL_SITES:
            raise ValueError(f"Edits outside the blocks may change {', '.join(MODEL_SITES)}; got {site}.")
        if layer is not None and site not in BLOCK_SITES:
            raise ValueError(f"Edits of a block may change {', '.join(BLOCK_SITES)}; got {site}.")
        if layer is not None and not 0 <= layer < depth:
            raise ValueError(f"The model has layers 0 to {depth - 1}; got an edit of layer {layer}.")
    return edits or {}
