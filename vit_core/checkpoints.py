"""Weights on disk: our safetensors, whose metadata carries the configuration. Every loader is strict and names all that is wrong."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models" / "tiny-vit.safetensors"


def load(source: str | Path | None = None) -> VisionTransformer:
    """A model ready to run: the bundled one, or the one in a file or folder. ValueError says in one sentence what is wrong with it."""
    path = BUNDLED if source is None else Path(source)
    if not path.exists():
        raise ValueError(f"There is no file or folder {path}.")
    return load_own(path)


def load_own(path: str | Path) -> VisionTransformer:
    """A file written by `save`."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{Path(path).name} is not a readable safetensors file: {error}.") from None
    if "vit_config" not in metadata:
        raise ValueError(f"{Path(path).name} carries no `vit_config`, so it was not written by vit_core.")
    return with_weights(ViTConfig.from_dict(json.loads(metadata["vit_config"])), tensors)


def with_weights(config: ViTConfig, tensors: Mapping[str, Tensor]) -> VisionTransformer:
    """A model in evaluation mode with exactly these weights, in float32. One ValueError lists every missing, unexpected or misshapen key."""
    with torch.device("meta"):
        model = VisionTransformer(config)
    expected = {name: tuple(p.shape) for name, p in model.state_dict().items()}
    wrong = [f"{name} is missing" for name in expected if name not in tensors]
    wrong += [f"{name} is unexpected" for name in tensors if name not in expected]
    wrong += [
        f"{name} has shape {list(tensors[name].shape)} where {list(shape)} is expected"
        for name, shape in expected.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    if wrong:
        raise ValueError(f"The weights do not fit the configuration: {'; '.join(wrong)}.")
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return model.eval().requires_grad_(False)


def save(tensors: Mapping[str, Tensor], config: ViTConfig, path: str | Path, dtype: torch.dtype = torch.float16) -> None:
    """Write weights and configuration to one safetensors file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    weights = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
    save_file(weights, part, metadata={"format": "pt", "vit_config": json.dumps(config.to_dict())})
    part.replace(path)
