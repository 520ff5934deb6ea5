"""The measures of a model against cases worked out by hand, and what is written from them: snapshots and the model card."""

import copy
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.support.models.training import seeded
from vit_core.config import Preprocessing
from vit_core.data import moments
from vit_core.images import preprocess
from vit_core.model import VisionTransformer
from vit_core.positions import sincos_positions
from vit_core.study.position_experiments import position_edits
from vit_core.train import model_card, snapshots
from vit_core.train.calibration import calibration, calibration_error, fit_temperature
from vit_core.train.datasets import LabelledImages
from vit_core.train.evaluate import (
    MAIN,
    accuracy,
    box_attention,
    box_ratio,
    centre_gaussian,
    coverage,
    evaluate,
    gallery_predictions,
    inputs,
    neighbour_share,
    see,
)
from vit_core.train.recipes import BUNDLED_CONFIG
from vit_core.train.targets import Target, grid_gap, wanted

ROOT = Path(__file__).resolve().parents[3]
CONFIG = BUNDLED_CONFIG.replace(embed_dim=16, depth=2, num_heads=2, mlp_hidden=16, num_classes=6, labels=tuple("abcdef"))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Models this small are slower on many threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model():
    model = VisionTransformer(CONFIG).init_weights(0).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter += 0.3 * torch.randn(parameter.shape, generator=seeded(parameter.numel()))
    return model


@pytest.fixture(scope="module")
def data():
    images = torch.randint(0, 256, (8, 64, 64, 3), dtype=torch.uint8, generator=seeded(0))
    boxes = torch.tensor([[0.0, 0, 64, 64], [8, 8, 40, 40]]).repeat(4, 1)
    return LabelledImages(images, torch.arange(8) % 6, tuple("abcdef"), boxes)


def test_accuracy():
    logits = torch.arange(6.0).repeat(4, 1)
    assert accuracy(logits, torch.tensor([5, 5, 1, 0])) == {"top1": 0.5, "top5": 0.75}


def test_a_patch_counts_by_how_much_of_it_the_box_covers():
    """Picture of 8 pixels, 2×2 patches of 4: the box from (2, 0) to (6, 5) covers half of the upper patches and an eighth of the lower
    ones."""
    covered = coverage(torch.tensor([[2.0, 0, 6, 5], [0, 0, 8, 8]]), 8, 2)
    assert covered.tolist() == [[0.5, 0.5, 0.125, 0.125], [1, 1, 1, 1]]


def test_box_ratio():
    covered = coverage(torch.tensor([[0.0, 0, 32, 32]]), 64, 4)
    assert box_ratio(torch.ones(1, 16), covered).item() == pytest.approx(1)
    inside = torch.zeros(1, 16)
    inside[0, [0, 5]] = 0.5
    assert box_ratio(inside, covered).item() == pytest.approx(4)
    assert box_ratio(1 - covered, covered).item() == 0


def test_box_attention_leaves_out_large_boxes_and_finds_the_best_head():
    boxes = torch.tensor([[0.0, 0, 32, 32], [0, 0, 64, 64], [32, 32, 64, 64]])
    even = torch.full((3, 16), 1 / 16)
    sharp = coverage(boxes, 64, 4)
    found = box_attention(torch.stack([even, sharp / sharp.sum(dim=1, keepdim=True)], dim=1), boxes, 64)
    assert found["pictures"] == 2 and found["mean_box"] == 0.25 and found["best_head"] == 1
    assert [head["ratio"] for head in found["heads"]] == pytest.approx([1, 4])
    assert found["mean_head"]["ratio"] == found["mean_head"]["of_sums"] == pytest.approx(2.5)
    assert found["mean_map"]["ratio"] == pytest.approx((2.5 + 0.5) / 2)
    assert [row["ratio"] for row in found["gaussians"]] == pytest.approx([1] * 3)


def test_sums_give_large_boxes_more_weight():
    """Attention on the quarter at the upper left: ratio 4 for a box that is that quarter, 2 for the upper half."""
    boxes = torch.tensor([[0.0, 0, 32, 32], [0, 0, 64, 32]])
    corner = coverage(boxes[:1], 64, 4).expand(2, 1, 16)
    found = box_attention(corner, boxes, 64)["mean_head"]
    assert found["ratio"] == pytest.approx(3)
    assert found["of_sums"] == pytest.approx((1 + 1) / (0.25 + 0.5))


def test_centre_gaussian():
    blob = centre_gaussian(14, 0.25).view(14, 14)
    assert blob.sum().item() == pytest.approx(1)
    assert torch.equal(blob, blob.T) and torch.allclose(blob, blob.flip(0))
    assert (blob[6, 6] / blob[6, 0]).item() == pytest.approx(math.exp(((6.5 / 14) ** 2 - (0.5 / 14) ** 2) / (2 * 0.25**2)), rel=1e-5)


def test_neighbours():
    rows = sincos_positions((14, 14), 64)
    assert neighbour_share(rows, (14, 14)) == {"direct": 1.0, "around": 1.0}
    mixed = rows[torch.randperm(196, generator=seeded(0))]
    assert neighbour_share(mixed, (14, 14))["around"] < 0.2
    # On a line of 2×2 with the diagonal twins alike, the most similar position is around every one, and directly beside none.
    assert neighbour_share(torch.eye(2)[[0, 1, 1, 0]], (2, 2)) == {"direct": 0.0, "around": 1.0}


def test_temperature_recovers_a_known_scale():
    true = 2 * torch.randn(5000, 8, generator=seeded(0))
    labels = torch.multinomial(true.softmax(dim=1), 1, generator=seeded(1)).flatten()
    assert fit_temperature(3 * true, labels) == pytest.approx(3, rel=0.06)
    assert fit_temperature(true / 4, labels) == pytest.approx(0.25, rel=0.06)


def test_calibration_error():
    """Bins of a fifth. (0.6, 0.8]: two at 0.7 and one at 0.8, two right, gap 0.2 in all; (0.2, 0.4]: one at 0.3, wrong, gap 0.3."""
    confidence = torch.tensor([0.7, 0.7, 0.8, 0.3])
    right = torch.tensor([True, False, True, False])
    assert calibration_error(confidence, right, bins=5) == pytest.approx((0.2 + 0.3) / 4)
    assert calibration_error(torch.ones(3), torch.ones(3, dtype=torch.bool)) == 0


def test_calibration_is_measured_where_it_was_not_fitted():
    true = 2 * torch.randn(8000, 5, generator=seeded(0))
    labels = torch.multinomial(true.softmax(dim=1), 1, generator=seeded(1)).flatten()
    found = calibration(2.5 * true, labels)
    assert (found["fitted_on"], found["measured_on"], found["bins"]) == (4000, 4000, 15)
    assert found["temperature"] == pytest.approx(2.5, rel=0.1)
    assert found["after"]["error"] < 0.03 < found["before"]["error"]
    assert found["after"]["nll"] < found["before"]["nll"]


def test_pictures_are_enlarged_as_the_app_does():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    how = Preprocessing(interpolation="bilinear")
    for size in (56, 64, 224):
        ours = inputs(torch.from_numpy(picture)[None], size, how)
        theirs = preprocess(Image.fromarray(picture), CONFIG.replace(preprocessing=how), size)
        assert (ours - theirs).abs().max() < 1.01 / 255 / 0.224  # Pillow rounds to whole levels, after each direction


def test_see_in_batches(model, data, monkeypatch):
    whole = see(model, data, (64, 16), attention=True)
    assert whole.cls_attention.shape == (8, 2, 16)
    trace = model(inputs(data.images[3:4], 64, CONFIG.preprocessing), 16)
    assert torch.allclose(whole.logits[3], trace.logits[0], atol=1e-5)
    assert torch.allclose(whole.cls_attention[3], trace.attn_weights(1)[0, :, 0, 1:], atol=1e-6)
    monkeypatch.setattr("vit_core.train.evaluate.BATCH_TOKENS", 3 * 17)
    parts = see(model, data, (64, 16), attention=True)
    assert torch.allclose(whole.logits, parts.logits, atol=1e-5)
    with pytest.raises(ValueError, match="needs a model with a class token"):
        see(VisionTransformer(CONFIG.replace(class_token=False, pool="mean")).eval(), data, (64, 16), attention=True)


def test_positions_are_taken_from_the_patches_alone():
    rows = torch.arange(17.0).view(1, 17, 1)
    edits = position_edits(CONFIG, (4, 4))
    zeroed, shuffled = (edits[way][None, "pos_embedding"](rows).flatten().tolist() for way in ("zeroed", "shuffled"))
    assert zeroed == [0.0] * 17 and shuffled[0] == 0
    assert sorted(shuffled) == list(range(17)) and shuffled != list(range(17))


def test_gallery(model, tmp_path):
    assert gallery_predictions(model, tmp_path, 1.0) == []
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "red.png")
    (tmp_path / "gallery.json").write_text(json.dumps([{"id": "red", "file": "red.png", "title": "Red", "alt": "red"}]))
    (sharp,), (flat,) = (gallery_predictions(model, tmp_path, temperature) for temperature in (1.0, 50.0))
    assert sharp["title"] == "Red" and [label for label, _ in sharp["top"]] == [label for label, _ in flat["top"]]
    assert sharp["top"][0][1] > flat["top"][0][1] > 1 / 6
    assert [p for _, p in sharp["top"]] == sorted((p for _, p in sharp["top"]), reverse=True)


@pytest.fixture(scope="module")
def measures(model, data):
    return evaluate(model, data, (MAIN, (64, 16), (56, 8), (64, 8)), many=6, few=4)


def test_every_measure_is_plain(measures, model, data):
    assert json.loads(json.dumps(measures)) == measures
    assert measures["pictures"] == 8 and measures["attention"]["pictures"] == 4 and measures["without_positions"]["pictures"] == 4
    assert [(row["grid"], row["pictures"]) for row in measures["settings"]] == [(14, 8), (4, 6), (7, 6), (8, 6)]
    without_boxes = LabelledImages(data.images, data.labels, data.classes)
    assert evaluate(model, without_boxes, (MAIN,), few=1)["attention"] is None


def test_targets(measures):
    rows = [{"grid": grid, "top1": top1} for grid, top1 in ((14, 0.5), (4, 0.3), (8, 0.45), (14, 0.1))]
    assert grid_gap({"settings": rows}) == pytest.approx(20)
    share = Target("share", lambda m: m["x"], 0.5, 0.2)
    assert share.met({"x": 0.2}, share.cpu) and not share.met({"x": 0.2}, share.gpu)
    gap = Target("gap", lambda m: m["x"], 0.5, 0.5, at_most=True)
    assert gap.met({"x": 0.5}, 0.5) and not gap.met({"x": 0.51}, 0.5)
    assert len(wanted(measures)) == len(wanted({**measures, "attention": None})) + 3


def result(measures, **changes):
    scores = [{"snapshot": at, "top1": 0.1, "top5": 0.3, "minutes": at / 10, "step": at} for at in (0, 50, 100)]
    recipe = {
        "name": "cpu", "batch": 8, "medium_batch": 6, "large_batch": 4, "peak_lr": 0.001, "final_lr": 1e-5, "warmup": 0.03,
        "weight_decay": 0.05, "beta2": 0.98, "clip": 1.0, "ema": 0.998, "drop_path": 0.0, "augmentation": {"flip": 0.5},
        "stages": [{"until": 1.0, "shares": {"64/16": 1.0}}],
    }  # fmt: skip
    run = {
        "commands": ["python -m vit_core.train --steps 100"], "recipe": recipe, "seed": 0, "init": None, "data": "mine",
        "train_pictures": 50, "classes": 6, "machine": {"cpu": "C", "cores": 2, "gpu": None, "torch": "2"}, "minutes": 10.0, "steps": 100,
        "pictures_seen": 400,
    }  # fmt: skip
    more = {"repeat": {"steps": 50, "batch": 16, "largest_difference": 0.0}, "snapshots": {"pictures": 8, "scores": scores}}
    shipped = [{"file": "snapshots/0-untrained.safetensors", "label": "Untrained", "minutes": None, "step": None}]
    return {
        "name": "tiny-vit", "parameters": 1234567, "config": CONFIG.to_dict(), "run": {**run, **changes}, "measures": {**measures, **more},
        "shipped_snapshots": shipped,
    }  # fmt: skip


def test_the_card_says_what_was_missed(measures):
    card = model_card.render(result(measures))
    assert "1,234,567 parameters" in card and "8.0 passes" in card and "python -m vit_core.train --steps 100" in card
    assert "Missed, of the targets for two CPU cores: top-1 at 224/16" in card and "**missed**" in card
    good = copy.deepcopy(measures)
    for row in good["settings"]:
        row["top1"], row["top5"] = 0.4, 0.7
    good["attention"]["mean_head"]["ratio"], good["attention"]["gaussians"][0]["ratio"] = 1.7, 1.4
    good["attention"]["heads"][good["attention"]["best_head"]]["ratio"], good["positions"]["direct"] = 2.2, 0.96
    card = model_card.render(result(good))
    assert "Every target for two CPU cores is reached." in card and "≥ 60%: **missed**" in card
    gpu = model_card.render(result(good, machine={"cpu": "C", "cores": 16, "gpu": "G", "torch": "2"}))
    assert "Missed, of the targets for a GPU: top-1" in gpu and "G and 16 cores of C" in gpu


def test_the_card_leaves_out_what_was_not_measured(measures):
    card = model_card.render(result({**measures, "attention": None, "gallery": []}))
    assert "find the object" not in card and "Sharp photographs" not in card
    assert "The pictures in `mine`" in card
    tiny = model_card.render(result(measures, data="tiny-imagenet-200"))
    assert "Stanford CS231N" in tiny and "find the object" in tiny


def test_a_card_is_never_edited_by_hand(measures, tmp_path):
    """The shipped card, if there is one, is what its result says."""
    file = tmp_path / "tiny-vit.json"
    file.write_text(json.dumps(result(measures)))
    model_card.write(file)
    for found in [file, *(ROOT / "vit_core" / "data" / "models").glob("*.json")]:
        assert (found.parent / model_card.CARD).read_text(encoding="utf-8") == model_card.render(
            json.loads(found.read_text(encoding="utf-8"))
        )


def test_quantised_rows_move_by_half_a_step_at_most():
    weight = torch.randn(6, 3, 4, generator=seeded(0)) * torch.tensor([0.001, 1, 50, 0, 3, 7]).view(6, 1, 1)
    steps, scale = snapshots.quantise(weight)
    assert steps.dtype == torch.int8 and scale[3] == 1 and steps[3].abs().max() == 0
    error = (snapshots.dequantise(steps, scale) - weight).abs()
    assert (error <= scale.view(6, 1, 1) / 2 + 1e-6).all()
    assert steps.abs().amax(dim=(1, 2)).tolist() == [127, 127, 127, 0, 127, 127]


def test_snapshots_come_back(model, tmp_path):
    snapshots.save(model, tmp_path / "1-early.safetensors", "Early", 12.5, 40)
    snapshots.save(model, tmp_path / "0-untrained.safetensors", "Untrained", None, None)
    found = moments.available(tmp_path)
    assert [(s.label, s.minutes, s.step) for s in found] == [("Untrained", None, None), ("Early", 12.5, 40)]
    back = snapshots.load(found[1].path)
    assert back.config == model.config and not back.training
    for name, tensor in model.state_dict().items():
        assert torch.allclose(back.state_dict()[name], tensor, atol=0.02 * float(tensor.abs().max()) + 1e-3), name
    assert found[0].path.stat().st_size < sum(t.numel() for t in model.state_dict().values()) * 4
    assert moments.available(tmp_path / "none") == []


def test_other_files_are_no_snapshots(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        snapshots.load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="not written as a snapshot"):
        snapshots.load(path)
