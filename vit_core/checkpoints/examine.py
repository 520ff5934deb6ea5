"""Everything that can be known of a checkpoint without reading a weight: whose names it has, its configuration, whether all fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vit_core.checkpoints.class_names import imagenet
from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.facts import Facts, bounded_config, complete_config
from vit_core.checkpoints.families import google_npz, huggingface, timm_config, timm_names, torchvision_names
from vit_core.checkpoints.families.naming import Piece, Plan, check_plain
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.files.weights import FLOATS, Entry, Weights, printable
from vit_core.checkpoints.pixel_files import from_processor
from vit_core.checkpoints.sources import open_source
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

MOST_NAMED = 12
"""Of the tensors that do not fit, so many are named."""
Planner = Callable[[Mapping[str, tuple[int, ...]], Mapping[str, Entry]], Plan]
NAMINGS = (
    ("Google's names", google_npz, google_npz.MARK),
    ("torchvision's names", torchvision_names, torchvision_names.MARK),
    ("timm's names", timm_names, timm_names.MARK),
)


@dataclass(frozen=True)
class Checkpoint:
    """A model that has been checked, and no weight of it read."""

    naming: str
    config: ViTConfig
    weights: Weights
    plan: Plan


def examine(source: Path, facts: Facts, name: str | None = None) -> Checkpoint:
    """Everything that can be known without reading a weight: configuration and plan, checked against the file."""
    try:
        weights, values, processor = open_source(source)
    except OSError as error:
        raise CheckpointError(f"{source.name} cannot be read: {error.strerror}.") from None
    what = source.resolve().name if name is None else name
    if "vit_config" in weights.metadata:
        said = parse_object(weights.metadata["vit_config"], f"The `vit_config` of {what}")
        return checked("vit_core's names", said_by_us(said, facts, what), weights, own_plan)
    check_plain(weights.entries, what)
    from_pixels = from_processor(processor)
    pixels = {} if from_pixels is None else {"preprocessing": from_pixels}
    named = {"name": what if source.is_dir() else source.stem}
    if timm_config.is_timm(values):
        size = facts if facts.image_size or not timm_config.input_size(values) else Facts(image_size=timm_config.input_size(values))
        shaped = timm_names.read_shapes(weights.entries, size, what)
        config = complete_config({**classes(shaped), **shaped, **pixels, **timm_config.to_config(values, shaped), **named}, facts, what)
        return checked("timm's names", config, weights, timm_names.plan)
    if values:
        config = complete_config({**huggingface.to_config(values, weights.entries), **pixels, **named}, facts, what)
        kept = {entry: weights.entries[entry] for entry in weights.entries if not huggingface.left_out(values, entry)}
        return checked("Hugging Face's names", config, weights, lambda ours, entries: huggingface.plan(values, ours, entries), kept)
    for naming, module, mark in NAMINGS:
        if any(entry == mark or entry.endswith(f".{mark}") for entry in weights.entries):
            shaped = module.read_shapes(weights.entries, facts, what)
            config = complete_config({**classes(shaped), **shaped, **pixels, **named}, facts, what)
            return checked(naming, config, weights, module.plan)
    raise CheckpointError(unknown(weights, what))


def classes(shaped: Mapping[str, Any]) -> dict[str, Any]:
    """Names of the classes where the files have none: those of ImageNet for a published model's 1,000."""
    names = imagenet()
    return {"labels": names} if shaped["num_classes"] == len(names) else {}


def said_by_us(said: Mapping[str, Any], facts: Facts, what: str) -> ViTConfig:
    """The configuration that `save` wrote, with what the caller adds."""
    return complete_config(bounded_config(said, what).to_dict(), facts, what)


def own_plan(ours: Mapping[str, tuple[int, ...]], _: Mapping[str, Entry]) -> Plan:
    return {name: (Piece(name, shape),) for name, shape in ours.items()}


def unknown(weights: Weights, what: str) -> str:
    """One sentence for a file whose names are none that are known."""
    if any(name.endswith(("embeddings.cls_token", "embeddings.class_embedding")) for name in weights.entries):
        return f"{what} has Hugging Face's names: put the config.json that belongs to it beside it, under the name model.safetensors."
    examples = ", ".join(printable(name) for name in list(weights.entries)[:3]) or "none"
    return f"{what} is no Vision Transformer whose names are known (timm, Hugging Face, torchvision, Google); its tensors are {examples} …"


def checked(naming: str, config: ViTConfig, weights: Weights, planner: Planner, entries: Mapping[str, Entry] | None = None) -> Checkpoint:
    """The plan for a configuration; CheckpointError unless it uses exactly the file's tensors, in their shapes and in a type of weights."""
    entries = weights.entries if entries is None else entries
    if config.depth > len(entries):
        raise CheckpointError(f"The configuration has {config.depth} layers, and the file {len(entries)} tensors.")
    plan = planner(shapes(config), entries)
    check_fit({piece.name: piece.shape for pieces in plan.values() for piece in pieces}, entries)
    odd = next((piece.name for pieces in plan.values() for piece in pieces if entries[piece.name].dtype not in FLOATS), None)
    if odd is not None:
        raise CheckpointError(f"Weights must be of type {', '.join(FLOATS)}; {printable(odd)} is {entries[odd].dtype}.")
    return Checkpoint(naming, config, weights, plan)


def shapes(config: ViTConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every parameter of a model, without making it."""
    with torch.device("meta"):
        return {name: tuple(parameter.shape) for name, parameter in VisionTransformer(config).state_dict().items()}


def check_fit(expected: Mapping[str, tuple[int, ...]], found: Mapping[str, Any]) -> None:
    """One CheckpointError that names what is missing, unexpected or misshapen, if anything is; `found` are tensors or entries of a file."""
    wrong = [f"{name} is missing" for name in expected if name not in found]
    wrong += [f"{printable(name)} is unexpected" for name in found if name not in expected]
    wrong += [
        f"{name} has shape {list(found[name].shape)} where {list(shape)} is expected"
        for name, shape in expected.items()
        if name in found and tuple(found[name].shape) != shape
    ]
    if wrong:
        more = f"; and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise CheckpointError(f"The weights do not fit the configuration: {'; '.join(wrong[:MOST_NAMED])}{more}.")
