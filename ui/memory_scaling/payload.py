"""What the memory calculator is sent."""

from collections.abc import Mapping
from functools import cache
from itertools import product

import numpy as np

from ui.kit.charts import looks, packed
from ui.kit.config_facts import config_facts
from ui.kit.payload import pack
from vit_core.config import ViTConfig
from vit_figures.growth import PARTS, growth


def stage(models: Mapping[str, ViTConfig], running: str = "") -> bytes:
    """The facts of every model to choose from, and the figures, whose curves the browser computes. `running`: which one the app shows."""
    rows = {name: config_facts(config) for name, config in models.items()}
    if running:
        rows[running]["running"] = running != "bundled"
    return pack({}, models=rows, figures=figures(), looks=looks())


@cache
def figures() -> dict:
    """The curves over the resolution without their points, by unit and axes."""
    none, found = np.zeros(0), {}
    for unit, axes in product(PARTS, ("log", "linear")):
        found[f"{unit} {axes}"] = packed(growth(none, dict.fromkeys(PARTS[unit], none), unit, axes == "log"))
    return found
