"""Random views of pictures for training, a batch at a time, on whatever device the batch is."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from vit_core.config import Preprocessing


@dataclass(frozen=True)
class Augmentation:
    """How far a random view may stray. Shares are probabilities or fractions in [0, 1]; angles in degrees."""

    min_crop: float = 0.35
    max_aspect: float = 4 / 3
    flip: float = 0.5
    rotate: float = 0.0
    shear: float = 0.0
    colour: float = 0.0
    grey: float = 0.0
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    label_smoothing: float = 0.1


def uniform(generator: torch.Generator, count: int, low: float, high: float) -> Float[Tensor, " count"]:
    """`count` random numbers between `low` and `high`."""
    return low + (high - low) * torch.rand(count, generator=generator)


def random_views(
    images: UInt8[Tensor, "batch side side 3"], size: int, how: Augmentation, preprocessing: Preprocessing, generator: torch.Generator
) -> Float[Tensor, "batch 3 size size"]:
    """Crop, flip, turn, shear and recolour each picture at random; resample once, bilinearly, to `size` pixels; normalise."""
    batch, device = len(images), images.device
    area = uniform(generator, batch, how.min_crop, 1.0)
    aspect = torch.exp(uniform(generator, batch, -math.log(how.max_aspect), math.log(how.max_aspect)))
    half_w, half_h = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    centre_x = uniform(generator, batch, -1.0, 1.0) * (1 - half_w)
    centre_y = uniform(generator, batch, -1.0, 1.0) * (1 - half_h)
    flip = (torch.rand(batch, generator=generator) < how.flip).float() * -2 + 1
    angle = uniform(generator, batch, -how.rotate, how.rotate) * math.pi / 180
    shear = torch.tan(uniform(generator, batch, -how.shear, how.shear) * math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    affine = torch.stack(
        [
            torch.stack([half_w * flip * cos, half_h * (shear * cos - sin), centre_x], dim=1),
            torch.stack([half_w * flip * sin, half_h * (shear * sin + cos), centre_y], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(affine.to(device), [batch, 3, size, size], align_corners=False)
    pixels = images.permute(0, 3, 1, 2).float() / 255
    views = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    if how.colour or how.grey:
        views = recolour(views, how, generator)
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (preprocessing.mean, preprocessing.std))
    views = (views - mean) / std
    return erase(views, how.erase, generator) if how.erase else views


def recolour(
    views: Float[Tensor, "batch 3 height width"], how: Augmentation, generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Random brightness, contrast, saturation and colour balance; some pictures turn grey."""
    batch, device = len(views), views.device

    def factor(channels: int = 1) -> Tensor:
        return uniform(generator, batch * channels, 1 - how.colour, 1 + how.colour).view(batch, channels, 1, 1).to(device)

    views = views * factor() * (1 + 0.3 * (factor(3) - 1))
    centre = views.mean(dim=(1, 2, 3), keepdim=True)
    views = centre + (views - centre) * factor()
    luma = (views * torch.tensor([0.299, 0.587, 0.114], device=device).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    saturation = factor()
    turns_grey = (torch.rand(batch, generator=generator) < how.grey).view(batch, 1, 1, 1).to(device)
    return torch.where(turns_grey, luma.expand_as(views), luma + (views - luma) * saturation).clamp(0, 1)


def random_box(height: int, width: int, share: float, generator: torch.Generator) -> tuple[slice, slice]:
    """A box of about `share` of the area, anywhere, cut off at the border."""
    box_h, box_w = round(height * share**0.5), round(width * share**0.5)
    y, x = (int(v) for v in torch.rand(2, generator=generator) * torch.tensor([height, width]))
    rows = slice(max(0, y - box_h // 2), min(height, y - box_h // 2 + box_h))
    return rows, slice(max(0, x - box_w // 2), min(width, x - box_w // 2 + box_w))


def erase(views: Float[Tensor, "batch 3 height width"], share: float, generator: torch.Generator) -> Float[Tensor, "batch 3 height width"]:
    """Random erasing (Zhong et al. 2020): noise over a box of 2 to 30% of the area, cut off at the border, in `share` of the pictures."""
    batch, _, height, width = views.shape
    side = uniform(generator, batch, 0.02, 0.3).sqrt()
    chosen = torch.rand(batch, generator=generator) < share

    def inside(length: int) -> Tensor:
        """Whether each of `length` rows, or columns, is in each picture's box: `[B, length]`."""
        centre, half = torch.rand(batch, 1, generator=generator) * length, side.view(-1, 1) * length / 2
        return (torch.arange(length) + 0.5 - centre).abs() <= half

    hole = chosen.view(-1, 1, 1, 1) & inside(height).view(batch, 1, height, 1) & inside(width).view(batch, 1, 1, width)
    seed = int(torch.randint(2**62, (1,), generator=generator))
    noise = torch.randn(views.shape, generator=torch.Generator(views.device).manual_seed(seed), device=views.device)
    return torch.where(hole.to(views.device), noise, views)


def soft_targets(
    views: Float[Tensor, "batch 3 height width"], labels: Int[Tensor, " batch"], classes: int, how: Augmentation, generator: torch.Generator
) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch classes"]]:
    """Mix pairs of pictures by mixup (Zhang et al. 2018) or cutmix (Yun et al. 2019), and smooth the labels."""
    low = how.label_smoothing / classes
    targets = torch.full((len(labels), classes), low, device=views.device)
    targets.scatter_(1, labels.view(-1, 1), 1 - how.label_smoothing + low)
    draw, share = torch.rand(2, generator=generator).tolist()
    if draw < how.mixup:
        keep = max(share, 1 - share)
        return views * keep + views.flip(0) * (1 - keep), targets * keep + targets.flip(0) * (1 - keep)
    if draw < how.mixup + how.cutmix:
        rows, cols = random_box(views.shape[-2], views.shape[-1], share, generator)
        mixed = views.clone()
        mixed[:, :, rows, cols] = views.flip(0)[:, :, rows, cols]
        keep = 1 - (rows.stop - rows.start) * (cols.stop - cols.start) / (views.shape[-1] * views.shape[-2])
        return mixed, targets * keep + targets.flip(0) * (1 - keep)
    return views, targets
