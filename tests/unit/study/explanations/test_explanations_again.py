"""Every map, its tests, and the table over pictures, beside a second program that walks backwards by hand (`tests.support.explained64`)."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.explained64 import Explained, correlation
from tests.support.models.small import pictures, small_model
from tests.support.recount.forward64 import Network, network
from vit_core import checkpoints
from vit_core.study.explanations import __main__ as command
from vit_core.study.explanations import tested
from vit_core.study.explanations.gradients import Question, asked
from vit_core.study.explanations.methods import FACTS, METHODS, QUICK, explained

KINDS = {"erf": {}, "tanh": {"act": "gelu_tanh"}}
QUESTIONS = {"why": (2, None), "why and not": (2, 4)}


def pair(folder: Path, seed: int = 1, **changes) -> tuple[torch.nn.Module, Network, torch.Tensor, np.ndarray]:
    """A small model and a picture, for both programs: the second reads the model's file."""
    model, file = (
        small_model(pos_interpolation="bicubic_antialias", pos_grid=(4, 4), temperature=1.3, **changes),
        folder / f"{seed}.safetensors",
    )
    checkpoints.save(model.state_dict(), model.config, file)
    picture = pictures(1, seed=seed).double()
    return checkpoints.load(file).double(), network(file), picture, picture[0].numpy().transpose(1, 2, 0)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_maps_are_those_of_the_second_program(kind: str, question: str, tmp_path: Path) -> None:
    model, net, images, picture = pair(tmp_path, **KINDS[kind])
    trace, asks = model(images), Question(*QUESTIONS[question])
    second = Explained(net, picture, 4, *QUESTIONS[question])
    found = torch.cat(list(explained(trace, asks))).reshape(len(METHODS), 16 + FACTS).numpy()
    maps = second.maps()
    assert list(maps) == [method.name for method in METHODS]
    for method, row in zip(METHODS, found, strict=True):
        own = maps[method.name]
        np.testing.assert_allclose(row[:16], own, rtol=1e-5, atol=1e-5 * np.abs(own).max(), err_msg=method.name)
        if method.leaves:
            assert row[-1] == pytest.approx(second.left(method.name, own), rel=1e-4, abs=1e-6), method.name


def test_the_slopes_are_those_of_differences(tmp_path: Path) -> None:
    """The second program against itself: its hand-made gradient and the difference quotient of its own forward pass."""
    _, net, _, picture = pair(tmp_path)
    second, along = Explained(net, picture, 4, 2, 4), np.random.default_rng(0).normal(size=picture.shape)
    step = 1e-5
    slope = (second.score(picture + step * along) - second.score(picture - step * along)) / (2 * step)
    assert float((second.slope(picture) * along).sum()) == pytest.approx(slope, rel=1e-6)


def test_maps_are_put_to_the_test_as_the_second_program_does(tmp_path: Path) -> None:
    """Areas of all orders, agreement, noise, and models drawn anew."""
    model, net, images, picture = pair(tmp_path)
    trace = model(images)
    asks = asked(trace)
    second = Explained(net, picture, 4, asks.label)
    maps = second.maps()
    in_double = {method: torch.from_numpy(np.ascontiguousarray(maps[method.name])) for method in METHODS}
    values = torch.cat(list(tested.maps_and_curves(trace, asks)))
    areas = second.areas(maps, 14)
    assert list(areas) == command.ORDERS
    np.testing.assert_allclose(tested.areas(values, 16).T, list(areas.values()), rtol=1e-5)
    both = [[correlation(one, other) for other in maps.values()] for one in maps.values()]
    np.testing.assert_allclose(tested.agreement(torch.stack(list(in_double.values()))), both, atol=1e-9)
    moved = second.moved({method.name: maps[method.name] for method in tested.STEADY})
    steps = list(tested.sensitivity(trace, asks, torch.stack([in_double[method] for method in tested.STEADY])))
    np.testing.assert_allclose(torch.stack(steps).amax(0), list(moved.values()), rtol=1e-4)
    drawn = [[stage[method.name] for method in QUICK] for stage in second.drawn_anew()]
    found = torch.stack(list(tested.randomisation(trace, asks, torch.stack([in_double[method] for method in QUICK]))))
    np.testing.assert_allclose(found, drawn, atol=1e-6)


def test_the_table_over_pictures_is_that_of_the_second_program(tmp_path: Path) -> None:
    """Means, and in how many pictures an order does better than the centre, each for its own likeliest class."""
    made, by_hand = [], []
    for seed in (1, 2, 3):
        model, net, images, picture = pair(tmp_path, seed)
        trace = model(images)
        made.append(tested.areas(torch.cat(list(tested.maps_and_curves(trace, asked(trace), command.STEPS))), 16, command.STEPS))
        second = Explained(net, picture, 4, 0)
        second.label = int(second.forward().logits.argmax())
        by_hand.append(list(second.areas(second.maps(), command.STEPS).values()))
    rows = command.table(torch.stack(made)).replace("*", "").splitlines()[2:]
    means, centre = np.mean(by_hand, axis=0), len(METHODS)
    for i, (row, name) in enumerate(zip(rows, command.ORDERS, strict=True)):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[0] == name and [float(cell) for cell in cells[1:3]] == pytest.approx(means[i].tolist(), abs=6e-5)
        better = [sum(one[i][0] < one[centre][0] for one in by_hand), sum(one[i][1] > one[centre][1] for one in by_hand)]
        assert cells[3:] == (["", ""] if i == centre else [str(count) for count in better]), name
