"""The table of what ships: the default model, the others, their measures, and links that name a model as it was called before."""

import json
from pathlib import Path

import pytest

import vit_core
from ui.kit.export import loader, shipped_file
from ui.state.schema import FIELDS
from ui.work import cached, models
from vit_core import checkpoints
from vit_core.data import bundled, moments
from vit_core.data.bundled import Bundled

ROWS = [{"grid": 14, "image_size": 224, "patch_size": 16, "pictures": 100, "top1": 0.5, "top5": 0.8}]


def made(folder: Path, name: str) -> Bundled:
    """A row whose weights are there (the bundled ones), with measures."""
    row = Bundled(name, f"{name}, {checkpoints.load().config.num_classes} classes", folder / name)
    row.folder.mkdir()
    row.weights.symlink_to(bundled.default().weights)
    (row.folder / "measures.json").write_text(json.dumps({"measures": {"settings": ROWS}}))
    return row


@pytest.fixture
def two(monkeypatch, tmp_path: Path) -> tuple[Bundled, Bundled]:
    """Two bundled models, the second of which is not the default."""
    rows = made(tmp_path, "new"), made(tmp_path, "old")
    monkeypatch.setattr(bundled, "bundled", lambda: rows)
    return rows


def test_every_row_that_ships_has_its_files_and_a_title_that_is_true() -> None:
    for row in bundled.bundled():
        config = checkpoints.inspect(row.weights).config
        assert f"{config.num_classes:,} classes" in row.title and row.card.is_file()
        assert row.measures["pictures"] >= 500 and row.accuracy(224, 16)["top1"] > 1 / config.num_classes
        assert config.temperature == pytest.approx(row.measures["calibration"]["temperature"], abs=1e-3)
    assert FIELDS["model"].default == bundled.DEFAULT


def test_weights_that_ship_take_at_most_45_megabytes() -> None:
    files = [file for file in bundled.MODELS.rglob("*") if file.suffix == ".safetensors"]
    assert sum(file.stat().st_size for file in files) <= 45e6


def test_a_row_without_weights_is_left_out(tmp_path: Path) -> None:
    present, absent = made(tmp_path, "present"), Bundled("absent", "Absent", tmp_path / "absent")
    assert bundled.bundled((absent, present)) == (present,) and absent.measures == {} and absent.accuracy(224, 16) is None
    assert present.accuracy(224, 16) == present.accuracy(112, 8) == ROWS[0] and present.accuracy(224, 32) is None


def test_moments_belong_to_the_default_model() -> None:
    first, *others = bundled.bundled()
    found = models.shipped()
    assert [source.id for source in found if source.kind == "bundled"] == [bundled.DEFAULT, *(row.name for row in others)]
    taken = [source for source in found if source.kind == "snapshot"]
    assert taken and [source.path for source in taken] == [moment.path for moment in moments.available(first.snapshots)]
    assert all(source.bundled is first for source in taken)


def test_both_bundled_models_are_offered_and_load(two) -> None:
    sources = {source.id: source for source in models.shipped()}
    assert [(name, sources[name].title) for name in list(sources)[:2]] == [("bundled", "Bundled ViT"), ("old", two[1].title)]
    assert sources["old"].load().config == sources["bundled"].load().config
    assert (sources["old"].bundled, sources["bundled"].bundled) == (two[1], two[0])


def test_links_open_with_every_name_that_a_model_has_had(two) -> None:
    known = {source.id: source for source in models.shipped()} | dict.fromkeys(["snapshot-0-untrained", "snapshot-2-early"])
    assert [models.known_as(name, known) for name in ("bundled", "old", "new")] == ["bundled", "old", "bundled"]
    assert models.known_as("snapshot-1-start", known) in known
    assert models.known_as("snapshot-0-untrained", known) == "snapshot-0-untrained"
    assert models.known_as("own-0123", known) == "own-0123"
    some = {name: source for name, source in known.items() if not name.startswith("snapshot-")} | {"snapshot-0-untrained": None}
    assert models.known_as("snapshot-3-middle", some) == "snapshot-0-untrained"
    assert models.known_as("snapshot-x", some) == "snapshot-x"


def test_the_script_names_the_file_of_another_bundled_model(monkeypatch) -> None:
    sources = {source.id: source for source in models.shipped()}
    other = models.Source("old", "old", "bundled", bundled.TABLE[-1].weights, bundled=bundled.TABLE[-1])
    monkeypatch.setattr(cached, "sources", lambda: {**sources, "old": other})
    assert loader("bundled") == "vit_core.load()"
    assert loader("old") == 'vit_core.load("vit_core/data/models/tiny-vit.safetensors")'
    assert shipped_file(sources["bundled"].path) in (
        "vit_core/data/models/tiny-vit.safetensors",
        "vit_core/data/models/distilled/weights.safetensors",
    )
    moment = next(source for source in sources.values() if source.kind == "snapshot")
    assert loader(moment.id) == f'vit_core.train.snapshots.load(Path("{shipped_file(moment.path)}"))'


def test_a_configuration_is_read_without_the_weights() -> None:
    for row in bundled.bundled():
        assert row.config == vit_core.load(row.weights).config


def test_a_file_that_is_none_is_named(tmp_path) -> None:
    for content in (b"", b"\xff" * 20, b"\2\0\0\0\0\0\0\0{}"):
        (tmp_path / "model.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.safetensors is not a readable safetensors file"):
            bundled.metadata_of(tmp_path / "model.safetensors")
