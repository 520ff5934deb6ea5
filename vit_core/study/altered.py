"""Forward passes that the model itself does not have, built of its own parts: with other attention, or with fewer tokens on the way.

The model is never changed. Where attention is plain and no token is lost, they give the logits of `model(images, patch_size)`.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.model import Block, VisionTransformer
from vit_core.positions import interpolate_positions

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""q, k and v, each `[B, heads, T, head_dim]`, to the heads' outputs, of the same shape."""


def enter(
    model: VisionTransformer, images: Float[Tensor, "batch chans height width"], patch_size: int
) -> tuple[Float[Tensor, "batch tokens dim"], TokenLayout]:
    """The tokens that enter the first layer, and who stands where. ValueError if the sizes do not divide."""
    layout = model.config.layout(model.config.check_sizes((images.shape[2], images.shape[3]), patch_size))
    positions = interpolate_positions(model.pos_embed, model.config, layout.grid)
    return model.norm_pre(model.assemble(model.patch_embed(images, patch_size), positions)), layout


def after_attention(
    block: Block, resid_pre: Float[Tensor, "batch tokens dim"], head_out: Float[Tensor, "batch heads tokens head_dim"]
) -> Float[Tensor, "batch tokens dim"]:
    """`resid_mid`: what entered the layer and what its heads add."""
    return resid_pre + block.ls1(block.attn.merge(head_out))


def after_mlp(block: Block, resid_mid: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
    """`resid_post`: the MLP's update added."""
    return resid_mid + block.ls2(block.mlp.out(block.mlp.post_act(block.mlp.pre_act(block.norm2(resid_mid)))))


@torch.inference_mode()
def run_with(
    model: VisionTransformer, images: Float[Tensor, "batch chans height width"], patch_size: int, attend: Mapping[int, Attend]
) -> tuple[Tensor, Float[Tensor, "batch classes"]]:
    """`(pooled, logits)` where the layers that `attend` names attend in that way, and all others as they were trained to."""
    x, layout = enter(model, images, patch_size)
    for layer, block in enumerate(model.blocks):
        q, k, v = block.attn.project(block.norm1(x))
        x = after_attention(block, x, attend.get(layer, F.scaled_dot_product_attention)(q, k, v))
        x = after_mlp(block, x)
    return model.read_out(x, layout)
