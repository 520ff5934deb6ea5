"""What every page shows: a picture as a model saw it, and all that the model made of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    import vit_core


@dataclass(frozen=True, eq=False)
class Analysis:
    """One forward pass over one picture: `seconds` is its duration, `shown` the picture as the model saw it, `[H, W, 3]` in bytes."""

    trace: "vit_core.ViTTrace"
    seconds: float
    shown: "Image"


@dataclass(frozen=True, eq=False)
class Answered:
    """What a forward pass answered. Its trace, which for thousands of tokens takes hundreds of megabytes, is let go."""

    images: "Tensor"
    layout: "vit_core.TokenLayout"
    patch_size: int
    seconds: float
    answer: "vit_core.readout.Answer"
    shown: "Image"

    @property
    def top(self) -> "list[vit_core.readout.Likely]":
        """The likeliest classes; empty without a head."""
        return self.answer.top
