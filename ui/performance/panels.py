"""Small charts of published figures: what data, recipe, size and compute did. Every bar and point comes from a row of the data files."""

import math
from collections.abc import Sequence
from typing import Any

from published.derived import count_of, metric
from published.evidence import accuracies, accuracy_texts, figures, filled, parts, sources
from published.results import result
from ui.kit.evidence import packed_parts
from ui.performance.results import COMPUTE_FIGURES, compute_of, images_of
from vit_core.presets import specs

BY_DATA = ("ViT-B/32", "ViT-B/16", "ViT-L/32", "ViT-L/16", "ViT-H/14")
SETTINGS = ("I1k@384", "I21k@384", "JFT300M@384")
# Steps from one size to the next that share data, resolution and length of training: (smaller, larger, marks of their accuracies, data).
STEPS = (
    ("ViT-Ti/16", "ViT-S/16", "top1|ViT-Ti/16|I21k-AugReg@384", "top1|ViT-S/16|I21k-AugReg@384", "ImageNet-21k"),
    ("ViT-S/16", "ViT-B/16", "top1|ViT-S/16|I21k-AugReg@384", "top1|ViT-B/16|I21k-AugReg@384", "ImageNet-21k"),
    ("ViT-B/16", "ViT-L/16", "fig|timm_b16_augreg", "fig|timm_l16_augreg", "ImageNet-21k"),
    ("ViT-B/16", "ViT-L/16", "top1|ViT-B/16|JFT300M@384", "fig|l16_jft_7", "JFT-300M"),
    ("ViT-L/16", "ViT-H/14", "top1|ViT-L/16|JFT300M@384", "top1|ViT-H/14|JFT300M@384", "JFT-300M"),
    ("ViT-g/14", "ViT-G/14", "top1|ViT-g/14|JFT3B@518", "top1|ViT-G/14|JFT3B@518", "JFT-3B"),
)


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
    return bar(label, figure.number, f"{figure.value}{unit}", figure.note, data)


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
                f"top-1 {accuracy_texts()[model, a.setting]}%",
                top1(model, a.setting)[1],
                data=r.data,
                x_text=f"{images_of(r.data).text} pictures",
            )
            for a, r in found
        ]
        lines.append({"name": model, "points": points})
    words = parts(
        "After ImageNet-1k alone the smaller B/16 ({top1|ViT-B/16|I1k@384}%) beats L/16 ({top1|ViT-L/16|I1k@384}%). "
        "Each larger data set turns that round: after JFT-300M it is {top1|ViT-B/16|JFT300M@384}% and {top1|ViT-L/16|JFT300M@384}%."
    )
    return {
        "id": "data",
        "kind": "lines",
        "title": "Small data, large data",
        "words": packed_parts(words),
        "x": {"label": "pictures in pretraining (log)"},
        "y": {"label": "top-1 at 384 px, %"},
        "lines": lines,
    }


def recipes() -> dict[str, Any]:
    """What the same pictures, ImageNet-1k's, gave."""
    bars = [
        bar_of_row("L/16, first recipe, 384 px", "ViT-L/16", "I1k@384"),
        bar_of_figure("S/16, 90 epochs", "s16_90", "%", "ImageNet-1k"),
        bar_of_row("B/16, first recipe, 384 px", "ViT-B/16", "I1k@384"),
        bar_of_row("DeiT-B", "DeiT-B/16", "I1k@224"),
        bar_of_row("DeiT-B, distilled", "DeiT-B-distil", "I1k@224"),
        bar_of_figure("DeiT-III B", "deit3_b", "%", "ImageNet-1k"),
        bar_of_figure("DeiT-III L", "deit3_l", "%", "ImageNet-1k"),
        bar_of_figure("DeiT-III H", "deit3_h", "%", "ImageNet-1k"),
    ]
    words = (
        "All of these saw the {fig|i1k_images}M pictures of ImageNet-1k and no others. The recipe moved the result, and the order of "
        "sizes with it. Read out at 224 px where nothing else is said."
    )
    return bar_panel("recipes", "One data set, other recipes", words, bars, list(bounds([b["value"] for b in bars])), "top-1, %")


def doublings() -> dict[str, Any]:
    """Points of accuracy for a doubling of the parameters, between neighbours of a line."""
    bars = []
    for small, large, low, high, data in STEPS:
        (first, second), growth = (filled(low), filled(high)), count_of(large) / count_of(small)
        each = (float(second.text) - float(first.text)) / math.log2(growth)
        note = f"({second.text} − {first.text}) ÷ log₂({growth:.4g}). {first.note}; {second.note}"
        short = f"{small.split('-', 1)[1]} → {large.split('-', 1)[1]}"
        bars.append(bar(short, each, f"{each:+.2f}".replace("-", "−"), note, data))
    words = (
        "How many points of top-1 a doubling of the parameters brought, between neighbours that share data, resolution and length of "
        "training. Near the top little is left to gain: g/14 reaches {top1|ViT-g/14|JFT3B@518}%, G/14 {top1|ViT-G/14|JFT3B@518}% with "
        "{calc|parameter_growth|ViT-g/14|ViT-G/14} the parameters. AugReg’s B and L are timm’s pair: the study’s own table picks by a "
        "metric of pretraining."
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
        label, took = f"top-1 {accuracy_texts()[model, setting]}%", f"{days.text} core-days"
        more = {"data": data, "name": model.split("-")[1], "model": model, "x_text": took}
        found.append(point(days.number, value, label, f"{days.note}; {source}", **more))
    found.sort(key=lambda p: p["x"])
    words = parts(
        "On JFT-300M, L/16 took {fig|l16_jft_days} core-days and H/14 {fig|h14_days}; g/14 took {fig|g14_hours} core-hours on JFT-3B. "
        "“Days” alone say nothing: L/16 on ImageNet-21k took about {fig|l16_i21k_wall} of them on {fig|l16_i21k_cores} cores."
    )
    return {
        "id": "training",
        "kind": "lines",
        "title": "What training took",
        "words": packed_parts(words),
        "x": {"label": "TPUv3-core-days of pretraining (log)"},
        "y": {"label": "top-1 at the largest size, %"},
        "lines": [{"name": "", "points": found}],
    }


def efficiency() -> dict[str, Any]:
    """Pictures that a small and a large model have to see for the same result."""
    tuned, few = figures()["ti_images_tuned"], figures()["ti_images"]
    bars = [bar("L/16", 1, "1×", "what the others are compared with")]
    bars += [
        bar(label, figure.number, f"≈ {figure.value}×", figure.note)
        for label, figure in (("Ti/16, fine-tuned", tuned), ("Ti/16, 10-shot", few))
    ]
    words = (
        "For the same 10-shot error Ti/16 has to see about {fig|ti_images}× the pictures that L/16 sees, for the same error when "
        "fine-tuned about {fig|ti_images_tuned}×: larger models use what they see better. Pictures seen count each time; they need not be "
        "owned."
    )
    return bar_panel("efficiency", "Sample efficiency", words, bars, [0, few.number], "pictures seen, relative")


def speed() -> dict[str, Any]:
    """Throughput on one GPU."""
    bars = [bar_of_figure(f"{size}, {metric(count_of(f'ViT-{size}/16'))} parameters", f"timm_{size.lower()}") for size in ("Ti", "S", "B")]
    words = (
        "Pictures a second on one RTX 4090: fp16 (AMP), 224 px, batches of 1024, not compiled, PyTorch 2.4. One picture alone does not "
        "keep such a device busy. MobileViT’s small one, at 256 px, does {fig|mobilevit_timm_speed} with {fig|mobilevit_timm_parameters}M "
        "parameters: small is not fast."
    )
    return bar_panel("speed", "Speed", words, bars, [0, max(b["value"] for b in bars)], "pictures/s")


def panels() -> list[dict[str, Any]]:
    return [by_data(), recipes(), doublings(), training(), efficiency(), speed()]
