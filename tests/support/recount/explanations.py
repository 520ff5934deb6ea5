"""The numbers of the explanations, recomputed without a gradient: by differences of runs of the second program."""

from collections.abc import Iterator

import numpy as np
import torch

from tests.support.forward64 import pixels, run
from tests.support.recount.model_pages import correlation
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

STEPS, STEP = 32, 1e-4
NOISES, RADIUS = 4, 0.02
POINTS = 14  # of a curve, beside its beginning


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


def moved_rollout(visit: Visit, picture: np.ndarray, own: np.ndarray) -> float:
    """The farthest that rollout goes under the noise that chance draws from its first seed, over its length."""
    generator, moved = torch.Generator().manual_seed(0), []
    for _ in range(NOISES):
        even = torch.rand((1, 3, *picture.shape[:2]), generator=generator).numpy()[0].transpose(1, 2, 0)
        other = run(visit.truth.net, picture + RADIUS * np.ptp(picture) * (2 * even - 1), 16).rollout()[0, 1:]
        moved.append(float(np.linalg.norm(other - own)))
    return max(moved) / float(np.linalg.norm(own))


def put_to_the_test(visit: Visit) -> Iterator[Shown]:
    """The tab "Put to the test" at 64 px: areas and rank correlations of the maps that need no gradient, and of one by differences."""
    side, net = 4, visit.truth.net
    f, picture = visit.truth.at(64), pixels("coffee", 64, net)
    said = int(f.logits.argmax())
    plain = np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)

    def patches(chosen: np.ndarray) -> np.ndarray:
        """One where a picture's pixel lies in one of these patches."""
        held = np.zeros(side * side)
        held[chosen] = 1
        return np.kron(held.reshape(side, side), np.ones((16, 16)))[:, :, None]

    def score(image: np.ndarray) -> float:
        return float(run(net, image, 16).logits[said])

    def probability(image: np.ndarray) -> float:
        return float(run(net, image, 16).probs[said])

    def covered(chosen: np.ndarray) -> np.ndarray:
        return np.where(patches(chosen) > 0, plain, picture)

    def slope(along: np.ndarray) -> float:
        return (score(picture + STEP * along) - score(picture - STEP * along)) / (2 * STEP)

    each = [np.array([patch]) for patch in range(side * side)]
    away = np.hypot(*(np.indices((side, side)) - (side - 1) / 2)).ravel()
    maps = {
        "gradient × input": np.array([slope(patches(one) * picture) for one in each]),
        "attention rollout": f.rollout()[0, 1:],
        "occlusion": np.array([float(f.logits[said]) - score(covered(one)) for one in each]),
    }
    visit.tab.get_by_role("radio", name="Put to the test").click()
    visit.tab.locator(".verdict", has_text="This is one picture and one model").wait_for()
    visit.tab.get_by_role("button", name="Cancel").wait_for(state="detached")  # noise comes after the curves
    read = visit.read
    areas: dict[str, tuple[float, float]] = {}
    counts = [round(side * side * point / POINTS) for point in range(POINTS + 1)]
    for name, values in (maps | {"centre prior": -away}).items():
        order = np.argsort(-values, kind="stable")
        removed = [probability(covered(order[:count])) for count in counts]
        added = [probability(covered(order[count:])) for count in counts]
        shares = np.array(counts) / (side * side)
        areas[name] = np.trapezoid(removed, shares), np.trapezoid(added, shares)
        yield from read.take(f"{name} # #", *areas[name])
    yield from read.take("attention rollout # # #", *areas["attention rollout"], moved_rollout(visit, picture, f.rollout()[0, 1:]))
    rows = {"gradient × input": 2, "attention rollout": 6, "occlusion": 11}
    for name, place in rows.items():
        told = read.find(f"{place} {name}" + " #" * 12)
        yield from (
            Shown(visit.slug, f"{name} and {other}", told[at - 1], correlation(maps[name], maps[other])) for other, at in rows.items()
        )
