"""One distillation: its steps, the random draws behind them, and the state that lets it stop at any moment and go on."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vit_core import checkpoints
from vit_core.config import Preprocessing, ViTConfig
from vit_core.model import VisionTransformer
from vit_core.train.distill.losses import Parts, by_layers, end_to_end
from vit_core.train.distill.pictures import UNKNOWN, Pictures, batch
from vit_core.train.distill.products import use_half_products
from vit_core.train.distill.recipe import Recipe, draw
from vit_core.train.distill.streams import Answer, answer

SNAPSHOTS_AT = (0, 1_000, 3_000, 6_000, 10_000, 20_000, 30_000, 45_000, 60_000, 80_000, *range(100_000, 10_000_000, 50_000))
SAVE_EVERY_S = 240
FASTEST_SHARE = 0.05  # of a step, that a new measure of speed counts for


def check_pair(teacher: ViTConfig, student: ViTConfig, recipe: Recipe) -> None:
    """ValueError if this teacher cannot teach this student by this recipe."""
    if teacher.num_classes == 0:
        raise ValueError("The teacher has no classification head, so it has no answer to learn from.")
    if student.num_classes != teacher.num_classes:
        raise ValueError(f"Student and teacher must name the same classes; got {student.num_classes} and {teacher.num_classes}.")
    if student.in_chans != teacher.in_chans:
        raise ValueError(f"Student and teacher must read the same channels; got {student.in_chans} and {teacher.in_chans}.")
    if student.embed_dim != teacher.embed_dim and any(phase.kind != "whole" for phase in recipe.phases):
        raise ValueError(
            f"Learning layer by layer needs equal widths; got {student.embed_dim} and {teacher.embed_dim}: give those phases 0 pictures."
        )


def optimisers(model: nn.Module, maps: nn.ModuleList | None, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """AdamW; or Muon (Jordan et al. 2024) for the matrices of the blocks and AdamW for everything else, at rates of the same meaning."""
    named = [*model.named_parameters(), *([] if maps is None else maps.named_parameters())]
    matrices = [p for name, p in named if p.ndim == 2 and name.startswith("blocks.")] if recipe.optimiser == "muon" else []
    chosen = {id(p) for p in matrices}
    rest = [(name, p) for name, p in named if id(p) not in chosen]
    decay = [p for name, p in rest if p.ndim > 1 and not name.endswith(("token", "pos_embed"))]
    plain = [p for name, p in rest if p.ndim <= 1 or name.endswith(("token", "pos_embed"))]
    groups = [{"params": decay, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    found: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98))]
    if matrices:
        found.append(torch.optim.Muon(matrices, lr=1e-3, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"))
    return found


@dataclass
class Distillation:
    """A student that learns from a teacher, and can stop and go on. `seen` counts pictures; phases follow it and nothing else.

    half: products in bfloat16 (`products`). The teacher is not changed but for how it multiplies.
    """

    teacher: VisionTransformer
    student: VisionTransformer
    pictures: Pictures
    recipe: Recipe
    out: Path
    seed: int = 0
    device: str = "cpu"
    half: bool = True

    def __post_init__(self) -> None:
        teacher, student, recipe = self.teacher.config, self.student.config, self.recipe
        check_pair(teacher, student, recipe)
        self.teacher.to(self.device).eval().requires_grad_(False)
        self.student.to(self.device).train().requires_grad_(True)
        wide = teacher.embed_dim != student.embed_dim
        self.maps = None
        if wide:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                self.maps = nn.ModuleList(nn.Linear(student.embed_dim, teacher.embed_dim) for _ in range(student.depth)).to(self.device)
        if self.half:
            use_half_products(self.teacher)
            use_half_products(self.student)
        self.known = torch.tensor(sorted({label for label in self.pictures.labels if label != UNKNOWN}), device=self.device)
        self.optimisers = optimisers(self.student, self.maps, recipe)
        self.ema = {name: p.detach().clone() for name, p in self.student.named_parameters()}
        self.step = self.seen = 0
        self.elapsed = 0.0
        self.speed: dict[str, float] = {}  # pictures per second, by kind of phase
        self.taken: list[int] = []
        self.started = time.monotonic()
        self.stop = False

    @property
    def hours(self) -> float:
        """Hours of training so far, over all sittings."""
        return (self.elapsed + time.monotonic() - self.started) / 3600

    @property
    def done(self) -> bool:
        return self.seen >= self.recipe.total

    @property
    def hours_left(self) -> float:
        """What the rest takes: each phase at the speed that it has shown, or at the slowest shown; nan before the first step."""
        known = min(self.speed.values(), default=float("nan"))
        left, total = self.recipe.total - self.seen, 0.0
        for phase in reversed(self.recipe.phases):
            part = min(left, phase.pictures)
            total, left = total + part / self.speed.get(phase.kind, known), left - part
        return total / 3600

    def generator(self) -> torch.Generator:
        """Random numbers that depend on seed and step alone, so that a resumed run draws what it would have drawn."""
        return torch.Generator().manual_seed((self.seed * 1_000_003 + self.step) * 8 + 1)

    def normalised(self, pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
        """Pixels in [0, 1] as a model's input."""
        mean, std = (torch.tensor(v, device=self.device).view(1, 3, 1, 1) for v in (preprocessing.mean, preprocessing.std))
        return (pixels - mean) / std

    def ask(self, pixels: Tensor) -> Answer:
        """The teacher's answer to pixels in [0, 1], at its own patch size."""
        with torch.inference_mode():
            trace = self.teacher(self.normalised(pixels, self.teacher.config.preprocessing))
        return answer(trace, self.recipe.stream_limit)

    def loss(self, generator: torch.Generator) -> tuple[Tensor, Parts, int]:
        """The loss of one batch, what the log keeps of it, and the pictures in it."""
        recipe, config = self.recipe, self.student.config
        _, phase, inside = recipe.at(self.seen)
        flexible = phase.kind == "whole" and float(torch.rand((), generator=generator)) < recipe.flexible_share(inside)
        size, patch = setting = draw(recipe.flexible_settings if flexible else phase.settings, generator)
        view = recipe.teacher_size if flexible else size // patch * self.teacher.config.patch_size
        tokens = max((size // patch) ** 2, (view // self.teacher.config.patch_size) ** 2 // 2) + 1  # asking costs a third of learning
        pixels, labels = batch(self.pictures, recipe.batch(tokens), view, recipe.views, generator)
        pixels, labels = pixels.to(self.device), labels.to(self.device)
        said = self.ask(pixels)
        own = pixels if view == size else F.interpolate(pixels, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        images = self.normalised(own, config.preprocessing)
        if phase.kind == "whole":
            loss, parts = end_to_end(self.student(images, patch), said, labels, self.known, recipe, self.maps)
        else:
            forced = len(images) if phase.kind == "layers" else (len(images) + 1) // 2
            loss, parts = by_layers(self.student, images, patch, said, forced, recipe)
        return loss, {"size": setting[0], "patch": setting[1], "loss": loss.item(), **parts}, len(images)

    def train_step(self) -> Parts:
        """One optimiser step. Returns what the log keeps."""
        began = time.monotonic()
        kind, rate = self.recipe.at(self.seen)[1].kind, self.recipe.rate(self.seen)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
            beside = len(self.optimisers) > 1 and isinstance(optimiser, torch.optim.AdamW)
            for group in optimiser.param_groups:
                group["lr"] = rate * (self.recipe.beside if beside else 1.0)
        loss, parts, count = self.loss(self.generator())
        loss.backward()
        learned = [p for optimiser in self.optimisers for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.nn.utils.clip_grad_norm_(learned, self.recipe.clip if kind == "whole" else 5 * self.recipe.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step, self.seen = self.step + 1, self.seen + count
        keep = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            parameters = dict(self.student.named_parameters())
            torch._foreach_lerp_(list(self.ema.values()), [parameters[name] for name in self.ema], 1 - keep)
        now = count / max(1e-9, time.monotonic() - began)
        self.speed[kind] = now if kind not in self.speed else 1 / ((1 - FASTEST_SHARE) / self.speed[kind] + FASTEST_SHARE / now)
        return {"phase": kind, "rate": rate, **parts, "gradient": float(norm)}

    def __iter__(self) -> Iterator[Parts]:
        """Train until all phases are done or `stop` is set, saving state every few minutes and snapshots along the way."""
        saved = time.monotonic()
        while not self.done and not self.stop:
            self.take_snapshots()
            row = self.train_step()
            yield {"step": self.step, "pictures": self.seen, "hours": self.hours, **row}
            if time.monotonic() - saved > SAVE_EVERY_S:
                self.save_state()
                saved = time.monotonic()
        self.take_snapshots()
        self.save_state()

    def take_snapshots(self) -> None:
        """Write the averaged weights where `SNAPSHOTS_AT` many pictures have been seen."""
        due = [count for count in SNAPSHOTS_AT if count <= self.seen and count not in self.taken]
        self.taken += due
        if due:
            checkpoints.save(self.ema, self.student.config, self.out / "snapshots" / f"{due[-1]:08d}.safetensors")

    def save_state(self) -> None:
        """Everything that is needed to go on, and the averaged student as a model file; each whole or not at all."""
        state: dict[str, Any] = {
            "student": self.student.state_dict(),
            "ema": self.ema,
            "maps": None if self.maps is None else self.maps.state_dict(),
        }
        state |= {"optimisers": [optimiser.state_dict() for optimiser in self.optimisers], "optimiser": self.recipe.optimiser}
        state |= {"step": self.step, "seen": self.seen, "elapsed": 3600 * self.hours, "taken": self.taken, "speed": self.speed}
        part = self.out / "state.part"
        torch.save(state, part)
        os.replace(part, self.out / "state.pt")
        checkpoints.save(self.ema, self.student.config, self.out / "weights.safetensors")

    def resume(self) -> bool:
        """Go on from a saved state, if there is one; an optimiser of another kind starts without momentum. ValueError if it is of
        another student."""
        file = self.out / "state.pt"
        if not file.is_file():
            return False
        state = torch.load(file, map_location=self.device, weights_only=True)
        shapes = {name: tensor.shape for name, tensor in state["student"].items()}
        if shapes != {name: tensor.shape for name, tensor in self.student.state_dict().items()}:
            raise ValueError(f"{self.out} holds a run of another student; give the options that it was started with, or another folder.")
        self.student.load_state_dict(state["student"])
        if self.maps is not None:
            self.maps.load_state_dict(state["maps"])
        if state["optimiser"] == self.recipe.optimiser:
            for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
        self.ema = {name: tensor.to(self.device) for name, tensor in state["ema"].items()}
        self.step, self.seen, self.elapsed = state["step"], state["seen"], state["elapsed"]
        self.taken, self.speed = state["taken"], state["speed"]
        self.started = time.monotonic()
        return True
