"""Fewer bits for the same weights: how they are rounded, what that takes on disk, and int8 arithmetic that runs.

Only the matrices of linear layers are rounded; biases, norms, positions and the patch kernel stay as they are. Symmetric, one scale for
each row of a matrix (one output), no calibration. Written here because PyTorch's own `quantize_dynamic` is deprecated and about to go.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int8, UInt8
from safetensors.torch import save
from torch import Tensor, nn

from vit_core.cost.measure import twin
from vit_core.model import VisionTransformer

FEWEST_BITS, MOST_BITS = 2, 8
FLOATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def top_step(bits: int) -> int:
    """The largest integer that `bits` bits hold on both sides of zero: 127 for 8, 7 for 4, 1 for 2. ValueError outside 2 to 8 bits."""
    if not FEWEST_BITS <= bits <= MOST_BITS:
        raise ValueError(f"`bits` must lie between {FEWEST_BITS} and {MOST_BITS}; got {bits}.")
    return 2 ** (bits - 1) - 1


def quantise(rows: Float[Tensor, "*rows columns"], bits: int = 8) -> tuple[Int8[Tensor, "*rows columns"], Float[Tensor, "*rows 1"]]:
    """Each row over its scale, rounded to integers of `bits` bits; the scale is the row's largest magnitude over `top_step` (1 for
    zeros)."""
    scale = rows.abs().amax(dim=-1, keepdim=True) / top_step(bits)
    scale = torch.where(scale > 0, scale, 1.0)
    return (rows / scale).round().to(torch.int8), scale


def pack(steps: Int8[Tensor, "rows columns"], bits: int) -> UInt8[Tensor, " bytes"]:
    """Integers of `bits` bits one after the other, without gaps, in ⌈bits · count / 8⌉ bytes."""
    raised = steps.flatten().to(torch.int16) + top_step(bits)
    digits = (raised[:, None] >> torch.arange(bits)) & 1
    digits = F.pad(digits.flatten(), (0, -digits.numel() % 8)).view(-1, 8)
    return (digits << torch.arange(8)).sum(dim=1).to(torch.uint8)


def unpack(packed: UInt8[Tensor, " bytes"], bits: int, shape: tuple[int, int]) -> Int8[Tensor, "rows columns"]:
    """The inverse of `pack`."""
    digits = ((packed[:, None].to(torch.int16) >> torch.arange(8)) & 1).flatten()[: bits * shape[0] * shape[1]].view(-1, bits)
    return ((digits << torch.arange(bits)).sum(dim=1) - top_step(bits)).to(torch.int8).view(shape)


def linears(model: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers of a model, or of one of its blocks, by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}


@torch.inference_mode()
def rounded(model: VisionTransformer, bits: int) -> VisionTransformer:
    """A model of its own whose linear layers have the weights that are left after rounding to `bits` bits; it computes in float32."""
    other = twin(model)
    for layer in linears(other).values():
        steps, scale = quantise(layer.weight, bits)
        layer.weight = nn.Parameter(steps * scale, requires_grad=False)
    return other


class Int8Linear(nn.Module):
    """A linear layer in int8: the tokens are rounded as they come, each by a scale of its own, and the products are summed up as integers.

    `y = (x_int8 W_int8^T) · scale_x · scale_W + b`, so nothing is lost but by the two roundings.
    """

    steps: Tensor
    scale: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        steps, scale = quantise(layer.weight.detach())
        self.register_buffer("steps", steps.t())  # [inputs, outputs], a view: its columns lie in one piece
        self.register_buffer("scale", scale[:, 0])
        self.bias = layer.bias

    def forward(self, x: Float[Tensor, "*tokens inputs"]) -> Float[Tensor, "*tokens outputs"]:
        steps, scale = quantise(x)
        sums = torch._int_mm(steps.flatten(0, -2), self.steps).unflatten(0, x.shape[:-1])  # int32, exact
        y = sums * (scale * self.scale)
        return y if self.bias is None else y + self.bias


@torch.inference_mode()
def in_int8(model: VisionTransformer) -> VisionTransformer:
    """A model of its own that computes its linear layers in int8 arithmetic."""
    other = twin(model)
    for name, layer in linears(model).items():
        other.set_submodule(name, Int8Linear(layer))
    return other


@torch.inference_mode()
def in_floats(model: VisionTransformer, name: str) -> VisionTransformer:
    """A model of its own in another float type (`FLOATS`); pictures must have that type too."""
    return twin(model).to(FLOATS[name])


def bytes_on_disk(model: VisionTransformer, kind: str | int) -> int:
    """Bytes of the safetensors file of the weights as `kind`: a key of `FLOATS`, or the number of bits of the linear layers' weights.

    Beside integers, the scales stay in fp32 and all other tensors are fp16. The file is made, in memory, and measured.
    """
    if isinstance(kind, str):
        return len(save({name: tensor.to(FLOATS[kind]).contiguous() for name, tensor in model.state_dict().items()}))
    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    for name, layer in linears(model).items():
        steps, scale = quantise(layer.weight.detach().float(), kind)
        tensors[f"{name}.weight"], tensors[f"{name}.scale"] = pack(steps, kind), scale
    return len(save(tensors))
