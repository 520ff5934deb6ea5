"""What training and quantisation keep beside, or in place of, the weights: optimizer states and int8 weights, in exact bytes."""

from math import prod
from typing import Literal

from vit_core.config import ViTConfig
from vit_core.cost.shapes import STATE_BYTES, count_parameters, parameter_shapes

Optimizer = Literal["sgd", "momentum", "adam", "adafactor", "adam8bit"]

PER_PARAMETER = {"sgd": 0, "momentum": 1, "adam": 2}
QUANTISED_BLOCK = 256  # numbers that share one scale in 8-bit Adam
QUANTISED_FROM = 4096  # smaller tensors keep float32 states


def optimizer_states(config: ViTConfig, optimizer: Optimizer) -> int:
    """Bytes of an optimizer's states, in float32 where nothing else is said; the count of steps is left out.

    momentum: one number a parameter. adam (also AdamW): two. adafactor: for a matrix, a sum per row and one per column instead of a number
    per entry, and no momentum (Shazeer and Stern 2018; shapes as in `torch.optim.Adafactor`). adam8bit: two of a byte each, with a float32
    scale for every 256 (Dettmers et al. 2022; sizes as in bitsandbytes).
    """
    if optimizer in PER_PARAMETER:
        return STATE_BYTES * PER_PARAMETER[optimizer] * count_parameters(config)
    per_tensor = factored if optimizer == "adafactor" else quantised
    return sum(times * per_tensor(shape) for _, shape, times in parameter_shapes(config))


def factored(shape: tuple[int, ...]) -> int:
    """Adafactor's states for one tensor, in bytes: its last two axes are summed over, one at a time."""
    numbers = prod(shape)
    return STATE_BYTES * (numbers if len(shape) < 2 else numbers // shape[-1] + numbers // shape[-2])


def quantised(shape: tuple[int, ...]) -> int:
    """8-bit Adam's states for one tensor, in bytes."""
    numbers = prod(shape)
    if numbers < QUANTISED_FROM:
        return 2 * STATE_BYTES * numbers
    return 2 * (numbers + STATE_BYTES * -(-numbers // QUANTISED_BLOCK))


def int8_weights(config: ViTConfig, element_bytes: int) -> int:
    """Bytes of weights whose blocks and head have their matrices in int8, with one scale of `element_bytes` for each output.

    All else (patch kernel, tokens, positions, norms, biases) stays at `element_bytes`.
    """
    total = 0
    for name, shape, times in parameter_shapes(config):
        matrix = len(shape) == 2 and name.startswith(("blocks.", "head"))
        total += times * (prod(shape) + element_bytes * shape[0] if matrix else element_bytes * prod(shape))
    return total
