"""Labelled pictures to train on: the packed Tiny ImageNet files, or any folder with one sub-folder a class."""

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True)
class LabelledImages:
    """Pictures in memory: `images` `[M, S, S, 3]` bytes, `labels` `[M]` indices into `classes`.

    `boxes` `[M, 4]` is the object's x0, y0, x1, y1 in pixels of the picture, or None where the data has no boxes.
    """

    images: UInt8[Tensor, "count side side 3"]
    labels: Int[Tensor, " count"]
    classes: tuple[str, ...]
    boxes: Float[Tensor, "count 4"] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, count: int) -> "LabelledImages":
        """The first `count` pictures."""
        return LabelledImages(self.images[:count], self.labels[:count], self.classes, None if self.boxes is None else self.boxes[:count])


def load_split(folder: str | Path, split: str, side: int = 64) -> LabelledImages:
    """The `train` or `val` pictures of `folder`.

    Packed: `classes.json` beside `train-*.npz` (any number of them) and `val.npz`, with keys `webp`, `offsets`, `label`, `box`.
    Otherwise `folder/train/CLASS/*.jpg` and `folder/val/CLASS/*.jpg`; each picture is cut to its central square and resized to `side` pixels.
    ValueError if neither is there.
    """
    folder = Path(folder)
    packed = sorted(folder.glob(f"{split}*.npz"))
    if packed and (folder / "classes.json").is_file():
        return load_packed(packed, folder / "classes.json")
    if (folder / split).is_dir():
        return load_folder(folder / split, side)
    raise ValueError(f"{folder} has neither {split}*.npz files with a classes.json nor a folder {split}/ with one sub-folder a class.")


def load_packed(files: list[Path], class_file: Path) -> LabelledImages:
    """Read packed WebP pictures; one file or several, in order."""
    classes = tuple(row["name"] for row in json.loads(class_file.read_text()))
    images, labels, boxes = [], [], []
    for file in files:
        with np.load(file, allow_pickle=False) as data:
            blob, offsets = data["webp"].tobytes(), data["offsets"]
            pieces = [blob[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
            labels.append(data["label"].astype(np.int64))
            boxes.append(data["box"].astype(np.float32))
        images.append(decode_all(pieces))
    return LabelledImages(
        torch.from_numpy(np.concatenate(images)), torch.from_numpy(np.concatenate(labels)), classes, torch.from_numpy(np.concatenate(boxes))
    )


def load_folder(folder: Path, side: int) -> LabelledImages:
    """Read `folder/CLASS/picture` for every class, classes in alphabetical order."""
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    files = [(label, path) for label, name in enumerate(names) for path in sorted((folder / name).rglob("*")) if path.suffix.lower() in PICTURES]
    if not files:
        raise ValueError(f"{folder} holds no pictures; expected sub-folders, one a class, with {', '.join(PICTURES)} files.")
    images = decode_all([path for _, path in files], side)
    return LabelledImages(torch.from_numpy(images), torch.tensor([label for label, _ in files]), tuple(names))


def decode_all(sources: list[bytes] | list[Path], side: int | None = None) -> np.ndarray:
    """Decode pictures in threads to one `[M, S, S, 3]` byte array."""

    def decode(source: bytes | Path) -> np.ndarray:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            image = image.convert("RGB")
        if side is not None:
            short = min(image.size)
            left, top = (image.width - short) // 2, (image.height - short) // 2
            image = image.crop((left, top, left + short, top + short)).resize((side, side), Image.Resampling.BICUBIC)
        return np.asarray(image)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.stack(list(pool.map(decode, sources, chunksize=256)))
