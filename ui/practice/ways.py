"""The ways to run the model that a demonstration compares, with their costs in closed form."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from ui.practice.setting import Place, stops
from ui.state import session
from ui.work import cached
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer
from vit_core.study.altered import run_with
from vit_core.study.efficiency import attention_variants, quantization, token_reduction
from vit_core.study.efficiency.attention_variants import KINDS, Variant
from vit_core.study.efficiency.strategies import Outputs

MOST_TOKENS = 1100
FEWEST_ALONG = 3
RESOLUTIONS = (96, 128, 160, 192, 224, 256, 320, 384)
PATCHES = (4, 8, 14, 16, 28, 32)
LOW_BITS = (8, 6, 4, 3, 2)

Forward = Callable[[torch.Tensor], Outputs]


@dataclass(frozen=True)
class Way:
    """One way to run the model. `id` tells it from all others; `make` gives the forward pass; `place` is what a click on it sets.

    `counts` is what it works with (`197`, `197 → 101`), `macs` a closed form for one picture; `disk` measures
    the bytes of the weights in a file.
    """

    id: str
    name: str
    image_size: int
    patch_size: int
    counts: str
    macs: int
    make: Callable[[VisionTransformer], Forward]
    place: dict
    disk: Callable[[VisionTransformer], int] | None = None


def plainly(model: VisionTransformer, patch_size: int) -> Forward:
    """The model's own answer, no trace kept."""
    return lambda images: run_with(model, images, patch_size, {})


def at_size(config: ViTConfig, image_size: int, patch_size: int) -> Way:
    """The model as it is, at a resolution and patch size."""
    tokens, macs = cost.tokens(config, image_size, patch_size), cost.macs(config, image_size, patch_size).total
    name = f"{image_size} / {patch_size}"
    return Way(name, name, image_size, patch_size, f"{tokens:,}", macs, lambda model: plainly(model, patch_size), {})


def size_ways(config: ViTConfig, pairs: list[tuple[int, int]]) -> list[Way]:
    """Resolutions and patch sizes."""
    return [at_size(config, image_size, patch_size) for image_size, patch_size in pairs]


def patch_pairs(config: ViTConfig, image_size: int, patch_size: int) -> list[tuple[int, int]]:
    """Patch sizes beside the app's own that divide its resolution into a grid of a size that runs in a moment."""
    sizes = sorted({*PATCHES, patch_size})
    return [(image_size, patch) for patch in sizes if patch == patch_size or fits(config, image_size, patch)]


def resolution_pairs(config: ViTConfig, image_size: int, patch_size: int) -> list[tuple[int, int]]:
    """Resolutions beside the app's own, from 96 to 384 px, that its patch size divides."""
    sizes = sorted({*RESOLUTIONS, image_size, *((2 + 2 * i) * patch_size for i in range(1, 12) if patch_size % 16)})
    return [
        (size, patch_size)
        for size in sizes
        if size == image_size or (RESOLUTIONS[0] <= size <= RESOLUTIONS[-1] and fits(config, size, patch_size))
    ]


def fits(config: ViTConfig, image_size: int, patch_size: int) -> bool:
    along = image_size // patch_size
    low, high = config.grid_range
    return (
        image_size % patch_size == 0
        and max(low, FEWEST_ALONG) <= along <= high
        and cost.tokens(config, image_size, patch_size) <= MOST_TOKENS
    )


def attention_ways(config: ViTConfig, place: Place, image_size: int, patch_size: int) -> list[Way]:
    """Full attention, and each variant at the size that is set for it."""
    layout = config.layout(config.check_sizes(image_size, patch_size))

    def way(variant: Variant) -> Way:
        def make(model: VisionTransformer) -> Forward:
            attends = dict.fromkeys(range(place.layers), attention_variants.attend(variant, layout))
            return lambda images: run_with(model, images, patch_size, attends)

        shape = f"{variant.kind}-{variant.size}-{place.layers}"
        macs = attention_variants.macs(variant, config, image_size, patch_size, place.layers)
        counts = "any" if variant.kind == "linear" else f"{attention_variants.pairs(variant, layout):,}"
        return Way(shape, variant_name(variant), image_size, patch_size, counts, macs, make, {"k": variant.kind})

    return [way(place.variant(kind)) for kind in KINDS]


def variant_name(variant: Variant) -> str:
    size = variant.size
    return {
        "full": "full",
        "windows": f"windows, {size} × {size}",
        "neighbourhood": f"neighbourhood, {2 * size + 1} × {2 * size + 1}",
        "strided": f"strided, one in {size} × {size}",
        "linear": "linear",
    }[variant.kind]


def token_ways(config: ViTConfig, place: Place, image_size: int, patch_size: int) -> list[Way]:
    """Every stop of the slider, with the chosen method."""
    layout = config.layout(config.check_sizes(image_size, patch_size))

    def way(per_layer: int) -> Way:
        def make(model: VisionTransformer) -> Forward:
            def forward(images: torch.Tensor) -> Outputs:
                done = token_reduction.reduce(model, images, patch_size, per_layer, place.method)
                return done.pooled, done.logits

            return forward

        counts = token_reduction.schedule(layout, config.depth, per_layer)
        macs = token_reduction.macs(config, image_size, patch_size, per_layer, place.method)
        name = f"{place.method} {per_layer} a layer" if per_layer else "all tokens"
        return Way(
            f"{place.method}-{per_layer}", name, image_size, patch_size, f"{counts[0]:,} → {counts[-1]:,}", macs, make, {"r": per_layer}
        )

    return [way(per_layer) for per_layer in stops(layout, config.depth)]


def bit_ways(config: ViTConfig, image_size: int, patch_size: int) -> list[Way]:
    """Float types, int8 arithmetic, and weights rounded to fewer and fewer bits."""
    macs = cost.macs(config, image_size, patch_size).total

    def in_floats(name: str, model: VisionTransformer) -> Forward:
        other = quantization.in_floats(model, name)
        return lambda images: run_with(other, images.to(quantization.FLOATS[name]), patch_size, {})

    def in_int8(model: VisionTransformer) -> Forward:
        return plainly(quantization.in_int8(model), patch_size)

    def rounded(bits: int, model: VisionTransformer) -> Forward:
        return plainly(quantization.rounded(model, bits), patch_size)

    made: list[tuple[str, str, Callable, str | int, dict]] = [
        (name, name, partial(in_floats, name), name, {}) for name in quantization.FLOATS
    ]
    made.append(("int8", "int8 weights and products", in_int8, 8, {}))
    made += [(f"{bits}-bit", f"weights of {bits} bits", partial(rounded, bits), bits, {"b": bits}) for bits in LOW_BITS]
    return [
        Way(id, name, image_size, patch_size, "", macs, make, place, partial(quantization.bytes_on_disk, kind=kind))
        for id, name, make, kind, place in made
    ]


def ways(place: Place) -> list[Way]:
    """What the open demonstration compares at the app's setting."""
    chosen = session.current()
    config, sizes = cached.model(chosen.model).config, (chosen.image_size, chosen.patch_size)
    if place.demo == "patches":
        return size_ways(config, patch_pairs(config, *sizes))
    if place.demo == "sizes":
        return size_ways(config, resolution_pairs(config, *sizes))
    if place.demo == "attention":
        return attention_ways(config, place, *sizes)
    return token_ways(config, place, *sizes) if place.demo == "tokens" else bit_ways(config, *sizes)
