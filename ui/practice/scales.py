"""Several sizes on the practice page: the picture and the gallery answered at each, for their mean and for the smallest that is sure."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import vit_core
from ui.kit.payload import data_uri, layout_facts, pack, picture_array
from ui.practice.ways import resolution_pairs
from ui.state import session
from ui.work import cached
from ui.work.analysis import Analysis
from vit_core import cost
from vit_core.readout import class_names, whole_names
from vit_core.study.altered import run_with

if TYPE_CHECKING:
    from PIL.Image import Image

    from vit_core.config import ViTConfig
    from vit_core.model import VisionTransformer

MOST, BELOW = 5, 3
THUMBNAIL = 96


@dataclass(frozen=True)
class Answers:
    """`logits` `[sizes, 1 + gallery, classes]`, the open picture in front; `seconds` of each size's fastest pass, over all of them."""

    logits: np.ndarray
    seconds: tuple[float, ...]


def sizes(config: "ViTConfig", image_size: int, patch_size: int) -> list[int]:
    """At most five resolutions, the smallest first: the app's own, up to three smaller, and larger ones. ValueError if there is no other,
    or the model names no classes."""
    found = [size for size, _ in resolution_pairs(config, image_size, patch_size)]
    own = found.index(image_size)
    first = max(0, min(own - BELOW, len(found) - MOST))
    if not config.num_classes:
        raise ValueError("This model names no classes: it has no answers to average, and none that is sure.")
    if len(found) < 2:
        raise ValueError(f"At {patch_size} px a patch this model takes no other size than {image_size} px here.")
    return found[first : first + MOST]


def chosen_sizes() -> list[int]:
    """Those at the session's setting."""
    chosen = session.current()
    return sizes(cached.model(chosen.model).config, chosen.image_size, chosen.patch_size)


def costs(found: list[int]) -> list[int]:
    """Multiply-accumulates of one picture at each size, in closed form."""
    chosen = session.current()
    config = cached.model(chosen.model).config
    return [cost.macs(config, size, chosen.patch_size).total for size in found]


def stage(demo: str) -> "tuple[str, int, Callable[[Analysis], bytes]]":
    """The name to keep the stage's bytes by, multiply-accumulates of its runs, and what makes the bytes."""
    found = chosen_sizes()
    macs = costs(found)
    gallery = [(picture.title, cached.gallery_picture(name)) for name, picture in cached.gallery().items()]
    picture = session.picture()
    key = session.payload_key("practice sizes")
    pictures = [picture, *(image for _, image in gallery)]
    answered = partial(cached.payload, *key, partial(run, cached.model(key[1]), found, key[4], pictures))
    return f"practice {demo}", sum(macs) * len(pictures), partial(build, demo, found, macs, gallery, answered)


def answers() -> Answers:
    """The answers at the session's setting, run once."""
    found, chosen = chosen_sizes(), session.current()
    pictures = [session.picture(), *(cached.gallery_picture(name) for name in cached.gallery())]
    model = cached.model(chosen.model)
    return cached.payload(*session.payload_key("practice sizes"), lambda: run(model, found, chosen.patch_size, pictures))


def run(model: "VisionTransformer", found: list[int], patch_size: int, pictures: "list[Image]") -> Answers:
    """Every picture at every size, one at a time, each pass timed."""
    logits, seconds = [], []
    for size in found:
        rows, taken = [], []
        for picture in pictures:
            pixels = vit_core.preprocess(picture, model, image_size=size)
            start = time.perf_counter()
            rows.append(run_with(model, pixels, patch_size, {})[1][0].numpy())
            taken.append(time.perf_counter() - start)
        logits.append(np.stack(rows))
        seconds.append(min(taken))
    return Answers(np.stack(logits).astype(np.float32), tuple(seconds))


def build(
    demo: str,
    found: list[int],
    macs: list[int],
    gallery: "list[tuple[str, Image]]",
    answered: Callable[[], Answers],
    analysis: Analysis,
) -> bytes:
    """All answers, what each size costs, and the gallery as small pictures."""
    made, trace = answered(), analysis.trace
    config = trace.config
    counts = [cost.tokens(config, size, trace.patch_size) for size in found]
    about = [
        {"size": size, "tokens": tokens, "macs": count, "seconds": seconds, "now": size == trace.image_size[0]}
        for size, tokens, count, seconds in zip(found, counts, macs, made.seconds, strict=True)
    ]
    facts: dict[str, Any] = {
        "sizes": about,
        "temperature": config.temperature,
        "names": class_names(config),
        "whole": whole_names(config),
        "gallery": [{"title": title, "picture": data_uri(image, THUMBNAIL)} for title, image in gallery],
    }
    arrays = {"logits": made.logits, "picture": picture_array(analysis.shown)}
    return pack(arrays, demo=demo, **facts, **layout_facts(trace))


def known() -> Answers | None:
    """The answers at the session's setting, if they have been run. ValueError as `sizes`."""
    chosen_sizes()
    return cached.payload.found(*session.payload_key("practice sizes"))


def of_logits(found: Answers) -> "tuple[list[int], list[int], torch.Tensor]":
    """Sizes, what each costs, and the logits `[sizes, 1 + gallery, classes]`, at the session's setting."""
    return chosen_sizes(), costs(chosen_sizes()), torch.from_numpy(found.logits)
