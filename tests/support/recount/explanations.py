"""The numbers of the explanations, recomputed from the papers' definitions by the second program, which walks backwards by hand."""

from collections.abc import Iterator

import numpy as np
import torch

from tests.support.explained64 import NOISES, RADIUS, Explained, correlation
from tests.support.recount.forward64 import pixels32, run
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

STEPS = 14  # of a curve
SOURCES = {
    "gradient": "Simonyan et al. 2014",
    "gradient × input": "Shrikumar et al. 2016",
    "integrated gradients": "Sundararajan et al. 2017",
    "SmoothGrad": "Smilkov et al. 2017",
    "Grad-CAM on tokens": "Selvaraju et al. 2017",
    "attention rollout": "Abnar & Zuidema 2020",
    "gradient-weighted attention": "Chefer et al. 2021, ICCV",
    "relevance-weighted attention": "Chefer et al. 2021, CVPR",
    "conserved relevance": "Ali et al. 2022",
    "AttnLRP": "Achtibat et al. 2024",
    "occlusion": "Zeiler & Fergus 2014",
    "RISE": "Petsiuk et al. 2018",
}
LEFT = {
    "integrated gradients": "completeness gap: #",
    "conserved relevance": "on other tokens and biases: #",
    "AttnLRP": "on other tokens, biases and softmax: #",
}


def explained(visit: Visit) -> tuple[Explained, dict[str, np.ndarray]]:
    """The second program and its maps at 64 px, for the likeliest class, of the pixels that the model is given."""
    net = visit.truth.net
    second = Explained(net, pixels32("coffee", 64, net), 16, int(visit.truth.at(64).logits.argmax()))
    return second, second.maps()


def explanations(visit: Visit) -> Iterator[Shown]:
    """The tabs "Explanations" and "Put to the test"."""
    second, maps = explained(visit)
    assert list(maps) == list(SOURCES)
    yield from shown_maps(visit, second, maps)
    yield from put_to_the_test(visit, second, maps)


def shown_maps(visit: Visit, second: Explained, maps: dict[str, np.ndarray]) -> Iterator[Shown]:
    """All maps under the pointer, at a few places, and what their sums leave over."""
    visit.tab.get_by_role("radio", name="Explanations").click()
    visit.tab.locator('.vit[data-known="true"]:has(.explained)').wait_for()
    yield from visit.read.take("The logit of … is #.", second.score(second.picture))
    for name, words in LEFT.items():
        yield from visit.read.take(words, second.left(name, maps[name]))
    for row, col in visit.cells(second.side, 3):
        read = visit.hover("gradient × input: a number", (second.side, second.side), row, col)
        for name, values in maps.items():
            yield from read.take(f"{name} {SOURCES[name]} #, rank", values[second.side * row + col])


def moved_rollout(second: Explained, own: np.ndarray) -> float:
    """The farthest that rollout goes under the noise that chance draws from its first seed, over its length."""
    generator, moved = torch.Generator().manual_seed(0), []
    for _ in range(NOISES):
        even = torch.rand((1, 3, *second.picture.shape[:2]), generator=generator).numpy()[0].transpose(1, 2, 0)
        other = run(second.net, second.picture + RADIUS * np.ptp(second.picture) * (2 * even - 1), 16).rollout()[0, 1:]
        moved.append(float(np.linalg.norm(other - own)))
    return max(moved) / float(np.linalg.norm(own))


def put_to_the_test(visit: Visit, second: Explained, maps: dict[str, np.ndarray]) -> Iterator[Shown]:
    """The areas of every order, how far noise moves one map, and how far any two maps agree."""
    visit.tab.get_by_role("radio", name="Put to the test").click()
    visit.tab.locator(".verdict", has_text="This is one picture and one model").wait_for()
    visit.tab.get_by_role("button", name="Cancel").wait_for(state="detached")  # noise comes after the curves
    read, areas = visit.read, second.areas(maps, STEPS)
    at = read.words.index("moved by noise")  # a name is in the verdict, too
    table = type(read)(read.page, read.words[at:])
    for name, both in areas.items():
        yield from table.take(f" {name} # #", *both)
    rollout = maps["attention rollout"]
    yield from table.take("attention rollout # # #", *areas["attention rollout"], moved_rollout(second, rollout))
    for place, name in enumerate(maps, 1):
        yield from table.take(f"{place} {name}" + " #" * len(maps), *(correlation(maps[name], other) for other in maps.values()))
