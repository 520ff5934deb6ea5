"""A Vision Transformer that shows its insides. See the README for the public interface."""

from vit_core.checkpoints import load
from vit_core.config import Preprocessing, TokenLayout, ViTConfig
from vit_core.images import open_image, preprocess
from vit_core.model import VisionTransformer
from vit_core.trace import ViTTrace

__all__ = ["Preprocessing", "TokenLayout", "ViTConfig", "ViTTrace", "VisionTransformer", "load", "open_image", "preprocess"]
