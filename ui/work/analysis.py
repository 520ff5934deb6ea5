"""What every page shows: a picture as a model saw it, and all that the model made of it."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Recalled:
    """Stands for a trace without holding on to it: whatever is asked of it is asked of the trace in the store, or of one made again.

    Pages leave traces behind, in fragments and in downloads that wait for a click, one page a session; with the trace itself they would
    keep its model in memory, however many the store drops.
    """

    __slots__ = ("again",)

    def __init__(self, again: Callable[[], Analysis]) -> None:
        self.again = again

    def __getattr__(self, name: str) -> Any:
        return getattr(self.again().trace, name)

    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        from vit_core import ViTTrace

        return ViTTrace


class Opened(NamedTuple):
    """The head, by layer and number from 0, and the patch, in raster order from 0, that a picture is best opened with."""

    layer: int
    head: int
    patch: int


def opened(analysis: Analysis) -> list[int]:
    """The values of `Opened`, found from a trace: `vit_core.study.opening`."""
    from vit_core.study.opening import opening

    return list(astuple(opening(analysis.trace)))
