"""ViTs of Hugging Face in our terms: configuration and names of the weights, by the tables of each family. Reads no files."""

from collections.abc import Callable, Mapping
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.facts import LIMITS
from vit_core.checkpoints.families.huggingface_tables import ACTIVATIONS, CLIP_OUTER, KINDS, MAX_RATIO, REFUSED, TWO_HEADS, Kind
from vit_core.checkpoints.families.naming import Piece, Plan
from vit_core.checkpoints.files.weights import Entry, printable

PROJECTION = "visual_projection.weight"
"""What brings CLIP's pictures into the space that they share with texts."""


def to_config(values: Mapping[str, Any], entries: Mapping[str, Entry]) -> dict[str, Any]:
    """The fields of ViTConfig that `config.json` says: all but the preprocessing. CheckpointError names what is not supported.

    The weights decide only what the file leaves open: whether there is a mask token and, where no architecture is named, a classifier.
    Dropout rates are not read, as nothing is dropped when a model only looks.
    """
    kind, values = find_kind(values)
    architecture = read_architecture(values, kind, entries)
    if "quantization_config" in values:
        raise CheckpointError("Quantised weights are not supported; the configuration has a `quantization_config`.")
    get = {**kind.defaults, **values}
    if not isinstance(get["hidden_act"], str) or get["hidden_act"] not in ACTIVATIONS:
        raise CheckpointError(f"The activations {', '.join(ACTIVATIONS)} are supported; got {printable(str(get['hidden_act']))}.")
    if values.get("head_dim") and whole(get, "head_dim") * whole(get, "num_attention_heads") != get["hidden_size"]:
        raise CheckpointError(
            f"Heads must share the width; got {get['num_attention_heads']} of {get['head_dim']} for {get['hidden_size']}."
        )
    pool = kind.pools[architecture]
    labels = read_labels(get) if pool else ()
    pool = pool if labels else None
    gated = bool(get.get("use_swiglu_ffn"))
    return {
        "embed_dim": get["hidden_size"],
        "depth": get["num_hidden_layers"],
        "num_heads": get["num_attention_heads"],
        "mlp_hidden": hidden_width(get, gated),
        "num_classes": len(labels),
        "labels": labels,
        "norm_eps": get["layer_norm_eps"],
        "act": ACTIVATIONS[get["hidden_act"]],
        "image_size": read_size(get["image_size"]),
        "patch_size": square_side(get["patch_size"]),
        "in_chans": get["num_channels"],
        "qkv_bias": get["qkv_bias"],
        "ffn": "swiglu" if gated else "mlp",
        "num_registers": get.get("num_register_tokens", 0),
        "mask_token": any(name.endswith("embeddings.mask_token") for name in entries),
        "pool": pool or "cls",
        **kind.fields,
    }


def find_kind(values: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """The table that fits, and the values of the vision tower; CheckpointError names the model that is not supported, and why."""
    model_type = values.get("model_type")
    if model_type == "clip" and isinstance(values.get("vision_config"), dict):
        return KINDS["clip_vision_model"], {"architectures": values.get("architectures"), **values["vision_config"]}
    if isinstance(model_type, str) and model_type in REFUSED:
        raise CheckpointError(f"Models of `model_type` {model_type} are not supported: {REFUSED[model_type]}.")
    if not isinstance(model_type, str) or model_type not in KINDS:
        raise CheckpointError(
            f"Of Hugging Face's models, those of `model_type` {', '.join(KINDS)} and clip are supported; got {printable(str(model_type))}."
        )
    return KINDS[model_type], values


def read_architecture(values: Mapping[str, Any], kind: Kind, entries: Mapping[str, Entry]) -> str:
    """The architecture that is named first; where none is, the weights tell whether there is a classifier."""
    named = values.get("architectures")
    if named is None or named == []:
        two, one = "cls_classifier.weight" in entries, "classifier.weight" in entries
        wanted = {"cls_dist"} if two else {"cls", "cls_mean"} if one else {None}
        return next((name for name, pool in kind.pools.items() if pool in wanted), list(kind.pools)[-1])
    if not isinstance(named, list) or not isinstance(named[0], str) or named[0] not in kind.pools:
        got = printable(str(named[0] if isinstance(named, list) else named))
        raise CheckpointError(f"The architectures {', '.join(kind.pools)} are supported; got {got}.")
    return named[0]


def whole(values: Mapping[str, Any], name: str) -> int:
    """A whole number of the configuration; CheckpointError otherwise."""
    if type(values[name]) is not int:
        raise CheckpointError(f"`{name}` must be a whole number; got {printable(str(values[name]))}.")
    return values[name]


def hidden_width(values: Mapping[str, Any], gated: bool) -> Any:
    """Width of the MLP's hidden layer: named, or a multiple of the model's; two thirds of it, rounded up to eights, where it is gated."""
    if "mlp_ratio" not in values or values.get("intermediate_size") is not None:
        return values["intermediate_size"]
    ratio = values["mlp_ratio"]
    if not isinstance(ratio, int | float) or not 0 < ratio <= MAX_RATIO:
        raise CheckpointError(f"`mlp_ratio` must be a number from 0 to {MAX_RATIO}; got {printable(str(ratio))}.")
    hidden = int(whole(values, "hidden_size") * ratio)
    return (int(hidden * 2 / 3) + 7) // 8 * 8 if gated else hidden


def read_labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    """One label a class, in order: from `id2label`, or `LABEL_0` and so on where only their number is known."""
    named = values.get("id2label")
    if named is None:
        count = whole({"num_labels": 2, **values}, "num_labels")
        if not 0 <= count <= LIMITS["num_classes"]:
            raise CheckpointError(f"`num_labels` may be from 0 to {LIMITS['num_classes']:,}; got {count:,}.")
        return tuple(f"LABEL_{i}" for i in range(count))
    if not isinstance(named, dict):
        raise CheckpointError("`id2label` must map the number of each class to its name.")
    if set(named) != {str(i) for i in range(len(named))}:
        got = ", ".join(printable(key) for key in list(named)[:5])
        raise CheckpointError(f"`id2label` must number its {len(named)} classes from 0 without gaps; got {got} …")
    return tuple(str(named[str(i)]) for i in range(len(named)))


def read_size(size: Any) -> int | tuple[int, int]:
    """A side or (height, width) in pixels; CheckpointError otherwise."""
    sides = size if isinstance(size, list) else [size]
    if len(sides) > 2 or not sides or any(type(side) is not int for side in sides):
        raise CheckpointError(f"`image_size` must be one whole number or two; got {printable(str(size))}.")
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def square_side(size: Any) -> Any:
    """The side of a patch, which a configuration may give as a pair."""
    if not isinstance(size, list):
        return size
    if len(size) != 2 or size[0] != size[1]:
        raise CheckpointError(f"Patches must be square; got {'×'.join(printable(str(side)) for side in size[:3])} pixels.")
    return size[0]


def left_out(values: Mapping[str, Any], name: str, projects: bool = False) -> bool:
    """Whether a tensor is no part of what is loaded; a projection is where the model answers by text features."""
    kind, _ = find_kind(values)
    return not (projects and name == PROJECTION) and name.removeprefix(kind.base).startswith(kind.leaves_out)


def plan(values: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], entries: Mapping[str, Entry]) -> Plan:
    """Their names and shapes for a model whose parameters have `shapes`; query, key and value are three of theirs and one of ours."""
    kind, _ = find_kind(values)
    outer = TWO_HEADS if "head_dist.weight" in shapes else kind.outer
    resolve = resolver(kind.base, entries)
    found = {}
    for name, shape in shapes.items():
        names = [resolve(their) for their in sources(name, kind, outer)]
        theirs = (shape[0] // len(names), *shape[1:])
        if name == "mask_token" and entries.get(names[0], Entry("", ())).shape == (1, *shape):
            theirs = (1, *shape)
        if kind.outer is CLIP_OUTER and name in ("cls_token", "pos_embed"):
            theirs = shape[2:] if name == "cls_token" else shape[1:]
        found[name] = tuple(Piece(their, theirs) for their in names)
    return found


def sources(name: str, kind: Kind, outer: Mapping[str, str]) -> list[str]:
    """The names, without prefix, of the tensors that make up our parameter `name`."""
    stem, _, suffix = name.rpartition(".")
    if name in outer:
        return [outer[name]]
    if stem in outer:
        return [f"{outer[stem]}.{suffix}"]
    _, layer, part = stem.split(".", 2)
    suffix = "lambda1" if suffix == "gamma" else suffix
    return [f"{kind.layers}.{layer}.{their}.{suffix}" for their in kind.block[part]]


def resolver(base: str, entries: Mapping[str, Entry]) -> Callable[[str], str]:
    """With the prefix of a model inside another, or without: as the file has it, and where it lacks the tensor, as it has most others.

    A classifier stands outside the prefixed body. Some versions of the library write a part of the body without the prefix.
    """
    prefixed = any(name.startswith(base) for name in entries)

    def resolve(name: str) -> str:
        outside = name.startswith(("classifier.", "cls_classifier.", "distillation_classifier.", PROJECTION))
        if outside or name in entries or not prefixed:
            return name
        return base + name

    return resolve
