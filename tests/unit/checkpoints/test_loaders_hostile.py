"""Files made to do harm, one test a trick and a container: each is one sentence that says what is wrong, before memory is taken for it."""

import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.checkpoint_files import Bomb, hf_folder, hostile_refusal
from tests.support.files.small_files import google_arrays, hf_tensors, timm_tensors
from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files import npz_file, safetensors_file, strict_json, weights, zip_directory

# safetensors


def safetensors_with(tmp_path, header, data: bytes = b"", length: int | None = None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return tmp_path / "a.safetensors"


def entry(shape=(2,), offsets=(0, 8), dtype="F32", **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


@pytest.mark.parametrize(
    ("header", "data", "reason"),
    [
        ({"a": entry(), "b": entry(offsets=(4, 12))}, 12, "b starts at byte 4 where 8 is expected, so tensors overlap or leave gaps"),
        ({"a": entry(), "b": entry()}, 8, "b starts at byte 0 where 8 is expected, so tensors overlap or leave gaps"),
        ({"a": entry(offsets=(8, 16))}, 16, "a starts at byte 8 where 0 is expected, so tensors overlap or leave gaps"),
        ({"a": entry((10**9, 10**9))}, 8, "a has 8 bytes where its shape [1000000000, 1000000000] needs 4,000,000,000,000,000,000"),
        ({"a": entry((2,), (0, 4))}, 4, "a has 4 bytes where its shape [2] needs 8"),
        ({"a": entry((2,), (8, 0))}, 8, "a has -8 bytes where its shape [2] needs 8"),
        ({"a": entry()}, 4, "its tensors take 8 bytes, and 4 are there"),
        ({"a": entry()}, 9, "its tensors take 8 bytes, and 9 are there"),
        ({"a": entry((-2,))}, 8, "a has no valid shape"),
        ({"a": entry((2.0,))}, 8, "a has no valid shape"),
        ({"a": entry((True,))}, 8, "a has no valid shape"),
        ({"a": entry((1,) * 9)}, 8, "a has no valid shape"),
        ({"a": entry((10**12,))}, 8, "a has no valid shape"),
        ({"a": entry(offsets=(0,))}, 8, "a has no valid data_offsets"),
        ({"a": entry(offsets=(0.0, 8))}, 8, "a has no valid data_offsets"),
        ({"a": entry(offsets=(-8, 0))}, 8, "a has no valid data_offsets"),
        ({"a": entry(dtype="X" * 200)}, 8, f"a has the unknown type {'X' * 80}…"),
        ({"a": entry(dtype=["F32"])}, 8, "a has the unknown type ['F32']"),
        ({"a": [1]}, 8, "a is not described by dtype, shape and data_offsets"),
        ({"a": entry(extra=1)}, 8, "a is not described by dtype, shape and data_offsets"),
        ({"__metadata__": {"a": 1}}, 0, "its metadata are not texts"),
        ({"__metadata__": [1]}, 0, "its metadata are not texts"),
        ([1], 0, "its header is not a JSON object"),
        (b'{"a":1,"a":2}', 0, "its header is not a JSON object"),
        (b'{"a":NaN}', 0, "its header is not a JSON object"),
        (b'{"a":1e999}', 0, "its header is not a JSON object"),
        (b'{"a":12345678901234567890}', 0, "its header is not a JSON object"),
        (b'{"a":' * 50_000, 0, "its header is not a JSON object"),
        (b"[" * 1_000_000, 0, "its header is not a JSON object"),
        (b"\xff\xfe{}", 0, "its header is not a JSON object"),
    ],
)
def test_safetensors_headers(header, data, reason, tmp_path):
    assert (
        hostile_refusal(safetensors_with(tmp_path, header, bytes(data))) == f"a.safetensors is not a readable safetensors file: {reason}."
    )


@pytest.mark.parametrize("length", [2**63, 2**40, 3])
def test_safetensors_lengths(length, tmp_path):
    path = safetensors_with(tmp_path, b"{}", length=length)
    assert hostile_refusal(path) == "a.safetensors is not a readable safetensors file: it has 10 bytes, fewer than its header needs."


def test_long_safetensors_headers(tmp_path, monkeypatch):
    monkeypatch.setattr(safetensors_file, "MAX_HEADER", 10)
    text = "a.safetensors is not a readable safetensors file: its header has 20 bytes, and at most 10 are read."
    assert hostile_refusal(safetensors_with(tmp_path, b" " * 20)) == text
    monkeypatch.setattr(safetensors_file, "MAX_HEADER", 10**6)
    monkeypatch.setattr(safetensors_file, "MAX_TENSORS", 1)
    path = safetensors_with(tmp_path, {"a": entry((0,), (0, 0)), "b": entry((0,), (0, 0))})
    assert hostile_refusal(path) == "a.safetensors is not a readable safetensors file: it names 2 tensors, and at most 1 are read."


def test_files_larger_than_any_model(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MAX_FILE", 100)
    for name in ("a.safetensors", "a.pth", "a.npz"):
        (tmp_path / name).write_bytes(bytes(101))
        assert hostile_refusal(tmp_path / name) == f"{name} has 101 bytes; at most 100 are read."


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    save_file(timm_tensors(), tmp_path / "a.safetensors")
    opened = safetensors_file.open_safetensors(tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"^a\.safetensors became shorter while it was read\.$"):
        opened.read("norm.weight")


# Folders of several files


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"a": "../a.safetensors"}, "model.safetensors.index.json names ../a.safetensors, which is no .safetensors file of its folder."),
        ({"a": "/etc/passwd"}, "model.safetensors.index.json names /etc/passwd, which is no .safetensors file of its folder."),
        ({"a": "link.safetensors"}, "model.safetensors.index.json names link.safetensors, which is no .safetensors file of its folder."),
        ({"a": "none.safetensors"}, "model.safetensors.index.json names none.safetensors, which is no .safetensors file of its folder."),
        ({"a": "a.pth"}, "model.safetensors.index.json names a.pth, which is no .safetensors file of its folder."),
        ({"a": "a.safetensors"}, "model.safetensors.index.json and its files disagree on where a lies."),
        ({"classifier.bias": "a.safetensors"}, "model.safetensors.index.json and its files disagree on where classifier.weight lies."),
        ({"a": 1}, "model.safetensors.index.json has no `weight_map` from tensors to files."),
        ({}, "model.safetensors.index.json has no `weight_map` from tensors to files."),
        ([], "model.safetensors.index.json has no `weight_map` from tensors to files."),
    ],
)
def test_indices(table, reason, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    save_file(hf_tensors(), home / "a.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "outside.safetensors")
    os.symlink(tmp_path / "outside.safetensors", home / "link.safetensors")
    (home / "model.safetensors.index.json").write_text(json.dumps({"weight_map": table}))
    assert hostile_refusal(home) == reason


def test_a_tensor_in_two_files(tmp_path):
    save_file({"x": torch.zeros(1), "z": torch.zeros(1)}, tmp_path / "a.safetensors")
    save_file({"x": torch.zeros(1), "y": torch.zeros(1)}, tmp_path / "b.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"x": "b.safetensors", "y": "b.safetensors", "z": "a.safetensors"}})
    )
    assert hostile_refusal(tmp_path) == "model.safetensors.index.json and its files disagree on where a tensor lies."


def test_files_that_are_too_large_together(tmp_path, monkeypatch):
    save_file({"x": torch.zeros(1)}, tmp_path / "a.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": "a.safetensors"}}))
    monkeypatch.setattr("vit_core.checkpoints.sources.MAX_FILE", 10)
    assert hostile_refusal(tmp_path).startswith("model.safetensors.index.json names files of ")


def test_a_long_configuration(tmp_path, monkeypatch):
    hf_folder(tmp_path)
    monkeypatch.setattr(strict_json, "MAX_BYTES", 20)
    assert hostile_refusal(tmp_path) == "config.json has 21 bytes; at most 20 are read."


# Zip files


def bad_npz(tmp_path, reason: str):
    assert hostile_refusal(tmp_path / "a.npz") == f"a.npz is not a readable .npz file: {reason}."


def test_what_is_no_zip_file(tmp_path):
    np.savez(tmp_path / "good.npz", **google_arrays())
    good = (tmp_path / "good.npz").read_bytes()
    for content in (b"", b"PK", b"x" * 100, b"PK\x03\x04" + bytes(100), good[:-30], good[: len(good) // 2]):
        (tmp_path / "a.npz").write_bytes(content)
        bad_npz(tmp_path, "it is no zip file, or cut short")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 50, 0, 0))
    bad_npz(tmp_path, "its directory is damaged")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 0xFFFFFFFF, 0, 0))
    bad_npz(tmp_path, "its directory is damaged")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 10**9, 0, 0))
    bad_npz(tmp_path, "its directory has 1,000,000,000 bytes, and at most 8,000,000 are read")
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, 10**12, 0)
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04" + record + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 0xFFFFFFFF, 0, 0))
    bad_npz(tmp_path, "its directory has 1,000,000,000,000 bytes, and at most 8,000,000 are read")


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (8, b"\x01\x00", "a member is encrypted, or packed by another method than deflate"),
        (10, b"\x0c\x00", "a member is encrypted, or packed by another method than deflate"),
        (24, struct.pack("<L", 10**9), "a member that is not packed has two sizes"),
    ],
)
def test_entries_of_the_directory(at, value, reason, tmp_path):
    np.savez(tmp_path / "a.npz", **google_arrays())
    data = bytearray((tmp_path / "a.npz").read_bytes())
    start = data.index(b"PK\x01\x02") + at
    data[start : start + len(value)] = value
    (tmp_path / "a.npz").write_bytes(data)
    bad_npz(tmp_path, reason)


def test_members_that_overlap(tmp_path):
    np.savez(tmp_path / "a.npz", **google_arrays())
    data = bytearray((tmp_path / "a.npz").read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = struct.pack("<L", 10)
    (tmp_path / "a.npz").write_bytes(data)
    bad_npz(tmp_path, "its members overlap")


def test_members_beyond_the_end_and_twice(tmp_path, monkeypatch):
    member = zipfile.ZipInfo("a.npy")
    member.compress_size = member.file_size = 100
    member.header_offset = 0
    with pytest.raises(weights.Unreadable, match="its members reach beyond its end"):
        zip_directory.check_members([member], 60)
    with pytest.raises(weights.Unreadable, match=r"^it has 2 members, some with the same name, or more than 20,000$"):
        zip_directory.check_members([member, member], 600)


@pytest.mark.filterwarnings("ignore:overflow")
def test_zip_bombs(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as out:
        for i in range(4):
            out.writestr(f"{i}.npy", bytes(20_000_000))
    size = (tmp_path / "a.npz").stat().st_size
    bad_npz(tmp_path, f"it unpacks to 80,000,000 bytes, {80_000_000 // size:,} times its size")


# NumPy


def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<L", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}"),
            "cls.npy has 0 bytes where its shape [1000000, 1000000] needs 4,000,000,000,000",
        ),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (12,)}", bytes(44)), "cls.npy has 44 bytes where its shape [12] needs 48"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "cls.npy has no valid shape"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}", pickle.dumps(Bomb())), "cls.npy holds object, not numbers"),
        (npy("{'descr': '|V2', 'fortran_order': False, 'shape': (1,)}", bytes(2)), "cls.npy holds |V2, not numbers"),
        (npy("{'descr': '<U9', 'fortran_order': False, 'shape': (0,)}"), "cls.npy holds <U9, not numbers"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}" + " " * 20_000, bytes(4)), "cls.npy is damaged"),
        (npy("__import__('os').system('id')"), "cls.npy is damaged"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", bytes(4), (3, 0)), "cls.npy has no header that is known"),
        (b"\x93NUMPY", "cls.npy is damaged"),
        (b"", "cls.npy is damaged"),
        (pickle.dumps({"a": 1}), "cls.npy is damaged"),
    ],
    ids=range(12),
)
def test_arrays(content, reason, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as out:
        out.writestr("cls.npy", content)
    bad_npz(tmp_path, reason)
    assert not os.path.exists("/tmp/should-not-be")


def test_members_that_are_no_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as out:
        out.writestr("run.sh", b"x")
    bad_npz(tmp_path, "run.sh is not an array")


def test_an_array_that_is_damaged_behind_its_header(tmp_path):
    np.savez(tmp_path / "a.npz", **google_arrays())
    data = bytearray((tmp_path / "a.npz").read_bytes())
    at = data.index(b"embedding/kernel.npy")
    data[at + 300] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    bad_npz(tmp_path, "embedding/kernel.npy is damaged")
    np.savez(tmp_path / "a.npz", long=np.ones(10_000))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[70_000] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"^a\.npz is not a readable \.npz file: long is damaged\.$"):
        npz_file.open_npz(tmp_path / "a.npz").read("long")
