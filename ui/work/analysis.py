"""What every page shows: a picture as a model saw it, and all that the model made of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    import vit_core


@dataclass(frozen=True, eq=False)
class Analysis:
    """One forward pass over one picture: `seconds` is its duration, `shown` the picture as the model saw it, `[H, W, 3]` in bytes."""

    trace: "vit_core.ViTTrace"
    seconds: float
    shown: "Image"
