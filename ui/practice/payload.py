"""What the practice page's stage is sent: for each demonstration the current picture's own results, and the facts that the browser
computes from."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import vit_core
from ui.kit.charts import looks, packed
from ui.kit.payload import jpeg, layout_facts, pack, picture_array
from ui.practice import charts, distil, scales
from ui.practice.setting import MATRICES, SCALED, SIZED, Place, stops
from ui.practice.ways import patch_pairs, resolution_pairs
from ui.state import session
from ui.state.selection import sizes_of
from ui.work.analysis import Analysis
from ui.work.turns import turns
from vit_core import cost
from vit_core.images import to_image
from vit_core.model import VisionTransformer
from vit_core.readout import likeliest
from vit_core.study.altered import run_with
from vit_core.study.efficiency import attention_variants, quantization, token_reduction
from vit_core.trace import ViTTrace
from vit_figures.efficiency import Setting

if TYPE_CHECKING:
    from PIL.Image import Image

SHOWN_CLASSES = 3


def stage(place: Place) -> tuple[str, int, Callable[[Analysis], bytes]]:
    """What the stage of the open demonstration shows: the name to keep its bytes by, multiply-accumulates of its runs, and what makes the
    bytes.

    What the browser can follow by itself (tokens lost, bits) is not part of the name.
    """
    trace = session.analysis().trace
    if place.demo == "distil":
        return distil.stage(place)
    if place.demo in SCALED:
        return scales.stage(place.demo)
    if place.demo == "attention":
        build, key, macs = attention, f"{place.kind} {place.sizes.get(place.kind)} {place.layers}", session.macs()
    elif place.demo == "tokens":
        build, key, macs = tokens, place.method, sum(stop_macs(place, trace))
    elif place.demo == "bits":
        build, key, macs = bits, f"{place.layer} {place.matrix}", 0
    else:
        build, key = partial(sizes, picture=session.picture()), ""
        macs = sum(cost.macs(trace.config, *pair).total for pair in size_pairs(place, trace))
    return f"practice {place.demo} {key}", macs, partial(build, place)


def size_pairs(place: Place, trace: ViTTrace) -> list[tuple[int, int]]:
    """The resolutions and patch sizes that are compared."""
    return (patch_pairs if place.demo == "patches" else resolution_pairs)(trace.config, trace.image_size[0], trace.patch_size)


def stop_macs(place: Place, trace: ViTTrace) -> list[int]:
    """Multiply-accumulates at every stop of the slider of tokens lost."""
    ways = stops(trace.layout, trace.depth)
    return [token_reduction.macs(trace.config, trace.image_size, trace.patch_size, way, place.method) for way in ways]


def sizes(place: Place, analysis: Analysis, picture: "Image") -> bytes:
    """A card for each setting: the picture as the model sees it there, and its answer; and compute over tokens, split in two."""
    trace = analysis.trace
    config, model = trace.config, trace.model
    cards: list[dict[str, Any]] = []
    arrays, known = {}, sizes_of(config)
    for image_size, patch_size in size_pairs(place, trace):
        turns.give_way()
        pixels = vit_core.preprocess(picture, model, image_size=image_size)
        layout, macs = cost.layout(config, image_size, patch_size), cost.macs(config, image_size, patch_size)
        _, logits = run_with(model, pixels, patch_size, {})
        arrays[f"picture{len(cards)}"] = np.frombuffer(jpeg(to_image(pixels, config.preprocessing)), dtype=np.uint8)
        cards.append(
            {
                "size": image_size,
                "patch": patch_size,
                "grid": list(layout.grid),
                "tokens": layout.num_tokens,
                "macs": macs.total,
                "share": macs.attention_share,
                "top": likeliest(config, logits[0], SHOWN_CLASSES),
                "now": (image_size, patch_size) == (trace.image_size[0], trace.patch_size),
                "usable": image_size in known.image_sizes and patch_size in known.patch_sizes_for(image_size),
            }
        )
    settings = [Setting(f"{card['size']} / {card['patch']}", card["tokens"], card["macs"], card["now"]) for card in cards]
    figure = packed(charts.compute(config, trace.patch_size, settings))
    return pack(arrays, demo=place.demo, cards=cards, figure=figure, looks=looks(), **common(analysis))


def attention(place: Place, analysis: Analysis) -> bytes:
    """The picture, the answer with the chosen variant, and what its costs are computed from."""
    trace, variant = analysis.trace, place.variant()
    config = trace.config
    if variant.kind == "linear":
        attends = dict.fromkeys(range(place.layers), attention_variants.attend(variant, trace.layout))
        _, logits = run_with(trace.model, trace.images, trace.patch_size, attends)
    else:
        logits = trace.model(trace.images, trace.patch_size, attention_variants.edits(variant, trace.layout, place.layers)).logits
    macs = cost.macs(config, trace.image_size, trace.patch_size)
    facts = {
        "ran": {"kind": variant.kind, "size": variant.size, "layers": place.layers, "top": likeliest(config, logits[0], SHOWN_CLASSES)},
        "headDim": config.head_dim,
        "macs": macs.total,
        "others": [macs.total, macs.block.attention_core],
        "keys": SIZED,
        "grids": charts.VARIANT_GRIDS,
        "figure": packed(charts.variants(config, trace.patch_size, place.sizes)),
        "looks": looks(),
    }
    return pack({"picture": picture_array(analysis.shown)}, demo="attention", **facts, **common(analysis))


def tokens(place: Place, analysis: Analysis) -> bytes:
    """Who holds each patch after every layer, `[stops, L + 1, N]`, for every stop of the slider; tokens and answers of each."""
    trace = analysis.trace
    config, ways = trace.config, stops(trace.layout, trace.depth)
    found = [token_reduction.reduce(trace.model, trace.images, trace.patch_size, way, place.method) for way in ways]
    owners = np.stack([done.owners[:, 0].numpy() for done in found]).astype(np.int32)
    facts = {
        "method": place.method,
        "stops": list(ways),
        "counts": [list(done.counts) for done in found],
        "tops": [likeliest(config, done.logits[0], SHOWN_CLASSES) for done in found],
        "macs": stop_macs(place, trace),
        "whole": cost.macs(config, trace.image_size, trace.patch_size).total,
    }
    return pack({"owners": owners, "picture": picture_array(analysis.shown)}, demo="tokens", **facts, **common(analysis))


def matrix_layers(model: VisionTransformer, layer: int) -> list[torch.nn.Linear]:
    """The linear layers of one block, in the order of `MATRICES`."""
    return list(quantization.linears(model.blocks[layer]).values())


def bits(place: Place, analysis: Analysis) -> bytes:
    """One matrix of one layer as it is, in float32: the browser rounds it."""
    trace = analysis.trace
    weight = matrix_layers(trace.model, place.layer)[place.matrix].weight.detach().float().numpy()
    return pack(
        {"weight": weight},
        demo="bits",
        layer=place.layer,
        matrix=place.matrix,
        names=list(MATRICES),
        figure=packed(charts.rounding(np.zeros(0), 4)),
        looks=looks(),
        **common(analysis),
    )


def common(analysis: Analysis) -> dict[str, Any]:
    """What every demonstration needs to know."""
    trace = analysis.trace
    return {
        "top": likeliest(trace.config, trace.logits[0], SHOWN_CLASSES),
        "hasHead": trace.config.num_classes > 0,
        **layout_facts(analysis.trace),
    }
