"""What the memory calculator is sent."""

from functools import cache, partial
from itertools import product

import numpy as np

from ui.kit.charts import looks, packed
from ui.kit.config_facts import config_facts
from ui.kit.payload import pack
from ui.memory_scaling.setting import configs
from ui.state import session
from ui.work import cached
from vit_figures.growth import PARTS, growth


def stage() -> bytes:
    """What the calculator is sent, once: the facts of every model, and its figures, whose curves the browser computes."""
    chosen = session.current().model
    return cached.payload("memory", chosen, "", 0, 0, partial(facts_and_figures, chosen))


def facts_and_figures(chosen: str) -> bytes:
    """The calculator's bytes, while `chosen` is the app's model."""
    rows = {name: config_facts(config) for name, config in configs(chosen).items()}
    rows[chosen]["running"] = chosen != "bundled"
    return pack({}, models=rows, figures=figures(), looks=looks())


@cache
def figures() -> dict:
    """The curves over the resolution without their points, by unit and axes."""
    none, found = np.zeros(0), {}
    for unit, axes in product(PARTS, ("log", "linear")):
        found[f"{unit} {axes}"] = packed(growth(none, dict.fromkeys(PARTS[unit], none), unit, axes == "log"))
    return found
