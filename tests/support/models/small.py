"""Small models with weights that matter, for tests: every bias, scale and token is random, so that leaving one out shows."""

from collections.abc import Iterator
from contextlib import contextmanager

import jaxtyping
import torch
from torch import Tensor

from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

PLAIN = ViTConfig(embed_dim=12, depth=3, num_heads=3, mlp_hidden=20, num_classes=5, norm_eps=1e-6, image_size=16, patch_size=4)

# One entry a kind of ViT; together they use every field that changes what is computed.
VARIANTS = {
    "plain": {},
    "kernel resized": {"kernel_size": 3},
    "no query, key and value biases": {"qkv_bias": False},
    "clip": {"pre_norm": True, "patch_bias": False, "head_bias": False, "act": "quick_gelu"},
    "tanh": {"act": "gelu_tanh"},
    "dinov2": {"layer_scale": True, "ffn": "swiglu", "num_classes": 0, "mask_token": True},
    "registers": {"num_registers": 4, "pos_interpolation": "bicubic_antialias"},
    "distilled": {"distill_token": True, "pool": "cls_dist"},
    "distilled, no head": {"distill_token": True, "pool": "cls_dist", "num_classes": 0, "num_registers": 1},
    "distilled, class token's head alone": {"distill_token": True},
    "class token beside the mean": {"pool": "cls_mean", "num_registers": 1},
    "mean of patches": {"pool": "mean", "num_registers": 2},
    "mean, then norm": {"pool": "mean", "norm_position": "after_pool"},
    "class token after norm": {"norm_position": "after_pool"},
    "no class token": {"class_token": False, "pool": "mean"},
    "positions of patches alone": {"pos_covers": "patches", "num_registers": 1},
    "own position grid": {"pos_grid": (3, 5)},
}


def small_model(seed: int = 0, attention: str = "fused", spread: float = 0.3, **changes) -> VisionTransformer:
    """`PLAIN` with `changes`, in evaluation mode: normal weights of standard deviation `spread`, scales around 1."""
    model = VisionTransformer(PLAIN.replace(**changes), attention=attention)
    return randomise(model, seed, spread).eval().requires_grad_(False)


def randomise(module: torch.nn.Module, seed: int = 0, spread: float = 0.3) -> torch.nn.Module:
    """Every parameter normal with standard deviation `spread`, those of normalisations and layer scales around 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            around = 1.0 if ("norm" in name and name.endswith("weight")) or name.endswith("gamma") else 0.0
            parameter.copy_(around + spread * torch.randn(parameter.shape, generator=generator))
    return module


def pictures(batch: int = 2, height: int = 16, width: int | None = None, chans: int = 3, seed: int = 1) -> Tensor:
    """`[batch, chans, height, width]` of normal noise."""
    return torch.randn(batch, chans, height, width or height, generator=torch.Generator().manual_seed(seed))


@contextmanager
def as_released() -> Iterator[None]:
    """Without the run-time type checks that only tests have, which would refuse a wrong type before our own check can."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
