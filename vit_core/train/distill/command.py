"""`python -m vit_core.train --teacher FOLDER --data PICTURES --out RUN`: a fresh student learns from a trained classifier.

Interrupt it at any moment; the same command goes on where it stopped, and another `--whole` or `--tail` makes the run longer or shorter.
"""

import argparse
import json
import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

import torch

from vit_core import checkpoints
from vit_core.checkpoints.class_names import read_names
from vit_core.config import ViTConfig
from vit_core.model import VisionTransformer
from vit_core.train.distill.losses import Parts
from vit_core.train.distill.pictures import UnreadablePicture, open_pictures
from vit_core.train.distill.recipe import Recipe, fitted, recipe
from vit_core.train.distill.run import Distillation
from vit_core.train.process import machine, stoppable

LOG = "train.jsonl"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vit_core.train --teacher", description="Distil a classifier into a fresh student.")
    add = parser.add_argument
    add("--teacher", required=True, help="file or folder of a classifier that `vit_core.load` reads")
    add("--data", required=True, help="folder of pictures, labels not needed, or of packed train*.npz files")
    add("--out", required=True, help="where state, log and weights go; a run found there goes on")
    add("--labels", help="names of the teacher's classes, if it has none: one a line, or JSON (a list, or an object with id2label)")
    add("--name", default="Distilled ViT")
    for field in ("width", "depth", "heads", "mlp", "registers"):
        add(f"--{field}", type=int, help=f"{field} of the student; the teacher's if not given")
    add("--layers", type=int, default=14_000, metavar="PICTURES", help="phase 1: every block from the teacher's stream")
    add("--streams", type=int, default=12_000, metavar="PICTURES", help="phase 2: half of each batch from the student's own stream")
    add("--whole", type=int, default=120_000, metavar="PICTURES", help="phase 3: end to end, at more and more sizes")
    add("--tail", type=int, default=20_000, metavar="PICTURES", help="over the last so many of phase 3 the rate falls")
    add("--rates", type=float, nargs=3, metavar="RATE", help="learning rates of the three phases")
    add("--ema", type=float, help="how much of the averaged weights stays in a step; less for short runs")
    add("--batch-tokens", type=int, help="tokens in a step")
    add("--optimiser", choices=("muon", "adamw"), default="muon")
    add("--fixed-size", action="store_true", help="never show the student another size than the teacher")
    add("--float32", action="store_true", help="multiply in float32; bfloat16 is faster where the processor has it")
    add("--seed", type=int, default=0)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--log-every", type=int, default=20, metavar="STEPS")
    return parser


def names_in(file: str | None) -> tuple[str, ...]:
    """Class names from a file (see `read_names`); none without a file."""
    return () if file is None else read_names(file)


def student_config(teacher: ViTConfig, args: argparse.Namespace, plan: Recipe) -> ViTConfig:
    """The student's configuration: the teacher's but for what the options change; open to every size that it will see."""
    wanted = {
        "embed_dim": args.width,
        "depth": args.depth,
        "num_heads": args.heads,
        "mlp_hidden": args.mlp,
        "num_registers": args.registers,
    }
    config = teacher.replace(**{field: value for field, value in wanted.items() if value is not None}, name=args.name, temperature=1.0)
    if not plan.flexible[1]:
        return config
    patches = sorted({teacher.patch_size, *(patch for _, patch in plan.flexible_settings)})
    grids = [size // patch for size, patch in plan.flexible_settings]
    return config.replace(patch_sizes=tuple(patches), grid_range=(min(2, *grids), max(64, *grids)), pos_grid=teacher.native_grid)


def planned(teacher: ViTConfig, args: argparse.Namespace) -> Recipe:
    """The recipe that the options ask for, its sizes scaled to the teacher's own."""
    plan = recipe(args.layers, args.streams, args.whole, tail=args.tail, optimiser=args.optimiser)
    if not plan.phases:
        raise ValueError("A run needs pictures in at least one phase; got 0 for all three.")
    if args.rates:
        rates = dict(zip(("layers", "streams", "whole"), args.rates, strict=True))
        plan = replace(plan, phases=tuple(replace(phase, rate=rates[phase.kind]) for phase in plan.phases))
    phases = tuple(replace(phase, settings=fitted(phase.settings, teacher)) for phase in plan.phases)
    sizes: dict[str, Any] = {
        "flexible_settings": fitted(plan.flexible_settings, teacher),
        "teacher_size": teacher.native_grid[0] * teacher.patch_size,
    }
    given = {"batch_tokens": args.batch_tokens, "ema": args.ema}
    sizes |= {field: value for field, value in given.items() if value is not None}
    return replace(plan, phases=phases, **sizes, flexible=(0.0, 0.0) if args.fixed_size else plan.flexible)


@contextmanager
def opened_log(path: Path, step: int) -> Iterator[TextIO]:
    """The log, ready to be appended to, without the lines after `step`: a run resumes at its last saved state."""
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        part = path.with_suffix(".part")
        part.write_text("".join(line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step), encoding="utf-8")
        part.replace(path)
    with path.open("a", encoding="utf-8") as file:
        yield file


def mean_row(rows: Sequence[Parts]) -> Parts:
    """Several steps as one line of the log: numbers averaged where they are measured, the last one's where they count."""
    last = rows[-1]
    found: Parts = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        values = [row[key] for row in rows if key in row and not (isinstance(row[key], float) and math.isnan(row[key]))]
        counted = key in ("step", "pictures", "hours", "phase", "rate")
        if counted or not values:
            found[key] = last.get(key) if counted else None
        elif key not in ("size", "patch"):
            found[key] = float(f"{sum(values) / len(values):.5g}")
    found["hours"] = round(last["hours"], 4)
    return {key: value for key, value in found.items() if value is not None}


def sentence(row: Parts, run: Distillation) -> str:
    """A line for a person: where the run is, how it does, how long it takes."""
    share = f", agreement {100 * row['agreement']:.1f}%" if "agreement" in row else ""
    divergence = f", divergence {row['divergence']:.3f}" if "divergence" in row else ""
    return (
        f"{row['phase']}: {row['pictures']:,} of {run.recipe.total:,} pictures, step {row['step']:,}, {row['pictures_per_s']:.1f}/s, "
        f"loss {row['loss']:.3f}{divergence}{share}; {row['hours']:.2f} h, about {run.hours_left:.1f} h left"
    )


def fit(run: Distillation, every: int) -> None:
    """Run to the end, or to an interruption, with a line in the log every so many steps."""
    rows: list[Parts] = []
    at, hours = run.seen, run.hours
    with opened_log(run.out / LOG, run.step) as file, stoppable(run):
        for row in run:
            whole = len(rows) >= every or (rows and rows[-1]["phase"] != row["phase"])
            if whole:
                at, hours = write(rows, run, file, at, hours)
                rows = []
            rows.append(row)
        if rows:
            write(rows, run, file, at, hours)


def write(rows: Sequence[Parts], run: Distillation, file: TextIO, at: int, hours: float) -> tuple[int, float]:
    """Log some steps, since the line that was written at `at` pictures and `hours`; returns both for the next one."""
    line = mean_row(rows)
    line["pictures_per_s"] = round((line["pictures"] - at) / max(1e-6, 3600 * (line["hours"] - hours)), 2)
    file.write(json.dumps(line) + "\n")
    file.flush()
    print(sentence(line, run), flush=True)
    return line["pictures"], line["hours"]


def describe(run: Distillation, args: argparse.Namespace, argv: Sequence[str]) -> None:
    """How the run was made, in `run.json`, for the model card; a resumed run adds its command where it differs."""
    file = run.out / "run.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    plan = asdict(run.recipe)
    for settings in (plan, *plan["phases"]):
        for key in ("settings", "flexible_settings"):
            if key in settings:
                settings[key] = {f"{size}/{patch}": share for (size, patch), share in settings[key].items()}
    about = {
        "commands": list(dict.fromkeys([*before.get("commands", []), shlex.join(["python", "-m", "vit_core.train", *argv])])),
        "teacher": {"name": run.teacher.config.name, "parameters": sum(p.numel() for p in run.teacher.parameters())},
        "recipe": plan,
        "seed": run.seed,
        "data": Path(args.data).resolve().name,
        "train_pictures": len(run.pictures),
        "labelled_classes": len(run.known),
        "machine": machine(run.device),
    }
    part = file.with_suffix(".part")
    part.write_text(json.dumps(about, indent=1), encoding="utf-8")
    part.replace(file)


def prepared(args: argparse.Namespace) -> Distillation:
    """The run that the options describe, at its start. ValueError, or CheckpointError, says in one sentence what does not fit."""
    names = names_in(args.labels)
    teacher = checkpoints.load(args.teacher, labels=names or None)
    plan = planned(teacher.config, args)
    config = student_config(teacher.config, args, plan)
    pictures = open_pictures(args.data, teacher.config.labels)
    student = VisionTransformer(config, attention="fused").init_weights(args.seed)
    return Distillation(teacher, student, pictures, plan, Path(args.out), args.seed, args.device, not args.float32)


def main(argv: Sequence[str] | None = None) -> int:
    """Train or go on; 1 and a sentence where the options do not fit."""
    argv = list(sys.argv[1:] if argv is None else argv)
    args = arguments().parse_args(argv)
    try:
        run = prepared(args)
        run.out.mkdir(parents=True, exist_ok=True)
        resumed = run.resume()
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("going on from" if resumed else "starting at", f"step {run.step:,}, {run.seen:,} pictures", flush=True)
    describe(run, args, argv)
    try:
        fit(run, args.log_every)
    except UnreadablePicture as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
