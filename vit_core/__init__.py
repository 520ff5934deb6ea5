"""A Vision Transformer that shows its insides. The names below are the public interface: stable, and all that a notebook needs.

What needs PyTorch, a second to import, is imported when it is first asked for: the app draws its first page meanwhile.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vit_core.config import Preprocessing, TokenLayout, ViTConfig
from vit_core.presets import presets  # the mapping; it takes the place of the module of the same name

if TYPE_CHECKING:
    from vit_core import analysis, cost
    from vit_core.checkpoints import load
    from vit_core.images import open_image, preprocess
    from vit_core.model import VisionTransformer
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
MODULES = ("analysis", "cost")
MADE_IN = {"load": "checkpoints", "open_image": "images", "preprocess": "images", "VisionTransformer": "model", "ViTTrace": "trace"}
"""Names of the interface that are found when they are asked for: modules, and in which module the others are made."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in MADE_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{MADE_IN[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
