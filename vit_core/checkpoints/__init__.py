"""Checkpoints: ours, Hugging Face's, timm's, torchvision's and Google's. `python -m vit_core.checkpoints PATH` says what a file is.

Every loader is strict. Header, names, shapes and sizes are checked against the configuration before a weight is read or memory taken for
it; no code from a file is ever run; what is wrong is said in one sentence (`CheckpointError`).
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors.torch import save_file
from torch import Tensor

from vit_core.checkpoints import text_features
from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.examine import Checkpoint, check_fit, examine, shapes
from vit_core.checkpoints.facts import Facts
from vit_core.checkpoints.families.published import FAMILIES
from vit_core.checkpoints.files.weights import printable
from vit_core.checkpoints.sources import OPENERS, SIDE_FILES, is_weights, models_in
from vit_core.checkpoints.text_features import TextFeatures
from vit_core.config import Preprocessing, ViTConfig
from vit_core.data import bundled
from vit_core.model import VisionTransformer

__all__ = [
    "BUNDLED",
    "FAMILIES",
    "CheckpointError",
    "Inspection",
    "MissingFacts",
    "inspect",
    "load",
    "load_files",
    "models_in",
    "save",
    "with_weights",
]

BUNDLED = bundled.default().weights


@dataclass(frozen=True)
class Inspection:
    """What a file or folder is. `format` names container and naming, `parameters` those of the model, `bytes` those of the files of
    weights."""

    format: str
    parameters: int
    bytes: int
    dtypes: tuple[str, ...]
    config: ViTConfig


def load(
    source: str | Path | None = None,
    *,
    family: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    patch_size: int | None = None,
    num_heads: int | None = None,
    preprocessing: Preprocessing | None = None,
    labels: Sequence[str] | None = None,
    part: str | None = None,
    accept_mapping: bool = False,
    text_features: str | Path | TextFeatures | None = None,
) -> VisionTransformer:
    """A model ready to run, in evaluation mode and float32.

    source: None for the bundled model; a file of weights (.safetensors, .pth, .pt, .bin, .npz); a folder with one, and with the
    `config.json` and `preprocessor_config.json` that belong to it; or, where no such path exists, `owner/name` on the Hugging Face hub.
    What the files leave open has to be said: `num_heads`, `preprocessing`, `image_size`, or `family`, a key of `FAMILIES` whose published
    settings then hold. `preprocessing` and `labels` replace the files' own; sizes and heads that contradict them are an error.
    Of several models in a file, such as a student and its teacher, `part` is what stands before the names of the one that is wanted.
    `accept_mapping` takes the mapping that is offered for a file with names of its own.
    `text_features`: a file of class names and their features by CLIP's text tower (see `vit_core.checkpoints.text_features`), by which
    CLIP's image tower then answers: cosine times logit scale. In a folder, `text_features.npz` or `.safetensors` is found.
    CheckpointError says in one sentence what is wrong; MissingFacts, one of them, has the `names` of the arguments that are missing.
    """
    facts = Facts(family, image_size, patch_size, num_heads, preprocessing, labels, part, accept_mapping, text_features)
    return build(examine(BUNDLED if source is None else find(source), facts))


def load_files(files: Mapping[str, bytes | BinaryIO | Path], **facts: Any) -> VisionTransformer:
    """A model from files by name, as they come from an upload: one of weights and, where there are any, those that lie beside it.

    Nothing but the last part of a name is used. Keywords and errors are those of `load`.
    """
    with tempfile.TemporaryDirectory(prefix="vit-upload-") as folder:
        weights = [name for name in map(plain_name, files) if is_weights(name)]
        if len(weights) != 1:
            raise CheckpointError(f"An upload must hold one file of weights ({', '.join(OPENERS)}); it holds {len(weights)}.")
        for name, content in files.items():
            if plain_name(name) in (*weights, *SIDE_FILES, *text_features.FILES):
                write(Path(folder) / plain_name(name), content)
        checkpoint = examine(Path(folder), Facts(**facts), Path(weights[0]).stem)
        return build(checkpoint)


def inspect(source: str | Path, **facts: Any) -> Inspection:
    """What a file or folder is, from headers alone. Keywords and errors are those of `load`."""
    checkpoint = examine(find(source), Facts(**facts))
    parts = [part for parts in checkpoint.plan.values() for part in parts]
    dtypes = sorted({checkpoint.weights.entries[part.name].dtype for part in parts})
    count = sum(checkpoint.weights.entries[part.name].numel for part in parts)
    count += checkpoint.texts.features.numel() if checkpoint.texts else 0
    return Inspection(f"{checkpoint.weights.format}, {checkpoint.naming}", count, checkpoint.weights.size, tuple(dtypes), checkpoint.config)


def find(source: str | Path) -> Path:
    """A path as it is; a text that is none, but has the form of a repository on the hub, is downloaded."""
    path = Path(source)
    try:
        absent = not path.exists()
    except (OSError, ValueError):
        raise CheckpointError(f"{printable(str(source))} is no path that can be read.") from None
    if absent and isinstance(source, str) and source.count("/") == 1:
        from vit_core.checkpoints import hub  # the network's code takes 50 ms to load, and is needed here alone

        if hub.REPO_ID.fullmatch(source):
            return hub.download(source).folder
    return path


def build(checkpoint: Checkpoint) -> VisionTransformer:
    """The model, its weights read one by one."""
    ours, tensors = shapes(checkpoint.config), {}
    for name, parts in checkpoint.plan.items():
        turned = [part.turn(checkpoint.weights.read(part.name)) for part in parts]
        tensors[name] = (torch.cat(turned) if len(turned) > 1 else turned[0]).reshape(ours[name]).contiguous()
    if checkpoint.texts:
        tensors["head.weight"] = text_features.head(checkpoint.texts, checkpoint.weights, checkpoint.config.name)
    return with_weights(checkpoint.config, tensors)


def with_weights(config: ViTConfig, tensors: Mapping[str, Tensor]) -> VisionTransformer:
    """A float32 model in evaluation mode with exactly these weights. One CheckpointError names what is missing, unexpected or misshapen."""
    check_fit(shapes(config), tensors)
    with torch.device("meta"):
        model = VisionTransformer(config)
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return model.eval().requires_grad_(False)


def plain_name(name: str) -> str:
    """The last part of a file's name, whichever way its folders are written; "_" where there is none."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "")[-100:]
    return "_" if last in ("", ".", "..") else last


def write(path: Path, content: bytes | BinaryIO | Path) -> None:
    """Bytes, or what a file holds, to a new file."""
    if isinstance(content, Path):
        path.symlink_to(content.resolve())
        return
    with path.open("xb") as out:
        if isinstance(content, bytes | bytearray | memoryview):
            out.write(content)
            return
        content.seek(0)
        while block := content.read(1 << 20):
            out.write(block)


def save(tensors: Mapping[str, Tensor], config: ViTConfig, path: str | Path, dtype: torch.dtype = torch.float16) -> None:
    """Write weights and configuration to one safetensors file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    weights = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
    save_file(weights, part, metadata={"format": "pt", "vit_config": json.dumps(config.to_dict())})
    part.replace(path)
