"""One training run: the steps, the random draws behind them, and the state that lets it stop at any moment and go on."""

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from vit_core import checkpoints
from vit_core.config import ViTConfig
from vit_core.model import Edits, VisionTransformer
from vit_core.patches import resize_kernel
from vit_core.positions import interpolate_positions
from vit_core.train.augment import random_views, soft_targets
from vit_core.train.datasets import LabelledImages
from vit_core.train.parallel import team
from vit_core.train.recipes import Recipe

SNAPSHOTS_AT = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
STATE_EVERY_S = 180
DROPPED = ("attn_update", "mlp_update")


def drop_path_factors(rate: float, depth: int, batch: int, generator: torch.Generator) -> Tensor:
    """Stochastic depth (Huang et al. 2016): `[depth, 2, B, 1, 1]` factors of the branches, 0 where one is dropped, more often the deeper it
    stands, otherwise `1 / (1 - share)`, so that the mean stays 1. `rate` is the share dropped in the last layer."""
    shares = torch.linspace(0, rate, depth).view(-1, 1, 1, 1, 1)
    return (torch.rand(depth, 2, batch, 1, 1, generator=generator) >= shares) / (1 - shares)


def drop_path_edits(factors: Tensor) -> Edits:
    """The factors as edits of the residual branches."""

    def scaled(by: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda update: update * by.to(update)

    pairs = ((layer, which) for layer in range(len(factors)) for which in range(2))
    return {(layer, DROPPED[which]): scaled(factors[layer, which]) for layer, which in pairs}


def start_weights(config: ViTConfig, seed: int, init: str | Path | None) -> VisionTransformer:
    """A model to train: random, or from a timm-named file whose position table is resized to the configuration's own grid.

    ValueError if the file does not fit the configuration.
    """
    model = VisionTransformer(config, attention="explicit").init_weights(seed)
    if init is None:
        return model
    tensors = {name: tensor.float() for name, tensor in load_file(init).items()}
    rows = tensors["pos_embed"].shape[1] - config.num_pos_prefix
    side = math.isqrt(rows)
    if rows != model.pos_embed.shape[1] - config.num_pos_prefix:
        tensors["pos_embed"] = interpolate_positions(tensors["pos_embed"], config.replace(pos_grid=(side, side)), config.native_grid)
    model.load_state_dict(checkpoints.with_weights(config, tensors).state_dict())
    return model


@dataclass
class Run:
    """A training run that can stop and go on. `progress` follows the clock under a time budget, and the step count under `steps`.

    `compile` names a backend of `torch.compile`, or is None. Of several processes (`vit_core.train.parallel`) each takes the same draws
    and its share of the pictures, so that the steps are those of one process but for rounding.
    """

    model: VisionTransformer
    recipe: Recipe
    train: LabelledImages
    out: Path
    seed: int = 0
    budget_s: float | None = None
    steps: int | None = None
    device: str = "cpu"
    compile: str | None = None
    step: int = 0
    elapsed: float = 0.0
    taken: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        given = [limit for limit in (self.budget_s, self.steps) if limit is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(f"A run has either a time budget or a number of steps, above 0; got {self.budget_s} s and {self.steps} steps.")
        on_gpu = self.device.startswith("cuda")
        self.model.to(self.device).train().requires_grad_(True)
        self.model.attention = "fused" if on_gpu else "explicit"  # explicit products have the faster backward pass on a CPU
        if on_gpu and self.train.images.nbytes < torch.cuda.mem_get_info(self.device)[0] / 2:
            self.train = self.train.to(self.device)
        decay = [p for n, p in self.model.named_parameters() if p.ndim > 1 and not n.endswith(("token", "pos_embed"))]
        plain = [p for n, p in self.model.named_parameters() if p.ndim <= 1 or n.endswith(("token", "pos_embed"))]
        groups = [{"params": decay, "weight_decay": self.recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=self.recipe.peak_lr, betas=(0.9, self.recipe.beta2), fused=on_gpu or None)
        self.ema = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.logits = self._logits
        if self.compile:
            torch._dynamo.config.recompile_limit = 64  # a graph for each setting and batch size
            self.logits = torch.compile(self._logits, backend=self.compile, fullgraph=True, dynamic=False)
        self.started = time.monotonic()
        self.stop = False
        self.team, self.agreed = team(), 0.0

    @property
    def progress(self) -> float:
        """Share of the budget that is spent; of several processes, what they have agreed on last."""
        return self._progress() if self.team.count == 1 else self.agreed

    def goes_on(self) -> bool:
        """Whether there is a step to take: all processes agree on that, and on how far the run is."""
        self.agreed = self.team.first(self._progress(), self.device)
        self.stop = bool(self.team.most(float(self.stop), self.device))
        return self.agreed < 1 and not self.stop

    def _progress(self) -> float:
        return self.step / self.steps if self.steps is not None else self.spent / (self.budget_s or math.inf)

    @property
    def spent(self) -> float:
        """Seconds of training so far, over all sittings."""
        return self.elapsed + time.monotonic() - self.started

    def _logits(self, views: Tensor, patch_size: int, kernel: Tensor, factors: Tensor | None) -> Tensor:
        """What a compiler sees. The kernel comes resized: a compiler ignores the cache that its resize matrix is kept in."""
        edits = None if factors is None else drop_path_edits(factors)
        return torch.func.functional_call(self.model, {"patch_embed.proj.weight": kernel}, (views, patch_size, edits)).logits

    def generator(self) -> torch.Generator:
        """Random numbers that depend on seed and step alone, so that a resumed run draws what it would have drawn."""
        return torch.Generator().manual_seed((self.seed * 1_000_003 + self.step) * 8)

    def batch(self, size: int) -> Tensor:
        """Indices of the next pictures: a new order every epoch, by position in the run."""
        count = len(self.train)
        epoch, offset = divmod(self.step * self.recipe.batch, count)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(self.seed * 7919 + epoch))
        return order[torch.arange(offset, offset + size) % count]

    def train_step(self) -> dict[str, float]:
        """One optimiser step at one random setting. Returns what the log keeps."""
        recipe, progress, config = self.recipe, self.progress, self.model.config
        generator = self.generator()
        image_size, patch_size = setting = recipe.stage(progress).draw(generator, recipe)
        tokens = (image_size // patch_size) ** 2 + 1
        indices = self.batch(recipe.batch_size(setting))
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.lr(progress)
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for chunk in indices.split(max(1, recipe.micro_tokens // tokens)):
            part = self.train[chunk.to(self.train.images.device)].to(self.device)
            views = random_views(part.images, image_size, recipe.augmentation, config.preprocessing, generator)
            views, targets = soft_targets(views, part.labels, config.num_classes, recipe.augmentation, generator)
            factors = drop_path_factors(recipe.drop_path, config.depth, len(chunk), generator).to(self.device) if recipe.drop_path else None
            mine = self.team.share(len(chunk))
            views, targets, factors = views[mine], targets[mine], None if factors is None else factors[:, :, mine]
            if not len(views):
                continue
            with torch.autocast(self.device.split(":")[0], torch.bfloat16):
                logits = self.logits(views, patch_size, resize_kernel(self.model.patch_embed.proj.weight, patch_size), factors)
            loss = F.cross_entropy(logits.float(), targets) * (len(views) / len(indices))
            loss.backward()
            total += loss.item()
        self.team.add(self.model.parameters())
        total = self.team.total(total, self.device)
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
        while self.goes_on():
            self.take_snapshots()
            row = self.train_step()
            yield {"step": self.step, "seconds": round(self.spent, 1), "progress": round(self.progress, 4), **row}
            if time.monotonic() - saved > STATE_EVERY_S:
                self.save_state()
                saved = time.monotonic()
        self.take_snapshots()
        self.save_state()

    def take_snapshots(self) -> None:
        """Write the averaged weights at the shares of the budget in `SNAPSHOTS_AT`."""
        for share in SNAPSHOTS_AT:
            if share not in self.taken and self.progress >= share:
                self.taken.append(share)
                if self.team.rank == 0:
                    checkpoints.save(self.ema, self.model.config, self.out / "snapshots" / f"{round(share * 100):03d}.safetensors")

    def save_state(self) -> None:
        """Everything that is needed to go on, whole or not at all."""
        if self.team.rank:
            return
        state: dict[str, Any] = {"model": self.model.state_dict(), "ema": self.ema, "optimizer": self.optimizer.state_dict()}
        state |= {"step": self.step, "elapsed": self.spent, "taken": self.taken}
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
