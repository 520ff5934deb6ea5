"""Training: what a seed fixes, stopping and going on, the schedule, reading pictures, random views, and the command from end to end."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import vit_core.train.export as exporting
from tests.support.models.training import packed, pictures, seeded
from vit_core import checkpoints
from vit_core.data import moments
from vit_core.train import command as train
from vit_core.train import snapshots
from vit_core.train.datasets import LabelledImages
from vit_core.train.model_card import render
from vit_core.train.recipes import BUNDLED_CONFIG, CPU_RECIPE, GPU_RECIPE, RECIPES, Stage
from vit_core.train.run import Run, drop_path_edits, drop_path_factors, start_weights

ROOT = Path(__file__).resolve().parents[3]
CONFIG = BUNDLED_CONFIG.replace(embed_dim=16, depth=2, num_heads=2, mlp_hidden=16, num_classes=5)
RECIPE = replace(CPU_RECIPE, batch=8, medium_batch=6, large_batch=4, micro_tokens=200)
STEPS = 12


@pytest.fixture(autouse=True)
def one_thread():
    """Models this small are slower on many threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def data():
    return LabelledImages(pictures(30), torch.arange(30) % 5, tuple("abcde"))


def make_run(data, out, seed=0, steps=STEPS, recipe=RECIPE, **more):
    return Run(start_weights(CONFIG, seed, None), recipe, data, out, seed, steps=steps, **more)


@pytest.mark.parametrize(
    ("recipe", "steps"), [(RECIPE, 50), (replace(GPU_RECIPE, batch=6, medium_batch=4, large_batch=2), 10)], ids=["cpu", "gpu"]
)
def test_the_same_seed_gives_the_same_losses(data, tmp_path, recipe, steps):
    def losses(seed):
        run = make_run(data, tmp_path, seed, steps, recipe)
        return [run.train_step()["loss"] for _ in range(steps)]

    first = losses(1)
    assert losses(1) == first
    assert len(set(first)) > steps // 2


def test_a_run_that_stops_and_goes_on_ends_where_it_would_have(data, tmp_path):
    whole = make_run(data, tmp_path / "whole")
    rows = list(whole)
    first = make_run(data, tmp_path / "parts")
    before = []
    for row in first:
        before.append(row)
        first.stop = len(before) == 5
    second = make_run(data, tmp_path / "parts")
    assert second.resume() and second.step == 5
    after = list(second)
    assert [row["loss"] for row in rows] == [row["loss"] for row in before + after]
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
        assert torch.equal(whole.ema[name], second.ema[name]), name
    assert whole.taken == second.taken == [0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0]
    files = [sorted((tmp_path / part / "snapshots").iterdir()) for part in ("whole", "parts")]
    for one, other in zip(*files, strict=True):
        first_weights, second_weights = load_file(one), load_file(other)
        assert all(torch.equal(tensor, second_weights[name]) for name, tensor in first_weights.items())


def test_an_interruption_saves_and_the_log_goes_on(data, tmp_path, monkeypatch):
    run = make_run(data, tmp_path)
    step = run.train_step

    def interrupted():
        row = step()
        if row and run.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return row

    monkeypatch.setattr(run, "train_step", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    train.fit(run)
    assert signal.getsignal(signal.SIGINT) is handler
    log = tmp_path / "train.csv"
    with log.open("a") as file:  # steps that were logged after the state was saved, before a crash
        file.write("4,0,0,0,0,0,0,0\n5,0,0,0,0,0,0,0\n")
    again = make_run(data, tmp_path)
    assert again.resume() and again.step == 3
    train.fit(again)
    header, *rows = log.read_text().splitlines()
    assert header.startswith("step,seconds,progress,loss,lr,image_size,patch_size")
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, STEPS + 1))
    assert "4,0,0,0,0,0,0,0" not in rows


def test_a_time_budget_counts_all_sittings(data, tmp_path):
    run = make_run(data, tmp_path, steps=None, budget_s=1000.0)
    run.elapsed = 500.0
    assert 0.5 <= run.progress < 0.6
    run.elapsed = 1000.0
    assert list(run) == []


@pytest.mark.parametrize(("budget", "steps"), [(None, None), (60.0, 5), (None, 0), (0.0, None)])
def test_a_run_needs_one_kind_of_budget(data, tmp_path, budget, steps):
    with pytest.raises(ValueError, match="either a time budget or a number of steps, above 0"):
        make_run(data, tmp_path, steps=steps, budget_s=budget)


def test_every_picture_is_drawn_once_an_epoch(data, tmp_path):
    run = make_run(data[:24], tmp_path)
    epochs = []
    for _ in range(2):
        seen = []
        for _ in range(3):
            seen += run.batch(8).tolist()
            run.step += 1
        epochs.append(seen)
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(24))
    assert epochs[0] != epochs[1]


def test_learning_rate():
    recipe = replace(RECIPE, peak_lr=1.0, final_lr=0.1, warmup=0.2)
    assert recipe.lr(0.0) == 0.01
    assert recipe.lr(0.1) == pytest.approx(0.5)
    assert recipe.lr(0.2) == pytest.approx(1.0)
    assert recipe.lr(0.6) == pytest.approx(0.55)
    assert recipe.lr(1.0) == recipe.lr(1.7) == pytest.approx(0.1)


def test_stages_follow_each_other():
    for recipe in RECIPES.values():
        assert recipe.stages[-1].until == 1
        assert all(sum(stage.shares.values()) == pytest.approx(1) for stage in recipe.stages)
        first = recipe.stages[0]
        assert recipe.stage(0.0) is first and recipe.stage(first.until) is recipe.stages[1] and recipe.stage(1.2) is recipe.stages[-1]
        assert all(size % patch == 0 and 4 <= size // patch <= 16 for stage in recipe.stages for size, patch in stage.shares)


def test_shares_are_shares_of_time():
    """17 tokens at 8 pictures cost 17·(1 + 17/200)·8, 197 tokens at 4 pictures 197·(1 + 197/200)·4: for equal time, 10.6 times as many."""
    stage, generator = Stage(1.0, {(64, 16): 0.5, (224, 16): 0.5}), seeded(0)
    draws = [stage.draw(generator, RECIPE) for _ in range(3000)]
    odds = (197 * (1 + 197 / 200) * 4) / (17 * (1 + 17 / 200) * 8)
    assert draws.count((64, 16)) / 3000 == pytest.approx(odds / (1 + odds), abs=0.02)
    assert [stage.draw(seeded(5), RECIPE) for _ in range(3)] == [stage.draw(seeded(5), RECIPE)] * 3


def test_stochastic_depth_keeps_the_mean():
    factors = drop_path_factors(0.4, 3, 4000, seeded(0))
    assert factors.shape == (3, 2, 4000, 1, 1)
    assert torch.equal(factors[0], torch.ones(2, 4000, 1, 1))
    assert factors[2].unique().tolist() == pytest.approx([0, 1 / 0.6])
    assert factors.mean(dim=2).flatten().tolist() == pytest.approx([1] * 6, abs=0.06)
    edits = drop_path_edits(factors[:, :, :2])
    assert set(edits) == {(layer, site) for layer in range(3) for site in ("attn_update", "mlp_update")}
    update = torch.ones(2, 5, 4)
    assert torch.equal(edits[2, "mlp_update"](update), update * factors[2, 1, :2])


def test_start_from_other_weights(tmp_path):
    small = start_weights(CONFIG.replace(pos_grid=(8, 8)), 3, None)
    file = tmp_path / "weights.safetensors"
    save_file({name: tensor.half() for name, tensor in small.state_dict().items()}, file)
    model = start_weights(CONFIG, 0, file)
    assert model.pos_embed.shape == (1, 197, 16)
    assert torch.equal(model.pos_embed[:, 0], small.pos_embed[:, 0].half().float())
    assert torch.equal(model.blocks[1].mlp.fc1.weight, small.blocks[1].mlp.fc1.weight.half().float())
    with pytest.raises(ValueError, match=r"head\.weight has shape"):
        start_weights(CONFIG.replace(num_classes=7), 0, file)


def test_compiled_steps_are_the_same_steps():
    """Run where nothing wraps `vit_core`'s functions: the tests' run-time type checks cannot be traced."""
    code = """
import sys, tempfile, torch
from dataclasses import replace
from pathlib import Path
from vit_core.train.datasets import LabelledImages
from vit_core.train.recipes import BUNDLED_CONFIG, GPU_RECIPE, Stage
from vit_core.train.run import Run, start_weights
config = BUNDLED_CONFIG.replace(embed_dim=16, depth=2, num_heads=2, mlp_hidden=16, num_classes=5)
recipe = replace(GPU_RECIPE, batch=4, medium_batch=4, large_batch=4, drop_path=0.5, stages=(Stage(1.0, {(64, 16): 0.5, (64, 8): 0.5}),))
data = LabelledImages(torch.randint(0, 256, (9, 64, 64, 3), dtype=torch.uint8), torch.arange(9) % 5, tuple("abcde"))
def losses(backend):
    run = Run(start_weights(config, 0, None), recipe, data, Path(tempfile.mkdtemp()), steps=6, compile=backend)
    return [(row["loss"], row["patch_size"]) for row in (run.train_step() for _ in range(6))]
assert losses("eager") == losses(None)
graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
assert graphs == len({patch for _, patch in losses(None)}) == 2, graphs
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def small_world(monkeypatch):
    monkeypatch.setattr(train, "BUNDLED_CONFIG", CONFIG)
    monkeypatch.setitem(RECIPES, "cpu", RECIPE)
    monkeypatch.setattr(exporting, "REPEATED_STEPS", 3)


def test_the_command_trains_measures_and_exports(tmp_path, small_world, monkeypatch):
    folder, _ = packed(tmp_path)
    out, shipped = tmp_path / "out", tmp_path / "models"
    base = ["--data", str(folder), "--out", str(out), "--device", "cpu"]
    with pytest.raises(SystemExit, match="no run"):
        train.main([*base, "--evaluate"])
    train.main([*base, "--steps", "8", "--seed", "3", "--train-files", "train-0.npz"])
    train.main([*base, "--evaluate", "--limit", "6"])
    assert json.loads((out / "evaluation.json").read_text())["pictures"] == 6
    train.main([*base, "--export", str(shipped)])
    assert json.loads((out / "evaluation.json").read_text())["pictures"] == 16
    result = json.loads((shipped / "tiny-vit.json").read_text())
    assert (shipped / "MODEL_CARD.md").read_text() == render(result)
    assert result["run"]["pictures"] == {"train-0.npz": 10}
    words = f"python -m vit_core.train --data {folder} --out {out} --steps 8 --seed 3 --device cpu --train-files train-0.npz"
    assert result["run"]["commands"] == [words.replace(" --device cpu", "")]
    assert result["run"]["steps"] == 8 and result["run"]["train_pictures"] == 10 and result["measures"]["repeat"]["largest_difference"] == 0
    model = checkpoints.load(shipped / "tiny-vit.safetensors")
    assert model.config.temperature == pytest.approx(result["measures"]["calibration"]["temperature"], abs=1e-4)
    assert model.config.labels == tuple("abcde")
    found = moments.available(shipped / "snapshots")
    assert [(s.label, s.step) for s in found] == [("Untrained", 0), ("Early", 1), ("Middle", 4)]
    assert [row["snapshot"] for row in result["measures"]["snapshots"]["scores"]] == [0, 2, 5, 10, 20, 35, 50, 75, 100]

    def never(*_args, **_more):
        raise AssertionError("measured twice")

    monkeypatch.setattr(exporting, "evaluate", never)
    train.main([*base, "--export", str(tmp_path / "again")])
    assert (tmp_path / "again" / "MODEL_CARD.md").read_text() == (shipped / "MODEL_CARD.md").read_text()


def test_a_run_from_other_weights_says_so(tmp_path, small_world):
    folder, _ = packed(tmp_path)
    before = tmp_path / "before.safetensors"
    save_file({name: tensor.half() for name, tensor in start_weights(CONFIG, 9, None).state_dict().items()}, before)
    base = ["--data", str(folder), "--out", str(tmp_path / "out"), "--device", "cpu", "--limit", "4"]
    note = "A trial of ten minutes."
    train.main([*base, "--steps", "10", "--init", str(before), "--init-note", note, "--export", str(tmp_path / "models")])
    result = json.loads((tmp_path / "models" / "tiny-vit.json").read_text())
    assert result["run"]["init"] == {"file": "before.safetensors", "note": note}
    card = (tmp_path / "models" / "MODEL_CARD.md").read_text()
    assert "**Not random weights**: the run started from `before.safetensors`, trained before. A trial of ten minutes." in card
    found = moments.available(tmp_path / "models" / "snapshots")
    assert [s.minutes is None for s in found] == [True, False, False, False]
    assert math.isclose(found[1].minutes, 0.0) and found[1].label == "Start of this run, from weights trained before"
    untrained = start_weights(CONFIG, 0, None)
    assert torch.allclose(snapshots.load(found[0].path).blocks[0].attn.qkv.weight, untrained.blocks[0].attn.qkv.weight, atol=1e-3)
