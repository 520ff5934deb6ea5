"""Distillation on the practice page: who is teacher and who is student, both on the current picture and the gallery, and the curves."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import vit_core
from ui.kit.charts import looks, packed
from ui.kit.payload import layout_facts, pack, picture_array
from ui.practice import charts
from ui.practice.course import curves
from ui.state import session
from ui.state.selection import sizes_of
from ui.work import cached
from ui.work.analysis import Analysis
from vit_core import cost
from vit_core.analysis import reader_attention
from vit_core.readout import class_names, likeliest, whole_names
from vit_core.study import distillation
from vit_core.study.altered import run_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from ui.practice.setting import Place
    from vit_core.model import VisionTransformer

SHOWN = 5


@dataclass(frozen=True)
class Side:
    """One of the two models: its id, what a person calls it, and the sizes that it is run at."""

    id: str
    title: str
    image_size: int
    patch_size: int

    @property
    def model(self) -> "VisionTransformer":
        return cached.model(self.id)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one picture."""
        return cost.macs(self.model.config, self.image_size, self.patch_size).total


def teachers() -> dict[str, str]:
    """What can teach the current model: ids and names of all other models."""
    return {name: title for name, title in cached.model_names().items() if name != session.current().model}


def teacher_of(place: "Place") -> str:
    """The teacher's id: the link's, or the other bundled model, or the latest moment of training; empty where there is no other model."""
    known = teachers()
    if place.teacher in known:
        return place.teacher
    others = [name for name in known if cached.sources()[name].kind == "bundled"]
    moments = [name for name in known if cached.sources()[name].kind == "snapshot"]
    return next(iter([*others, *reversed(moments), *known]), "")


def sides(place: "Place") -> tuple[Side, Side]:
    """Teacher and student; the teacher at the app's sizes if it takes them, else at its own. ValueError if it cannot be read, or if one of
    the two names no classes."""
    chosen, name = session.current(), teacher_of(place)
    if not name:
        raise ValueError("There is no other model here that could teach this one.")
    sizes = sizes_of(cached.model(name).config)
    taken = chosen.image_size in sizes.image_sizes and chosen.patch_size in sizes.patch_sizes_for(chosen.image_size)
    at = (chosen.image_size, chosen.patch_size) if taken else sizes.start
    names = cached.model_names()
    pair = Side(name, names[name], *at), Side(chosen.model, names[chosen.model], chosen.image_size, chosen.patch_size)
    for side in pair:
        if not side.model.config.num_classes:
            raise ValueError(f"{side.title} names no classes: it has no answer to teach or to learn.")
    if not len(distillation.in_common(*(side.model.config for side in pair))[0]):
        raise ValueError(f"{pair[0].title} and {pair[1].title} name no class in common.")
    return pair


def stage(place: "Place") -> "tuple[str, int, Callable[[Analysis], bytes]]":
    """The name to keep the stage's bytes by, multiply-accumulates of its runs, and what makes the bytes."""
    pair = sides(place)
    gallery = [(picture.title, cached.gallery_picture(name)) for name, picture in cached.gallery().items()]
    macs = sum(side.macs for side in pair) * (1 + len(gallery))
    return f"practice distil {pair[0].id}", macs, partial(build, pair, (session.current().picture, session.picture()), gallery)


def build(pair: tuple[Side, Side], picture: tuple[str, Any], gallery: list[tuple[str, Any]], analysis: Analysis) -> bytes:
    """Of the picture (id, decoded) both models' logits of the classes in common and what their readers look at; both answers over the
    gallery, costs, curves."""
    teacher, student = pair
    places = distillation.in_common(teacher.model.config, student.model.config)
    arrays: dict[str, np.ndarray] = {"picture": picture_array(analysis.shown)}
    about = []
    for name, side, numbers in zip(("teacher", "student"), pair, places, strict=True):
        trace = cached.analysis(side.id, picture[0], side.image_size, side.patch_size, picture[1]).trace
        arrays[f"{name}Logits"] = trace.logits[0, numbers].numpy()
        arrays[f"{name}Looks"] = reader_attention(trace, trace.depth - 1)[0].mean(0)[trace.layout.patches].numpy()
        about.append(facts_of(side, trace.layout.grid, likeliest(trace.config, trace.logits[0], 1)[0]))
    config = teacher.model.config
    names, whole = ([of(config)[i] for i in places[0].tolist()] for of in (class_names, whole_names))
    said = [(title, answer(teacher, image), answer(student, image)) for title, image in gallery]
    source = cached.sources()[student.id]
    course = curves(source.bundled.curves) if source.bundled else None
    facts = {
        "sides": about,
        "names": names,
        "whole": whole,
        "gallery": [[title, one[1], other[1], same(one[0], other[0], places)] for title, one, other in said],
        "common": len(names),
        "figures": [packed(figure) for figure in charts.course(course)] if course else None,
        "looks": looks(),
    }
    return pack(arrays, demo="distil", **facts, **layout_facts(analysis.trace))


def logits_of(place: "Place") -> "tuple[Tensor, Tensor, list[str], list[str]]":
    """Teacher's and student's logits of the current picture for the classes in common, and these classes' names in each."""
    chosen, pair = session.current(), sides(place)
    configs = [side.model.config for side in pair]
    places = distillation.in_common(configs[0], configs[1])
    found = [cached.analysis(side.id, chosen.picture, side.image_size, side.patch_size, session.picture()) for side in pair]
    teacher, student = (run.trace.logits[0, numbers] for run, numbers in zip(found, places, strict=True))
    names = [[class_names(config)[i] for i in numbers.tolist()] for config, numbers in zip(configs, places, strict=True)]
    return teacher, student, names[0], names[1]


def facts_of(side: Side, grid: tuple[int, int], says: Any) -> dict[str, Any]:
    """A model and what it costs: parameters, multiply-accumulates of one picture, seconds of the fastest pass since it was loaded (None
    if there was none)."""
    config = side.model.config
    pace = cached.pace(side.model, side.image_size, side.patch_size)
    return {
        "title": side.title,
        "classes": config.num_classes,
        "at": f"{side.image_size} / {side.patch_size}",
        "grid": list(grid),
        "parameters": cost.parameters(config).total,
        "macs": side.macs,
        "seconds": pace.seconds if pace.runs else None,
        "says": list(says),
    }


def answer(side: Side, image: Any) -> tuple[int, str]:
    """Number and name of the likeliest class of a picture."""
    pixels = vit_core.preprocess(image, side.model, image_size=side.image_size)
    best = int(run_with(side.model, pixels, side.patch_size, {})[1][0].argmax())
    return best, class_names(side.model.config)[best]


def same(one: int, other: int, places: tuple[Any, Any]) -> bool:
    """Whether two classes are one that both models name."""
    return [one, other] in [list(pair) for pair in zip(*(part.tolist() for part in places), strict=True)]
