"""The setting of the memory page: the models to choose from, and what a link's view says, held in range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import vit_core
from ui.state import session
from ui.state.selection import view_values
from ui.work import cached
from vit_core.config import ViTConfig

LARGEST_SIZE = 8192
MOST_IMAGES = 65536
DEFAULT_MODEL = "ViT-B/16"
OWN_GRID = 14
OPTIMIZERS = ("sgd", "momentum", "adam", "adafactor", "adam8bit")
PRECISIONS = ("fp32", "mixed", "int8")


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


def whole(value: Any, low: int, high: int, otherwise: int) -> int:
    """A number from a link, rounded and held in range; `otherwise` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return otherwise
    return int(min(high, max(low, value + 0.5 if abs(value) < 1e15 else value)) // 1)


def largest_divisor(width: int, most: int) -> int:
    """The largest number up to `most` that divides `width`."""
    return next(heads for heads in range(min(width, most), 0, -1) if width % heads == 0)


def wanted(view: str) -> dict[str, Any]:
    """The page's part of a link's view; empty for what is none."""
    part = view_values(view).get("mem")
    return part if isinstance(part, dict) else {}


def read_setting(view: str, models: Mapping[str, ViTConfig]) -> Setting:
    """The setting that a view asks for, as `memory-place.js` reads it: the nearest that can be shown."""
    place = wanted(view)
    name = place.get("m") if place.get("m") in ("own", *models) else DEFAULT_MODEL
    patch = whole(place.get("p"), 1, 256, 16)
    size = max(1, (2 * whole(place.get("r"), 1, LARGEST_SIZE, 384) + patch) // (2 * patch)) * patch
    registers = whole(place.get("g"), -1, 64, -1)
    config = own_config(place.get("own"), patch) if name == "own" else models[name]
    if registers >= 0:
        config = config.replace(num_registers=registers)
    trains = whole(place.get("t"), 0, 1, 1) == 1
    precision = place.get("e") if place.get("e") in PRECISIONS else "fp32"
    options: dict[str, Any] = {
        "mode": "training" if trains else "inference",
        "element_bytes": 4 if precision == "fp32" else 2,
        "attention": "fused" if whole(place.get("a"), 0, 1, 0) else "explicit",
    }
    if trains:
        options |= {
            "optimizer": place.get("o") if place.get("o") in OPTIMIZERS else "adam",
            "checkpointing": whole(place.get("c"), 0, 1, 0) == 1,
        }
    else:
        options |= {"int8": precision == "int8", "keep_trace": whole(place.get("k"), 0, 1, 0) == 1}
    device = place.get("d")
    gigabytes = min(1e6, max(0.01, device)) if isinstance(device, int | float) and device == device else 24
    return Setting(name, config, size, patch, whole(place.get("b"), 1, MOST_IMAGES, 8), round(gigabytes * 1e9), options)


def own_config(sizes: Any, patch: int) -> ViTConfig:
    """A plain ViT of the person's own sizes, its position table for 14 × 14 patches."""
    width, depth, heads, hidden = sizes if isinstance(sizes, list) and len(sizes) == 4 else (768, 12, 12, 3072)
    width = whole(width, 1, 16384, 768)
    return vit_core.presets[DEFAULT_MODEL].replace(
        name="Your own",
        embed_dim=width,
        depth=whole(depth, 1, 500, 12),
        num_heads=largest_divisor(width, whole(heads, 1, 256, 12)),
        mlp_hidden=whole(hidden, 1, 131072, 3072),
        patch_size=patch,
        image_size=OWN_GRID * patch,
    )


def setting() -> Setting:
    """The session's setting."""
    chosen = session.current()
    return read_setting(chosen.view, configs(chosen.model))
