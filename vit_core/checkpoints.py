"""Weights on disk: our safetensors, whose metadata carries the configuration, and Hugging Face folders. Every loader is strict."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vit_core import huggingface
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models" / "tiny-vit.safetensors"


def load(source: str | Path | None = None) -> VisionTransformer:
    """A model ready to run, in evaluation mode and float32.

    source: None for the bundled model, a file written by `save`, or a folder in Hugging Face's format (`config.json`,
    `model.safetensors` and, where it has one, `preprocessor_config.json`). ValueError says in one sentence what is wrong with it.
    """
    path = BUNDLED if source is None else Path(source)
    if not path.exists():
        raise ValueError(f"There is no file or folder {path}.")
    return load_huggingface(path) if path.is_dir() else load_own(path)


def load_own(path: str | Path) -> VisionTransformer:
    """A file written by `save`."""
    path = Path(path)
    tensors, metadata = read_tensors(path)
    if "vit_config" not in metadata:
        raise ValueError(f"{path.name} carries no `vit_config`, so it was not written by vit_core.")
    return with_weights(ViTConfig.from_dict(parse_object(metadata["vit_config"], f"The `vit_config` of {path.name}")), tensors)


def load_huggingface(folder: str | Path) -> VisionTransformer:
    """A folder that holds a plain ViT of Hugging Face, with a classifier or without; errors name its tensors as the file does.

    A bare `ViTModel` may carry a pooler, a tanh layer on the class token that only its pretraining used: it is left out. Without a
    `preprocessor_config.json`, Hugging Face's default for ViT holds: mean and standard deviation 0.5, bilinear resizing.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise ValueError(f"The folder {folder.name} has no config.json, so it is not a model in Hugging Face's format.")
    if not (folder / "model.safetensors").is_file():
        raise ValueError(f"The folder {folder.name} has no model.safetensors; only a single safetensors file is read.")
    values, processor = (read_object(folder / name) for name in ("config.json", "preprocessor_config.json"))
    tensors = huggingface.without_pooler(read_tensors(folder / "model.safetensors")[0])
    config = huggingface.to_config(values, processor, tensors).replace(name=folder.resolve().name)
    check_fit(huggingface.expected_shapes(shapes(config), tensors), tensors)
    return with_weights(config, huggingface.to_timm(shapes(config), tensors))


def with_weights(config: ViTConfig, tensors: Mapping[str, Tensor]) -> VisionTransformer:
    """A float32 model in evaluation mode with exactly these weights. One ValueError lists all that is missing, unexpected or misshapen."""
    check_fit(shapes(config), tensors)
    with torch.device("meta"):
        model = VisionTransformer(config)
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return model.eval().requires_grad_(False)


def shapes(config: ViTConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every parameter of a model, without making it."""
    with torch.device("meta"):
        return {name: tuple(parameter.shape) for name, parameter in VisionTransformer(config).state_dict().items()}


def check_fit(expected: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> None:
    """One ValueError that lists every missing, unexpected or misshapen key, if there is any."""
    wrong = [f"{name} is missing" for name in expected if name not in tensors]
    wrong += [f"{name} is unexpected" for name in tensors if name not in expected]
    wrong += [
        f"{name} has shape {list(tensors[name].shape)} where {list(shape)} is expected"
        for name, shape in expected.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    if wrong:
        raise ValueError(f"The weights do not fit the configuration: {'; '.join(wrong)}.")


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a safetensors file, and its metadata. ValueError if it is none."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path.name} is not a readable safetensors file: {error}.") from None


def read_object(path: Path) -> dict:
    """The JSON object in a file; empty if there is no such file."""
    return parse_object(path.read_bytes(), path.name) if path.is_file() else {}


def parse_object(text: str | bytes, what: str) -> dict:
    """The JSON object in `text`; ValueError calls it `what`."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ValueError(f"{what} is not a JSON object.")
    return values


def save(tensors: Mapping[str, Tensor], config: ViTConfig, path: str | Path, dtype: torch.dtype = torch.float16) -> None:
    """Write weights and configuration to one safetensors file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    weights = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
    save_file(weights, part, metadata={"format": "pt", "vit_config": json.dumps(config.to_dict())})
    part.replace(path)
