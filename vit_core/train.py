"""How the bundled weights were made: `python -m vit_core.train --data DIR --out DIR --budget-minutes 100`.

One recipe for a GPU and for a CPU, scaled to a time budget. Interrupt it at any moment; the same command goes on where it stopped.
"""

import argparse
import csv
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from vit_core import checkpoints
from vit_core.augment import Augmentation, random_views, soft_targets
from vit_core.config import Preprocessing, ViTConfig
from vit_core.datasets import LabelledImages, load_split
from vit_core.model import Edits, VisionTransformer
from vit_core.positions import interpolate_positions

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
        """One setting. Larger grids cost more a step (attention with the square of the tokens), so they are drawn less often for the same time."""
        settings = list(self.shares)
        tokens = [(s[0] // s[1]) ** 2 + 1 for s in settings]
        cost = [batch_of.batch_size(s) * t * (1 + t / 200) for s, t in zip(settings, tokens, strict=True)]
        odds = torch.tensor([self.shares[s] / c for s, c in zip(settings, cost, strict=True)])
        return settings[int(torch.multinomial(odds, 1, generator=generator))]


@dataclass(frozen=True)
class Recipe:
    """Everything that shapes a run besides data, seed and budget."""

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
        min_crop=0.2, rotate=15, shear=8, colour=0.4, grey=0.05, erase=0.25, mixup=0.4, cutmix=0.4, label_smoothing=0.1
    ),
    stages=(Stage(0.3, SMALL_GRIDS), Stage(0.7, MIXED_GRIDS), Stage(1.0, LARGE_GRIDS)),
    medium_batch=512,
    large_batch=512,
    micro_tokens=1 << 20,
    ema=0.9998,
    drop_path=0.1,
)
RECIPES = {"cpu": CPU_RECIPE, "gpu": GPU_RECIPE}
SNAPSHOTS_AT = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)


def drop_path_edits(rate: float, depth: int, generator: torch.Generator) -> Edits:
    """Stochastic depth (Huang et al. 2016) as edits: each branch is dropped per picture, more often the deeper it stands."""

    def dropper(share: float):
        def drop(update: Tensor) -> Tensor:
            kept = torch.rand(len(update), 1, 1, generator=generator) >= share
            return update * (kept.to(update) / (1 - share))

        return drop

    shares = {layer: rate * layer / max(depth - 1, 1) for layer in range(depth)}
    return {(layer, site): dropper(s) for layer, s in shares.items() if s > 0 for site in ("attn_update", "mlp_update")}


def start_weights(config: ViTConfig, seed: int, init: str | Path | None) -> VisionTransformer:
    """A model to train: random, or from a timm-named file whose position table is resized to the configuration's own grid."""
    model = VisionTransformer(config, attention="explicit").init_weights(seed)
    if init is None:
        return model
    tensors = {name: tensor.float() for name, tensor in load_file(init).items()}
    rows = tensors["pos_embed"].shape[1] - config.num_pos_prefix
    side = math.isqrt(rows)
    if rows != model.pos_embed.shape[1] - config.num_pos_prefix:
        tensors["pos_embed"] = interpolate_positions(tensors["pos_embed"], config.replace(pos_grid=(side, side)), config.native_grid)
    model.load_state_dict(tensors)
    return model


@dataclass
class Run:
    """A training run that can stop and go on. `progress` follows the clock under a time budget, and the step count under `steps`."""

    model: VisionTransformer
    recipe: Recipe
    train: LabelledImages
    out: Path
    seed: int = 0
    budget_s: float | None = None
    steps: int | None = None
    device: str = "cpu"
    compile: bool = False
    step: int = 0
    elapsed: float = 0.0
    taken: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if (self.budget_s is None) == (self.steps is None):
            raise ValueError("A run has either a time budget or a number of steps.")
        self.model.to(self.device).train().requires_grad_(True)
        decay = [p for n, p in self.model.named_parameters() if p.ndim > 1 and not n.endswith(("token", "pos_embed"))]
        plain = [p for n, p in self.model.named_parameters() if p.ndim <= 1 or n.endswith(("token", "pos_embed"))]
        groups = [{"params": decay, "weight_decay": self.recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=self.recipe.peak_lr, betas=(0.9, self.recipe.beta2))
        self.ema = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.logits = torch.compile(self._logits) if self.compile else self._logits
        self.started = time.monotonic()
        self.stop = False

    @property
    def progress(self) -> float:
        """Share of the budget that is spent."""
        if self.steps is not None:
            return self.step / self.steps
        return self.spent / self.budget_s

    @property
    def spent(self) -> float:
        """Seconds of training so far, over all sittings."""
        return self.elapsed + time.monotonic() - self.started

    def _logits(self, views: Tensor, patch_size: int, edits: Edits | None) -> Tensor:
        return self.model(views, patch_size, edits).logits

    def generator(self, purpose: int) -> torch.Generator:
        """Random numbers that depend on seed and step alone, so that a resumed run draws what it would have drawn."""
        return torch.Generator().manual_seed((self.seed * 1_000_003 + self.step) * 8 + purpose)

    def batch(self, size: int) -> Tensor:
        """Indices of the next pictures: a new order every epoch, by position in the run."""
        count = len(self.train)
        start = self.step * self.recipe.batch
        epoch, offset = divmod(start, count)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(self.seed * 7919 + epoch))
        return order[torch.arange(offset, offset + size) % count]

    def train_step(self) -> dict[str, float]:
        """One optimiser step at one random setting. Returns what the log keeps."""
        recipe, progress = self.recipe, self.progress
        generator = self.generator(0)
        image_size, patch_size = setting = recipe.stage(progress).draw(generator, recipe)
        tokens = (image_size // patch_size) ** 2 + 1
        indices = self.batch(recipe.batch_size(setting))
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.lr(progress)
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        autocast = torch.autocast(self.device.split(":")[0], torch.bfloat16)
        for chunk in indices.split(max(1, recipe.micro_tokens // tokens)):
            images, labels = self.train.images[chunk].to(self.device), self.train.labels[chunk].to(self.device)
            views = random_views(images, image_size, recipe.augmentation, self.model.config.preprocessing, generator)
            views, targets = soft_targets(views, labels, self.model.config.num_classes, recipe.augmentation, generator)
            edits = drop_path_edits(recipe.drop_path, self.model.config.depth, generator) if recipe.drop_path else None
            with autocast:
                logits = self.logits(views, patch_size, edits)
            loss = F.cross_entropy(logits.float(), targets) * (len(chunk) / len(indices))
            loss.backward()
            total += loss.item()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.optimizer.step()
        self.step += 1
        keep = min(recipe.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            parameters = dict(self.model.named_parameters())
            torch._foreach_lerp_(list(self.ema.values()), [parameters[name] for name in self.ema], 1 - keep)
        return {"loss": total, "lr": recipe.lr(progress), "image_size": image_size, "patch_size": patch_size, "grad_norm": float(norm)}

    def __iter__(self) -> Iterator[dict[str, float]]:
        """Train until the budget is spent or `stop` is set, saving state every few minutes and snapshots along the way."""
        saved = time.monotonic()
        while self.progress < 1 and not self.stop:
            self.take_snapshots()
            row = self.train_step()
            yield {"step": self.step, "seconds": round(self.spent, 1), "progress": round(self.progress, 4), **row}
            if time.monotonic() - saved > 180:
                self.save_state()
                saved = time.monotonic()
        self.take_snapshots()
        self.save_state()

    def take_snapshots(self) -> None:
        """Write the averaged weights at the shares of the budget in `SNAPSHOTS_AT`."""
        for share in SNAPSHOTS_AT:
            if share not in self.taken and self.progress >= share:
                self.taken.append(share)
                checkpoints.save(self.ema, self.model.config, self.out / "snapshots" / f"{round(share * 100):03d}.safetensors")

    def save_state(self) -> None:
        """Everything that is needed to go on, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "ema": self.ema,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "elapsed": self.spent,
            "taken": self.taken,
        }
        part = self.out / "state.part"
        torch.save(state, part)
        os.replace(part, self.out / "state.pt")

    def resume(self) -> bool:
        """Go on from a saved state, if there is one."""
        file = self.out / "state.pt"
        if not file.is_file():
            return False
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.ema = {name: tensor.to(self.device) for name, tensor in state["ema"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed, self.taken = state["step"], state["elapsed"], state["taken"]
        self.started = time.monotonic()
        return True


def fit(run: Run) -> None:
    """Run to the end of the budget with a progress bar and a log in CSV; Ctrl-C or a termination saves and leaves."""
    log = run.out / "train.csv"
    fresh = not log.exists()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: setattr(run, "stop", True))
    bar = tqdm(total=100.0, initial=round(100 * run.progress, 1), unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining} {postfix}")
    with log.open("a", newline="") as file:
        writer = None
        for row in run:
            if writer is None:
                writer = csv.DictWriter(file, row)
                if fresh:
                    writer.writeheader()
            writer.writerow(row)
            file.flush()
            bar.update(max(0.0, min(100 * run.progress, 100) - bar.n))
            bar.set_postfix(step=row["step"], loss=f"{row['loss']:.3f}", at=f"{row['image_size']}/{row['patch_size']}", refresh=False)
    bar.close()


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vit_core.train", description="Train, resume and export the bundled model.")
    parser.add_argument("--data", required=True, help="folder of packed files, or with train/ and val/ folders")
    parser.add_argument("--out", default="runs/bundled", help="where state, log and weights go; a run found there goes on")
    parser.add_argument("--budget-minutes", type=float, help="time to train, over all sittings")
    parser.add_argument("--steps", type=int, help="number of steps instead of a time budget; the same seed gives the same losses")
    parser.add_argument("--init", help="weights to start from, instead of random ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--recipe", choices=sorted(RECIPES), help="cpu (few epochs) or gpu (many); by device if not given")
    parser.add_argument("--train-images", type=int, help="use only the first so many pictures")
    return parser


def main(argv: list[str] | None = None) -> None:
    args = arguments().parse_args(argv)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    on_gpu = args.device.startswith("cuda")
    torch.manual_seed(args.seed)
    train = load_split(args.data, "train")
    if args.train_images:
        train = train.take(args.train_images)
    config = replace(BUNDLED_CONFIG, num_classes=len(train.classes), labels=train.classes)
    model = start_weights(config, args.seed, args.init)
    recipe = RECIPES[args.recipe or ("gpu" if on_gpu else "cpu")]
    budget = None if args.steps else 60 * (args.budget_minutes or 80)
    run = Run(model, recipe, train, out, args.seed, budget, args.steps, args.device, compile=on_gpu)
    print("going on from" if run.resume() else "starting at", f"step {run.step}", flush=True)
    fit(run)
    checkpoints.save(run.ema, config, out / "weights.safetensors")


if __name__ == "__main__":
    main()
