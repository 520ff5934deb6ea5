"""Pictures to learn from: packed files or any folder, labels not needed; crops enlarged, and mosaics that keep fine detail."""

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image, ImageFilter
from torch import Tensor

from vit_core.images import open_image
from vit_core.train.datasets import SUFFIXES

UNKNOWN = -1  # the label of a picture whose class is not known
LONGEST = 512  # pixels of the shorter side that a picture from a folder is kept at


class UnreadablePicture(ValueError):
    """A picture that cannot be decoded; the message names it."""


@dataclass
class Pictures:
    """A set of pictures, decoded when asked for. `labels` are the teacher's class indices, `UNKNOWN` where there is none."""

    sources: Sequence[bytes | Path]
    labels: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sources)

    def read(self, index: int) -> Image.Image:
        """One picture, RGB. `UnreadablePicture` names one that cannot be read."""
        source = self.sources[index]
        if isinstance(source, bytes):
            try:
                return Image.open(io.BytesIO(source)).convert("RGB")
            except OSError as error:
                raise UnreadablePicture(f"Packed picture {index} cannot be decoded.") from error
        try:
            image = open_image(source).convert("RGB")
        except ValueError as error:
            raise UnreadablePicture(f"{source}: {error}") from error
        if min(image.size) > LONGEST:
            share = LONGEST / min(image.size)
            image = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BICUBIC)
        return image

    def label(self, index: int) -> int:
        return self.labels[index] if self.labels else UNKNOWN


def classes_of(rows: Sequence[dict], names: Sequence[str]) -> list[int]:
    """For every row `{"name", "wnid"}` the class among `names` whose name, or one of whose synonyms between commas, it is; else `UNKNOWN`.

    ImageNet's classes stand in the order of their WordNet ids: where a name fits several (two are called "crane"), the ids of the other
    rows decide.
    """

    def fitting(name: str) -> list[int]:
        wanted = name.strip().lower()
        whole = [index for index, other in enumerate(names) if other.strip().lower() == wanted]
        return whole or [index for index, other in enumerate(names) if wanted in [part.strip().lower() for part in other.split(",")]]

    found = [fitting(row["name"]) for row in rows]
    sure = sorted((row.get("wnid", ""), options[0]) for row, options in zip(rows, found, strict=True) if len(options) == 1)

    def decide(row: dict, options: list[int]) -> int:
        if len(options) > 1 and row.get("wnid"):
            low = max((index for wnid, index in sure if wnid < row["wnid"]), default=-1)
            high = min((index for wnid, index in sure if wnid > row["wnid"]), default=len(names))
            options = [index for index in options if low < index < high]
        return options[0] if len(options) == 1 else UNKNOWN

    return [decide(row, options) for row, options in zip(rows, found, strict=True)]


def open_pictures(folder: str | Path, names: Sequence[str] = ()) -> Pictures:
    """The training pictures of `folder`: `train*.npz` files packed as WebP, or every picture in it and below.

    `names` are the teacher's classes: packed pictures whose class is one of them by name (`classes.json`) have a label.
    ValueError says what is missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; expected one with pictures, or with train*.npz files.")
    packed = sorted(folder.glob("train*.npz"))
    if packed:
        return read_packed(packed, folder / "classes.json", names)
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise ValueError(f"{folder} holds no pictures; expected {', '.join(sorted(SUFFIXES))} files, or train*.npz files.")
    return Pictures(found)


def read_packed(files: Sequence[Path], class_file: Path, names: Sequence[str]) -> Pictures:
    """Packed pictures, still encoded: keys `webp`, `offsets`, and `label`, an index into the rows of `class_file` where there is one."""
    rows = json.loads(class_file.read_text(encoding="utf-8")) if names and class_file.is_file() else []
    ours = classes_of(rows, names)
    sources, labels = [], []
    for file in files:
        with np.load(file, allow_pickle=False) as data:
            if missing := {"webp", "offsets"} - set(data.files):
                raise ValueError(f"{file.name} lacks {', '.join(sorted(missing))}; packed pictures have webp and offsets.")
            blob, offsets = data["webp"].tobytes(), data["offsets"].tolist()
            sources += [blob[start:stop] for start, stop in pairwise(offsets)]
            labels += [ours[index] for index in data["label"].tolist()] if ours and "label" in data.files else []
    return Pictures(sources, labels)


@dataclass(frozen=True)
class Views:
    """How pictures become training views. `mosaics[m]` is the share of views of (m + 1)² pictures; other shares likewise lie in [0, 1].

    A mosaic of small pictures has the fine detail that one small picture, enlarged, lacks.
    """

    mosaics: tuple[float, ...] = (0.55, 0.25, 0.15, 0.05)
    min_crop: float = 0.35
    recolour: float = 0.3
    sharpen: float = 0.2


FILTERS = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)


def cut(image: Image.Image, side: int, area: float, places: tuple[float, float], resample: Image.Resampling) -> Image.Image:
    """A square of `area` of the largest square in `image`, at `places` in [0, 1] across and down, resized to `side` pixels."""
    length = max(1.0, min(image.size) * math.sqrt(area))
    left, top = (image.width - length) * places[0], (image.height - length) * places[1]
    box = (max(0.0, left), max(0.0, top), min(image.width, left + length), min(image.height, top + length))
    return image.resize((side, side), resample, box=box)


def view(pictures: Pictures, size: int, how: Views, generator: torch.Generator) -> tuple[np.ndarray, int]:
    """One random view as `[size, size, 3]` bytes, and its label; a mosaic has none."""
    across = int(torch.multinomial(torch.tensor(how.mosaics), 1, generator=generator)) + 1
    chosen = torch.randint(len(pictures), (across * across,), generator=generator).tolist()
    luck = torch.rand(across * across, 5, generator=generator).tolist()
    canvas = Image.new("RGB", (size, size))
    edges = [round(place * size / across) for place in range(across + 1)]
    for place, (index, draw) in enumerate(zip(chosen, luck, strict=True)):
        row, column = divmod(place, across)
        side = max(edges[row + 1] - edges[row], edges[column + 1] - edges[column])
        lowest = how.min_crop if across == 1 else 0.8
        resample = FILTERS[int(draw[3] * len(FILTERS))]
        piece = cut(pictures.read(index), side, lowest + (1 - lowest) * draw[0], (draw[1], draw[2]), resample)
        canvas.paste(piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw[4] < 0.5 else piece, (edges[column], edges[row]))
    if across == 1 and torch.rand((), generator=generator) < how.sharpen:
        canvas = canvas.filter(ImageFilter.UnsharpMask(radius=size / 100, percent=150, threshold=0))
    return np.asarray(canvas), pictures.label(chosen[0]) if across == 1 else UNKNOWN


def batch(
    pictures: Pictures, count: int, size: int, how: Views, generator: torch.Generator
) -> tuple[Float[Tensor, "batch 3 size size"], Int[Tensor, " batch"]]:
    """`count` random views of `size` pixels, values in [0, 1], and their labels (`UNKNOWN` for mosaics and pictures without one)."""
    drawn = [view(pictures, size, how, generator) for _ in range(count)]
    pixels = torch.from_numpy(np.stack([image for image, _ in drawn])).permute(0, 3, 1, 2).float() / 255
    light = 0.6 + 0.8 * torch.rand(count, 1, 1, 1, generator=generator)
    tint = 0.2 * (torch.rand(count, 3, 1, 1, generator=generator) - 0.5)
    changed = (torch.rand(count, 1, 1, 1, generator=generator) < how.recolour).float()
    pixels = torch.lerp(pixels, (pixels * light + tint).clamp(0, 1), changed)
    return pixels.contiguous(), torch.tensor([label for _, label in drawn])
