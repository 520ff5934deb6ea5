"""Files as people have them: stand-ins of Git, old formats, tensors without numbers, weights in several parts."""

import json
import pickle
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.checkpoint_files import hf_folder, npz_file, refusal, timm_file
from tests.support.files.small_files import HF_CONFIG, hf_tensors, timm_tensors
from vit_core import checkpoints
from vit_core.checkpoints import class_names, command

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 22883344\n"
SAID = {"family": "vit", "num_heads": 3}


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.pth.tar", "a.bin", "a.npz"])
def test_a_pointer_of_git_lfs(name, tmp_path):
    (tmp_path / name).write_bytes(POINTER)
    assert refusal(tmp_path / name) == (
        f"{name} is a pointer of Git LFS, {len(POINTER)} bytes of text in place of a file of 22,883,344 bytes: run `git lfs pull` in the "
        "repository that it is from, or download the file itself."
    )
    (tmp_path / name).write_bytes(POINTER.replace(b"size 22883344", b"size x"))
    assert " bytes of text in place of a file: run " in refusal(tmp_path / name)


def test_a_pointer_in_place_of_a_configuration(tmp_path):
    hf_folder(tmp_path)
    (tmp_path / "config.json").write_bytes(POINTER)
    assert refusal(tmp_path).startswith("config.json is a pointer of Git LFS, ")


def test_the_name_that_training_scripts_write(tmp_path):
    torch.save({"state_dict": timm_tensors(), "epoch": 3}, tmp_path / "best.pth.tar")
    assert checkpoints.load(tmp_path / "best.pth.tar", **SAID).config.depth == 1
    assert list(checkpoints.models_in(tmp_path)) == ["best.pth.tar"]
    assert checkpoints.load_files({"best.pth.tar": tmp_path / "best.pth.tar"}, **SAID).config.depth == 1
    (tmp_path / "a.tar").write_bytes(b"")
    assert refusal(tmp_path / "a.tar").startswith("a.tar does not end in .safetensors, .pth, ")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_bare_pickles_of_every_protocol(protocol, tmp_path):
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"a": 1}, protocol))
    assert refusal(tmp_path / "a.pth").startswith("a.pth is not a readable PyTorch file: it is a bare pickle, as PyTorch before 1.6 and ")


def test_tensors_without_numbers(tmp_path):
    torch.save({name: tensor.to("meta") for name, tensor in timm_tensors().items()}, tmp_path / "a.pth")
    assert refusal(tmp_path / "a.pth") == (
        "a.pth is not a readable PyTorch file: its tensors have names and shapes but no numbers (PyTorch's meta device): save the model "
        "once it has its weights."
    )


def in_two_parts(folder, names=("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")):
    """A folder as `transformers` wrote it before safetensors."""
    hf_folder(folder)
    (folder / "model.safetensors").unlink()
    tensors, table = hf_tensors(), {}
    for number, name in enumerate(names):
        part = dict(list(tensors.items())[number::2])
        torch.save(part, folder / name)
        table |= dict.fromkeys(part, name)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": table}))
    return folder


def test_several_files_of_pytorch(tmp_path):
    folder = in_two_parts(tmp_path)
    assert checkpoints.load(folder).config.embed_dim == HF_CONFIG["hidden_size"]
    assert checkpoints.inspect(folder).format == "PyTorch, Hugging Face's names"
    assert checkpoints.models_in(folder.parent)[folder.name] == folder


def test_an_index_that_names_files_of_another_kind(tmp_path):
    folder = in_two_parts(tmp_path, ("a.bin", "b.pth"))
    assert refusal(folder) == "pytorch_model.bin.index.json names b.pth, which is no .bin file of its folder."


def test_the_command_says_nothing_beside_what_it_prints(tmp_path):
    command = [sys.executable, "-W", "default", "-m", "vit_core.checkpoints", str(npz_file(tmp_path)), "--family", "google"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_command_names_classes(tmp_path, capsys):
    path = timm_file(tmp_path)
    (tmp_path / "names.txt").write_text("one\ntwo\n\nthree\nfour\nfive\n")
    (tmp_path / "names.json").write_text(json.dumps({"id2label": dict(zip("01234", "abcde", strict=True))}))
    said = [str(path), "--family", "vit", "--num-heads", "3", "--image-size", "16x16", "--labels"]
    assert command.main([*said, str(tmp_path / "names.txt")]) == 0
    assert '"labels": "5 labels, from one to five"' in capsys.readouterr().out
    assert command.main([*said, str(tmp_path / "names.json")]) == 0
    assert '"labels": "5 labels, from a to e"' in capsys.readouterr().out
    (tmp_path / "names.txt").write_text("one\n")
    assert command.main([*said, str(tmp_path / "names.txt")]) == 1
    assert capsys.readouterr().err == "`labels` must name every class; got 1 labels for 5 classes.\n"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", b"", "a.txt holds no class names: one a line is expected, or JSON, a list or an object with `id2label`."),
        ("a.json", b"{}", "a.json must hold a list of class names, or an object with `id2label`."),
        ("a.json", b'["a", 1]', "a.json must hold a list of class names, or an object with `id2label`."),
        ("a.txt", b"\xff\xfe", "a.txt cannot be read as a file of class names: it is no text."),
        ("none.txt", None, "none.txt cannot be read as a file of class names: No such file or directory."),
    ],
)
def test_files_of_no_class_names(name, content, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(checkpoints.CheckpointError) as caught:
        class_names.read_names(name)
    assert str(caught.value) == text


# ImageNet's names.


def test_the_names_of_imagenet():
    names = class_names.imagenet()
    assert len(names) == 1000
    assert (names[0], names[285], names[504], names[812], names[872], names[999]) == (
        "tench, Tinca tinca", "Egyptian cat", "coffee mug", "space shuttle", "tripod", "toilet tissue, toilet paper, bathroom tissue",
    )  # fmt: skip
    assert [name for name in set(names) if names.count(name) > 1] == ["crane"]


@pytest.mark.parametrize("classes", [999, 1000])
def test_a_thousand_classes_without_names_are_imagenets(classes, tmp_path):
    tensors = timm_tensors() | {"head.weight": torch.zeros(classes, 12), "head.bias": torch.zeros(classes)}
    save_file(tensors, tmp_path / "a.safetensors")
    labels = checkpoints.load(tmp_path / "a.safetensors", **SAID).config.labels
    assert labels == (class_names.imagenet() if classes == 1000 else ())
    own = checkpoints.load(tmp_path / "a.safetensors", labels=[str(i) for i in range(classes)], **SAID).config.labels
    assert own[-1] == str(classes - 1)
