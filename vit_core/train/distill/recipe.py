"""What shapes a distillation: phases counted in pictures, the sizes that each sees, rates, weights of the losses."""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from vit_core.config import ViTConfig
from vit_core.train.distill.pictures import Views
from vit_core.train.recipes import Setting

Kind = Literal["layers", "streams", "whole"]

# Shares of the steps. While layers learn one by one, small grids teach as much a token and cost less.
SMALL: dict[Setting, float] = {(128, 16): 0.55, (160, 16): 0.2, (224, 16): 0.25}
LIKE_TEACHER: dict[Setting, float] = {(128, 16): 0.35, (160, 16): 0.3, (224, 16): 0.35}
# The student's sizes where the teacher sees the picture at its own size. Few tokens are where a model trained at one size loses most.
FLEXIBLE: dict[Setting, float] = {
    (224, 32): 0.16, (112, 16): 0.12, (128, 16): 0.12, (64, 16): 0.08, (160, 32): 0.03, (96, 16): 0.06, (56, 8): 0.04, (160, 16): 0.08,
    (112, 8): 0.12, (320, 32): 0.04, (448, 32): 0.04, (384, 64): 0.02, (192, 16): 0.04, (128, 8): 0.03, (56, 4): 0.01, (384, 16): 0.005,
    (224, 8): 0.005,
}  # fmt: skip


@dataclass(frozen=True)
class Phase:
    """A part of the run. `kind`: "layers", every block learns from the teacher's stream; "streams", half of each batch goes through the
    student's own blocks, without gradient between them; "whole", end to end.

    pictures: how many. rate: of the optimiser, reached after `warmup` pictures (at most a quarter of them), falling over the last `fall` of
    them (a share) to `lowest` of it. settings: (image size, patch size) that teacher and student see, with their shares of the steps.
    """

    kind: Kind
    pictures: int
    rate: float
    settings: dict[Setting, float] = field(default_factory=lambda: dict(LIKE_TEACHER))
    warmup: int = 1000
    fall: float = 0.5
    lowest: float = 0.05


@dataclass(frozen=True)
class Recipe:
    """The phases and what they have in common.

    batch_tokens: the student's tokens in a step, or half of the teacher's, whichever are more. flexible: from which share of the last
    phase's steps at other sizes to which, over `ramp` pictures. tail: pictures over which the last phase's rate falls; it is constant
    before.
    stream_limit: see `streams.limited`. own_stream, divergence, cosine, stream, label: weights of the losses. beside: rate of AdamW over
    Muon's, where both work. ema: how much of the averaged weights stays in a step.
    """

    phases: tuple[Phase, ...]
    batch_tokens: int = 2400
    largest_batch: int = 32
    flexible: tuple[float, float] = (0.3, 0.6)
    ramp: int = 8_000
    flexible_settings: dict[Setting, float] = field(default_factory=lambda: dict(FLEXIBLE))
    teacher_size: int = 224
    tail: int = 20_000
    stream_limit: float = 3.0
    own_stream: float = 2.0
    divergence: float = 2.0
    cosine: float = 2.0
    stream: float = 0.5
    label: float = 0.2
    optimiser: Literal["muon", "adamw"] = "muon"
    beside: float = 0.3
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.998
    views: Views = field(default_factory=Views)

    @property
    def total(self) -> int:
        """Pictures of the whole run."""
        return sum(phase.pictures for phase in self.phases)

    def at(self, seen: int) -> tuple[int, Phase, int]:
        """The phase after `seen` pictures: its index, itself, and the pictures seen in it."""
        for index, phase in enumerate(self.phases):
            if seen < phase.pictures or index == len(self.phases) - 1:
                return index, phase, seen
            seen -= phase.pictures
        raise ValueError("A recipe needs at least one phase.")

    def rate(self, seen: int) -> float:
        """The learning rate after `seen` pictures: up, constant, then falling in a straight line to `lowest` of it.

        In the last phase the fall takes `tail` pictures, whatever its length (Hu et al. 2024 call this warm-up, stable, decay): a run that
        is made longer before its tail goes on as if it had been meant so from the first.
        """
        index, phase, inside = self.at(seen)
        warm = max(1.0, min(phase.warmup, phase.pictures / 4))
        fall = self.tail if index == len(self.phases) - 1 else phase.fall * phase.pictures
        fall = max(1.0, min(fall, phase.pictures - warm))
        left = (phase.pictures - inside) / fall
        return phase.rate * min(1.0, (inside + 1) / warm, max(phase.lowest, left))

    def flexible_share(self, inside: int) -> float:
        """Share of the steps at other sizes, `inside` pictures into the last phase."""
        low, high = self.flexible
        return low + (high - low) * min(1.0, inside / max(1, self.ramp))

    def batch(self, tokens: int) -> int:
        """Pictures in a step where each has so many tokens."""
        return max(1, min(self.largest_batch, self.batch_tokens // tokens))


def fitted(settings: dict[Setting, float], config: ViTConfig) -> dict[Setting, float]:
    """Settings that were chosen for a model of 224/16, scaled to another one's own grid and patch size; shares of equal ones are added."""
    found: dict[Setting, float] = {}
    for (size, patch), share in settings.items():
        own = max(1, round(patch * config.patch_size / 16))
        grid = max(1, round(size / patch * config.native_grid[0] / 14))
        found[grid * own, own] = found.get((grid * own, own), 0.0) + share
    return found


def draw(settings: dict[Setting, float], generator: torch.Generator) -> Setting:
    """One setting, by its share."""
    return list(settings)[int(torch.multinomial(torch.tensor(list(settings.values())), 1, generator=generator))]


# Muon's step has a root mean square of 0.2 times its rate, AdamW's early ones have its rate: hence the factor of five.
RATES: dict[str, tuple[float, float, float]] = {"muon": (1e-2, 4e-3, 2.5e-4), "adamw": (2e-3, 1e-3, 4e-4)}


def recipe(layers: int = 14_000, streams: int = 12_000, whole: int = 120_000, **changes: Any) -> Recipe:
    """The recipe that the bundled model was made by, for so many pictures in each phase; phases without pictures are left out.

    After the same 125 steps layer by layer, Muon's loss was that of AdamW after about 200.
    """
    rates = RATES[changes.get("optimiser", "muon")]
    phases = (
        Phase("layers", layers, rates[0], dict(SMALL), warmup=500),
        Phase("streams", streams, rates[1], dict(SMALL)),
        Phase("whole", whole, rates[2]),
    )
    return Recipe(tuple(phase for phase in phases if phase.pictures), **changes)
