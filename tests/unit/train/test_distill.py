"""Distillation: a small teacher's function is learnt, layer by layer and end to end; runs stop and go on; odd pairs."""

import math
from dataclasses import replace

import pytest
import torch

from tests.support.distilling import CONFIG, OTHER, OWN, distillation, plan, small_teacher, write_pictures
from vit_core import checkpoints
from vit_core.model import VisionTransformer
from vit_core.train.distill.command import sentence
from vit_core.train.distill.losses import divergence
from vit_core.train.distill.pictures import Views, batch
from vit_core.train.distill.run import Distillation


@pytest.fixture(autouse=True)
def one_thread():
    """Models this small are slower on many threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def teacher(folder):
    return small_teacher(folder)


def average(rows, key):
    values = [row[key] for row in rows if key in row]
    return sum(values) / len(values)


def test_loss_falls_and_agreement_rises_in_every_phase(teacher, folder, tmp_path):
    run = distillation(teacher, folder, tmp_path, layers=160, streams=160, whole=440)
    rows = list(run)
    for kind, key in (("layers", "loss"), ("streams", "stream 1"), ("whole", "divergence")):
        part = [row for row in rows if row["phase"] == kind]
        third = len(part) // 3
        assert average(part[-third:], key) < average(part[:third], key), kind
    streams = [row for row in rows if row["phase"] == "streams"]
    whole = [row for row in rows if row["phase"] == "whole"]
    assert average(whole[-30:], "agreement") > average(streams[:10], "agreement") + 0.1
    assert {(row["size"], row["patch"]) for row in whole} == {*OWN, *OTHER}
    student = checkpoints.load(tmp_path / "weights.safetensors")
    pixels, _ = batch(run.pictures, 64, 16, Views(), torch.Generator().manual_seed(9))
    said, guess = teacher(pixels * 2 - 1).logits, student(pixels * 2 - 1).logits
    untrained = VisionTransformer(CONFIG).init_weights(0).eval()(pixels * 2 - 1).logits
    chance = said.argmax(1).bincount(minlength=5).max() / 64  # of one answer to all
    assert (guess.argmax(1) == said.argmax(1)).float().mean() > max(0.5, chance + 0.1)
    assert divergence(guess, said) < divergence(untrained, said) / 2


def test_a_phase_that_has_not_begun_has_a_time_left_too(teacher, folder, tmp_path):
    run = distillation(teacher, folder, tmp_path, layers=8, streams=16, whole=24)
    assert math.isnan(run.hours_left)
    run.seen, run.speed = 8, {"layers": 4.0}  # all of the first phase, and nothing yet of the second
    assert 3600 * run.hours_left == pytest.approx(16 / 4 + 24 / 4)
    run.seen, run.speed = 16, {"layers": 4.0, "streams": 2.0}
    assert 3600 * run.hours_left == pytest.approx(8 / 2 + 24 / 2)
    run.seen = 48
    assert run.hours_left == 0
    row = {"phase": "whole", "pictures": 48, "step": 6, "pictures_per_s": 2.0, "loss": 1.0, "hours": 0.0}
    assert "nan" not in sentence(row, run)


@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
def test_a_run_that_stops_and_goes_on_ends_where_it_would_have(teacher, folder, tmp_path, half):
    sizes = {"layers": 16, "streams": 16, "whole": 32}
    whole = distillation(teacher, folder, tmp_path / "whole", half=half, **sizes)
    rows = list(whole)
    first = distillation(teacher, folder, tmp_path / "parts", half=half, **sizes)
    before = []
    for row in first:
        before.append(row)
        first.stop = len(before) == 5
    second = distillation(teacher, folder, tmp_path / "parts", half=half, **sizes)
    assert second.resume() and second.step == 5
    after = list(second)
    assert [row["loss"] for row in rows] == [row["loss"] for row in before + after]
    for name, value in whole.student.state_dict().items():
        assert torch.equal(value, second.student.state_dict()[name]), name
        assert torch.equal(whole.ema[name], second.ema[name]), name
    assert whole.taken == second.taken == [0]


@pytest.mark.parametrize(
    ("changes", "pictures"),
    [
        ({"num_heads": 4, "depth": 4}, {"layers": 24, "streams": 24, "whole": 120}),
        ({"depth": 1, "num_registers": 2, "mlp_hidden": 8}, {"layers": 24, "streams": 24, "whole": 120}),
        ({"depth": 3, "class_token": False, "pool": "mean"}, {"layers": 24, "whole": 200}),
        ({"embed_dim": 24, "num_heads": 3, "depth": 3, "num_registers": 1}, {"whole": 200}),
    ],
    ids=["heads and depth", "registers", "no class token", "width"],
)
def test_unequal_students(teacher, folder, tmp_path, changes, pictures):
    run = distillation(teacher, folder, tmp_path, CONFIG.replace(**changes), **pictures)
    rows = [row for row in run if row["phase"] == "whole"]
    assert average(rows[-10:], "loss") < 0.9 * average(rows[:3], "loss")
    assert (run.maps is not None) == ("embed_dim" in changes)
    assert distillation(teacher, folder, tmp_path, CONFIG.replace(**changes), **pictures).resume()


def test_nothing_of_the_teacher_is_in_the_student_at_the_start(teacher, folder, tmp_path):
    run = distillation(teacher, folder, tmp_path, layers=8)
    theirs = teacher.state_dict()
    assert all(not torch.equal(p, theirs[name]) for name, p in run.student.named_parameters() if p.ndim > 1)


def test_a_run_of_another_student_is_refused(teacher, folder, tmp_path):
    run = distillation(teacher, folder, tmp_path, layers=8)
    list(run)
    with pytest.raises(ValueError, match="another student"):
        distillation(teacher, folder, tmp_path, CONFIG.replace(mlp_hidden=8), layers=8).resume()
    with pytest.raises(ValueError, match="no classification head"):
        no_head = VisionTransformer(CONFIG.replace(num_classes=0, labels=())).init_weights(0)
        Distillation(no_head, VisionTransformer(CONFIG), run.pictures, replace(plan(whole=8)), tmp_path)
