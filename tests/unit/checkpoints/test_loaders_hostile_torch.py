"""PyTorch files that must not be trusted: pickles that would run code, storages that lie, members that torch does not write."""

import io
import os
import pickle
import struct
import tarfile
import zipfile

import pytest
import torch

from tests.support.files.checkpoint_files import Bomb, hostile_refusal
from tests.support.files.small_files import timm_tensors
from vit_core.checkpoints.files import torch_file


def bad_pth(tmp_path, reason: str):
    assert hostile_refusal(tmp_path / "a.pth") == f"a.pth is not a readable PyTorch file: {reason}."


def rewrite(tmp_path, change=None, value=None, packed=zipfile.ZIP_STORED, **members):
    """A file by torch.save, with `change` applied to its pickle, and other members put into its place or beside it."""
    torch.save(timm_tensors() if value is None else value, tmp_path / "good.pth")
    with zipfile.ZipFile(tmp_path / "good.pth") as archive, zipfile.ZipFile(tmp_path / "a.pth", "w") as out:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith("data.pkl") and change is not None:
                content = change(content)
            out.writestr(name, members.pop(name.rsplit("/", 1)[-1], content), compress_type=packed)
        for name, content in members.items():
            out.writestr(f"good/{name}", content)


class Allocation:
    def __reduce__(self):
        return bytearray, (10**11,)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Bomb(), "it holds posix.system, not only tensors: save `model.state_dict()` alone, best with safetensors"),
        (
            {"a": torch.zeros(1), "b": Bomb()},
            "it holds posix.system, not only tensors: save `model.state_dict()` alone, best with safetensors",
        ),
        (Allocation(), "it holds __builtin__.bytearray, not only tensors: save `model.state_dict()` alone, best with safetensors"),
        (
            torch.nn.Linear(2, 2),
            "it holds torch.nn.modules.linear.Linear, not only tensors: save `model.state_dict()` alone, best with safetensors",
        ),
        (
            torch.zeros(2).to_sparse(),
            "it holds torch._utils._rebuild_sparse_tensor, not only tensors: save `model.state_dict()` alone, best with safetensors",
        ),
        ({"a": torch.zeros(1).expand(10**9)}, "a tensor of shape [1000000000] lies outside its storage of 1 numbers"),
        ({"a": 1}, "it holds no table of tensors"),
        ([], "it holds no table of tensors"),
        ({"a.b": {"c": torch.zeros(1)}, "a": {"b.c": torch.zeros(1)}}, "two of its tensors are called a.b.c"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_pickles(value, reason, tmp_path):
    torch.save(value, tmp_path / "a.pth")
    bad_pth(tmp_path, reason)
    assert not os.path.exists("/tmp/should-not-be")


def handmade(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


@pytest.mark.parametrize(
    ("pickled", "reason"),
    [
        (handmade(b"U\x02id"), "its pickle has the instruction SHORT_BINSTRING, which tensors do not need"),
        (handmade(b"(i__builtin__\neval\n"), "its pickle has the instruction INST, which tensors do not need"),
        (handmade(b"\x82\x01"), "its pickle has the instruction EXT1, which tensors do not need"),
        (handmade(b"\x96" + struct.pack("<Q", 10**12)), "its pickle is damaged"),
        (handmade(b"}", b"r" + struct.pack("<I", 2**31)), "its pickle is damaged"),
        (handmade(b"ccollections\nOrderedDict\n", b"}X\x01\x00\x00\x00aK\x01sb"), "its pickle is damaged"),
        (handmade(b"ctorch._utils\n_rebuild_tensor_v2\n", b"}", b"b"), "its pickle is damaged"),
        (handmade(b"ctorch\nFloatStorage\n", b")R"), "its pickle is damaged"),
        (
            handmade(b"ctorch._utils\n_rebuild_parameter.__globals__\n"),
            "it holds torch._utils._rebuild_parameter.__globals__, not only tensors: save `model.state_dict()` alone, best with "
            "safetensors",
        ),
        (handmade(b"(" * 100_000), "its pickle is damaged"),
        (b"\x80\x02}", "its pickle is damaged"),
        (b"", "its pickle is damaged"),
    ],
    ids=range(12),
)
def test_handmade_pickles(pickled, reason, tmp_path):
    rewrite(tmp_path, lambda _: pickled)
    bad_pth(tmp_path, reason)


def test_a_pickle_that_changes_what_was_checked(tmp_path):
    """The instruction BUILD, on a tensor already described, would give it another shape."""
    torch.save({"a": torch.zeros(2)}, tmp_path / "good.pth")

    def build(content):
        return content[:-2] + b"}X\x05\x00\x00\x00shape" + b"(K\x09tsb" + content[-2:] if content.endswith(b"s.") else content

    rewrite(tmp_path, build, {"a": torch.zeros(2)})
    bad_pth(tmp_path, "its pickle is damaged")


def test_storages_that_lie(tmp_path):
    count = timm_tensors()["cls_token"].numel()
    data = {"0": bytes(4 * count - 4)}
    rewrite(tmp_path, **data)
    bad_pth(tmp_path, f"a storage needs {4 * count} bytes, and the file has {4 * count - 4} for it")
    rewrite(tmp_path, lambda content: content.replace(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x00?"))
    bad_pth(tmp_path, f"a storage needs {4 * count} bytes, and the file has 0 for it")


def test_members_that_torch_does_not_write(tmp_path, monkeypatch):
    rewrite(tmp_path, packed=zipfile.ZIP_DEFLATED)
    bad_pth(tmp_path, "its members are not those that torch.save writes")
    rewrite(tmp_path, **{"sub/data.pkl": b"x"})
    bad_pth(tmp_path, "its members are not those that torch.save writes")
    rewrite(tmp_path, **{"constants.pkl": b"x"})
    bad_pth(tmp_path, "it is a TorchScript program, not a file of tensors")
    rewrite(tmp_path, byteorder=b"big")
    bad_pth(tmp_path, "its bytes are in big-endian order")
    monkeypatch.setattr(torch_file, "MAX_PICKLE", 10)
    rewrite(tmp_path, lambda _: bytes(11))
    bad_pth(tmp_path, "its pickle has 11 bytes, and at most 10 are read")


def test_formats_before_zip(tmp_path):
    again = "and such are not opened: where you trust it, load it and save its state_dict with `torch.save`, or with safetensors"
    reason = f"it is a bare pickle, as PyTorch before 1.6 and `pickle.dump` write, {again}"
    torch.save(timm_tensors(), tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    bad_pth(tmp_path, reason)
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"a": 1}))
    bad_pth(tmp_path, reason)
    with tarfile.open(tmp_path / "a.pth", "w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"), io.BytesIO())
    bad_pth(tmp_path, f"it is a tar archive, as PyTorch's first releases wrote, {again}")


def test_tensors_that_torch_does_not_load(tmp_path, monkeypatch):
    torch.save(timm_tensors(), tmp_path / "a.pth")

    def fails(*_, **options):
        assert options == {"map_location": "cpu", "weights_only": True, "mmap": True}
        raise RuntimeError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr(torch, "load", fails)
        bad_pth(tmp_path, "its tensors are damaged")
    monkeypatch.setattr(torch, "load", lambda *_, **__: dict.fromkeys(timm_tensors(), torch.zeros(1)))
    assert hostile_refusal(tmp_path / "a.pth").startswith("a.pth is not a readable PyTorch file: it describes ")
