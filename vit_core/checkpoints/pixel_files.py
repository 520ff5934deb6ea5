"""How pixels are prepared, from what lies beside the weights: Hugging Face's `preprocessor_config.json`, timm's `pretrained_cfg`."""

from collections.abc import Mapping
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.families.published import CLIP_MEAN, CLIP_STD, HALF
from vit_core.checkpoints.files.weights import printable
from vit_core.config import Filter, Preprocessing

FILTERS: dict[int, Filter] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers of the filters that `Preprocessing` knows."""
PROCESSORS = {
    "ViT": Preprocessing(HALF, HALF, "bilinear"),
    "DeiT": Preprocessing(HALF, HALF, "bicubic"),
    "CLIP": Preprocessing(CLIP_MEAN, CLIP_STD, "bicubic"),
    "Bit": Preprocessing(CLIP_MEAN, CLIP_STD, "bicubic"),
}
"""The defaults of Hugging Face's image processors, by the start of their name."""


def from_processor(values: Mapping[str, Any]) -> Preprocessing | None:
    """Mean, standard deviation and filter of a `preprocessor_config.json`; what it leaves out is the default of the processor that it
    names.

    None where it names none and leaves something out. How a picture is cut to size is not part of it: that is the choice of whoever shows
    the picture.
    """
    if not values:
        return None
    factor = values.get("rescale_factor", 1 / 255)
    if not values.get("do_rescale", True) or not isinstance(factor, int | float) or abs(255 * factor - 1) > 1e-6:
        raise CheckpointError("Pixels must be rescaled to 0…1; the preprocessing has another `do_rescale` or `rescale_factor`.")
    resample = values.get("resample")
    if resample is not None and (type(resample) is not int or resample not in FILTERS):
        raise CheckpointError(f"The filters {', '.join(FILTERS.values())} are supported; got `resample` {printable(str(resample))}.")
    said = {"image_mean": values.get("image_mean"), "image_std": values.get("image_std")}
    if not values.get("do_normalize", True):
        said = {"image_mean": (0.0, 0.0, 0.0), "image_std": (1.0, 1.0, 1.0)}
    numbers = {name: channels(number, name) for name, number in said.items() if number is not None}
    absent = [name for name in said if name not in numbers] + ([] if resample is not None else ["resample"])
    if resample is not None and not absent:
        return agreeing(numbers["image_mean"], numbers["image_std"], FILTERS[resample])
    named = values.get("image_processor_type") or values.get("feature_extractor_type")
    if named is None:
        return None
    defaults = next((default for start, default in PROCESSORS.items() if isinstance(named, str) and named.startswith(start)), None)
    if defaults is None:
        raise CheckpointError(
            f"The defaults of {printable(str(named))} are not known here; its configuration leaves out {', '.join(absent)}."
        )
    filter_name = defaults.interpolation if resample is None else FILTERS[resample]
    return agreeing(numbers.get("image_mean", defaults.mean), numbers.get("image_std", defaults.std), filter_name)


def from_timm(values: Mapping[str, Any]) -> Preprocessing | None:
    """Mean, standard deviation and filter of timm's `pretrained_cfg`; None where it leaves one out. timm's "random" is not supported."""
    if any(values.get(field) is None for field in ("mean", "std", "interpolation")):
        return None
    if values["interpolation"] not in FILTERS.values():
        raise CheckpointError(
            f"The filters {', '.join(FILTERS.values())} are supported; got `interpolation` {printable(str(values['interpolation']))}."
        )
    return agreeing(channels(values["mean"], "mean"), channels(values["std"], "std"), values["interpolation"])


def channels(numbers: Any, name: str) -> tuple[float, ...]:
    """Three numbers, one a channel, or one for grey; CheckpointError otherwise."""
    fit = isinstance(numbers, list | tuple) and len(numbers) in (1, 3) and all(type(number) in (int, float) for number in numbers)
    if not fit or (name.endswith("std") and min(numbers) <= 0):
        raise CheckpointError(
            f"`{name}` must be 3 {'positive ' if name.endswith('std') else ''}numbers, one a channel, or 1 for grey; got "
            f"{printable(str(numbers))}."
        )
    return tuple(float(number) for number in numbers)


def agreeing(mean: tuple[float, ...], std: tuple[float, ...], filter_name: Filter) -> Preprocessing:
    """As many means as deviations; CheckpointError otherwise."""
    if len(mean) != len(std):
        raise CheckpointError(f"Mean and deviation must be of as many channels; got {len(mean)} and {len(std)} numbers.")
    return Preprocessing(mean, std, filter_name)
