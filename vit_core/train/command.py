"""How the bundled weights were made: `python -m vit_core.train --data DIR --out DIR --budget-minutes 100`.

One recipe for a GPU and for a CPU, scaled to a time budget. Interrupt it at any moment; the same command goes on where it stopped.
With `--evaluate` it measures the weights, with `--export DIR` it also writes what the app ships and the model card; without a budget
or steps beside them, no training is done. With `--teacher FOLDER` a student learns from a trained classifier instead: see
`vit_core/train/distill`.
"""

import argparse
import csv
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import torch
from tqdm import tqdm

from vit_core import checkpoints
from vit_core.train.datasets import load_split
from vit_core.train.distill import command as distillation
from vit_core.train.export import export, measure
from vit_core.train.parallel import joined
from vit_core.train.process import machine, stoppable
from vit_core.train.recipes import BUNDLED_CONFIG, RECIPES
from vit_core.train.run import Run, start_weights

DEFAULT_MINUTES = 80.0
NOT_OF_THE_RUN = {"evaluate", "export", "limit", "init_note"}


def open_log(path: Path, step: int) -> TextIO:
    """A run's log in CSV, ready to be appended to, without the rows after `step` (a run resumes at its last saved state)."""
    if path.is_file():
        header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        part = path.with_suffix(".part")
        part.write_text("".join([header, *(row for row in rows if int(row.split(",")[0]) <= step)]), encoding="utf-8")
        part.replace(path)
    return path.open("a", newline="", encoding="utf-8")


def fit(run: Run) -> None:
    """Run to the end of the budget, or to an interruption, with a progress bar and a log: the first of several processes has these."""
    if run.team.rank:
        with stoppable(run):
            list(run)
        return
    bar = tqdm(total=100.0, initial=round(100 * run.progress, 1), unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining} {postfix}")
    with open_log(run.out / "train.csv", run.step) as file, stoppable(run), bar:
        for row in run:
            writer = csv.DictWriter(file, row)
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            bar.update(max(0.0, min(100 * run.progress, 100) - bar.n))
            bar.set_postfix(step=row["step"], loss=f"{row['loss']:.3f}", at=f"{row['image_size']}/{row['patch_size']}", refresh=False)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vit_core.train",
        description="Train, resume, measure and export the bundled model.",
        epilog="With --teacher FOLDER a student learns from a trained classifier instead: see --teacher FOLDER --help.",
    )
    parser.add_argument("--data", required=True, help="folder of packed files, or with train/ and val/ folders")
    parser.add_argument("--out", default="runs/bundled", help="where state, log and weights go; a run found there goes on")
    parser.add_argument("--budget-minutes", type=float, help="time to train, over all sittings")
    parser.add_argument("--steps", type=int, help="number of steps instead of a time budget; the same seed gives the same losses")
    parser.add_argument("--init", help="weights to start from, instead of random ones")
    parser.add_argument("--init-note", default="", help="where these weights come from, in a sentence for the model card")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", help="backend of torch.compile, or none; inductor on a GPU if not given")
    parser.add_argument("--recipe", choices=sorted(RECIPES), help="cpu (few epochs) or gpu (many); by device if not given")
    parser.add_argument(
        "--train-files", nargs="+", default=[], help="use only these packed files, e.g. train-0.npz; a resumed run may use others"
    )
    parser.add_argument("--train-images", type=int, help="use only the first so many pictures")
    parser.add_argument("--evaluate", action="store_true", help="measure the weights on the validation pictures, into evaluation.json")
    parser.add_argument("--limit", type=int, help="measure on the first so many validation pictures only")
    parser.add_argument("--export", metavar="DIR", help="measure, and write weights, snapshots, curves and model card there")
    return parser


def command(args: argparse.Namespace) -> str:
    """The command that makes this run, without what only measures, exports or describes it."""
    parser = arguments()
    words = ["python", "-m", "vit_core.train"]
    for action in parser._actions:
        value = getattr(args, action.dest, None)
        if action.dest in NOT_OF_THE_RUN or value in (None, action.default):
            continue
        values = value if isinstance(value, list) else [value]
        words += [action.option_strings[0], *(f"{v:g}" if isinstance(v, float) else str(v) for v in values)]
    return shlex.join(words)


def describe(run: Run, args: argparse.Namespace, recipe: str) -> dict:
    """How the run was made, for the model card: kept in `run.json`, where a resumed run adds its command if it differs."""
    file = run.out / "run.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    stages = [
        {"until": s.until, "shares": {f"{size}/{patch}": share for (size, patch), share in s.shares.items()}} for s in run.recipe.stages
    ]
    pictures = {**before.get("pictures", {}), " ".join(args.train_files) or "all": len(run.train)}
    init = None if args.init is None else {"file": Path(args.init).name, "note": args.init_note}
    about = {
        "commands": list(dict.fromkeys([*before.get("commands", []), command(args)])),
        "recipe": {"name": recipe, **asdict(run.recipe), "stages": stages},
        "seed": run.seed,
        "init": before.get("init", init) if not args.init_note else init,
        "data": Path(args.data).resolve().name,
        "pictures": pictures,
        "train_pictures": pictures.get("all", sum(pictures.values())),
        "classes": len(run.train.classes),
        "machine": machine(run.device),
    }
    file.write_text(json.dumps(about, indent=1), encoding="utf-8")
    return about


def main(argv: Sequence[str] | None = None) -> int:
    """Train, measure and export, or hand over to the distillation where a teacher is given. Returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if any(word.split("=")[0] == "--teacher" for word in argv):
        return distillation.main(argv)
    args = arguments().parse_args(argv)
    with joined(args.device) as device:
        return train(args, device)


def train(args: argparse.Namespace, device: str) -> int:
    """What the command does, in one of its processes; the first of several writes what is kept."""
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    on_gpu = args.device.startswith("cuda")
    torch.manual_seed(args.seed)
    pictures = load_split(args.data, "train", files=args.train_files)[: args.train_images]
    config = BUNDLED_CONFIG.replace(num_classes=len(pictures.classes), labels=pictures.classes)
    recipe = args.recipe or ("gpu" if on_gpu else "cpu")
    trains = args.budget_minutes is not None or args.steps is not None or not (args.evaluate or args.export)
    budget = None if args.steps is not None else 60 * (DEFAULT_MINUTES if args.budget_minutes is None else args.budget_minutes)
    backend = args.compile or ("inductor" if on_gpu else "none")
    model = start_weights(config, args.seed, args.init)
    run = Run(model, RECIPES[recipe], pictures, out, args.seed, budget, args.steps, device, None if backend == "none" else backend)
    resumed = run.resume()
    if run.team.rank:
        if trains:
            fit(run)
        return 0
    if trains:
        print("going on from" if resumed else "starting at", f"step {run.step}", flush=True)
        about = describe(run, args, recipe)
        fit(run)
    elif not resumed or not (out / "run.json").is_file():
        raise SystemExit(f"There is no run in {out} to measure; give the command that trained it, with --budget-minutes or --steps.")
    else:
        about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    checkpoints.save(run.ema, config, out / "weights.safetensors")
    if (args.evaluate or args.export) and not run.stop:
        data = load_split(args.data, "val")[: args.limit]
        measures = measure(out / "weights.safetensors", data, pictures, RECIPES[about["recipe"]["name"]], about["seed"], device)
        if args.export:
            export(out, Path(args.export), measures, about, about["seed"])
    return 0
