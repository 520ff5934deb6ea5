"""Weights at moments of a training run, small enough to ship: 8-bit integers with one scale a row, in safetensors."""

import json
from pathlib import Path

import torch
from jaxtyping import Float, Int8
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vit_core.checkpoints import with_weights
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

SCALE = ".scale"


def quantise(weight: Float[Tensor, "rows *rest"]) -> tuple[Int8[Tensor, "rows *rest"], Float[Tensor, " rows"]]:
    """Each row divided by its scale and rounded to -127…127; the scale is the row's largest magnitude over 127 (1 for a row of zeros).

    No value moves by more than half its row's scale.
    """
    scale = weight.flatten(1).abs().amax(dim=1) / 127
    scale = torch.where(scale > 0, scale, 1.0)
    steps = (weight / scale.view(-1, *[1] * (weight.ndim - 1))).round()
    return steps.to(torch.int8), scale


def dequantise(steps: Int8[Tensor, "rows *rest"], scale: Float[Tensor, " rows"]) -> Float[Tensor, "rows *rest"]:
    """The inverse of `quantise`, up to rounding."""
    return steps.float() * scale.view(-1, *[1] * (steps.ndim - 1))


def save(model: VisionTransformer, path: Path, label: str, minutes: float | None, step: int | None) -> None:
    """Write a model: matrices as 8-bit integers, each beside its scales; vectors, positions and tokens in fp16."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 1 or len(tensor) == 1:
            tensors[name] = tensor.to("cpu", torch.float16).contiguous()
        else:
            tensors[name], tensors[name + SCALE] = quantise(tensor.detach().cpu().float())
    about = {"label": label, "minutes": minutes, "step": step}
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"format": "pt", "vit_config": json.dumps(model.config.to_dict()), "snapshot": json.dumps(about)}
    save_file(tensors, path, metadata=metadata)


def load(path: Path) -> VisionTransformer:
    """The model in a file that `save` wrote, in float32, ready to run. ValueError if the file is something else."""
    metadata, tensors = read(path)
    weights = {
        name: dequantise(tensor, tensors[name + SCALE]) if name + SCALE in tensors else tensor
        for name, tensor in tensors.items()
        if not name.endswith(SCALE)
    }
    return with_weights(ViTConfig.from_dict(json.loads(metadata["vit_config"])), weights)


def config_of(path: Path) -> ViTConfig:
    """The configuration of the model in a file that `save` wrote, without its weights."""
    return ViTConfig.from_dict(json.loads(read(path, with_tensors=False)[0]["vit_config"]))


def read(path: Path, with_tensors: bool = True) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a snapshot; ValueError names what it is not."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()} if with_tensors else {}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path.name} is not a readable safetensors file: {error}.") from None
    if not {"vit_config", "snapshot"} <= metadata.keys():
        raise ValueError(f"{path.name} was not written as a snapshot of a training run.")
    return metadata, tensors
