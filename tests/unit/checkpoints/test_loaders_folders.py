"""Paths, folders of several models, caches and uploads: which files a model is read from, and what they are said to be."""

import json
import os
import shutil
from importlib import import_module

import pytest
import torch

from tests.support.files.checkpoint_files import hf_folder, npz_file, refusal, timm_file, timm_folder, torchvision_file
from tests.support.models.small import pictures
from vit_core import checkpoints
from vit_core.checkpoints import command
from vit_core.checkpoints.errors import CheckpointError, MissingFacts

# Files and folders.


def test_a_path_that_is_none(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    assert refusal(tmp_path / "a.txt") == "a.txt does not end in .safetensors, .pth, .pt, .bin, .npz, so it is not known how to read it."
    assert refusal("x" * 5000) == f"{'x' * 80}… is no path that can be read."
    assert refusal(str(tmp_path / "none.pth")) == f"There is no file or folder {tmp_path / 'none.pth'}."


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = timm_file(tmp_path)

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(import_module("vit_core.checkpoints.examine"), "open_source", denied)  # the package has a function of that name
    assert refusal(path) == "a.safetensors cannot be read: Permission denied."


def test_models_of_a_folder(tmp_path):
    home = tmp_path / "models"
    home.mkdir()
    for name in ("one", "two"):
        (home / name).mkdir()
        hf_folder(home / name)
    timm_file(home, name="plain.pth")
    (home / "notes.txt").write_text("x")
    (home / "empty").mkdir()
    (home / ".hidden.pth").write_bytes(b"")
    (tmp_path / "secret.pth").write_bytes(b"")
    os.symlink(tmp_path / "secret.pth", home / "link.pth")
    os.symlink(tmp_path, home / "linked")
    assert checkpoints.models_in(home) == {name: home / name for name in ("one", "plain.pth", "two")}
    with pytest.raises(CheckpointError, match="There is no folder"):
        checkpoints.models_in(tmp_path / "none")


def test_models_of_a_cache_of_hugging_faces(tmp_path):
    """Files lie in `blobs`; snapshots link to them."""
    cache, elsewhere = tmp_path / "hub", tmp_path / "elsewhere"
    elsewhere.mkdir()
    hf_folder(elsewhere)
    for repository, commits in (
        ("models--facebook--tiny-vit", ["a" * 40]),
        ("models--plain", ["b" * 40, "c" * 40]),
        ("models--without", []),
    ):
        blobs = cache / repository / "blobs"
        blobs.mkdir(parents=True)
        for commit in commits:
            snapshot = cache / repository / "snapshots" / commit
            snapshot.mkdir(parents=True)
            for file in elsewhere.iterdir():
                shutil.copy(file, blobs / f"{commit}{file.name}")
                os.symlink(f"../../blobs/{commit}{file.name}", snapshot / file.name)
    (cache / "models--plain" / "snapshots" / "out").symlink_to(elsewhere)
    (cache / "datasets--other").mkdir()
    found = checkpoints.models_in(cache)
    assert list(found) == ["facebook/tiny-vit", "plain@bbbbbbb", "plain@ccccccc"]
    for path in found.values():
        assert torch.equal(checkpoints.load(path).head.weight, checkpoints.load(elsewhere).head.weight)


def test_uploads(tmp_path):
    data = hf_folder(tmp_path)
    files = {path.name: path.read_bytes() for path in data.iterdir()}
    loaded = checkpoints.load_files(files | {"README.md": b"x"})
    assert loaded.config.num_heads == 3
    for given, count in (({}, 0), ({"a.txt": b""}, 0), ({"a.pth": b"", "b.npz": b""}, 2)):
        with pytest.raises(CheckpointError) as caught:
            checkpoints.load_files(given)
        assert str(caught.value) == f"An upload must hold one file of weights (.safetensors, .pth, .pt, .bin, .npz); it holds {count}."
    with pytest.raises(CheckpointError, match=r"^x\.pth is not a readable PyTorch file"):
        checkpoints.load_files({"/etc/../x.pth": b"no"})
    with pytest.raises(MissingFacts, match=r"^mine does not say"):
        checkpoints.load_files({"mine.safetensors": timm_file(tmp_path / "..").read_bytes()})
    assert not [path for path in tmp_path.parent.glob("vit-upload-*")]


def test_the_models_memory_is_its_own(tmp_path):
    """The file may be written over or removed while the model is used."""
    for path in (timm_file(tmp_path), timm_file(tmp_path, name="a.pth"), npz_file(tmp_path)):
        loaded = checkpoints.load(path, family="vit", num_heads=3)
        before = loaded(pictures(1)).logits.clone()
        path.write_bytes(bytes(path.stat().st_size))
        assert torch.equal(loaded(pictures(1)).logits, before)


@pytest.mark.parametrize(
    ("make", "options", "format_"),
    [
        (hf_folder, [], "safetensors, Hugging Face's names"),
        (timm_folder, [], "safetensors, timm's names"),
        (timm_file, ["--family", "vit", "--num-heads", "3", "--image-size", "16"], "safetensors, timm's names"),
        (torchvision_file, ["--family", "vit", "--num-heads", "3"], "PyTorch, torchvision's names"),
        (npz_file, ["--family", "google"], "npz, Google's names"),
        (lambda _: checkpoints.BUNDLED, [], "safetensors, vit_core's names"),
    ],
)
def test_what_a_file_is(make, options, format_, tmp_path, capsys):
    path = make(tmp_path)
    assert command.main([str(path), *options]) == 0
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first.startswith(f"{format_}; ") and first.endswith((", float32", ", float16"))
    assert json.loads(rest)["patch_size"] in (4, 16)


def test_what_a_file_is_not(tmp_path, capsys):
    assert command.main([str(tmp_path / "none.npz")]) == 1
    assert capsys.readouterr().err == f"There is no file or folder {tmp_path / 'none.npz'}.\n"
