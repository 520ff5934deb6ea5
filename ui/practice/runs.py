"""The ways of a demonstration, run over the gallery in the background: answers, time in the same run, memory."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import torch

import vit_core
from ui.kit.places import MODELS
from ui.practice.setting import Place
from ui.practice.ways import Way, plainly
from ui.state import session
from ui.work import cached, jobs
from vit_core import cost
from vit_core.readout import class_names
from vit_core.study import strategies
from vit_core.study.strategies import Agreement

REPEATS = 4
TIMED = 2 * (REPEATS + 1) + 1  # both in turns, one round before, and one pass whose memory is followed
KEPT = 4096

answers: OrderedDict[tuple, tuple[Agreement, ...]] = OrderedDict()
timings: OrderedDict[tuple, tuple[float, int, int | None]] = OrderedDict()


@dataclass(frozen=True)
class Outcome:
    """What is known of a way: how its answers compare, one for each gallery picture; time over that of the model's own way,
    peak bytes, and bytes on disk where they differ."""

    way: Way
    answers: tuple[Agreement, ...] | None
    timing: tuple[float, int, int | None] | None


def own_key(way: Way) -> tuple:
    """What the answers of a way belong to."""
    chosen = session.current()
    return (chosen.model, chosen.image_size, chosen.patch_size, way.id)


def outcomes(compared: list[Way]) -> list[Outcome]:
    """What is known of each way by now."""
    picture = session.current().picture
    return [Outcome(way, answers.get(own_key(way)), timings.get((*own_key(way), picture))) for way in compared]


def watch(place: Place, compared: list[Way], show: Callable[[list[Outcome]], None]) -> None:
    """`show(outcomes)` now and while they become known, under the progress of `jobs.watch` where something is missing."""
    chosen, count = session.current(), len(cached.gallery())
    key = ("practice", place.demo, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, *(way.id for way in compared))
    if all(outcome.answers and outcome.timing for outcome in outcomes(compared)):
        show(outcomes(compared))
        return
    jobs.finished.pop(key, None)
    steps, total = plan(compared), count + len(compared) * (count + TIMED)
    jobs.watch(key, steps, total, seconds(compared, count), lambda _: show(outcomes(compared)))


def seconds(compared: list[Way], count: int) -> float:
    """About how long the missing runs take: the app's own time, scaled by multiply-accumulates."""
    analysis, chosen = session.analysis(), session.current()
    own = cost.macs(analysis.trace.config, chosen.image_size, chosen.patch_size).total
    missing = [outcome for outcome in outcomes(compared) if not (outcome.answers and outcome.timing)]
    runs = sum(((0 if o.answers else count) + REPEATS + 2) * o.way.macs / own + REPEATS + 1 for o in missing)
    pace = cached.pace(cached.model(chosen.model), chosen.image_size, chosen.patch_size)
    return min(pace.seconds, analysis.seconds) * (runs + count)


def plan(compared: list[Way]) -> Callable[[], Iterator[torch.Tensor]]:
    """The runs, as steps of a job: each gives as many numbers as it made runs."""
    chosen, config = session.current(), session.analysis().trace.config
    model, picture = cached.model(chosen.model), session.picture()
    gallery = [cached.gallery_picture(id) for id in cached.gallery()]
    keys = [own_key(way) for way in compared]
    has_head = config.num_classes > 0

    def pixels(image, size: int) -> torch.Tensor:
        return vit_core.preprocess(image, model, image_size=size)

    def steps() -> Iterator[torch.Tensor]:
        own, mine = plainly(model, chosen.patch_size), []
        for image in gallery:
            mine.append(own(pixels(image, chosen.image_size)))
            yield torch.ones(1)
        for way, key in zip(compared, keys, strict=True):
            if answers.get(key) and timings.get((*key, chosen.picture)):
                yield torch.ones(len(gallery) + TIMED)
                continue
            forward = way.make(model)
            if key in answers:
                yield torch.ones(len(gallery))
            else:
                made = []
                for image, before in zip(gallery, mine, strict=True):
                    made.append(strategies.agreement(before, forward(pixels(image, way.image_size)), has_head))
                    yield torch.ones(1)
                keep(answers, key, tuple(made))
            here, there = pixels(picture, chosen.image_size), pixels(picture, way.image_size)
            ratio = strategies.time_ratio(partial(own, here), partial(forward, there), REPEATS)
            disk = way.disk(model) if way.disk else None
            keep(timings, (*key, chosen.picture), (ratio, strategies.peak_bytes(partial(forward, there)), disk))
            yield torch.ones(TIMED)

    return steps


def keep(known: OrderedDict, key: tuple, value: tuple) -> None:
    """Remember a result; the oldest is forgotten."""
    known[key] = value
    while len(known) > KEPT:
        known.popitem(last=False)


def rows(found: list[Outcome], place: Place) -> list[dict]:
    """The outcomes as the table in the browser takes them; what is not known yet is null."""
    chosen, config = session.current(), session.analysis().trace.config
    titles = [picture.title for picture in cached.gallery().values()]
    names = class_names(config)
    own = cost.macs(config, chosen.image_size, chosen.patch_size).total
    made = []
    for outcome in found:
        way, said = outcome.way, outcome.answers
        row = {
            "name": way.name,
            "counts": way.counts,
            "macs": way.macs,
            "share": way.macs / own,
            "disk": outcome.timing[2] if outcome.timing else None,
            "place": way.place,
            "now": is_now(way, place),
        }
        row |= {"sizes": [way.image_size, way.patch_size], "accuracy": accuracy(chosen.model, way.image_size, way.patch_size)}
        row |= {"ratio": outcome.timing[0], "peak": outcome.timing[1]} if outcome.timing else {"ratio": None, "peak": None}
        if said:
            pairs = [
                [title, a.same, a.cosine, *(names[i] if i is not None else None for i in (a.own, a.other))]
                for title, a in zip(titles, said, strict=True)
            ]
            row |= {"pictures": pairs, "difference": max(a.difference for a in said), "cosine": sum(a.cosine for a in said) / len(said)}
        made.append(row)
    return made


def is_now(way: Way, place: Place) -> bool:
    """Is this the way that is set?"""
    chosen = session.current()
    if place.demo in ("patches", "sizes"):
        return (way.image_size, way.patch_size) == (chosen.image_size, chosen.patch_size)
    set_now = {"k": place.kind, "r": place.per_layer, "b": place.bits}
    return bool(way.place) and all(set_now[key] == value for key, value in way.place.items())


@lru_cache(maxsize=1)
def measured_accuracies() -> list[dict]:
    """Top-1 of the bundled model on validation pictures, by setting, from the file beside its weights."""
    return json.loads((MODELS / "tiny-vit.json").read_text())["measures"]["settings"]


def accuracy(model_name: str, image_size: int, patch_size: int) -> dict | None:
    """The measured accuracy of the bundled model at this setting, else of the same number of patches at another; None if there is none."""
    if model_name != "bundled":
        return None
    same_grid = [row for row in measured_accuracies() if row["grid"] == image_size // patch_size]
    exact = [row for row in same_grid if (row["image_size"], row["patch_size"]) == (image_size, patch_size)]
    return max(exact or same_grid, key=lambda row: row["pictures"], default=None)
