"""What shapes a training run besides data, seed and budget: the model, the grids it sees and when, the optimiser's numbers."""

import math
from dataclasses import dataclass, replace

import torch

from vit_core.config import Preprocessing, ViTConfig
from vit_core.train.augment import Augmentation

Setting = tuple[int, int]  # image size and patch size, in pixels

BUNDLED_CONFIG = ViTConfig(
    name="Bundled ViT",
    embed_dim=192,
    depth=12,
    num_heads=12,
    mlp_hidden=768,
    num_classes=200,
    norm_eps=1e-6,
    image_size=224,
    patch_size=16,
    kernel_size=8,
    pos_grid=(14, 14),
    act="gelu_tanh",
    pos_interpolation="bicubic_antialias",
    patch_sizes=(4, 8, 16, 32, 64),
    grid_range=(2, 64),
    preprocessing=Preprocessing(interpolation="bilinear"),
)


@dataclass(frozen=True)
class Stage:
    """A part of the run, up to a share of its budget; `shares` says how its time is split between settings of image and patch size."""

    until: float
    shares: dict[Setting, float]

    def draw(self, generator: torch.Generator, batch_of: "Recipe") -> Setting:
        """One setting. Larger grids cost more a step, attention with the tokens squared: for the same time they are drawn less often."""
        settings = list(self.shares)
        tokens = [(s[0] // s[1]) ** 2 + 1 for s in settings]
        cost = [batch_of.batch_size(s) * t * (1 + t / 200) for s, t in zip(settings, tokens, strict=True)]
        odds = torch.tensor([self.shares[s] / c for s, c in zip(settings, cost, strict=True)])
        return settings[int(torch.multinomial(odds, 1, generator=generator))]


@dataclass(frozen=True)
class Recipe:
    """Optimiser, schedule, batch sizes and augmentation. Rates are a step's; `warmup` is a share of the budget."""

    augmentation: Augmentation
    stages: tuple[Stage, ...]
    batch: int = 512
    medium_batch: int = 256
    large_batch: int = 128
    micro_tokens: int = 16_384
    peak_lr: float = 1.2e-3
    final_lr: float = 1e-5
    warmup: float = 0.03
    weight_decay: float = 0.05
    beta2: float = 0.98
    clip: float = 1.0
    ema: float = 0.998
    drop_path: float = 0.0

    def batch_size(self, setting: Setting) -> int:
        """Pictures a step: fewer where the grid is larger than 4×4, and fewer still beyond 8×8."""
        grid = setting[0] // setting[1]
        return self.batch if grid <= 4 else self.medium_batch if grid <= 8 else self.large_batch

    def lr(self, progress: float) -> float:
        """Warm-up, then a cosine from `peak_lr` to `final_lr`, at a share of the budget."""
        if progress < self.warmup:
            return self.peak_lr * max(progress / self.warmup, 0.01)
        turn = (progress - self.warmup) / (1 - self.warmup)
        return self.final_lr + (self.peak_lr - self.final_lr) * (1 + math.cos(math.pi * min(turn, 1))) / 2

    def stage(self, progress: float) -> Stage:
        """The part of the run that a share of the budget falls into."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])


SMALL_GRIDS = {(64, 16): 0.30, (32, 8): 0.05, (48, 8): 0.20, (64, 8): 0.40, (32, 4): 0.05}
MIXED_GRIDS = {(64, 16): 0.10, (48, 8): 0.10, (56, 8): 0.10, (64, 8): 0.35, (112, 8): 0.20, (56, 4): 0.15}
LARGE_GRIDS = {(64, 16): 0.07, (56, 8): 0.05, (64, 8): 0.20, (112, 8): 0.35, (56, 4): 0.15, (224, 16): 0.10, (64, 4): 0.08}

# A CPU sees each picture a few times, and would rather fit than regularise; a GPU sees it hundreds of times.
CPU_RECIPE = Recipe(
    augmentation=Augmentation(min_crop=0.4, colour=0.15, label_smoothing=0.1),
    stages=(Stage(0.45, SMALL_GRIDS), Stage(0.8, MIXED_GRIDS), Stage(1.0, LARGE_GRIDS)),
)
GPU_RECIPE = Recipe(
    augmentation=Augmentation(
        min_crop=0.2, rotate=15.0, shear=8.0, colour=0.4, grey=0.05, erase=0.25, mixup=0.4, cutmix=0.4, label_smoothing=0.1
    ),
    stages=(Stage(0.3, SMALL_GRIDS), Stage(0.7, MIXED_GRIDS), Stage(1.0, LARGE_GRIDS)),
    medium_batch=512,
    large_batch=512,
    micro_tokens=1 << 20,
    ema=0.9998,
    drop_path=0.1,
)
# A second run on a CPU, from weights that the first one made: features are there, so a lower rate, and more of the time on large grids.
CPU_LONGER_RECIPE = replace(CPU_RECIPE, stages=(Stage(0.5, MIXED_GRIDS), Stage(1.0, LARGE_GRIDS)), peak_lr=7e-4, final_lr=5e-6)
RECIPES = {"cpu": CPU_RECIPE, "cpu-longer": CPU_LONGER_RECIPE, "gpu": GPU_RECIPE}
