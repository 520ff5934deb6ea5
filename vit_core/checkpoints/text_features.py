"""Text features of class names, as CLIP's text tower makes them: with them, a CLIP's image tower answers without having been trained to.

A file of them holds `features` `[classes, width]` and the names, and where the model's file lacks it `logit_scale` (the logarithm of what
cosines are multiplied by, as CLIP's files have it). safetensors: the names are a JSON list in the metadata, under `names`; npz: `names` is
an array of texts.
"""

import json
import zipfile
from dataclasses import dataclass, field
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.safetensors_file import open_safetensors
from vit_core.checkpoints.files.weights import Entry, Unreadable, Weights, check_size
from vit_core.checkpoints.files.zip_directory import open_zip

FILE = "text_features"
FILES = (f"{FILE}.safetensors", f"{FILE}.npz")
"""Under these names they are found beside a model's weights."""
MAX_BYTES, MAX_CLASSES, MAX_SCALE = 10**9, 200_000, 10.0


@dataclass(frozen=True)
class TextFeatures:
    """`features` `[classes, width]`, each of length 1; `logit_scale` is None where the file does not say it."""

    names: tuple[str, ...]
    features: Tensor = field(repr=False)
    logit_scale: float | None = None


def read(path: str | Path) -> TextFeatures:
    """The text features of a file. CheckpointError says in one sentence why it holds none."""
    path = Path(path)
    if path.suffix.lower() not in (".safetensors", ".npz"):
        raise CheckpointError(f"Text features are read from .safetensors and .npz; got {path.name}.")
    try:
        names, tensors = (from_npz if path.suffix.lower() == ".npz" else from_safetensors)(path)
    except (Unreadable, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CheckpointError(f"{path.name} is no readable file of text features: {reason}.") from None
    features, scale = tensors.get("features"), tensors.get("logit_scale")
    if features is None or features.ndim != 2 or not 0 < features.shape[0] <= MAX_CLASSES or not features.shape[1]:
        found = "none" if features is None else f"shape {list(features.shape)}"
        raise CheckpointError(f"{path.name} must hold `features` of shape [classes, width]; it has {found}.")
    if names is None or len(names) != len(features) or not all(isinstance(name, str) and name.strip() for name in names):
        got = "none" if names is None else f"{len(names)} names for {len(features)} rows"
        raise CheckpointError(f"{path.name} must name every row of its `features` in `names`; it has {got}.")
    lengths = features.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(features).all()) or not bool((lengths > 0).all()):
        raise CheckpointError(f"{path.name} has features that are not finite, or all zero.")
    if scale is not None and (scale.numel() != 1 or not 0 <= float(scale) <= MAX_SCALE):
        raise CheckpointError(f"{path.name} has a `logit_scale` that is no number from 0 to {MAX_SCALE:g}, a logarithm.")
    return TextFeatures(tuple(names), features / lengths, None if scale is None else float(scale))


def beside(source: Path) -> Path | None:
    """The file of text features in a model's folder, if there is one."""
    return next((source / name for name in FILES if (source / name).is_file()), None) if source.is_dir() else None


def zero_shot(texts: TextFeatures, projection: Entry | None, width: int, what: str) -> dict[str, Any]:
    """The fields of ViTConfig of an image tower that answers by text features, brought to their space by a tensor of the file, `width` of
    whose shape is that space's. CheckpointError where the two do not fit."""
    if projection is None or len(projection.shape) != 2:
        raise CheckpointError(f"{what} has no projection into a space shared with texts, so that text features cannot be used with it.")
    if projection.shape[width] != texts.features.shape[1]:
        wide, own = texts.features.shape[1], projection.shape[width]
        raise CheckpointError(f"The text features have {wide} numbers each, and {what} projects its pictures to {own}.")
    return {"projection": projection.shape[width], "num_classes": len(texts.names), "labels": texts.names, "head_bias": False}


def head(texts: TextFeatures, weights: Weights, what: str) -> Tensor:
    """The rows `[classes, width]` that the head of such a model reads by: text features times the logit scale, of the model's file, else of
    the texts'. CheckpointError where neither says it."""
    at = next((name for name, entry in weights.entries.items() if name.rsplit(".", 1)[-1] == "logit_scale" and entry.numel == 1), None)
    scale = texts.logit_scale if at is None else float(weights.read(at))
    if scale is None:
        raise CheckpointError(f"Neither {what} nor the text features say the logit scale: add it to their file as `logit_scale`.")
    if not 0 <= scale <= MAX_SCALE:
        raise CheckpointError(f"{what} has a `logit_scale` of {scale:g}, which is no logarithm from 0 to {MAX_SCALE:g}.")
    return texts.features * exp(scale)


def from_safetensors(path: Path) -> tuple[list | None, dict[str, Tensor]]:
    """Names and tensors."""
    weights = open_safetensors(path)
    if weights.size > MAX_BYTES:
        raise Unreadable(f"it has {weights.size:,} bytes, and at most {MAX_BYTES:,} are read")
    try:
        names = json.loads(weights.metadata.get("names", "null"))
    except (ValueError, RecursionError):
        raise Unreadable("the `names` of its metadata are no JSON") from None
    wanted = [name for name in ("features", "logit_scale") if name in weights.entries]
    return names if isinstance(names, list) else None, {name: weights.read(name).float() for name in wanted}


def from_npz(path: Path) -> tuple[list | None, dict[str, Tensor]]:
    """Names and tensors; nothing pickled is read."""
    size = check_size(path)
    if size > MAX_BYTES:
        raise Unreadable(f"it has {size:,} bytes, and at most {MAX_BYTES:,} are read")
    open_zip(path, size).close()
    try:
        with np.load(path, allow_pickle=False) as archive:
            held = {name: archive[name] for name in ("names", "features", "logit_scale") if name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, MemoryError):
        raise Unreadable("an array of it is damaged, or holds no plain numbers or texts") from None
    names = held.pop("names", np.zeros(0))
    if any(array.dtype.kind not in "fiu" for array in held.values()):
        raise Unreadable("its `features` and `logit_scale` must be numbers")
    listed = names.tolist() if names.ndim == 1 and names.dtype.kind == "U" else None
    return listed, {name: torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)) for name, array in held.items()}
