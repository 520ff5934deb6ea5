"""What a view that can be one file is, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.kit.registry import spec_of
from ui.standalone.parts import Part
from ui.state.selection import Selection
from ui.work.analysis import Analysis

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Asked:
    """What a view is made of: a trace, opened at a selection, and what its picture and its model are called. `other` is the second trace
    of a comparison, `image` the picture itself, where more of it is at hand than the model saw.
    """

    found: Analysis
    chosen: Selection
    picture: str
    model: str
    other: "Asked | None" = None
    image: "Image | None" = None


@dataclass(frozen=True)
class View:
    """A view that can be saved: `slug` is the page of the app that it is of, `parts(asked)` makes it."""

    slug: str
    parts: Callable[[Asked], list[Part]]
    title: str = ""
    lead: str = ""

    @property
    def heading(self) -> str:
        return self.title or spec_of(self.slug).title

    @property
    def sentence(self) -> str:
        return self.lead or spec_of(self.slug).lead
