"""Models of the shelf's exact shapes with random weights, written as their publishers write them, and their names and shapes alone."""

import json
import os
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is first imported: nothing here may reach for the network

import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.support.files import parity_formats as formats
from tests.support.models.small import randomise
from vit_core.data import IMAGENET
from vit_core.data.shelf import Row

FILTERS = {"bilinear": 2, "bicubic": 3}
KINDS = {
    "deit": ("ViTForImageClassification", "ViTConfig", {}),
    "augreg": ("ViTForImageClassification", "ViTConfig", {}),
    "dino": ("ViTModel", "ViTConfig", {"add_pooling_layer": False}),
    "dinov2": ("Dinov2Model", "Dinov2Config", {}),
    "dinov2, registers": ("Dinov2WithRegistersModel", "Dinov2WithRegistersConfig", {}),
    "msn": ("ViTMSNModel", "ViTMSNConfig", {}),
    "clip": ("CLIPModel", "CLIPConfig", {}),
}


def sizes(row: Row) -> dict:
    """The row's sizes under Hugging Face's names."""
    config = row.config
    found = {"hidden_size": config.embed_dim, "num_hidden_layers": config.depth, "num_attention_heads": config.num_heads}
    found |= {"image_size": config.image_size, "patch_size": config.patch_size, "layer_norm_eps": config.norm_eps}
    if row.family.name != "dinov2":
        found |= {"intermediate_size": config.mlp_hidden}
    if config.num_registers:
        found |= {"num_register_tokens": config.num_registers}
    if config.num_classes:
        names = IMAGENET.read_text(encoding="utf-8").splitlines()
        found |= {"num_labels": len(names), "id2label": dict(enumerate(names))}
    return found


def theirs(row: Row, **changes):
    """The row's model of `transformers`, on the device of the context; `changes` of its sizes."""
    kind, config, bare = KINDS["dinov2, registers" if row.config.num_registers else row.family.name]
    fields = sizes(row) | changes
    if row.family.name == "clip":
        text = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 9} if changes else {}
        fields = {"vision_config": fields, "text_config": text, "projection_dim": 4 if changes else 512}
    made = getattr(transformers, config)(**fields)
    made._attn_implementation = "eager"
    return getattr(transformers, kind)(made, **bare).eval()


def beside(row: Row, folder: Path, model) -> None:
    """What lies beside the weights, as the publisher has it."""
    pixels = row.config.preprocessing
    if row.family.format == "timm":
        cfg = {"mean": pixels.mean, "std": pixels.std, "interpolation": pixels.interpolation, "input_size": [3, 224, 224]}
        about = {"architecture": row.repository.partition("/")[2].partition(".")[0], "num_classes": 1000, "global_pool": "token"}
        (folder / "config.json").write_text(json.dumps(about | {"pretrained_cfg": cfg}))
        return
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    processor = {"do_normalize": True, "image_mean": pixels.mean, "image_std": pixels.std, "resample": FILTERS[pixels.interpolation]}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))


def write(row: Row, folder: Path, seed: int = 0):
    """The row's model with random weights, in its publisher's names, container and folder; gives `transformers`' model."""
    folder.mkdir(parents=True)
    model = randomise(theirs(row), seed, spread=0.02)
    if row.family.format == "timm":
        tensors = formats.timm(model)
    else:
        with tempfile.TemporaryDirectory() as made:
            model.save_pretrained(made)
            tensors = load_file(Path(made) / "model.safetensors")
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    if row.file.endswith(".bin"):
        torch.save(tensors, folder / row.file)
    else:
        save_file(tensors, folder / row.file)
    beside(row, folder, model)
    return model


def names_and_shapes(row: Row) -> dict[str, tuple[int, ...]]:
    """The tensors of the publisher's file. Each tensor of a narrow model holds its number, which says under which name it is saved."""
    if row.family.format == "timm":
        return timm_shapes(row)
    narrow, found = theirs(row, hidden_size=12, num_attention_heads=3, image_size=2 * row.config.patch_size), {}
    with torch.no_grad():
        for number, parameter in enumerate(narrow.parameters()):
            parameter.fill_(number)
    with tempfile.TemporaryDirectory() as made, torch.device("meta"):
        narrow.save_pretrained(made)
        shapes = [tuple(parameter.shape) for parameter in theirs(row).parameters()]
        for name, tensor in load_file(Path(made) / "model.safetensors").items():
            found[name] = shapes[round(tensor.flatten()[0].item())]
    return found


def timm_shapes(row: Row) -> dict[str, tuple[int, ...]]:
    """timm's names of a plain ViT with a classifier."""
    dim, hidden, patch, classes = row.config.embed_dim, row.config.mlp_hidden, row.config.patch_size, row.config.num_classes
    linear = {"patch_embed.proj": (dim, 3, patch, patch), "norm": (dim,), "head": (classes, dim)}
    for layer in range(row.config.depth):
        parts = {"norm1": (dim,), "norm2": (dim,), "attn.qkv": (3 * dim, dim), "attn.proj": (dim, dim)}
        parts |= {"mlp.fc1": (hidden, dim), "mlp.fc2": (dim, hidden)}
        linear |= {f"blocks.{layer}.{name}": shape for name, shape in parts.items()}
    found = {"cls_token": (1, 1, dim), "pos_embed": (1, 1 + (224 // patch) ** 2, dim)}
    for name, shape in linear.items():
        found |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return found


def write_empty(row: Row, folder: Path) -> Path:
    """The row's folder with a file of weights of the right size that takes no room on the disk: names, shapes and zeros."""
    folder.mkdir(parents=True)
    header, at = {}, 0
    for name, shape in names_and_shapes(row).items():
        end = at + 4 * torch.Size(shape).numel()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = folder / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with path.open("r+b") as out:
        out.truncate(8 + len(text) + at)
    with torch.device("meta"):
        beside(row, folder, theirs(row))
    return path
