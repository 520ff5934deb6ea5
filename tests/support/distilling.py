"""What tests of the distillation share: a small teacher, pictures without labels, short runs."""

from pathlib import Path
from typing import get_args

import numpy as np
import torch
from PIL import Image

from vit_core import checkpoints
from vit_core.config import Preprocessing, ViTConfig
from vit_core.model import VisionTransformer
from vit_core.train.distill.pictures import Views, batch, open_pictures
from vit_core.train.distill.recipe import Kind, Phase, Recipe
from vit_core.train.distill.run import Distillation

CONFIG = ViTConfig(
    embed_dim=16, depth=2, num_heads=2, mlp_hidden=32, num_classes=5, norm_eps=1e-6, image_size=16, patch_size=4, labels=tuple("abcde"),
    preprocessing=Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3),
)  # fmt: skip
OWN = {(16, 4): 1.0}
OTHER = {(8, 4): 0.5, (16, 8): 0.5}


def write_pictures(place: Path) -> Path:
    """Eight pictures of odd sizes in `place`, without labels, one in a sub-folder."""
    draw = np.random.default_rng(0)
    (place / "more").mkdir()
    for index in range(8):
        pixels = draw.integers(0, 256, (3 + index % 3, 4, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((20 + index, 24), Image.Resampling.BICUBIC)
        image.save(place / ("more" if index == 0 else ".") / f"{index}.png")
    return place


def small_teacher(folder: Path) -> VisionTransformer:
    """Random weights, larger than those of a start, and a head without favourites, so that the pictures of `folder` get different
    answers."""
    model = VisionTransformer(CONFIG).init_weights(3)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=generator) * 0.15)
        views, _ = batch(open_pictures(folder), 128, 16, Views(), generator)
        logits = model.eval()(views * 2 - 1).logits
        model.head.weight *= 2 / logits.std(dim=0).mean()
        model.head.bias -= model(views * 2 - 1).logits.mean(dim=0)
    return model


def plan(**pictures: int) -> Recipe:
    """A recipe with so many pictures in each phase that is named."""
    phases = tuple(Phase(kind, pictures[kind], 1e-2, dict(OWN)) for kind in get_args(Kind) if kind in pictures)
    return Recipe(phases, batch_tokens=17 * 8, largest_batch=8, ramp=100, flexible_settings=dict(OTHER), teacher_size=16, tail=100, ema=0.9)


def distillation(
    teacher: VisionTransformer, folder: Path, out: Path, config: ViTConfig = CONFIG, half: bool = False, **pictures: int
) -> Distillation:
    """A run at its start; the teacher is copied, for a run changes how its teacher multiplies."""
    copy = checkpoints.with_weights(teacher.config, teacher.state_dict())
    return Distillation(copy, VisionTransformer(config).init_weights(0), open_pictures(folder), plan(**pictures), out, half=half)
