"""Everything that can be known of a checkpoint without reading a weight: whose names it has, its configuration, whether all fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from vit_core.checkpoints import text_features
from vit_core.checkpoints.class_names import imagenet
from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.facts import Facts, bounded_config, complete_config, draft_config, merged
from vit_core.checkpoints.families import google_npz, home_made, huggingface, openai_clip, timm_config, timm_names, torchvision_names
from vit_core.checkpoints.families.finding import choose, locate, prefixes
from vit_core.checkpoints.families.naming import Piece, Plan, check_plain
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.files.weights import FLOATS, Entry, Weights, printable
from vit_core.checkpoints.pixel_files import from_processor
from vit_core.checkpoints.sources import open_source
from vit_core.checkpoints.text_features import TextFeatures
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer

MOST_NAMED = 12
"""Of the tensors that do not fit, so many are named."""
Planner = Callable[[Mapping[str, tuple[int, ...]], Mapping[str, Entry]], Plan]
NAMINGS = {
    "Google's names": google_npz,
    "torchvision's names": torchvision_names,
    "OpenAI's names": openai_clip,
    "timm's names": timm_names,
}


@dataclass(frozen=True)
class Checkpoint:
    """A model that has been checked, and no weight of it read. `texts`: what its head is made of, where it answers by text features."""

    naming: str
    config: ViTConfig
    weights: Weights
    plan: Plan
    texts: TextFeatures | None = None


@dataclass(frozen=True)
class Settled:
    """Whose names they are, the tensors that make the model, and where each of our parameters lies among them."""

    naming: str
    kept: Mapping[str, Entry]
    planner: Planner
    texts: TextFeatures | None = None


def examine(source: Path, facts: Facts, name: str | None = None) -> Checkpoint:
    """Everything that can be known without reading a weight: configuration and plan, checked against the file."""
    try:
        weights, values, processor = open_source(source)
    except OSError as error:
        raise CheckpointError(f"{source.name} cannot be read: {error.strerror}.") from None
    what = source.resolve().name if name is None else name
    facts = with_texts(source, facts)
    if "vit_config" in weights.metadata:
        said = parse_object(weights.metadata["vit_config"], f"The `vit_config` of {what}")
        said = merged(bounded_config(said, what).to_dict(), facts, what)
        return checked(Settled("vit_core's names", weights.entries, own_plan), said, weights, what)
    from_pixels = from_processor(processor)
    pixels = {} if from_pixels is None else {"preprocessing": from_pixels}
    named = {"name": what if source.is_dir() else source.name.removesuffix(".tar").rpartition(".")[0] or source.name} | pixels
    if values and not timm_config.is_timm(values):
        check_plain(weights.entries, what)
        said, texts = {**huggingface.to_config(values, weights.entries), **named}, facts.texts
        if texts:
            said |= text_features.zero_shot(texts, weights.entries.get(huggingface.PROJECTION), 0, what)
        kept = {entry: weights.entries[entry] for entry in weights.entries if not huggingface.left_out(values, entry, "projection" in said)}
        settled = Settled("Hugging Face's names", kept, lambda ours, entries: huggingface.plan(values, ours, entries), texts)
        return checked(settled, merged(said, facts, what), weights, what)
    settled, said = under_other_names(weights.entries, values, facts, what)
    return checked(settled, merged({**named, **said}, facts, what), weights, what)


def with_texts(source: Path, facts: Facts) -> Facts:
    """The facts with the text features that they name, or that lie beside the weights, read."""
    texts = text_features.beside(source) if facts.text_features is None else facts.text_features
    return facts if texts is None or isinstance(texts, TextFeatures) else replace(facts, text_features=text_features.read(texts))


def under_other_names(entries: Mapping[str, Entry], values: Mapping[str, Any], facts: Facts, what: str) -> tuple[Settled, dict[str, Any]]:
    """Which of a file's tensors make a ViT, and what names, shapes and timm's `config.json`, if there is one, say of it."""
    of_timm = timm_config.is_timm(values)
    if of_timm:
        timm_config.parts_of(values["architecture"])
    modules = {"timm's names": timm_names} if of_timm else NAMINGS
    found = {before: naming for naming, module in modules.items() for before in prefixes(entries, module.MARK, module.NEEDED)}
    if not found and not of_timm:
        check_plain(entries, what)
        return mapped_by_hand(entries, facts, what)
    before = choose(list(found), facts.part, what) if found else ""
    naming = found.get(before, "timm's names")
    module = NAMINGS[naming]
    spot = locate(entries, before, module.MARK, module.OWN_HEAD, module.LEAVES_OUT)
    check_plain(spot.kept, what)
    size = timm_config.input_size(values) if of_timm and not facts.image_size else None
    shaped = module.read_shapes(spot.kept, replace(facts, image_size=size) if size else facts, what, before, spot.head)
    said = {**classes(shaped), **shaped} | (timm_config.to_config(values, shaped) if of_timm else {})
    kept, texts, projection = spot.kept, facts.texts, before + module.LEAVES_OUT if module.LEAVES_OUT else ""
    if texts:
        said |= text_features.zero_shot(texts, entries.get(projection), 1, what)
        kept = {**kept, projection: entries[projection]}
    return Settled(naming + spot.told(), kept, lambda ours, held: module.plan(ours, held, before, spot.head), texts), said


def mapped_by_hand(entries: Mapping[str, Entry], facts: Facts, what: str) -> tuple[Settled, dict[str, Any]]:
    """A file with names of its own, if each tensor has one place and the caller accepts the mapping; MissingFacts offers it."""
    if any(name.endswith(("embeddings.cls_token", "embeddings.class_embedding")) for name in entries):
        raise CheckpointError(
            f"{what} has Hugging Face's names: put the config.json that belongs to it beside it, under the name model.safetensors."
        )
    if not any(len(entry.shape) > 2 for entry in entries.values()):
        examples = ", ".join(printable(name) for name in list(entries)[:3]) or "none"
        raise CheckpointError(
            f"{what} is no Vision Transformer whose names are known (timm, Hugging Face, torchvision, OpenAI, Google); its tensors are "
            f"{examples} …"
        )
    try:
        mapped = home_made.match(entries)
    except home_made.Doubt as doubt:
        raise CheckpointError(home_made.refused(entries, str(doubt), what)) from None
    if not facts.accept_mapping:
        raise MissingFacts(home_made.offered(entries, mapped, what), ["accept_mapping"])
    shaped = timm_names.read_shapes(home_made.as_timm(entries, mapped), facts, what)
    return Settled("names of its own, read as timm's", entries, lambda ours, _: home_made.plan(ours, mapped)), shaped


def classes(shaped: Mapping[str, Any]) -> dict[str, Any]:
    """Names of the classes where the files have none: those of ImageNet for a published model's 1,000."""
    names = imagenet()
    return {"labels": names} if shaped["num_classes"] == len(names) else {}


def own_plan(ours: Mapping[str, tuple[int, ...]], _: Mapping[str, Entry]) -> Plan:
    return {name: (Piece(name, shape),) for name, shape in ours.items()}


def checked(settled: Settled, values: Mapping[str, Any], weights: Weights, what: str) -> Checkpoint:
    """The plan and the configuration. CheckpointError unless the plan uses exactly the tensors that were kept, in their shapes and in a
    type of weights; only then is asked for what is still open (MissingFacts)."""
    draft, entries = draft_config(values, what), settled.kept
    if draft.depth > len(entries):
        raise CheckpointError(f"The configuration has {draft.depth} layers, and the file {len(entries)} tensors.")
    made = {"head.weight"} if settled.texts else set()
    plan = settled.planner({name: shape for name, shape in shapes(draft).items() if name not in made}, entries)
    check_fit({piece.name: piece.shape for pieces in plan.values() for piece in pieces}, entries)
    odd = next((piece.name for pieces in plan.values() for piece in pieces if entries[piece.name].dtype not in FLOATS), None)
    if odd is not None:
        raise CheckpointError(f"Weights must be of type {', '.join(FLOATS)}; {printable(odd)} is {entries[odd].dtype}.")
    return Checkpoint(settled.naming, complete_config(values, what), weights, plan, settled.texts)


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
