"""Which two positions the page speaks of: the encoding, the grid and the place that the link names, and the one most like it.

The browser (`positional_encoding/place.js`) finds the same, so that the formula, the checks, the exports and the script have the stage's
subject and its digits.
"""

from dataclasses import dataclass

import torch

from ui.positional_encoding.payload import SIDES
from ui.state import view
from ui.state.selection import Selection
from vit_core import positions
from vit_core.config import TokenLayout
from vit_core.data import moments
from vit_core.model import VisionTransformer
from vit_core.trace import ViTTrace
from vit_core.train import snapshots

KINDS = {
    "learned": "learned positions",
    "sincos2d": "2D sine-cosine positions",
    "sincos1d": "1D sine-cosine positions",
    "random": "random positions",
    "none": "no positions",
}
MOMENT = "snapshot-"
EQUAL = 1e-6
"""Of similarities that differ by no more, the first is the nearest: rules give several positions the very same one."""


@dataclass(frozen=True, eq=False)
class Pair:
    """`rows` `[positions, dim]`: all of the encoding `kind` at `side` by `side`; `here` and `there`: two of them; `prefix`: their names."""

    kind: str
    side: int
    rows: torch.Tensor
    here: int
    there: int
    prefix: tuple[str, ...]

    def name(self, place: int) -> str:
        """What the stage calls a position."""
        patch = place - len(self.prefix)
        return self.prefix[place] if patch < 0 else f"row {patch // self.side + 1}, column {patch % self.side + 1}"

    @property
    def kind_name(self) -> str:
        """The encoding in words."""
        return KINDS.get(self.kind) or f"positions of “{moments.available()[int(self.kind.removeprefix(MOMENT))].label}”"


def kinds() -> list[str]:
    """Every encoding of the page: the model's table, rules, and the tables of moments of training."""
    return [*KINDS, *(f"{MOMENT}{i}" for i in range(len(moments.available())))]


def rows_of(model: VisionTransformer, kind: str, side: int) -> torch.Tensor:
    """All rows of an encoding at `side` by `side`, prefix tokens first, as the explorer has them: only a learned table has prefix rows."""
    config, count = model.config, side * side
    if kind == "learned" or kind.startswith(MOMENT):
        table = model.pos_embed if kind == "learned" else snapshots.load(moments.available()[int(kind[len(MOMENT) :])].path).pos_embed
        return positions.interpolate_positions(table.detach(), config, (side, side))[0]
    dim = config.embed_dim
    made = {
        "sincos2d": lambda: positions.sincos_positions((side, side), dim),
        "sincos1d": lambda: positions.sincos_positions_1d(count, dim),
        "random": lambda: positions.random_positions(count, dim),
        "none": lambda: torch.zeros(count, dim),
    }
    return torch.cat([torch.zeros(config.num_pos_prefix, dim), made[kind]()])


def pair(trace: ViTTrace, selection: Selection) -> Pair:
    """What the stage shows when no pointer is on it."""
    said, layout = view.read("positional_encoding", selection.view), trace.layout
    kind = said["enc"] if said["enc"] in kinds() else "learned"
    side = min(max(said["side"] if said["side"] is not None else layout.grid[0], SIDES[0]), SIDES[-1])
    rows = rows_of(trace.model, kind, side)
    prefix = tuple(layout.name(i) for i in range(trace.config.num_pos_prefix))
    here = place_of(layout, prefix, selection.token, side)
    kept = said["at"]
    if kept is not None and kept < len(rows) and token_at(layout, prefix, kept, side) == selection.token:
        here = kept
    return Pair(kind, side, rows, here, nearest(rows, here, len(prefix)), prefix)


def place_of(layout: TokenLayout, prefix: tuple[str, ...], token: int, side: int) -> int:
    """The position of a token on a grid of `side` by `side`; for the first token, which is chosen where nothing is, one to start with."""
    front = layout.num_prefix_tokens
    if token == 0:
        return len(prefix) + side // 4 * (side + 1)
    if token < front:
        return prefix.index(layout.name(token)) if layout.name(token) in prefix else 0
    row, col = (scaled(at, of, side) for at, of in zip(divmod(token - front, layout.grid[1]), layout.grid, strict=True))
    return len(prefix) + row * side + col


def token_at(layout: TokenLayout, prefix: tuple[str, ...], place: int, side: int) -> int:
    """The token of the picture's own grid that is nearest to a position."""
    if place < len(prefix):
        return next(i for i in range(layout.num_prefix_tokens) if layout.name(i) == prefix[place])
    row, col = (int((at + 0.5) * of / side) for at, of in zip(divmod(place - len(prefix), side), layout.grid, strict=True))
    return layout.num_prefix_tokens + row * layout.grid[1] + col


def scaled(index: int, of: int, side: int) -> int:
    """The place among `side` that covers the middle of place `index` among `of`."""
    return min(side - 1, int((index + 0.5) * side / of))


def nearest(rows: torch.Tensor, here: int, prefix: int) -> int:
    """Of the positions with a place, the one whose row is most like that of `here`: the first of equals (see `EQUAL`)."""
    best, most = -1, -2.0
    for place, value in enumerate(positions.cosine_similarity(rows)[here].tolist()):
        if place >= prefix and place != here and (best < 0 or value > most + EQUAL):
            best, most = place, value
    return best
