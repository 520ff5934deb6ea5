"""Matrix products in bfloat16 with everything around them in float32: the fast way through a linear layer on a CPU with AMX or AVX-512.

Norms, softmax and GELU are slower in bfloat16 than in float32 there, so that automatic casting loses; here only the products are cast.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from vit_core.layers import Mlp, PatchEmbed
from vit_core.patches import flatten_kernel, patchify


class HalfProduct(torch.autograd.Function):
    """`x W^T + b` with operands rounded to bfloat16 and sums in float32, forward and backward.

    The result is float32, or bfloat16 if `stay`; x may be either, and its gradient is of its kind. Weights' gradients are float32.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stay: bool) -> Tensor:
        rows, matrix = x.reshape(-1, x.shape[-1]).bfloat16(), weight.bfloat16()
        ctx.save_for_backward(rows, matrix)
        ctx.shape, ctx.kind, ctx.has_bias = x.shape, x.dtype, bias is not None
        out = F.linear(rows, matrix, bias.bfloat16() if stay and bias is not None else None)
        if not stay:
            out = out.float() if bias is None else out.float().add_(bias)
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        rows, matrix = ctx.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        half = gradient.bfloat16()
        to_x = (half @ matrix).to(ctx.kind).view(ctx.shape) if ctx.needs_input_grad[0] else None
        to_weight = (half.t() @ rows).float() if ctx.needs_input_grad[1] else None
        to_bias = gradient.sum(0, dtype=torch.float32) if ctx.has_bias and ctx.needs_input_grad[2] else None
        return to_x, to_weight, to_bias, None


class HalfLinear(nn.Linear):
    """A linear layer whose products run in bfloat16. Its parameters stay float32, under the same names."""

    stay = False  # whether the result stays bfloat16

    def forward(self, x: Float[Tensor, "*lead inputs"]) -> Float[Tensor, "*lead outputs"]:
        return HalfProduct.apply(x, self.weight, self.bias, self.stay)


class HalfPatchEmbed(PatchEmbed):
    """A patch embedding whose products run in bfloat16."""

    def forward(self, images: Float[Tensor, "batch chans height width"], patch_size: int) -> Float[Tensor, "batch patches dim"]:
        return HalfProduct.apply(patchify(images, patch_size), flatten_kernel(self.kernel(patch_size)), self.proj.bias, False)


def use_half_products(model: nn.Module) -> nn.Module:
    """Let every linear layer and patch embedding of `model` multiply in bfloat16, in place; parameters and their names do not change.

    Between an MLP's two layers values stay bfloat16: its activation is as fast there, and rounds where the products round anyway.
    """
    swapped = {nn.Linear: HalfLinear, PatchEmbed: HalfPatchEmbed}
    for module in model.modules():
        if type(module) in swapped:
            module.__class__ = swapped[type(module)]
    for module in model.modules():
        if isinstance(module, Mlp) and isinstance(module.fc1, HalfLinear):
            module.fc1.stay = True
    return model
