"""The charts of the practice page as figures."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vit_core import cost
from vit_core.study.efficiency import attention_variants
from vit_figures import efficiency

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plotly.graph_objects import Figure

    from vit_core.config import ViTConfig

CURVE_GRIDS = 33
VARIANT_GRIDS = (4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 84, 100, 128)
"""Patches along a side at which the variants of attention are compared."""


def compute(config: "ViTConfig", patch_size: int, settings: "Sequence[efficiency.Setting]") -> "Figure":
    """Compute over tokens for growing grids, split in what attention needs and all the rest."""
    sides = [along * patch_size for along in range(2, CURVE_GRIDS)]
    tokens = np.array([cost.tokens(config, side, patch_size) for side in sides])
    all_macs = [cost.macs(config, side, patch_size) for side in sides]
    attention = np.array([config.depth * macs.block.attention_core for macs in all_macs])
    total = np.array([macs.total for macs in all_macs])
    return efficiency.compute(tokens, total - attention, attention, settings)


def variants(config: "ViTConfig", patch_size: int, sizes: "Mapping[str, int]") -> "Figure":
    """One layer's attention over the resolution in every variant, each at its size of `sizes`."""
    layouts = [config.layout((along, along)) for along in VARIANT_GRIDS]
    chosen = {kind: attention_variants.Variant(kind, sizes.get(kind, 1)) for kind in attention_variants.KINDS}
    macs: dict[str, np.ndarray] = {}
    for kind, way in chosen.items():
        macs[kind] = np.array([attention_variants.core_macs(way, config, layout) for layout in layouts])
    return efficiency.variants(np.array(VARIANT_GRIDS) * patch_size, macs, patch_size)


def course(found: dict[str, Any]) -> "list[Figure]":
    """A chart for each measure of `ui.practice.course.curves`."""
    xs = np.array(found["xs"], dtype=float)
    return [
        efficiency.course(
            xs, {name: np.array(values, dtype=float) for name, values in chart["lines"]}, chart["title"], found["across"], found["phases"]
        )
        for chart in found["charts"]
    ]


def rounding(row: np.ndarray, bits: int) -> "Figure":
    """A row of a matrix, `[inputs]`, rounded to so many bits as `vit_core.study.efficiency.quantization` does."""
    most = 2 ** (bits - 1) - 1
    return efficiency.rounding(row, float(np.abs(row).max(initial=0)) / most, most)
