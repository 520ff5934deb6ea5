"""The shelf: every row against closed forms and its publisher's own shapes; what the first download settles; the command."""

import csv
import dataclasses
import json
import re

import pytest
from safetensors.torch import save_file

from tests.support.files.hub import Repository, serving
from tests.support.files.small_files import HF_CONFIG, PIXELS, hf_tensors
from tests.support.models.shelf_models import write_empty
from vit_core import checkpoints
from vit_core.checkpoints import command, hub, sources
from vit_core.checkpoints.hub import shelf as fetching
from vit_core.config import Preprocessing, ViTConfig
from vit_core.cost.shapes import count_parameters
from vit_core.data import SPECS, shelf

ROWS = shelf.rows()
rows = pytest.mark.parametrize("name", ROWS)
COMMIT, OTHER = "a" * 40, "b" * 40
SMALL = ViTConfig(12, 1, 3, 20, 5, 1e-6, image_size=16, patch_size=4, preprocessing=Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear"))


def published() -> dict[str, int]:
    """Parameters by what the table of published models calls them."""
    with SPECS.open(encoding="utf-8") as file:
        return {row["name"]: int(row["params_exact"]) for row in csv.DictReader(file)}


def test_there_are_as_many_as_promised():
    titles = " ".join(row.title for row in ROWS.values())
    assert len(ROWS) >= 16
    for wanted in ("DeiT Ti", "DeiT S", "DeiT B", "AugReg Ti/16", "AugReg S/16", "AugReg B/16", "AugReg B/32", "AugReg L/16", "DINO S/8"):
        assert wanted in titles
    for wanted in ("DINO S/16", "DINO B/16", "DINOv2 S/14", "DINOv2 B/14", "4 registers", "MSN S/16", "CLIP B/32", "CLIP B/16"):
        assert wanted in titles


@rows
def test_a_row_says_all(name):
    row = ROWS[name]
    assert re.fullmatch(r"[a-z0-9-]+", name) and name not in shelf.presets() and name != "all"
    assert hub.check_repo_id(row.repository) == row.repository
    assert hub.REVISION.fullmatch(row.revision) and row.file in sources.USUAL
    assert all(file == row.file and re.fullmatch(r"[0-9a-f]{64}", digest) for file, digest in row.sha256.items())
    family = row.family
    assert re.search(r"arXiv:\d{4}\.\d{5}", family.paper) and re.match(r"Apache-2\.0|MIT", family.licence)
    assert family.trained_on and family.format in ("Hugging Face", "timm")
    assert (family.labels == "none") == (family.classes == 0) and family.supervised == (family.classes > 0)
    assert 20 <= len(row.why) <= 140 and row.why.endswith(".")


def test_no_two_rows_are_the_same():
    for of in (lambda row: row.title, lambda row: row.repository, lambda row: row.why):
        assert len({of(row) for row in ROWS.values()}) == len(ROWS)


@rows
def test_its_parameters_are_those_of_the_table_of_published_models(name):
    row, known = ROWS[name], published()
    config = row.config
    base = {"augreg": "ViT", "msn": "DINO"}.get(row.family.name, row.family.title)
    called = f"{base}-{row.size}/{config.patch_size}" + ("-reg4" if config.num_registers else "")
    called = {"CLIP-B/32": "CLIP-B/32", "CLIP-B/16": "CLIP-B/16"}.get(called, called)
    if row.family.name == "clip":  # the table counts the projection
        assert known[f"CLIP-B/{config.patch_size}"] == row.parameters + 512 * config.embed_dim
    elif name == "augreg-b8":  # the table has no B/8: four times the positions, a quarter of the kernel
        sixteen = ROWS["augreg-b16"].config
        assert row.parameters == count_parameters(sixteen) + 768 * (28**2 - 14**2) - 768 * 3 * (16**2 - 8**2)
    else:
        assert known[called] == row.parameters


@rows
def test_the_publishers_file_has_its_shapes_and_bytes(name, tmp_path):
    """Names and shapes are those that `transformers` saves, or timm's: read by the loader, without a number."""
    row = ROWS[name]
    path = write_empty(row, tmp_path / "model")
    found = checkpoints.inspect(tmp_path / "model")
    assert found.parameters == row.parameters
    assert 0 < path.stat().st_size - row.number_bytes < 120_000  # names and shapes
    assert row.bytes == row.number_bytes or 0 < row.bytes - row.number_bytes < 200_000  # a real file's, in the other container
    fetching.check_shape(row, tmp_path / "model")
    assert found.config.preprocessing == row.config.preprocessing and found.config.norm_eps == row.config.norm_eps
    assert len(found.config.labels) == row.family.classes
    if found.config.labels:
        assert found.config.labels[285].startswith("Egyptian cat")


def test_another_model_is_noticed(tmp_path):
    write_empty(ROWS["dino-s16"], tmp_path / "model")
    with pytest.raises(hub.HubError, match=r"holds another model than DINO S/8: its `patch_size` is 16, not 8\."):
        fetching.check_shape(ROWS["dino-s8"], tmp_path / "model")


def test_comparisons_are_of_what_they_say():
    named = shelf.presets()
    assert set(named) >= {"labels", "registers", "sizes", "patches"}
    for preset in named.values():
        for pair in preset.pairs:
            assert all(preset.image_size % row.config.patch_size == 0 for row in pair)
            assert len({row.config.depth for row in pair}) == 1
    for left, right in named["labels"].pairs:
        assert left.family.supervised and not right.family.supervised and left.parameters > right.parameters
        same = {"num_classes": 0, "name": "x", "preprocessing": SMALL.preprocessing, "norm_eps": 1e-6}
        assert left.config.replace(**same) == right.config.replace(**same)
    for left, right in named["registers"].pairs:
        assert (left.config.num_registers, right.config.num_registers, left.size) == (0, 4, right.size)
    assert [row.size for row in named["sizes"].models] == ["Ti", "S", "B"]
    assert [row.config.patch_size for row in named["patches"].models] == [8, 16, 32]


@pytest.fixture
def row(monkeypatch):
    """A small model on a shelf of its own, whose row names no commit and no checksum."""
    made = dataclasses.replace(
        ROWS["deit-ti"], name="small", repository="someone/small", revision="main", sha256={}, config=SMALL, file="model.safetensors"
    )
    monkeypatch.setattr(shelf, "rows", lambda: {"small": made})
    monkeypatch.setattr(shelf, "presets", dict)
    return made


@pytest.fixture
def site(row, tmp_path, monkeypatch):
    save_file(hf_tensors(), tmp_path / "w.safetensors")
    files = {"config.json": json.dumps(HF_CONFIG).encode(), "preprocessor_config.json": json.dumps(PIXELS).encode()}
    files |= {"model.safetensors": (tmp_path / "w.safetensors").read_bytes()}
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving({row.repository: Repository(files, COMMIT)}) as made:
        monkeypatch.setenv("HF_ENDPOINT", made.address)
        yield made


def test_the_first_download_settles_commit_and_checksums(row, site):
    assert fetching.here(row) is None and not fetching.pin_of(row).settled
    found = fetching.fetch(row)
    assert fetching.pin_of(row) == fetching.Pin(COMMIT, found.sha256)
    site.asked.clear()
    assert fetching.fetch(row).folder == found.folder == fetching.here(row).folder and site.asked == []
    site.repositories[row.repository].commit = OTHER  # the branch moves on; the row stays
    assert fetching.fetch(row).revision == COMMIT and fetching.here(row).revision == COMMIT


def test_files_that_leave_the_pixels_open_are_read_as_the_row_says(row, site):
    site.repositories[row.repository].files["preprocessor_config.json"] = json.dumps({"image_mean": [0.5] * 3}).encode()
    found = fetching.fetch(row)
    with pytest.raises(checkpoints.MissingFacts):
        checkpoints.load(found.folder)
    assert fetching.facts(row, found.folder) == {"preprocessing": SMALL.preprocessing}
    assert checkpoints.load(found.folder, **fetching.facts(row, found.folder)).config.preprocessing == SMALL.preprocessing


def test_a_file_that_changed_since_is_refused(row, site):
    found = fetching.fetch(row)
    repository = site.repositories[row.repository]
    (found.folder / "download.json").unlink()
    repository.files["model.safetensors"] = repository.files["model.safetensors"][:-4] + b"\1\1\1\1"
    with pytest.raises(hub.HubError, match="is another file than the one that is known by this name"):
        fetching.fetch(row)
    assert fetching.here(row) is None


def test_a_checksum_of_the_row_is_held_to(row, site):
    wrong = dataclasses.replace(row, sha256={"model.safetensors": "0" * 64})
    with pytest.raises(hub.HubError, match="is another file than the one that is known by this name"):
        fetching.fetch(wrong)
    fetching.fetch(row)
    with pytest.raises(hub.HubError, match="is not the file that small is known by"):
        fetching.fetch(wrong)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"someone/small": 3}', '{"someone/small": {"revision": "../x", "sha256": {"a": "b"}}}'])
def test_pins_that_cannot_be_read_pin_nothing(text, row, site):
    hub.cache_folder().mkdir()
    (hub.cache_folder() / fetching.PINS).write_text(text)
    assert fetching.pin_of(row) == fetching.Pin("main")
    assert fetching.fetch(row).revision == COMMIT and fetching.pin_of(row).settled


def test_the_command_lists_and_fetches(row, site, tmp_path, capsys):
    assert command.main(["fetch"]) == 0
    listed = capsys.readouterr().out
    assert "small" in listed and "MB" in listed and " here " not in listed
    assert command.main(["fetch", "small", "--to", str(tmp_path / "room")]) == 0
    said = capsys.readouterr().out
    assert f"small: {tmp_path / 'room' / 'small'}" in said and said.endswith(f"Serve it: make app MODELS={tmp_path / 'room'}\n")
    assert list(sources.models_in(tmp_path / "room")) == ["small"]
    assert checkpoints.load(tmp_path / "room" / "small").config.num_heads == 3
    assert fetching.row_of(tmp_path / "room" / "small") is row
    assert command.main(["fetch"]) == 0 and " here " in capsys.readouterr().out
    site.stop()
    assert command.main(["fetch", "small"]) == 0  # what is here needs no network
    assert capsys.readouterr().out.endswith("Serve it: make app MODELS=small\n")


def test_the_command_says_what_is_wrong(row, site, tmp_path, capsys):
    assert command.main(["fetch", "large"]) == 1
    assert capsys.readouterr().err.startswith("There is no large on the shelf. There are small;")
    (tmp_path / "file").write_text("")
    assert command.main(["fetch", "small", "--to", str(tmp_path / "file" / "x")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    site.repositories.clear()
    hub.shutil.rmtree(hub.cache_folder())
    assert command.main(["fetch", "small"]) == 1
    assert capsys.readouterr().err == "The hub has no model someone/small, or not this revision of it.\n"


def test_names_of_comparisons_stand_for_their_models():
    assert [row.name for row in fetching.find(["registers", "dino-s8", "dinov2-s"])] == [
        "dinov2-s",
        "dinov2-s-registers",
        "dinov2-b",
        "dinov2-b-registers",
        "dino-s8",
    ]
    assert len(fetching.find(["all"])) == len(ROWS)
