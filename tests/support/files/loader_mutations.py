"""Damages checkpoints in many ways and loads them, in a process of its own, which prints JSON.

`python -m tests.support.files.loader_mutations SEED COUNT`.

Each file must give a model or one sentence. Memory beyond 2 GB on top of what the imports take is refused by the system, and more than
20 seconds for one file is a hang.
"""

import collections
import io
import json
import random
import resource
import signal
import struct
import sys
import tempfile
import traceback
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from tests.support.files.small_files import (
    HF_CONFIG,
    PIXELS,
    SMALL,
    TIMM_CONFIG,
    google_arrays,
    hf_tensors,
    timm_tensors,
    torchvision_tensors,
)
from tests.support.models.small import small_model
from vit_core import checkpoints

GIGABYTE = 10**9
SECONDS = 20
VALUES = [
    0,
    -1,
    1,
    3,
    10**9,
    10**15,
    2**63,
    10**400,
    1.5,
    1e308,
    1e999,
    float("nan"),
    None,
    True,
    "",
    "a" * 5000,
    [],
    [[]],
    {},
    [1] * 9,
    {"a": 1},
    [12, "x"],
]


def make_bases(folder: Path) -> list[tuple[str, dict[str, bytes], dict]]:
    """Name, files and keywords of one good model in every format."""
    timm, vision, given = timm_tensors(), torchvision_tensors(), {"family": "vit", "num_heads": 3}
    model = small_model(**SMALL)
    checkpoints.save(model.state_dict(), model.config, folder / "own.safetensors")
    save_file(timm, folder / "timm.safetensors")
    save_file(hf_tensors(), folder / "hf.safetensors")
    torch.save(timm, folder / "timm.pth")
    torch.save({"model": vision, "epoch": 2}, folder / "vision.pth")
    np.savez(folder / "google.npz", **google_arrays())
    np.savez_compressed(folder / "packed.npz", **google_arrays())
    read = {path.name: path.read_bytes() for path in folder.iterdir()}
    table = {"weight_map": dict.fromkeys(hf_tensors(), "a.safetensors")}
    hf, about = json.dumps(HF_CONFIG).encode(), {"preprocessor_config.json": json.dumps(PIXELS).encode()}
    return [
        ("own", {"own.safetensors": read["own.safetensors"]}, {}),
        ("timm.safetensors", {"a.safetensors": read["timm.safetensors"]}, given),
        ("timm.pth", {"a.pth": read["timm.pth"]}, given),
        ("torchvision.pth", {"a.pth": read["vision.pth"]}, given),
        ("google.npz", {"a.npz": read["google.npz"]}, given),
        ("packed.npz", {"a.npz": read["packed.npz"]}, given),
        ("hf folder", {"model.safetensors": read["hf.safetensors"], "config.json": hf, **about}, {}),
        (
            "hf shards",
            {
                "a.safetensors": read["hf.safetensors"],
                "model.safetensors.index.json": json.dumps(table).encode(),
                "config.json": hf,
                **about,
            },
            {},
        ),
        ("timm folder", {"model.safetensors": read["timm.safetensors"], "config.json": json.dumps(TIMM_CONFIG).encode()}, {}),
    ]


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Bits turned, bytes lost, doubled or moved, the end cut; mostly near the start or end, where the structure is."""
    changed, ends = bytearray(data), rng.choice([64, 2000, len(data)])
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        at = rng.randrange(min(ends, len(changed))) if rng.random() < 0.5 else len(changed) - 1 - rng.randrange(min(ends, len(changed)))
        kind = rng.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            del changed[at : at + rng.choice([1, 7, 500])]
        elif kind == 3:
            changed[at:at] = rng.randbytes(rng.choice([1, 8, 300]))
        elif kind == 4:
            changed[at : at + 8] = struct.pack("<Q", rng.choice([0, 1, 2**31, 2**32 - 1, 2**62, len(data), max(len(data) - 8, 0)]))
        elif kind == 5:
            changed = changed[: at + 1]
        else:
            changed[at : at + 16] = changed[:16]
        if len(changed) < 2:
            return bytes(changed)
    return bytes(changed)


def mutate_json(values: object, rng: random.Random) -> object:
    """One value somewhere replaced, lost or renamed."""
    if isinstance(values, dict) and values and rng.random() < 0.9:
        key, copy = rng.choice(list(values)), dict(values)
        if rng.random() < 0.15:
            copy[rng.choice(["depth", "vit_config", "__metadata__", "a\0b", ""])] = copy.pop(key)
        else:
            copy[key] = mutate_json(values[key], rng)
        return copy
    if isinstance(values, list) and values and rng.random() < 0.7:
        return [mutate_json(value, rng) if rng.random() < 0.5 else value for value in values]
    return rng.choice(VALUES)


def text_of(values: object, rng: random.Random) -> bytes:
    text = json.dumps(values)
    if rng.random() < 0.1:
        text = rng.choice(["[" * 200_000, '{"a":' * 100_000, text + text, text[:-1], "﻿" + text, '{"a":1,"a":2}', "9" * 10_000])
    return text.encode()


def mutate_header(data: bytes, rng: random.Random) -> bytes:
    """A safetensors header with other shapes, offsets, types or names."""
    length = int.from_bytes(data[:8], "little")
    header = text_of(mutate_json(json.loads(data[8 : 8 + length]), rng), rng)
    return struct.pack("<Q", len(header) + (rng.choice([-1, 1, 2**40]) if rng.random() < 0.1 else 0)) + header + data[8 + length :]


def mutate_members(data: bytes, rng: random.Random) -> bytes:
    """A zip file, written well, with one member that is not."""
    out, chosen = io.BytesIO(), None
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as written:
        names = archive.namelist()
        chosen = rng.choice([name for name in names if name.endswith("data.pkl")] or names) if rng.random() < 0.7 else rng.choice(names)
        for name in names:
            content = archive.read(name)
            if name == chosen:
                kind = rng.randrange(6)
                content = mutate_bytes(content, rng) if kind < 3 else content
                if kind == 3:
                    content = bytes(30_000_000)
                elif kind == 4:
                    content = content[:6] + b"\xff\xff" + content[8:]
                elif kind == 5:
                    content = content.replace(b"(12,", b"(999999999,").replace(b"FloatStorage", b"ByteStorage").replace(b"<f4", b"|O4")
            packed = zipfile.ZIP_DEFLATED if rng.random() < 0.2 else zipfile.ZIP_STORED
            written.writestr(name if rng.random() < 0.98 else "../" + name, content, compress_type=packed)
    return out.getvalue()


def mutated(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes]:
    """The files with one of them damaged."""
    name = rng.choice(list(files))
    data = files[name]
    if name.endswith(".json"):
        changed = mutate_bytes(data, rng) if rng.random() < 0.2 else text_of(mutate_json(json.loads(data), rng), rng)
    elif rng.random() < 0.45:
        changed = mutate_bytes(data, rng)
    else:
        changed = mutate_header(data, rng) if name.endswith(".safetensors") else mutate_members(data, rng)
    return files | {name: changed}


def outcome(folder: Path, files: dict[str, bytes], facts: dict) -> str:
    """ "model", "sentence", or what went wrong."""
    for path in folder.iterdir():
        path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    signal.alarm(SECONDS)
    try:
        model = checkpoints.load(folder if len(files) > 1 else folder / next(iter(files)), **facts)
        assert sum(parameter.numel() for parameter in model.parameters()) < 10**7
        return "model"
    except checkpoints.CheckpointError as error:
        text = str(error)
        good = text.endswith((".", "…")) and len(text) < 2000 and "\n" not in text and "Traceback" not in text
        return "sentence" if good else f"no sentence: {text[:300]!r}"
    except BaseException:
        return traceback.format_exc(limit=-4)
    finally:
        signal.alarm(0)


def main(seed: int, count: int) -> None:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as base, tempfile.TemporaryDirectory() as work:
        bases = make_bases(Path(base))
        found = {name: collections.Counter([outcome(Path(work), files, facts)]) for name, files, facts in bases}
        intact = all(counter["model"] for counter in found.values())
        start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc").exists() else 20 * GIGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (taken + 2 * GIGABYTE, resource.RLIM_INFINITY))
        wrong = []
        for i in range(count):
            name, files, facts = bases[i % len(bases)]
            rng = random.Random(f"{seed} {i}")
            result = outcome(Path(work), mutated(files, rng), facts)
            found[name][result if result in ("model", "sentence") else "wrong"] += 1
            wrong += [] if result in ("model", "sentence") else [f"{seed} {i} {name}: {result}"]
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - start
        print(json.dumps({"intact": intact, "found": found, "wrong": wrong, "used": used}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
