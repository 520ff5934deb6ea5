"""Small charts of published figures: what data, recipe, size and compute did. Every bar and point comes from a row of the data files."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from published.derived import count_of, metric
from published.evidence import accuracies, accuracy_texts, figures, parts, sources
from published.results import result
from ui.kit.evidence import packed_parts
from ui.performance.results import COMPUTE_FIGURES, compute_of, images_of
from vit_core.presets import specs

BY_DATA = ("ViT-B/32", "ViT-B/16", "ViT-L/32", "ViT-L/16", "ViT-H/14")
SETTINGS = ("I1k@384", "I21k@384", "JFT300M@384")
GROWTH = {
    "ImageNet-21k, AugReg, 384 px": ("I21k-AugReg@384", ("ViT-Ti/16", "ViT-S/16", "ViT-B/16", "ViT-L/16")),
    "JFT-300M, 384 px": ("JFT300M@384", ("ViT-B/16", "ViT-L/16", "ViT-H/14")),
    "JFT-3B, 518 px": ("JFT3B@518", ("SoViT-400m/14", "ViT-g/14", "ViT-G/14")),
}
DATA_OF = {"ImageNet-21k, AugReg, 384 px": "ImageNet-21k", "JFT-300M, 384 px": "JFT-300M", "JFT-3B, 518 px": "JFT-3B"}


def point(x: float, y: float, label: str, note: str, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "label": label, "note": note, **more}


def top1(model: str, setting: str) -> tuple[float, str]:
    """An accuracy and its source in words."""
    value, source = accuracies()[model, setting]
    return value, f"{model}, {setting}: {sources()[source]}"


def bar(label: str, value: float, text: str, note: str, data: str = "") -> dict[str, Any]:
    return {"label": label, "value": value, "text": text, "note": note, "data": data}


def bar_of_row(label: str, model: str, setting: str) -> dict[str, Any]:
    value, note = top1(model, setting)
    return bar(label, value, f"{accuracy_texts()[model, setting]}%", note, "ImageNet-1k")


def bar_of_figure(label: str, name: str, unit: str = "", data: str = "") -> dict[str, Any]:
    figure = figures()[name]
    return bar(label, figure.number, f"{figure.value}{unit}", f"{figure.what}: {sources()[figure.source]}", data)


def bar_panel(name: str, title: str, words: str, bars: list[dict[str, Any]], span: list[float], unit: str) -> dict[str, Any]:
    return {"id": name, "kind": "bars", "title": title, "words": packed_parts(parts(words)), "bars": bars, "range": span, "unit": unit}


def bounds(values: Sequence[float], steps: int = 5) -> tuple[float, float]:
    """Round limits around values."""
    return math.floor((min(values) - 1) / steps) * steps, math.ceil((max(values) + 0.5) / steps) * steps


def by_data() -> dict[str, Any]:
    """The same models after three data sets."""
    lines: list[dict[str, Any]] = []
    for model in BY_DATA:
        spec = next(spec for spec in specs() if spec.name == model)
        found = [(a, result(spec, a)) for a in spec.top1 if a.setting in SETTINGS]
        points = [
            point(
                images_of(r.data).number,
                a.value,
                f"{accuracy_texts()[model, a.setting]}% · {r.data}",
                top1(model, a.setting)[1],
                data=r.data,
            )
            for a, r in found
        ]
        lines.append({"name": model, "points": points})
    values = [p["y"] for line in lines for p in line["points"]]
    ticks = [[images_of(name).value, name] for name in ("ImageNet-1k", "ImageNet-21k", "JFT-300M")]
    words = parts(
        "After ImageNet-1k alone the smaller B/16 ({top1|ViT-B/16|I1k@384}%) beats L/16 ({top1|ViT-L/16|I1k@384}%). "
        "Each larger data set turns that round: after JFT-300M it is {top1|ViT-B/16|JFT300M@384}% and {top1|ViT-L/16|JFT300M@384}%."
    )
    x = {"label": "pictures in pretraining (log)", "ticks": ticks}
    return {
        "id": "data",
        "kind": "lines",
        "title": "Small data, large data",
        "words": packed_parts(words),
        "x": x,
        "y": {"label": "top-1 at 384 px", "range": bounds(values)},
        "lines": lines,
    }


def recipes() -> dict[str, Any]:
    """What the same pictures, ImageNet-1k's, gave."""
    bars = [
        bar_of_row("L/16, first recipe", "ViT-L/16", "I1k@384"),
        bar_of_figure("S/16, 90 epochs", "s16_90", "%", "ImageNet-1k"),
        bar_of_row("B/16, first recipe", "ViT-B/16", "I1k@384"),
        bar_of_row("DeiT-B", "DeiT-B/16", "I1k@224"),
        bar_of_row("DeiT-B, distilled", "DeiT-B-distil", "I1k@224"),
        bar_of_figure("DeiT-III B", "deit3_b", "%", "ImageNet-1k"),
        bar_of_figure("DeiT-III L", "deit3_l", "%", "ImageNet-1k"),
        bar_of_figure("DeiT-III H", "deit3_h", "%", "ImageNet-1k"),
    ]
    words = (
        "All of these saw the {fig|i1k_images}M pictures of ImageNet-1k and no others. The recipe moved the result, and the order of "
        "sizes with it."
    )
    return bar_panel("recipes", "One data set, other recipes", words, bars, list(bounds([b["value"] for b in bars])), "top-1, %")


def doublings() -> dict[str, Any]:
    """Points of accuracy for a doubling of the parameters, between neighbours of a line."""
    bars = []
    for name, (setting, models) in GROWTH.items():
        for small, large in itertools.pairwise(models):
            gain, growth = top1(large, setting)[0] - top1(small, setting)[0], count_of(large) / count_of(small)
            each = gain / math.log2(growth)
            texts = accuracy_texts()
            note = (
                f"({texts[large, setting]} − {texts[small, setting]}) ÷ log₂({growth:.4g}), {name}: "
                f"{sources()[accuracies()[large, setting][1]]}"
            )
            short = f"{small.split('-', 1)[1]} → {large.split('-', 1)[1]}"
            bars.append(bar(short, each, f"{each:+.2f}".replace("-", "−"), note, DATA_OF[name]))
    words = (
        "How many points of top-1 a doubling of the parameters brought, between neighbours that share data and resolution. "
        "Near the top little is left to gain: SoViT-400m/14 reaches {top1|SoViT-400m/14|JFT3B@518}%, "
        "G/14 {top1|ViT-G/14|JFT3B@518}% with {calc|parameter_growth|SoViT-400m/14|ViT-G/14} the parameters."
    )
    gains = [b["value"] for b in bars]
    return bar_panel("doublings", "Saturation", words, bars, [min(0, *gains), max(gains)], "points of top-1 for each doubling")


def training() -> dict[str, Any]:
    """Accuracy against compute of pretraining."""
    found = []
    for (model, setting), _ in COMPUTE_FIGURES.items():
        days, (value, source) = compute_of(model, setting), top1(model, setting)
        spec = next(spec for spec in specs() if spec.name == model)
        data = result(spec, next(a for a in spec.top1 if a.setting == setting)).data
        label = f"{model}: {accuracy_texts()[model, setting]}%, {days.text} core-days"
        found.append(point(days.number, value, label, f"{days.note}; {source}", data=data, name=model.split("-")[1]))
    found.sort(key=lambda p: p["x"])
    words = parts(
        "On JFT-300M, L/16 took {fig|l16_jft_days} core-days and H/14 {fig|h14_days}; g/14 took {fig|g14_hours} core-hours on JFT-3B. "
        "“Days” alone say nothing: L/16 on ImageNet-21k took about {fig|l16_i21k_wall} of them on {fig|l16_i21k_cores} cores."
    )
    x = {"label": "TPUv3-core-days of pretraining (log)", "ticks": [[10**k, f"{10**k:,}"] for k in (2, 3, 4)]}
    return {
        "id": "training",
        "kind": "lines",
        "title": "What training took",
        "words": packed_parts(words),
        "x": x,
        "y": {"label": "top-1 at the largest size", "range": bounds([p["y"] for p in found])},
        "lines": [{"name": "", "points": found}],
    }


def efficiency() -> dict[str, Any]:
    """Pictures that a small and a large model need for the same result."""
    figure = figures()["ti_images"]
    note = f"{figure.what}: {sources()[figure.source]}"
    bars = [bar("L/16", 1, "1×", "what the other is compared with"), bar("Ti/16", figure.number, f"≈ {figure.value}×", note)]
    words = "To the same result, Ti/16 needs about {fig|ti_images}× the pictures that L/16 needs: larger models use what they see better."
    return bar_panel("efficiency", "Sample efficiency", words, bars, [0, figure.number], "pictures seen, relative")


def speed() -> dict[str, Any]:
    """Throughput on one GPU."""
    bars = [bar_of_figure(f"{size}, {metric(count_of(f'ViT-{size}/16'))} parameters", f"timm_{size.lower()}") for size in ("Ti", "S", "B")]
    words = "Pictures a second on one RTX 4090, in batches and with mixed precision. One picture alone does not keep such a device busy."
    return bar_panel("speed", "Speed", words, bars, [0, max(b["value"] for b in bars)], "pictures/s")


def panels() -> list[dict[str, Any]]:
    return [by_data(), recipes(), doublings(), training(), efficiency(), speed()]
