"""Pictures in and out: fitting to a size, and the way to a model's input and back. Decoding lives in `vit_core.images.decoding`."""

from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from vit_core.config import Preprocessing, as_pair
from vit_core.images.decoding import ACCEPTED, MAX_ASPECT, MAX_BYTES, MAX_PIXELS, open_image, over_white

__all__ = ["ACCEPTED", "MAX_ASPECT", "MAX_BYTES", "MAX_PIXELS", "fit", "open_image", "preprocess", "to_image", "to_tensor"]

Fit = Literal["crop", "pad", "stretch"]


def fit(image: Image.Image, size: tuple[int, int], how: Fit = "crop", interpolation: str = "bicubic") -> Image.Image:
    """`image` at `size` (height, width) in pixels, RGB.

    `crop` keeps the largest centred part with the wanted proportions, `pad` keeps all and fills up with mid grey, `stretch` keeps all
    and distorts. `interpolation` names a Pillow filter. ValueError for a size below 1 or another `how`.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"The image size must be at least 1 pixel each way; got {height}×{width}.")
    image, resample = over_white(image), Image.Resampling[interpolation.upper()]
    if how == "stretch":
        return image.resize((width, height), resample)
    across, down = width / image.width, height / image.height
    if how == "crop":
        scale = max(across, down)
        left, top = (image.width - width / scale) / 2, (image.height - height / scale) / 2
        # Rounding may put an edge a hair outside the picture, which Pillow refuses.
        box = max(left, 0), max(top, 0), min(image.width - left, image.width), min(image.height - top, image.height)
        return image.resize((width, height), resample, box=box)
    if how == "pad":
        scale = min(across, down)
        inner = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
        canvas = Image.new("RGB", (width, height), (128, 128, 128))
        canvas.paste(image.resize(inner, resample), ((width - inner[0]) // 2, (height - inner[1]) // 2))
        return canvas
    raise ValueError(f'`how` must be "crop", "pad" or "stretch"; got "{how}".')


_fit = fit  # `preprocess` has a parameter of that name


def to_tensor(image: Image.Image, preprocessing: Preprocessing) -> Float[Tensor, "1 chans height width"]:
    """`(pixels / 255 - mean) / std`, float32, at the size that the image has. With one mean, of the picture in grey: Pillow's "L", which
    weighs red, green and blue by 0.299, 0.587 and 0.114 (ITU-R BT.601) and rounds to whole levels."""
    image = over_white(image)
    levels = np.array(image.convert("L"))[..., None] if len(preprocessing.mean) == 1 else np.array(image)
    pixels = torch.from_numpy(levels).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (preprocessing.mean, preprocessing.std))
    return (pixels - mean) / std


def to_image(tensor: Float[Tensor, "1 chans height width"], preprocessing: Preprocessing) -> Image.Image:
    """The inverse of `to_tensor`: values that no pixel can have are clamped, the rest rounded to whole levels. RGB, also where it is
    grey."""
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (preprocessing.mean, preprocessing.std))
    levels = ((tensor.detach().cpu().float() * std + mean).clamp(0, 1) * 255).round().byte()
    return Image.fromarray(levels[0].expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy())


def preprocess(
    image: Image.Image, model_or_config: Any, image_size: int | tuple[int, int] = 224, fit: Fit = "crop"
) -> Float[Tensor, "1 chans height width"]:
    """`image` as the input of a model, given the model (anything with a `.config`) or its `ViTConfig`.

    `image_size` is a side or (height, width), in pixels; ValueError below 1, and where the model's mean and deviation are not of as many
    channels as it reads.
    """
    config = getattr(model_or_config, "config", model_or_config)
    preprocessing = config.preprocessing
    fitted = _fit(image, as_pair(image_size), fit, preprocessing.interpolation)
    if not config.chans_agree:
        raise ValueError(f"The model reads {config.in_chans} channels, but has {len(preprocessing.mean)} means and deviations.")
    return to_tensor(fitted, preprocessing)
