"""Which moments of a training run there are is read once from each file, and again when the file is another."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vit_core.data import moments


def write(path: Path, label: str, extra: int = 0) -> None:
    about = json.dumps({"label": label, "minutes": 1.5, "step": 10})
    save_file({"weight": torch.zeros(1 + extra)}, path, metadata={"snapshot": about})


def test_a_file_is_read_once_and_again_when_it_was_written_anew(tmp_path, monkeypatch) -> None:
    file = tmp_path / "010.safetensors"
    write(file, "early")
    first = moments.available(tmp_path)
    assert [(moment.label, moment.minutes, moment.step, moment.path) for moment in first] == [("early", 1.5, 10, file)]
    with monkeypatch.context() as patched:
        patched.setattr(moments, "metadata_of", None)
        assert moments.available(tmp_path) == first
    write(file, "late", extra=64)
    write(tmp_path / "020.safetensors", "later")
    assert [moment.label for moment in moments.available(tmp_path)] == ["late", "later"]


def test_a_link_that_leads_nowhere_is_named(tmp_path) -> None:
    (tmp_path / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"gone\.safetensors is not a readable"):
        moments.available(tmp_path)


def test_a_file_of_something_else_is_named(tmp_path) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors", metadata={"by": "somebody"})
    with pytest.raises(ValueError, match=r"other\.safetensors was not written as a snapshot"):
        moments.available(tmp_path)
