"""A page in the browser that numbers are read from, and the second program's answer to the same picture."""

import random
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from playwright.sync_api import Page

from tests.support.recount.forward64 import Forward, Network, default_weights, levels, network, pixels, run
from tests.support.recount.reading import WORDS, Reader, tidy

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"


class Truth:
    """The default model on the default picture, each size once."""

    def __init__(self, picture: str = "coffee") -> None:
        self.picture, self.file = picture, default_weights()
        self.made: dict[tuple[int, int], Forward] = {}

    @cached_property
    def net(self) -> Network:
        return network(self.file)

    def at(self, size: int = 224, patch: int = 16) -> Forward:
        """The forward pass at an image and a patch size."""
        if (size, patch) not in self.made:
            self.made[size, patch] = run(self.net, pixels(self.picture, size, self.net), patch)
        return self.made[size, patch]

    def levels(self, size: int = 224) -> np.ndarray:
        return levels(self.picture, size, self.net)


@dataclass
class Visit:
    """One page, open: its name, and where chance comes from."""

    slug: str
    tab: Page
    truth: Truth
    draw: random.Random

    @property
    def read(self) -> Reader:
        """What it says now."""
        self.tab.evaluate(FRAMES)
        return Reader(self.slug, tidy(self.tab.evaluate(WORDS)))

    def hover(self, label: str, grid: tuple[int, int], row: int, col: int) -> Reader:
        """The pointer in the middle of a cell of the drawing with this label; then what is said."""
        scene = self.tab.get_by_role("img", name=label).or_(self.tab.get_by_label(label)).first
        scene.scroll_into_view_if_needed()
        box = scene.bounding_box()
        assert box
        self.tab.mouse.move(box["x"] + (col + 0.5) * box["width"] / grid[1], box["y"] + (row + 0.5) * box["height"] / grid[0])
        return self.read

    def cells(self, side: int, count: int) -> list[tuple[int, int]]:
        """Some cells of a square grid."""
        return [divmod(cell, side) for cell in self.draw.sample(range(side * side), count)]
