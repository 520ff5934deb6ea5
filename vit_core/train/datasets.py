"""Labelled pictures to train on: the packed Tiny ImageNet files, or any folder with one sub-folder a class."""

import io
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

from vit_core.images import ACCEPTED, fit, open_image

SUFFIXES = {f".{extension}" for extensions in ACCEPTED.values() for extension in extensions}
Split = Literal["train", "val"]


@dataclass(frozen=True)
class LabelledImages:
    """Pictures in memory: `images` `[M, S, S, 3]` bytes, `labels` `[M]` indices into `classes`.

    `boxes` `[M, 4]` holds the edges x0, y0, x1, y1 of the object's box in pixels of the picture, from 0 to S (a box over the whole
    picture is 0, 0, S, S), or is None where the data has no boxes.
    """

    images: UInt8[Tensor, "count side side 3"]
    labels: Int[Tensor, " count"]
    classes: tuple[str, ...]
    boxes: Float[Tensor, "count 4"] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: slice | Tensor) -> "LabelledImages":
        """Some of the pictures."""
        boxes = None if self.boxes is None else self.boxes[which]
        return replace(self, images=self.images[which], labels=self.labels[which], boxes=boxes)

    def to(self, device: str) -> "LabelledImages":
        """The same pictures on another device."""
        boxes = None if self.boxes is None else self.boxes.to(device)
        return replace(self, images=self.images.to(device), labels=self.labels.to(device), boxes=boxes)


def load_split(folder: str | Path, split: Split, side: int = 64, files: Sequence[str] = ()) -> LabelledImages:
    """The `train` or `val` pictures of `folder`.

    Packed: `classes.json` beside `train-*.npz` (any number of them) and `val.npz`, with keys `webp`, `offsets`, `label`, `box`; `files`
    chooses some of them by name. Otherwise `folder/train/CLASS/*.jpg` and `folder/val/CLASS/*.jpg`; each picture is cut to its central
    square and resized to `side` pixels. ValueError says what is missing.
    """
    folder = Path(folder)
    packed = [folder / name for name in files] or sorted(folder.glob(f"{split}*.npz"))
    if missing := [path.name for path in packed if not path.is_file()]:
        raise ValueError(f"{folder} has no file {', '.join(missing)}.")
    if packed and (folder / "classes.json").is_file():
        return load_packed(packed, folder / "classes.json")
    if (folder / split).is_dir() and (folder / "train").is_dir():
        classes = tuple(sorted(path.name for path in (folder / "train").iterdir() if path.is_dir()))
        return load_folder(folder / split, classes, side)
    raise ValueError(f"{folder} has neither {split}*.npz files with a classes.json nor a folder {split}/ with one sub-folder a class.")


def load_packed(files: Sequence[Path], class_file: Path) -> LabelledImages:
    """Read packed WebP pictures; one file or several, in order. Boxes are stored with their last pixel included."""
    classes = tuple(row["name"] for row in json.loads(class_file.read_text(encoding="utf-8")))
    images, labels, boxes = [], [], []
    for file in files:
        with np.load(file, allow_pickle=False) as data:
            blob, offsets = data["webp"].tobytes(), data["offsets"]
            pieces = [blob[a:b] for a, b in pairwise(offsets)]
            labels.append(data["label"].astype(np.int64))
            boxes.append(data["box"].astype(np.float32) + np.array([0, 0, 1, 1], dtype=np.float32))
        images.append(decode_all(pieces, lambda piece: np.asarray(Image.open(io.BytesIO(piece)).convert("RGB"))))
    every = torch.from_numpy(np.concatenate(labels))
    if every.numel() and not 0 <= int(every.min()) <= int(every.max()) < len(classes):
        raise ValueError(f"{class_file.name} names {len(classes)} classes; got labels from {int(every.min())} to {int(every.max())}.")
    pixels, corners = torch.from_numpy(np.concatenate(images)), torch.from_numpy(np.concatenate(boxes))
    return LabelledImages(pixels, every, classes, corners)


def load_folder(folder: Path, classes: tuple[str, ...], side: int) -> LabelledImages:
    """Read `folder/CLASS/picture` for every class; a label is the class's place in `classes`."""
    if strange := sorted({path.name for path in folder.iterdir() if path.is_dir()} - set(classes)):
        raise ValueError(f"{folder} has classes that the training pictures lack: {', '.join(strange)}.")
    found = [
        (label, path)
        for label, name in enumerate(classes)
        for path in sorted((folder / name).rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]
    if not found:
        raise ValueError(f"{folder} holds no pictures; expected sub-folders, one a class, with {', '.join(sorted(SUFFIXES))} files.")

    def read(path: Path) -> np.ndarray:
        try:
            return np.asarray(fit(open_image(path), (side, side)))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    images = decode_all([path for _, path in found], read)
    return LabelledImages(torch.from_numpy(images), torch.tensor([label for label, _ in found]), classes)


def decode_all(sources: Sequence, decode: Callable[..., np.ndarray]) -> np.ndarray:
    """Decode pictures of one size in threads to one `[M, S, S, 3]` byte array."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.stack(list(pool.map(decode, sources)))
