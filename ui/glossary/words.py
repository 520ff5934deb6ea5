"""Every term and symbol of the app: the list, and the sizes that the symbols stand for now."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vit_core import ViTTrace

FILE = Path(__file__).with_name("entries.json")
GROUPS = {
    "symbols": "Symbols and shapes",
    "model": "The model",
    "attention": "Attention",
    "training": "Training and data",
    "cost": "Cost",
}


@dataclass(frozen=True)
class Entry:
    """One term. `aliases` are other words for it, `symbols` its letters in formulas, `pages` where it shows (the first is linked).

    `shape` names its axes, `value` the size that the symbol stands for; `mark` says whether the word is underlined in texts.
    """

    id: str
    group: str
    term: str
    definition: str
    pages: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    shape: str = ""
    value: str = ""
    formula: str = ""
    source: str = ""
    mark: bool = True


@cache
def entries() -> tuple[Entry, ...]:
    """The list, in its order."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))

    def entry(row: dict[str, Any]) -> Entry:
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        return Entry(**values)

    return tuple(entry(row) for row in rows)


def numbers(trace: "ViTTrace") -> dict[str, int]:
    """What the symbols of sizes stand for, with this model and this picture."""
    config, layout = trace.config, trace.layout
    height, width = trace.image_size
    return {
        "B": trace.images.shape[0],
        "C": config.in_chans,
        "H": height,
        "W": width,
        "P": trace.patch_size,
        "N": layout.num_patches,
        "T": layout.num_tokens,
        "T_query": layout.num_tokens,
        "T_key": layout.num_tokens,
        "D": config.embed_dim,
        "heads": config.num_heads,
        "head_dim": config.head_dim,
        "L": config.depth,
        "K": config.num_classes,
        "M": config.mlp_hidden,
        "grid_h": layout.grid[0],
        "grid_w": layout.grid[1],
        "num_prefix_tokens": layout.num_prefix_tokens,
    }


def shape_here(shape: str, sizes: dict[str, int]) -> tuple[int, ...]:
    """`[B, N, P*P*C]` with the numbers put in: `(1, 196, 768)`. KeyError for a name that is no size."""
    found = []
    for axis in shape[1:-1].split(", "):
        size = 1
        for factor in axis.split("*"):
            size *= int(factor) if factor.isdigit() else sizes[factor]
        found.append(size)
    return tuple(found)
