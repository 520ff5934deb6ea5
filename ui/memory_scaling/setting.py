"""The setting of the memory page: the models to choose from, and what a link's view says, held in range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import vit_core
from ui.state import schema, session, view
from ui.work import cached
from vit_core.config import ViTConfig

DEFAULT_MODEL: str = schema.entry_of("memory_scaling", "mem", "m")["default"]
OWN_GRID = 14


def configs(chosen: str = "bundled") -> dict[str, ViTConfig]:
    """The models to choose from: the bundled one, the one that the app shows, then the published."""
    config = cached.model(chosen).config
    running = {} if chosen == "bundled" else {chosen: config.replace(name=cached.model_names()[chosen])}
    return {"bundled": cached.model("bundled").config, **running, **vit_core.presets}


@dataclass(frozen=True)
class Setting:
    """What is set on the page. `options` are those of `vit_core.cost.memory`; sizes in pixels, `device` in bytes."""

    model: str
    config: ViTConfig
    image_size: int
    patch_size: int
    batch: int
    device: int
    options: Mapping[str, Any]

    @property
    def at(self) -> dict[str, Any]:
        """The arguments of `vit_core.cost.memory`."""
        return {"image_size": self.image_size, "patch_size": self.patch_size, "batch": self.batch, **self.options}

    @property
    def trains(self) -> bool:
        return self.options["mode"] == "training"

    @property
    def explicit(self) -> bool:
        return self.options["attention"] == "explicit"


def largest_divisor(width: int, most: int) -> int:
    """The largest number up to `most` that divides `width`."""
    return next(heads for heads in range(min(width, most), 0, -1) if width % heads == 0)


def read_setting(said: str, models: Mapping[str, ViTConfig]) -> Setting:
    """The setting that a link's view asks for, as `place.js` of the component reads it: the nearest that can be shown."""
    place = view.read("memory_scaling", said, "mem", models=["own", *models])
    patch = place["p"]
    size = max(1, (2 * place["r"] + patch) // (2 * patch)) * patch
    config = own_config(place["own"], patch) if place["m"] == "own" else models[place["m"]]
    if place["g"] >= 0:
        config = config.replace(num_registers=place["g"])
    if place["n"]:
        config = config.replace(pos_grid=(max(1, size // patch),) * 2)
    options: dict[str, Any] = {
        "mode": "training" if place["t"] else "inference",
        "element_bytes": 4 if place["e"] == "fp32" else 2,
        "attention": "fused" if place["a"] else "explicit",
    }
    if place["t"]:
        options |= {"optimizer": place["o"], "checkpointing": place["c"] == 1}
    else:
        options |= {"int8": place["e"] == "int8", "keep_trace": place["k"] == 1}
    return Setting(place["m"], config, size, patch, place["b"], round(place["d"] * 1e9), options)


def own_config(sizes: Sequence[int], patch: int) -> ViTConfig:
    """A plain ViT of the person's own width, depth, heads and MLP width, its position table for 14 × 14 patches."""
    width, depth, heads, hidden = sizes
    return vit_core.presets[DEFAULT_MODEL].replace(
        name="Your own",
        embed_dim=width,
        depth=depth,
        num_heads=largest_divisor(width, heads),
        mlp_hidden=hidden,
        patch_size=patch,
        image_size=OWN_GRID * patch,
    )


def setting() -> Setting:
    """The session's setting."""
    chosen = session.current()
    return read_setting(chosen.view, configs(chosen.model))
