"""From what the files say and what the caller adds to one configuration: nothing is guessed, what is open is asked for by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from pathlib import Path
from typing import Any

from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.families.published import FAMILIES, Family
from vit_core.checkpoints.files.weights import printable
from vit_core.checkpoints.text_features import TextFeatures
from vit_core.config import Preprocessing, ViTConfig, as_pair
from vit_core.cost.shapes import count_parameters

LIMITS = {
    "embed_dim": 8192,
    "depth": 128,
    "num_heads": 256,
    "mlp_hidden": 65_536,
    "num_classes": 200_000,
    "patch_size": 512,
    "kernel_size": 512,
    "in_chans": 64,
    "num_registers": 1024,
}
LONGEST = 400
"""Characters of a sentence that quotes a value from a file."""
MAX_SIDE = 16_384
MAX_POSITIONS = 65_536
MAX_PARAMETERS = 3 * 10**9
"""The largest plain ViT published, ViT-G/14, has 1.8 billion."""
PLACEHOLDERS = {"num_heads": 1, "norm_eps": 1e-6, "act": "gelu"}
QUESTIONS = {
    "num_heads": "how many heads it has",
    "preprocessing": "how pixels are normalised",
    "family": "the activation and epsilon it was trained with",
}


@dataclass(frozen=True)
class Facts:
    """What the caller of `vit_core.load` adds; see there."""

    family: str | None = None
    image_size: int | tuple[int, int] | None = None
    patch_size: int | None = None
    num_heads: int | None = None
    preprocessing: Preprocessing | None = None
    labels: Sequence[str] | None = None
    part: str | None = None
    accept_mapping: bool = False
    text_features: str | Path | TextFeatures | None = None

    def __post_init__(self) -> None:
        if self.family is not None and self.family not in FAMILIES:
            raise CheckpointError(f"`family` must be one of {', '.join(FAMILIES)}; got {self.family}.")
        for name, size in (("image_size", self.image_size), ("patch_size", self.patch_size), ("num_heads", self.num_heads)):
            if size is not None and not all(
                type(side) is int and 1 <= side <= MAX_SIDE for side in (size if isinstance(size, tuple) else (size,))
            ):
                raise CheckpointError(f"`{name}` must be a whole number from 1 to {MAX_SIDE:,}; got {size}.")

    @property
    def texts(self) -> TextFeatures | None:
        """The text features that have been read."""
        return self.text_features if isinstance(self.text_features, TextFeatures) else None

    @property
    def defaults(self) -> Family | None:
        return None if self.family is None else FAMILIES[self.family]


def merged(said: Mapping[str, Any], facts: Facts, what: str) -> dict[str, Any]:
    """What the files have `said`, with what the caller adds, and the family that is named.

    The caller's preprocessing and labels replace the files'; sizes and heads must agree with them.
    """
    values, family = dict(said), facts.defaults
    for name in ("image_size", "patch_size", "num_heads"):
        asked = getattr(facts, name)
        if asked is None:
            continue
        if values.get(name) is not None and as_pair(values[name]) != as_pair(asked):
            raise CheckpointError(f"`{name}` is {values[name]} in {what}; got {asked}.")
        values[name] = asked
    if facts.preprocessing is not None:
        values["preprocessing"] = facts.preprocessing
    if facts.labels is not None:
        values["labels"] = tuple(facts.labels)
    if family is not None:
        check_family(family, values, f"{what} is no model of the family {facts.family}")
        for name in ("preprocessing", "norm_eps", "act"):
            values.setdefault(name, getattr(family, name))
        if values.get("embed_dim") in family.heads:
            values.setdefault("num_heads", family.heads[values["embed_dim"]])
    return values


def check_family(family: Family, values: Mapping[str, Any], sentence: str) -> None:
    """CheckpointError where the weights have a part that the family has not, or lack one that it has."""
    for field, part in (("pre_norm", "norm before its first block"), ("layer_scale", "layer scale in its blocks")):
        wanted, found = getattr(family, field), values.get(field, False)
        if wanted is not None and wanted != found:
            raise CheckpointError(f"{sentence}, which has {'a' if wanted else 'no'} {part}: it has {'one' if found else 'none'}.")


def draft_config(values: Mapping[str, Any], what: str) -> ViTConfig:
    """A configuration of the same tensors, whatever is still open: what is wrong comes before what is missing."""
    return bounded_config(PLACEHOLDERS | {name: value for name, value in values.items() if name != "image_size" or value is not None}, what)


def complete_config(values: Mapping[str, Any], what: str) -> ViTConfig:
    """The configuration of `what`; MissingFacts names what neither the files nor the caller say."""
    if "image_size" in values and values["image_size"] is None:
        rows = prod(values["pos_grid"]) + int(values.get("class_token", True)) + int(values.get("distill_token", False))
        raise MissingFacts(f"{what} has {rows} positions, which make no square: give `image_size` (height, width).", ["image_size"])
    values = with_channels(values, what)
    absent = [name for name in ("num_heads", "preprocessing") if name not in values]
    absent += ["family"] if "norm_eps" not in values or "act" not in values else []
    if absent:
        raise MissingFacts(missing_sentence(absent, what), (*absent, *(["family"] if "family" not in absent else [])))
    config = bounded_config(values, what)
    if max(config.native_grid) > config.grid_range[1]:
        config = config.replace(grid_range=(1, max(config.native_grid)))
    return config


def with_channels(values: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """For a model of one channel, the one number that three equal ones are; MissingFacts where mean and deviation are of other channels
    than the model reads."""
    given, chans = values.get("preprocessing"), values.get("in_chans", 3)
    if isinstance(given, dict):
        given = bounded_config(values, what).preprocessing
    if not isinstance(given, Preprocessing) or chans not in (1, 3) or len(given.mean) == chans:
        return values
    if chans == 1 and len(set(given.mean)) == len(set(given.std)) == 1:
        return {**values, "preprocessing": Preprocessing(given.mean[:1], given.std[:1], given.interpolation)}
    wanted, got = ("1 channel", "3 numbers") if chans == 1 else ("3 channels", "1 number")
    raise MissingFacts(
        f"{what} reads pictures of {wanted}, and mean and deviation are {got}: give `preprocessing` with {chans} of each.",
        ["preprocessing"],
    )


def bounded_config(values: Mapping[str, Any], what: str) -> ViTConfig:
    """The configuration with these fields; CheckpointError where they make none, or one larger than any model here."""
    check_limits(values)
    try:
        config = ViTConfig.from_dict(values)
        count, positions = count_parameters(config), prod(config.native_grid)
    except ValueError as error:
        raise CheckpointError(printable(str(error), LONGEST)) from None
    except (TypeError, LookupError, AttributeError, OverflowError):
        raise CheckpointError(f"The configuration of {what} holds values of the wrong type.") from None
    if count > MAX_PARAMETERS or positions > MAX_POSITIONS:
        raise CheckpointError(
            f"{what} would have {count:,} parameters and {positions:,} patches; at most {MAX_PARAMETERS:,} and {MAX_POSITIONS:,} are read."
        )
    return config


def missing_sentence(absent: Sequence[str], what: str) -> str:
    """What is not said, and how to say it."""
    open_questions = " nor ".join(QUESTIONS[name] for name in absent)
    own = " and ".join(f"`{name}`" for name in absent if name != "family")
    family = f"`family` ({', '.join(FAMILIES)})"
    if "family" not in absent:
        return f"{what} does not say {open_questions}: give {own}, or, for published weights, {family}."
    return f"{what} does not say {open_questions}: give {family}{f' and, where that does not settle it, {own}' if own else ''}."


def check_limits(values: Mapping[str, Any]) -> None:
    """CheckpointError for sizes that no model here has, before anything is made of that size."""
    for name, most in LIMITS.items():
        value = values.get(name)
        if isinstance(value, int) and value > most:
            raise CheckpointError(f"`{name}` may be at most {most:,}; got {value:,}.")
    size = values.get("image_size")
    sides = size if isinstance(size, tuple | list) else (size,)
    if any(isinstance(side, int) and side > MAX_SIDE for side in sides):
        raise CheckpointError(f"`image_size` may be at most {MAX_SIDE:,}; got {size}.")


def find_positions(rows: int, prefix: int, patch: int, image_size: int | tuple[int, int] | None, what: str) -> dict[str, Any]:
    """`pos_covers` and `image_size` of a table of `rows`: with a row for each of `prefix` tokens or for patches alone.

    Without a size to go by the patches must make a square, as in every published model; where they do not, `image_size` is None, which
    `complete_config` asks for. CheckpointError where they do not fit the size.
    """
    for covers, before in (("class_and_patches", prefix), ("patches", 0)):
        count = rows - before
        if image_size is not None:
            height, width = as_pair(image_size)
            if height % patch == width % patch == 0 and (height // patch) * (width // patch) == count:
                return {"pos_covers": covers, "image_size": image_size}
        elif count > 0 and isqrt(count) ** 2 == count:
            return {"pos_covers": covers, "image_size": isqrt(count) * patch}
    if image_size is not None:
        height, width = as_pair(image_size)
        raise CheckpointError(f"{what} has {rows} positions, which do not fit {height}×{width} pixels in patches of {patch}.")
    if rows <= prefix:
        raise CheckpointError(f"{what} has {rows} positions, too few for patches beside its {prefix} other tokens.")
    return {"pos_covers": "class_and_patches", "image_size": None, "pos_grid": (1, rows - prefix)}
