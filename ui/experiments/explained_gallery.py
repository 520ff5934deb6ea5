"""All explanations put to the test over the gallery: the work, and what is sent."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, watch
from ui.work.job import Job, Key, Macs
from ui.work.jobs import jobs
from vit_core.study.explanations import tested
from vit_core.study.explanations.gradients import asked
from vit_core.study.explanations.methods import METHODS, passes

if TYPE_CHECKING:
    from vit_core import ViTTrace

ORDERS = [*(method.name for method in METHODS), "centre prior", "random, mean"]


def key() -> Key:
    """What the gallery's numbers belong to: no picture, and each picture's own likeliest class."""
    chosen = session.current()
    return ("explained gallery", chosen.model, chosen.image_size, chosen.patch_size)


def numbers_each(patches: int) -> int:
    """How many numbers a picture has."""
    return sum(tested.counts(patches, tested.FEW_STEPS))


def steps(chosen: Selection) -> Iterator[torch.Tensor]:
    """Maps and curves of one picture of the gallery after the other."""
    import vit_core

    vit = cached.model(chosen.model)
    for picture in cached.gallery().values():
        trace = vit(vit_core.preprocess(picture.image, vit, image_size=chosen.image_size), chosen.patch_size)
        yield from tested.maps_and_curves(trace, asked(trace), tested.FEW_STEPS)


def areas(values: np.ndarray, patches: int) -> np.ndarray:
    """Areas `[pictures, 2, orders]`; nan for a picture that is not done."""
    rows = torch.from_numpy(values.reshape(-1, numbers_each(patches)))
    return torch.stack([tested.areas(row, patches, tested.FEW_STEPS) for row in rows]).numpy()


def known_areas(trace: "ViTTrace") -> np.ndarray | None:
    """The areas, if all are known."""
    values = jobs.result(key())
    return None if values is None else areas(values, trace.layout.num_patches)


def rows(found: np.ndarray) -> Iterator[list[Any]]:
    """A row for each picture and order: title, order, both areas."""
    for picture, (removed, added) in zip(cached.gallery().values(), found.tolist(), strict=True):
        for order, low, high in zip(ORDERS, removed, added, strict=True):
            yield [picture.title, order, low, high]


def stage(analysis: Any, show: Callable, macs: Callable[[int, int], Macs]) -> None:
    """The table over the gallery, which a button begins."""
    chosen, patches, pictures = session.current(), analysis.trace.layout.num_patches, len(cached.gallery())
    each, (forward, backward) = numbers_each(patches), passes(patches)
    cost = macs(pictures * (forward + tested.counts(patches, tested.FEW_STEPS)[1]), pictures * backward)

    def draw(values: np.ndarray) -> None:
        setting = f"{chosen.image_size} / {chosen.patch_size}"
        show("gallery", {"areas": areas(values, patches)}, analysis, orders=ORDERS, setting=setting, steps=tested.FEW_STEPS)

    def line(job: Job) -> str:
        return f"picture {min(pictures, 1 + job.done // each)} of {pictures}"

    offer = f"The whole gallery, {pictures} pictures"
    watch.runs(key(), partial(steps, chosen), pictures * each, cost, draw, line=line, offer=offer, at_once=Macs(0))
