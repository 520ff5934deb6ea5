"""A Vision Transformer that shows its insides. The names below are the public interface: stable, and all that a notebook needs."""

from vit_core import analysis, cost
from vit_core.checkpoints import load
from vit_core.config import Preprocessing, TokenLayout, ViTConfig
from vit_core.images import open_image, preprocess
from vit_core.model import VisionTransformer
from vit_core.presets import presets  # the mapping; it takes the place of the module of the same name
from vit_core.trace import ViTTrace

__all__ = [
    "Preprocessing",
    "TokenLayout",
    "ViTConfig",
    "ViTTrace",
    "VisionTransformer",
    "analysis",
    "cost",
    "load",
    "open_image",
    "preprocess",
    "presets",
]
