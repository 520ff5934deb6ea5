"""The model card of a distilled student: what it is, how it was made, what was aimed for and what was reached.

`python -m vit_core.train.distill.card RUN` writes `MODEL_CARD.md` in the folder of a run, from `run.json`, `train.jsonl`,
`weights.safetensors` and `evaluation.json` (made by `vit_core.train.distill.evaluate`), and from nothing else.
"""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vit_core import checkpoints
from vit_core.data.bundled import TABLE
from vit_core.train.distill.evaluate import FEW_TOKENS, LIKE_TEACHER, MAIN
from vit_core.train.model_card import percent, table
from vit_core.train.recipes import Setting

CARD = "MODEL_CARD.md"
MEASURES = "evaluation.json"
FROM_SCRATCH = next(row for row in TABLE if row.name == "scratch").measures["settings"]  # the model trained on the same 200 classes
PHASES = {
    "layers": "Layer by layer: every block is given the teacher's stream and learns the teacher's updates.",
    "streams": "With its own stream: half of each batch passes through the student's own blocks, without gradient between them.",
    "whole": "End to end: the teacher's probabilities, pooled vector and stream, at more and more sizes; labels where they are known.",
}


@dataclass(frozen=True)
class Target:
    """Something to reach: at least `cpu` on two processor cores, `gpu` with a GPU. `form` writes the value."""

    name: str
    value: Callable[[dict], float | None]
    cpu: float
    gpu: float
    form: Callable[[float], str] = "{:.2f}".format


def row(measures: dict, setting: Setting) -> dict:
    """The accuracies at one (image size, patch size)."""
    return next(r for r in measures["settings"] if (r["image_size"], r["patch_size"]) == setting)


BETTER = row({"settings": FROM_SCRATCH}, MAIN)["top1"] + 0.08


def ratio_at(setting: Setting, bounds: tuple[float, float]) -> Target:
    """Top-1 over the teacher's at one setting."""
    return Target(f"top-1 over the teacher's, {setting[0]}/{setting[1]}", lambda m: row(m, setting)["ratio"], *bounds)


TARGETS = (
    ratio_at(MAIN, (0.9, 0.97)),
    Target("same first answer as the teacher, 224/16", lambda m: row(m, MAIN)["agreement"], 0.70, 0.85, percent),
    Target("the same on mosaics of 2×2", lambda m: m["mosaics"]["agreement"], 0.70, 0.85, percent),
    Target("top-1 among the labelled classes alone", lambda m: m["restricted"]["student"], BETTER, BETTER, percent),
    *(ratio_at(setting, (0.9, 0.9)) for setting in LIKE_TEACHER),
    *(ratio_at(setting, (1.3, 1.3)) for setting in FEW_TOKENS),
    Target("positions whose likest is directly beside them", lambda m: m["positions"]["direct"], 0.95, 0.95, percent),
    Target("top-1 lost without positions", lambda m: m["positions"]["kept"] - m["positions"]["zeroed"], 0.15, 0.15, percent),
    Target("top-1 lost with shuffled positions", lambda m: m["positions"]["kept"] - m["positions"]["shuffled"], 0.15, 0.15, percent),
    Target("[CLS] attention in the box over the box's share, best late head", lambda m: m["attention"]["student"]["best_head"], 2.2, 2.2),
)


def targets(measures: dict) -> str:
    """What was aimed for, and what was reached."""
    rows = []
    for target in TARGETS:
        value = target.value(measures)
        if value is None:
            continue
        met = "yes" if round(value, 6) >= target.cpu else "no"
        rows.append((target.name, target.form(value), target.form(target.cpu), target.form(target.gpu), met))
    return "## Aimed for and reached\n\n" + table(("measure", "reached", "aim, two cores", "aim, GPU", "met on two cores"), rows)


def sizes(measures: dict) -> str:
    """Accuracy at every setting that was measured."""
    rows = [
        (f"{r['image_size']}/{r['patch_size']}", f"{r['pictures']:,}", percent(r["top1"]), percent(r["top5"]),
         percent(r["teacher"]["top1"]),
         percent(r["agreement"]))
        for r in measures["settings"]
    ]  # fmt: skip
    head = ("size/patch", "pictures", "top-1", "top-5", "teacher's top-1", "same first answer")
    note = (
        "Validation pictures are 64×64 photographs, enlarged: far from what the teacher learnt from, and a thousand names to choose "
        "among. "
        "Sharp photographs are named better."
    )
    return f"## Sizes\n\n{table(head, rows)}\n\n{note}"


def looks(measures: dict) -> str:
    """Attention beside guesses that see nothing, broken positions, calibration, the gallery."""
    both = measures["attention"]
    rows = [(who, f"{both[who]['mean_head']:.2f}", f"{both[who]['best_head']:.2f}") for who in ("student", "teacher")]
    rows += [(f"Gaussian at the centre, sigma {sigma}", f"{value:.2f}", "") for sigma, value in both["student"]["gaussians"].items()]
    where, honest = measures["positions"], measures["calibration"]
    broken = ", ".join(f"{way} {percent(where[way])}" for way in ("kept", "zeroed", "shuffled"))
    gallery = [(g["title"], ", ".join(f"{name.split(',')[0]} {share:.2f}" for name, share in g["top"][:3])) for g in measures["gallery"]]
    return (
        "## Attention\n\n[CLS] attention inside the object's box over the box's share of the picture, "
        f"{both['student']['pictures']:,} pictures, last four layers, corner patches left out (late heads use them as sinks).\n\n"
        f"{table(('', 'mean head', 'best head'), rows)}\n\n"
        f"## Positions\n\nTop-1 on {where['pictures']:,} pictures with positions {broken}.\n\n"
        f"## Confidence\n\nTemperature {honest['temperature']:.3f}; expected calibration error {honest['before']['error']:.3f} before, "
        f"{honest['after']['error']:.3f} after, on pictures that it was not fitted on.\n\n"
        f"## Gallery\n\n{table(('picture', 'what it says'), gallery)}"
    )


def limits(about: dict, log: Sequence[dict], measures: dict) -> str:
    """What it is for, what it missed, and what limited it."""
    missed = [target.name for target in TARGETS if (value := target.value(measures)) is not None and round(value, 6) < target.cpu]
    main, seen = row(measures, MAIN), log[-1]["pictures"]
    short = (
        f"Missed, of what was aimed for on two cores: {'; '.join(missed)}. The run was short: {seen:,} views are "
        f"{seen / about['train_pictures']:.1f} passes over the training pictures; the same command goes on from where it ended. "
    )
    return (
        f"## Use and limits\n\n{short if missed else ''}Made to show how a Vision Transformer works, on a reader's own picture. Its first "
        f"answer is wrong for {percent(1 - main['top1'])} of the validation pictures, and for any picture it names one of its classes. Do "
        "not use it to decide anything. Classes, teacher and pictures carry the choices and biases of those who made them. What may be "
        "done with the weights: `LICENSE.md` in the folder above."
    )


def made(about: dict, log: Sequence[dict]) -> str:
    """How the weights were made: teacher, pictures, phases, machine and hours."""
    last, machine, seen = log[-1], about["machine"], {}
    for line in log:
        seen[line["phase"]] = line["pictures"]
    rows, before = [], 0
    for phase in about["recipe"]["phases"]:
        if phase["kind"] in seen:
            rows.append((PHASES[phase["kind"]], f"{seen[phase['kind']] - before:,}", f"{phase['rate']:g}"))
            before = seen[phase["kind"]]
    gpu = f"{machine['gpu']} and " if machine["gpu"] else ""
    return (
        f"## How it was made\n\nFresh weights learnt from the answers of {about['teacher']['name']} "
        f"({about['teacher']['parameters']:,} parameters), of which nothing was copied. {last['pictures']:,} views of "
        f"{about['train_pictures']:,} pictures ({about['data']}), {last['step']:,} steps, "
        f"{last['hours']:.1f} hours on {gpu}{machine['cores']} cores ({machine['cpu']}), shared with other work.\n\n"
        f"{table(('phase', 'pictures', 'rate'), rows)}\n\nAsked for by:\n\n```\n"
        + "\n".join(dict.fromkeys(map(without_folders, about["commands"])))
        + "\n```"
    )


def without_folders(command: str) -> str:
    """A command with the last part of every path alone: where things lay is of no use elsewhere."""
    return shlex.join(word.rstrip("/").rsplit("/", 1)[-1] if "/" in word else word for word in shlex.split(command))


def render(folder: Path, weights: Path | None = None) -> str:
    """The card as Markdown, of the run's averaged weights or of others. ValueError names a file that is missing."""
    weights = folder / "weights.safetensors" if weights is None else weights
    for file in (folder / "run.json", folder / "train.jsonl", weights, folder / MEASURES):
        if not file.is_file():
            raise ValueError(f"{folder} has no {file.name}; a card needs a run that was measured.")
    about, measures = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("run.json", MEASURES))
    log = [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    found = checkpoints.inspect(weights)
    config = found.config
    head = (
        f"# {config.name}: model card\n\nWritten by `python -m vit_core.train.distill.card` from measures; not edited by hand.\n\n"
        f"A Vision Transformer with {found.parameters:,} parameters: {config.depth} layers, {config.num_heads} heads of "
        f"{config.head_dim}, width {config.embed_dim}, MLP {config.mlp_hidden}, learned positions on a table of "
        f"{config.native_grid[0]}×{config.native_grid[1]}, a patch kernel "
        f"of {config.kernel}×{config.kernel} pixels; {config.num_classes:,} classes."
    )
    names = "## Classes\n\n" + "; ".join(config.labels) + "."
    parts = made(about, log), targets(measures), sizes(measures), looks(measures), limits(about, log, measures)
    return "\n\n".join([head, *parts, names]) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the card; 1 and a sentence where a file is missing."""
    argv = sys.argv[1:] if argv is None else argv
    if len(argv) != 1:
        print("Give the folder of one run.", file=sys.stderr)
        return 1
    try:
        (Path(argv[0]) / CARD).write_text(render(Path(argv[0])), encoding="utf-8")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
