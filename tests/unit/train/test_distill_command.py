"""The commands that distil, measure and write the card, from end to end, and what they say to bad input."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.distilling import CONFIG, small_teacher, write_pictures
from vit_core import checkpoints
from vit_core.data import moments
from vit_core.data.bundled import Bundled
from vit_core.train import command
from vit_core.train.datasets import LabelledImages
from vit_core.train.distill import bundle, card, evaluate
from vit_core.train.distill.command import LOG


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


def test_the_command_from_end_to_end(teacher, folder, tmp_path, capsys):
    checkpoints.save(teacher.state_dict(), teacher.config, tmp_path / "teacher.safetensors")
    words = ["--teacher", str(tmp_path / "teacher.safetensors"), "--data", str(folder), "--out", str(tmp_path / "run"), "--heads", "4"]
    words += ["--layers", "16", "--streams", "16", "--tail", "16", "--log-every", "2", "--batch-tokens", "136", "--device", "cpu"]
    assert not command.main([*words, "--whole", "32"])
    assert "h left" in capsys.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    assert lines[0]["phase"] == "layers" and lines[-1]["phase"] == "whole"
    assert {"loss", "pictures", "pictures_per_s", "hours", "rate"} <= lines[-1].keys()
    assert not command.main([*words, "--whole", "64"])
    assert "going on from" in capsys.readouterr().out
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert len(about["commands"]) == 2 and about["train_pictures"] == 8
    student = checkpoints.load(tmp_path / "run" / "weights.safetensors")
    assert student.config.num_heads == 4 and student.config.labels == CONFIG.labels and student.config.flexible
    more = [json.loads(line)["step"] for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    assert more == sorted(set(more)) and more[-1] > lines[-1]["step"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--width", "24"], "Learning layer by layer needs equal widths; got 24 and 16"),
        (["--heads", "3"], "`embed_dim` must be divisible by `num_heads`; got 16 and 3"),
        (["--layers", "0", "--streams", "0", "--whole", "0"], "A run needs pictures in at least one phase"),
        (["--data", "nowhere"], "nowhere is not a folder"),
        (["--teacher", "nowhere"], "nowhere"),
        (["--labels", "nowhere.json"], "nowhere.json"),
    ],
    ids=["width", "heads", "no pictures", "no data", "no teacher", "no labels"],
)
def test_what_does_not_fit_is_said_in_a_sentence(teacher, folder, tmp_path, capsys, change, message):
    checkpoints.save(teacher.state_dict(), teacher.config, tmp_path / "teacher.safetensors")
    words = ["--teacher", str(tmp_path / "teacher.safetensors"), "--data", str(folder), "--out", str(tmp_path / "run")]
    assert command.main([*words, *change]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and "\n" not in said and "Traceback" not in said


def test_a_picture_that_cannot_be_read_ends_the_run_with_its_name(teacher, tmp_path, capsys):
    checkpoints.save(teacher.state_dict(), teacher.config, tmp_path / "teacher.safetensors")
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    words = ["--teacher", str(tmp_path / "teacher.safetensors"), "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--device", "cpu"]
    assert command.main(words) == 1
    said = capsys.readouterr().err.strip()
    assert "broken.png" in said and "\n" not in said


@pytest.fixture(scope="module")
def measured_run(teacher, folder, tmp_path_factory):
    """A short run of the command, then measured on six pictures in class folders."""
    place = tmp_path_factory.mktemp("measured")
    draw = np.random.default_rng(1)
    for split in ("train", "val"):
        for name in "abc":
            (place / split / name).mkdir(parents=True)
            for index in range(2):
                Image.fromarray(draw.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(place / split / name / f"{index}.png")
    checkpoints.save(teacher.state_dict(), teacher.config, place / "teacher.safetensors")
    words = ["--teacher", str(place / "teacher.safetensors"), "--data"]
    assert not command.main(
        [*words, str(folder), "--out", str(place / "run"), "--layers", "8", "--streams", "8", "--whole", "16", "--device", "cpu"]
    )
    weights = str(place / "run" / "weights.safetensors")
    more = ["--out", str(place / "run" / "evaluation.json"), "--cache", str(place / "cache"), "--many", "2", "--few", "3"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "GALLERY", place)  # no gallery there
        assert not evaluate.main([weights, *words, str(place), *more])
    return place


def test_a_student_is_measured_beside_its_teacher(measured_run, capsys):
    found = json.loads((measured_run / "run" / "evaluation.json").read_text())
    assert [(row["image_size"], row["patch_size"]) for row in found["settings"]] == [
        evaluate.MAIN,
        *evaluate.LIKE_TEACHER,
        *evaluate.FEW_TOKENS,
    ]
    pictures = {(row["image_size"], row["patch_size"]): row["pictures"] for row in found["settings"]}
    assert pictures[evaluate.MAIN] == 6 and pictures[160, 16] == 2 and pictures[384, 16] == 1
    assert found["restricted"]["classes"] == 3 and found["mosaics"]["pictures"] == 2
    assert set(found["positions"]) == {"pictures", "direct", "around", "kept", "zeroed", "shuffled"}
    teacher = str(measured_run / "teacher.safetensors")
    words = ["--teacher", teacher, "--data", str(measured_run), "--quick", "--cache", str(measured_run / "cache"), "--limit", "6"]
    kept = {path: path.stat().st_mtime_ns for path in (measured_run / "cache").iterdir()}
    assert not evaluate.main([teacher, *words])
    same = json.loads(capsys.readouterr().out)
    assert [row["agreement"] for row in same["settings"]] == [1.0, 1.0]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert evaluate.main(["nowhere", *words]) == 1 and "nowhere" in capsys.readouterr().err


def test_the_card_says_what_was_reached(measured_run, tmp_path, capsys):
    found = measured_run / "run" / "evaluation.json"
    measures = json.loads(found.read_text())
    one = {"mean_head": 1.5, "best_head": 2.25, "pictures": 9, "gaussians": {"0.25": 1.4}}
    found.write_text(json.dumps({**measures, "attention": {"student": one, "teacher": one}}))
    assert not card.main([str(measured_run / "run")])
    text = (measured_run / "run" / card.CARD).read_text()
    assert "| [CLS] attention in the box over the box's share, best late head | 2.25 | 2.20 | 2.20 | yes |" in text
    assert "2 layers, 2 heads of 8, width 16" in text and "a; b; c; d; e." in text and "python -m vit_core.train --teacher" in text
    assert "Its first answer is wrong for" in text and "Missed, of what was aimed for on two cores: " in text
    assert "best late head" not in text.split("Missed, of", 1)[1].split("The run was short", 1)[0]
    assert card.main([str(tmp_path)]) == 1 and "has no run.json" in capsys.readouterr().err


def test_what_ships_is_written_by_one_command(measured_run, teacher, tmp_path, capsys):
    run, there = measured_run / "run", tmp_path / "distilled"
    one = {"mean_head": 1.5, "best_head": 2.25, "pictures": 9, "gaussians": {"0.25": 1.4}}
    measures = json.loads((run / card.MEASURES).read_text())
    (run / card.MEASURES).write_text(json.dumps({**measures, "attention": {"student": one, "teacher": one}}))
    assert not bundle.main([str(run), "--to", str(there)])
    assert "of at most 45,000,000" in capsys.readouterr().out
    row = Bundled("distilled", "Distilled, 5 classes", there)
    model, made = checkpoints.load(row.weights), checkpoints.load(run / "weights.safetensors")
    assert model.config.temperature == round(measures["calibration"]["temperature"], 4) and model.config.labels == CONFIG.labels
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), made.parameters(), strict=True))
    assert row.accuracy(224, 16)["top1"] == pytest.approx(measures["settings"][0]["top1"]) and row.accuracy(48, 16) is None
    assert set(row.measures["without_positions"]) == {"pictures", "kept", "zeroed", "shuffled"}
    (taken,) = moments.available(row.snapshots)
    assert taken.path.stem == "0-untrained" and (taken.label, taken.minutes) == ("Untrained", 0)
    assert row.card.read_text().count("training.svg") == 1 and "divergence" in row.curves.read_text().splitlines()[0]
    for file in (row.card, row.folder / row.result_file):
        assert str(measured_run) not in file.read_text(), "the folders of a machine are nobody else's"


def test_measures_of_other_weights_are_not_shipped(measured_run, tmp_path, capsys):
    other = str(measured_run / "teacher.safetensors")
    assert bundle.main([str(measured_run / "run"), "--weights", other, "--to", str(tmp_path / "to")]) == 1
    assert "is of other weights than teacher.safetensors" in capsys.readouterr().err
    assert bundle.main([str(tmp_path)]) == 1 and not (tmp_path / "to").exists()


def test_curves_are_thinned_by_pictures_and_moments_are_the_nearest(teacher, tmp_path):
    log = [{"pictures": 10 * i, "hours": i / 100, "step": i, "phase": "layers", "loss": float(i)} for i in range(1, 401)]
    log[-1] |= {"phase": "whole", "agreement": 0.5}
    rows = bundle.thin(log)
    assert len(rows) == bundle.BINS and rows[-1]["pictures"] == 4000 and rows[-1]["agreement"] == 0.5 and rows[0]["agreement"] is None
    assert rows[10]["loss"] == pytest.approx(sum(range(40, 44)) / 4) and "<svg" in bundle.draw(rows)
    for count in (0, 380, 1900, 3900):
        checkpoints.save(teacher.state_dict(), teacher.config, tmp_path / "taken" / f"{count:08d}.safetensors")
    shipped = bundle.ship_moments(tmp_path / "taken", log, tmp_path / "snapshots")
    assert [row["pictures"] for row in shipped] == [0, 380, 1900] and shipped[1]["step"] == 38
    assert [moment.label for moment in moments.available(tmp_path / "snapshots")] == [
        "Untrained",
        "Early, 380 pictures",
        "Middle, 1,900 pictures",
    ]
    with pytest.raises(ValueError, match="holds no moments"):
        bundle.ship_moments(tmp_path / "none", log, tmp_path / "snapshots")


def test_corners_mosaics_and_boxes(teacher):
    keep = evaluate.without_corners(14).view(14, 14)
    assert (~keep).sum() == 12 and not keep[0, 1] and not keep[13, 13] and keep[1, 1]
    images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 8, 8, 3).contiguous()
    boxes = torch.tensor([[1.0, 1, 5, 5]] * 3 + [[0.0, 0, 8, 8]])
    data = LabelledImages(images, torch.arange(4), tuple("abcde"), boxes)
    tiles = evaluate.mosaics(data, 3)
    assert tiles.images.shape == (3, 16, 16, 3)
    assert all(len(tile[row : row + 8, column : column + 8].unique()) == 1 for tile in tiles.images for row in (0, 8) for column in (0, 8))
    found = evaluate.box_attention(teacher, data, (32, 4))
    assert found["pictures"] == 3 and found["best_head"] >= found["mean_head"] > 0
