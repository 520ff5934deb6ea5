"""Predicted and measured, side by side, for one model at one setting. `python -m vit_core.cost.compare PLAN` does it in a process of its
own.

PLAN is the JSON text of `Plan.to_json`; every line printed is the JSON of a finished stage.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.cost import Attention, measure
from vit_core.model import VisionTransformer

LONGEST_SECONDS = 300
PROCESS_BYTES = 400_000_000  # PyTorch itself, before any model
MARGIN = 1.25
ANY_GRID = (1, 2**20)
QUICK_MACS = 50_000_000_000  # below it a pass takes a few seconds at most, and is repeated


@dataclass(frozen=True)
class Plan:
    """What is to be measured. `training` adds what autograd saves; `keep_trace` is that of `cost.inference_peak`."""

    config: ViTConfig
    image_size: int
    patch_size: int
    batch: int = 1
    training: bool = False
    attention: Attention = "explicit"
    keep_trace: bool = True

    def to_json(self) -> str:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values | {"config": self.config.to_dict()})

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        values = json.loads(text)
        return cls(**values | {"config": ViTConfig.from_dict(values["config"])})

    @property
    def at(self) -> dict:
        """Size, patch, batch and attention, as `cost` and `measure` name them."""
        return {"image_size": self.image_size, "patch_size": self.patch_size, "batch": self.batch, "attention": self.attention}


@dataclass(frozen=True)
class Row:
    """One quantity. `unit` is "bytes", "seconds" or "" for a count; `predicted` is None where there is no closed form."""

    name: str
    unit: str
    predicted: int | None
    measured: int | float

    @property
    def error(self) -> float | None:
        """Of the prediction, in percent of the measurement."""
        if self.predicted is None:
            return None
        return 100 * (self.predicted - self.measured) / self.measured if self.measured else 0.0


def blank(config: ViTConfig, device: str = "cpu") -> VisionTransformer:
    """A model whose weights are zeros, and that takes a grid of any size: what is measured here depends on neither."""
    with torch.device("meta"):
        model = VisionTransformer(config.replace(grid_range=ANY_GRID))
    model = model.to_empty(device=device).requires_grad_(False).eval()
    for parameter in model.parameters():
        parameter.zero_()
    return model


def stages(plan: Plan) -> dict[str, Callable[[VisionTransformer], Row]]:
    """What is measured, in its order; attention is the plan's, except that multiply-accumulates are counted on explicit products."""
    config, at = plan.config, plan.at
    size = {"image_size": plan.image_size, "patch_size": plan.patch_size}
    repeats = 3 if cost.macs(config, **size).total * plan.batch < QUICK_MACS else 1
    found: dict[str, Callable[[VisionTransformer], Row]] = {
        "parameters": lambda model: Row("parameters", "", cost.parameters(config).total, measure.parameters(model)),
        "MACs": lambda model: Row("MACs, one picture", "", cost.macs(config, **size).total, measure.macs(model, **size)),
    }
    if plan.training:
        found["saved activations"] = lambda model: Row(
            "saved for the backward pass", "bytes", cost.saved_activations(config, **at), measure.saved_activations(model, **at)
        )
    found["peak"] = lambda model: Row(
        "peak of activations in inference",
        "bytes",
        cost.inference_peak(config, **at, keep_trace=plan.keep_trace),
        measure.inference_peak(model, **at, keep_trace=plan.keep_trace),
    )
    found["time"] = lambda model: Row(
        "time of a forward pass",
        "seconds",
        None,
        measure.seconds(measure.twin(model, plan.attention), **size, batch=plan.batch, repeats=repeats).median,
    )
    return found


def compare(plan: Plan, device: str = "cpu") -> Iterator[Row]:
    """The rows, each when it is measured."""
    model = blank(plan.config, device)
    for stage in stages(plan).values():
        yield stage(model)


def needed_bytes(plan: Plan) -> int:
    """The most that the measurement holds at once, its process included, with a margin for what the closed forms leave out."""
    at, one_matrix = plan.at, cost.memory(plan.config, plan.image_size, plan.patch_size, plan.batch).attention_matrix
    counting = cost.inference_peak(plan.config, plan.image_size, plan.patch_size, 1, attention="explicit")
    work = max(counting, cost.inference_peak(plan.config, **at))
    if plan.training:
        work = max(work, cost.saved_activations(plan.config, **at) + (2 * one_matrix if plan.attention == "explicit" else 0))
    held = cost.memory(plan.config, plan.image_size, plan.patch_size, plan.batch)
    return PROCESS_BYTES + int(MARGIN * (held.weights + held.inputs + work))


def free_bytes() -> int | None:
    """Memory that this process and its children may still take; None where the system does not say."""
    found = []
    for line in read_lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) * 1024)
    group = Path("/sys/fs/cgroup")
    for limit, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        top, now = read_lines(group / limit), read_lines(group / used)
        if top and now and top[0].isdigit():
            found.append(max(0, int(top[0]) - int(now[0])))
    return min(found, default=None)


def read_lines(path: str | Path) -> list[str]:
    """The lines of a file; none if it cannot be read."""
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def refusal(plan: Plan, free: int | None) -> str | None:
    """Why a plan is not measured, as a sentence; None if it fits in `free` bytes."""
    needed = needed_bytes(plan)
    if free is None or needed <= free:
        return None
    what = f"{plan.config.name} at {plan.image_size} px with patches of {plan.patch_size} and batch {plan.batch}"
    return (
        f"Not measured: {what} would take about {gigabytes(needed)}, and {gigabytes(free)} are free on this machine. A smaller picture "
        f"or batch fits."
    )


def gigabytes(count: int) -> str:
    """Bytes in a unit that leaves few digits."""
    for unit, size in (("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15)):
        if count < 1000 * size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e18:.3g} EB"


def be_modest() -> None:
    """Give way to the app, be the first to go if memory runs out, and end by itself."""
    if hasattr(os, "nice"):
        os.nice(10)
    if hasattr(signal, "alarm"):
        signal.alarm(LONGEST_SECONDS)
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return


def device_for(plan: Plan) -> str:
    """The GPU, where there is one with room for the plan."""
    return "cuda" if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] >= needed_bytes(plan) else "cpu"


def main() -> None:
    plan = Plan.from_json(sys.argv[1])
    be_modest()
    for row in compare(plan, device_for(plan)):
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main()
