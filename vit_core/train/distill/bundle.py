"""From a distillation to what the package ships: weights with their temperature, moments of the run, measures, curves and the card.

`python -m vit_core.train.distill.bundle RUN` writes them to `vit_core/data/models/distilled`, where the table of bundled models
(`vit_core/data/bundled.py`) looks for them; with `--teacher` and `--data` it measures first, as `vit_core.train.distill.evaluate` does.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vit_core import checkpoints
from vit_core.data import MODELS
from vit_core.data.bundled import TABLE, Bundled
from vit_core.train import snapshots
from vit_core.train.curves import HEIGHT, WIDTH, Line, panel
from vit_core.train.distill import card, evaluate
from vit_core.train.distill.command import LOG
from vit_core.train.export import fingerprint, rounded

ROW = next(row for row in TABLE if row.name == "distilled")
MOST_BYTES = 45_000_000  # of all weights that the package holds
BINS = 100
FOLLOWED = ("loss", "divergence", "agreement")
MOMENTS = (("0-untrained", "Untrained", 0.0), ("2-early", "Early", 0.1), ("3-middle", "Middle", 0.5))
"""File, label and share of the pictures of the moments that ship; the names are those of links."""

Rows = list[dict[str, Any]]


def read_log(file: Path) -> Rows:
    """The lines of a run's log."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def thin(log: Rows, bins: int = BINS) -> Rows:
    """The log in at most `bins` rows of equally many pictures: pictures, hours and phase at their end, means of what is followed (None
    where it was not measured)."""
    parts: dict[int, Rows] = {}
    for row in log:
        parts.setdefault(min(bins - 1, int(row["pictures"] / log[-1]["pictures"] * bins)), []).append(row)

    def mean(rows: Rows, key: str) -> float | None:
        values = [row[key] for row in rows if key in row]
        return float(f"{sum(values) / len(values):.4g}") if values else None

    return [
        {"pictures": rows[-1]["pictures"], "hours": round(rows[-1]["hours"], 3), "phase": rows[-1]["phase"]}
        | {key: mean(rows, key) for key in FOLLOWED}
        for _, rows in sorted(parts.items())
    ]


def draw(rows: Rows) -> str:
    """Two panels over the pictures that were seen: how far the answers are from the teacher's, and how often the first one is the same."""

    def line(name: str, key: str, scale: float) -> Line:
        return Line(name, [(row["pictures"] / 1000, scale * row[key]) for row in rows if row[key] is not None])

    upper = panel(
        "Divergence of the answer from the teacher’s, nats", "thousand pictures", [line("", "divergence", 1.0)], 0, from_zero=True
    )
    said = "Same first answer as the teacher on training views, %"
    lower = panel(said, "thousand pictures", [line("", "agreement", 100.0)], HEIGHT, from_zero=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}" role="img" aria-labelledby="title" '
        'font-family="sans-serif" font-size="12" fill="#222">\n'
        '<title id="title">The distillation: divergence from the teacher and agreement with it, over the pictures seen</title>\n'
        f'<rect width="{WIDTH}" height="{2 * HEIGHT}" fill="#fff"/>\n{upper}\n{lower}\n</svg>\n'
    )


def common(found: dict) -> dict:
    """The measures as those of every bundled model: settings with their grid, and accuracy without positions by itself."""
    places = found.get("positions")
    measures = {**found, "settings": [{"grid": row["image_size"] // row["patch_size"], **row} for row in found["settings"]]}
    if places:
        measures["without_positions"] = {key: places[key] for key in ("pictures", "kept", "zeroed", "shuffled")}
    return measures


def ship_moments(taken: Path, log: Rows, folder: Path) -> Rows:
    """Of the weights kept along the way the first, and those nearest to a tenth and a half of the pictures, in 8 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    files = {int(file.stem): file for file in sorted(taken.glob("*.safetensors"))}
    if not files:
        raise ValueError(f"{taken} holds no moments of the run.")
    shipped: Rows = []
    for name, label, share in MOMENTS:
        count = min(files, key=lambda seen: abs(seen - share * log[-1]["pictures"]))
        row = next((row for row in log if row["pictures"] >= count), log[-1])
        when = {"minutes": round(60 * row["hours"], 1), "step": row["step"]} if count else {"minutes": 0.0, "step": 0}
        label = f"{label}, {count:,} pictures" if count else label
        if count not in [row["pictures"] for row in shipped]:
            snapshots.save(checkpoints.load(files[count]), folder / f"{name}.safetensors", label, **when)
            shipped.append({"file": f"{folder.name}/{name}.safetensors", "label": label, "pictures": count, **when})
    return shipped


def bundle(run: Path, row: Bundled, weights: Path | None = None) -> int:
    """Write a row's files from a run that was measured; the bytes of all weights in its folder. ValueError says what is missing."""
    weights = run / "weights.safetensors" if weights is None else weights
    model = checkpoints.load(weights)
    text, found = card.render(run, weights), json.loads((run / card.MEASURES).read_text(encoding="utf-8"))
    if found["weights_sha256"] != fingerprint(model):
        raise ValueError(f"{run / card.MEASURES} is of other weights than {weights.name}: measure these first.")
    log, about = read_log(run / LOG), json.loads((run / "run.json").read_text(encoding="utf-8"))
    config = model.config.replace(temperature=round(found["calibration"]["temperature"], 4))
    row.folder.mkdir(parents=True, exist_ok=True)
    checkpoints.save(model.state_dict(), config, row.weights)
    rows = thin(log)
    with row.curves.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (row.folder / "training.svg").write_text(draw(rows), encoding="utf-8")
    totals = {"hours": log[-1]["hours"], "steps": log[-1]["step"], "pictures_seen": log[-1]["pictures"]}
    result = {
        "name": config.name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "run": {**about, "commands": [card.without_folders(command) for command in about["commands"]], **totals},
        "measures": common(found),
        "shipped_snapshots": ship_moments(run / "snapshots", log, row.snapshots),
    }
    (row.folder / row.result_file).write_text(json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    curves = "## The course of training\n\n![Divergence and agreement over the pictures seen](training.svg)\n\nThe numbers are in "
    row.card.write_text(f"{text}\n{curves}`training.csv`.\n", encoding="utf-8")
    return sum(file.stat().st_size for file in row.folder.rglob("*.safetensors"))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vit_core.train.distill.bundle",
        description="Write what the package ships of a distillation. Further options are those of vit_core.train.distill.evaluate.",
    )
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("--weights", type=Path, help="other weights of it than weights.safetensors")
    parser.add_argument("--to", type=Path, default=ROW.folder, help="folder to write to")
    parser.add_argument("--teacher", help="measure first, beside this teacher")
    return parser


def main(argv: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    """Measure if asked, then bundle; 1 and a sentence where something is missing."""
    args, more = arguments().parse_known_args(argv)
    weights = args.weights or args.run / "weights.safetensors"
    if args.teacher:
        words = [str(weights), "--teacher", args.teacher, "--out", str(args.run / card.MEASURES), *more]
        if evaluate.main(words):
            return 1
    elif more:
        arguments().error(f"{more[0]} needs --teacher.")
    try:
        size = bundle(args.run, Bundled(ROW.name, ROW.title, args.to), weights)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    others = sum(file.stat().st_size for file in MODELS.rglob("*.safetensors") if not file.is_relative_to(args.to.resolve()))
    say(f"{args.to}: {size:,} bytes of weights; with the others of the package {size + others:,} of at most {MOST_BYTES:,}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
