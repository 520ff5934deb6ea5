"""The ways of a demonstration, run over the gallery in the background: answers, time in the same run, memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from PIL import Image

import vit_core
from ui.practice.setting import Place
from ui.practice.ways import Way, plainly
from ui.state import session
from ui.work import cached, watch
from ui.work.job import Macs
from ui.work.jobs import jobs
from vit_core import cost
from vit_core.readout import whole_names
from vit_core.study.efficiency import strategies
from vit_core.study.efficiency.strategies import Agreement

REPEATS = 4
TIMED = 2 * (REPEATS + 1) + 1  # both in turns, one round before, and one pass whose memory is followed


@dataclass(frozen=True)
class Outcome:
    """What is known of a way: how its answers compare, one for each gallery picture; time over that of the model's own way,
    peak bytes, and bytes on disk where they differ."""

    way: Way
    answers: tuple[Agreement, ...] | None
    timing: tuple[float, int, int | None] | None


def answers_key(way: Way) -> tuple:
    """What the answers of a way are kept by."""
    chosen = session.current()
    return ("practice answers", chosen.model, chosen.image_size, chosen.patch_size, way.id)


def timing_key(way: Way) -> tuple:
    """What the time and the memory of a way are kept by."""
    return ("practice timing", *answers_key(way)[1:], session.current().picture)


def outcomes(compared: list[Way]) -> list[Outcome]:
    """What is known of each way by now."""
    return [Outcome(way, jobs.result(answers_key(way)), jobs.result(timing_key(way))) for way in compared]


def follow(place: Place, compared: list[Way], show: Callable[[list[Outcome]], None]) -> None:
    """`show(outcomes)` now and while they become known, under the progress of the runs where something is missing."""
    chosen, count = session.current(), len(cached.gallery())
    key = ("practice", place.demo, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, *(way.id for way in compared))
    if all(outcome.answers and outcome.timing for outcome in outcomes(compared)):
        show(outcomes(compared))
        return
    if jobs.result(key) is not None:  # some of what it had made has been forgotten
        jobs.forget(key)
    total = count + len(compared) * (count + TIMED)
    watch.runs(key, plan(compared), total, missing_macs(compared, count), lambda _: show(outcomes(compared)))


def missing_macs(compared: list[Way], count: int) -> Macs:
    """Multiply-accumulates of the runs that are missing: the model's own over the gallery's `count` pictures, then of each way over the
    gallery, in turns with the model's own to compare their time, and once to follow its memory."""
    chosen = session.current()
    own = cost.macs(session.analysis().trace.config, chosen.image_size, chosen.patch_size).total
    total = own * count
    for outcome in outcomes(compared):
        if not (outcome.answers and outcome.timing):
            total += outcome.way.macs * ((0 if outcome.answers else count) + REPEATS + 2) + own * (REPEATS + 1)
    return Macs(total)


def plan(compared: list[Way]) -> Callable[[], Iterator[torch.Tensor]]:
    """The runs, as steps of a job: each gives as many numbers as it made runs."""
    chosen, config = session.current(), session.analysis().trace.config
    model, picture = cached.model(chosen.model), session.picture()
    gallery = [cached.gallery_picture(id) for id in cached.gallery()]
    keys = [(answers_key(way), timing_key(way)) for way in compared]
    has_head = config.num_classes > 0

    def pixels(image: Image.Image, size: int) -> torch.Tensor:
        return vit_core.preprocess(image, model, image_size=size)

    def steps() -> Iterator[torch.Tensor]:
        own, mine = plainly(model, chosen.patch_size), []
        for image in gallery:
            mine.append(own(pixels(image, chosen.image_size)))
            yield torch.ones(1)
        for way, (answers, timing) in zip(compared, keys, strict=True):
            answered = jobs.result(answers) is not None
            if answered and jobs.result(timing) is not None:
                yield torch.ones(len(gallery) + TIMED)
                continue
            forward = way.make(model)
            if answered:
                yield torch.ones(len(gallery))
            else:
                made = []
                for image, before in zip(gallery, mine, strict=True):
                    made.append(strategies.agreement(before, forward(pixels(image, way.image_size)), has_head))
                    yield torch.ones(1)
                jobs.keep(answers, tuple(made))
            here, there = pixels(picture, chosen.image_size), pixels(picture, way.image_size)
            rounds = []
            for _ in range(REPEATS + 1):  # each a step of its own: others may come between
                rounds.append(strategies.one_round(partial(own, here), partial(forward, there)))
                yield torch.ones(len(rounds[-1]))
            disk = way.disk(model) if way.disk else None
            jobs.keep(timing, (strategies.fastest_ratio(rounds), strategies.peak_bytes(partial(forward, there)), disk))
            yield torch.ones(TIMED - len(rounds) * len(rounds[-1]))

    return steps


def rows(found: list[Outcome], place: Place) -> list[dict]:
    """The outcomes as the table in the browser takes them; what is not known yet is null."""
    chosen, config = session.current(), session.analysis().trace.config
    source = cached.sources().get(chosen.model)
    titles = [picture.title for picture in cached.gallery().values()]
    names = whole_names(config)  # they stand in tooltips
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
        row |= {
            "sizes": [way.image_size, way.patch_size],
            "accuracy": source.accuracy(way.image_size, way.patch_size) if source else None,
        }
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
