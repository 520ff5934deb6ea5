"""The course of a training run: its log thinned to a small CSV, and drawn as an SVG that needs no plotting library."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LogRow = Mapping[str, int | float]  # a column of the log: its value
Row = dict[str, Any]  # a column of the thinned log: its value, None where nothing was seen

BINS = 100
GROUPS = {"up to 4×4": 4, "5×5 to 8×8": 8, "above 8×8": 10**6}  # name of a group of grids, and the largest side in it
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe and Ito
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 56, 16, 30, 44  # pixels of one panel and its margins


@dataclass(frozen=True)
class Line:
    """A named series of (x, y) points, in the units of its panel's axes."""

    name: str
    points: list[tuple[float, float]]


def read_log(path: Path) -> list[LogRow]:
    """The rows of a training log, every value a number."""
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def thin(log: Sequence[LogRow], bins: int = BINS) -> list[Row]:
    """The log in at most `bins` rows of equal time: minutes, step, learning rate, and the mean loss of each group of grids (None if not
    seen)."""
    length = max(row["seconds"] for row in log) * (1 + 1e-9)
    parts: dict[int, list[LogRow]] = {}
    for row in log:
        parts.setdefault(int(row["seconds"] / length * bins), []).append(row)
    return [summary(parts[index]) for index in sorted(parts)]


def summary(rows: Sequence[LogRow]) -> Row:
    """One row of the thinned log."""
    last, low = rows[-1], 0
    result: Row = {"minutes": round(last["seconds"] / 60, 3), "step": int(last["step"]), "lr": float(f"{last['lr']:.4g}")}
    for name, high in GROUPS.items():
        losses = [row["loss"] for row in rows if low < row["image_size"] / row["patch_size"] <= high]
        result[f"loss, {name}"] = round(sum(losses) / len(losses), 4) if losses else None
        low = high
    return result


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Rows of equal keys as CSV; None is an empty cell."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw(rows: Sequence[Row], scores: Sequence[Row]) -> str:
    """Loss over minutes, and below it the accuracy of the averaged weights on held-out pictures, in percent, at each snapshot."""
    losses = [Line(name, [(row["minutes"], row[f"loss, {name}"]) for row in rows if row[f"loss, {name}"] is not None]) for name in GROUPS]
    checks = [Line(f"top-{k}", [(row["minutes"], 100 * row[f"top{k}"]) for row in scores]) for k in (1, 5)]
    upper = panel("Training loss, by grid", "minutes", [line for line in losses if line.points], 0, from_zero=False)
    lower = panel(
        "Validation accuracy of the averaged weights, %", "minutes", [line for line in checks if line.points], HEIGHT, from_zero=True
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}" role="img" aria-labelledby="title" '
        'font-family="sans-serif" font-size="12" fill="#222">\n'
        '<title id="title">The training run: loss and validation accuracy over time</title>\n'
        f'<rect width="{WIDTH}" height="{2 * HEIGHT}" fill="#fff"/>\n{upper}\n{lower}\n</svg>\n'
    )


def panel(title: str, x_label: str, lines: Sequence[Line], down: int, from_zero: bool) -> str:
    """One set of axes with its lines, `down` pixels from the top of the drawing."""
    xs = [x for line in lines for x, _ in line.points] or [0.0]
    ys = [y for line in lines for _, y in line.points] or [0.0]
    x_marks, y_marks = marks(0.0, max(xs)), marks(0.0 if from_zero else min(ys), max(ys))
    x_end, y_low, y_high = max(x_marks[-1], max(xs)), y_marks[0], y_marks[-1]

    def across(x: float) -> float:
        return round(LEFT + x / x_end * (WIDTH - LEFT - RIGHT), 1)

    def up(y: float) -> float:
        return round(HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [f'<g transform="translate(0 {down})">', f'<text x="{LEFT}" y="18" font-weight="bold">{title}</text>']
    for y in y_marks:
        parts.append(f'<path d="M{LEFT} {up(y)}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{up(y) + 4}" text-anchor="end">{y:g}</text>')
    for x in x_marks:
        parts.append(f'<path d="M{across(x)} {HEIGHT - BOTTOM}v5" stroke="#222"/>')
        parts.append(f'<text x="{across(x)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{x_label}</text>')
    for index, line in enumerate(lines):
        path = " ".join(f"{across(x)},{up(y)}" for x, y in line.points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[index]}" stroke-width="2"/>')
        left = WIDTH - RIGHT - 120 * (len(lines) - index)
        parts.append(f'<path d="M{left} 14h18" stroke="{COLOURS[index]}" stroke-width="3"/><text x="{left + 24}" y="18">{line.name}</text>')
    return "\n".join([*parts, "</g>"])


def marks(low: float, high: float) -> list[float]:
    """Round numbers, evenly spaced, from at most `low` to at least `high`: four to seven of them for most ranges, two at least."""
    spread = max(high - low, abs(high) / 100, 1e-9)
    power = 10.0 ** math.floor(math.log10(spread / 5))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= spread / 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [float(f"{index * step:.10g}") for index in range(first, max(last, first + 1) + 1)]
