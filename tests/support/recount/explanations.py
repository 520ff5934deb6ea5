"""The numbers of the explanations, recomputed without a gradient: by differences of runs of the second program."""

from collections.abc import Iterator

import numpy as np

from tests.support.forward64 import pixels, run
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

STEPS, STEP = 32, 1e-4


def explanations(visit: Visit) -> Iterator[Shown]:
    """The tab "Explanations" at 64 px, for the likeliest class."""
    side, net = 4, visit.truth.net
    f, picture = visit.truth.at(64), pixels("coffee", 64, net)
    said = int(f.logits.argmax())
    visit.tab.get_by_role("radio", name="Explanations").click()
    visit.tab.locator('.vit[data-known="true"]:has(.explained)').wait_for()

    def score(image: np.ndarray) -> float:
        return float(run(net, image, 16).logits[said])

    def slope(image: np.ndarray, along: np.ndarray) -> float:
        return (score(image + STEP * along) - score(image - STEP * along)) / (2 * STEP)

    plain = np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)
    places, shares = np.polynomial.legendre.leggauss(STEPS)

    def integrated(along: np.ndarray) -> float:
        path = zip((places + 1) / 2, shares / 2, strict=True)
        return sum(share * slope(plain + place * (picture - plain), along) for place, share in path)

    yield from visit.read.take("The logit of … is #.", f.logits[said])
    gap = integrated(picture - plain) - (score(picture) - score(plain))
    yield from visit.read.take("completeness gap: #", gap)
    for row, col in visit.cells(side, 3):
        here = np.zeros_like(picture)
        here[16 * row : 16 * row + 16, 16 * col : 16 * col + 16] = 1
        covered = np.where(here > 0, plain, picture)
        read = visit.hover("gradient × input: a number", (side, side), row, col)
        yield from read.take("gradient × input Shrikumar et al. 2016 #, rank", slope(picture, here * picture))
        yield from read.take("Sundararajan et al. 2017 #, rank", integrated(here * (picture - plain)))
        yield from read.take("Zeiler & Fergus 2014 #, rank", score(picture) - score(covered))
        yield from read.take("Abnar & Zuidema 2020 #, rank", f.rollout()[0, 1 + side * row + col])
