"""Every published result as a row of cells that know their source or formula, and the line of the chart that it belongs to."""

import re
from dataclasses import dataclass
from typing import Any

import vit_core
from published.derived import FP16_BYTES, metric, stated_models
from published.evidence import accuracy_texts, figures, sources
from published.results import NOT_STATED, family, macs_at, result
from ui.performance.words import ABSENT, ADAM_BYTES, COLUMNS
from vit_core import cost
from vit_core.cost.activations import inference_peak, saved_activations
from vit_core.presets import NOT_PLAIN, Accuracy, ModelSpec, specs

HOURS = 24
SCALES = {"": 1.0, "M": 1e6, "B": 1e9}
DATA_FIGURES = {
    "ImageNet-1k": "i1k_images",
    "ImageNet-21k": "i21k_images",
    "JFT-300M": "jft300m_images",
    "JFT-3B": "jft3b_images",
    "JFT-4B": "jft4b_images",
    "ImageNet-1k, no labels": "i1k_images",
    "LVD-142M, no labels": "lvd142m_images",
    "LVD-1689M, no labels": "lvd1689m_images",
    "400M image-text pairs": "clip_pairs",
}
COMPUTE_FIGURES = {
    ("ViT-H/14", "JFT300M@518"): "h14_days",
    ("ViT-L/16", "JFT300M@512"): "l16_jft_days",
    ("ViT-L/16", "I21k@512"): "l16_i21k_days",
    ("ViT-g/14", "JFT3B@518"): "g14_hours",
}
SAID_OF = {"ViT-B/16": "JFT300M@384", "ViT-L/16": "JFT300M@384", "ViT-H/14": "JFT300M@518", "ViT-G/14": "JFT3B@518"}
MEANT_BY = {"ViT-B/16": "I1k@384", "ViT-L/16": "I21k@384"}


@dataclass(frozen=True)
class Cell:
    """What a cell shows, its number for sorting and charts, where it is from, what is commonly stated, and whether that is the same,
    rounded.
    """

    text: str
    value: float | None
    note: str
    kind: str = "computed"
    said: str = ""
    agrees: bool = False

    @property
    def number(self) -> float:
        """The value; ValueError where there is none."""
        if self.value is None:
            raise ValueError(f"{self.text}: there is no number here.")
        return self.value

    def packed(self) -> list:
        return [self.text, self.value, self.note, self.kind, self.said, self.agrees]


def rounded_to(said: str, value: float) -> bool:
    """Whether a stated figure (`77`, `2.1B`) is the value, rounded or truncated to its digits."""
    match = re.fullmatch(r"(\d+)(?:\.(\d+))?([MB]?)", said)
    if not match:
        return False
    unit = SCALES[match[3]]
    return abs(float(said.rstrip("MB")) * unit - value) <= unit * 10.0 ** -len(match[2] or "")


def images_of(data: str) -> Cell:
    """The size of a data set."""
    figure = figures()[DATA_FIGURES[data]]
    return Cell(f"{figure.value}{figure.unit}", figure.number * SCALES[figure.unit], figure.note, "published")


def compute_of(model: str, setting: str) -> Cell:
    """TPUv3-core-days of pretraining, where they are published."""
    name = COMPUTE_FIGURES.get((model, setting))
    if name is None:
        return Cell(ABSENT, None, "Not among the checked figures.", "absent")
    figure = figures()[name]
    days = figure.number / HOURS if figure.unit == "core-hours" else figure.number
    conversion = f", {figure.value} core-hours ÷ {HOURS}" if figure.unit == "core-hours" else ""
    return Cell(f"{round(days):,}", days, f"{figure.note}{conversion}", "published")


def bytes_cell(count: int, formula: str, said: str = "") -> Cell:
    return Cell(metric(count, "B"), count, f"{formula} = {count:,} bytes", "computed", said)


def activations(spec: ModelSpec, size: int) -> tuple[Cell, Cell]:
    """The peak of inference and what training saves, of one picture."""
    config = vit_core.presets.get(spec.name)
    if config is None:
        absent = Cell(ABSENT, None, f"Not computed: {NOT_PLAIN[spec.name]}.", "absent")
        return absent, absent
    side = size - size % spec.patch_size
    tokens = f"n = {cost.tokens(config, side):,} tokens, D = {config.embed_dim}, M = {config.mlp_hidden}, e = {FP16_BYTES}"
    peak = inference_peak(config, side, element_bytes=FP16_BYTES, keep_trace=False)
    saved = saved_activations(config, side, element_bytes=FP16_BYTES)
    return bytes_cell(peak, f"closed form of inference_peak, {tokens}"), bytes_cell(
        saved, f"closed form of saved_activations, {tokens}, L = {config.depth}"
    )


def cells(spec: ModelSpec, accuracy: Accuracy) -> dict[str, Cell]:
    """One published result with all that belongs to it."""
    found, said = result(spec, accuracy), {}
    if SAID_OF.get(spec.name) == accuracy.setting:
        said = stated_models()[spec.name]
    count, macs, plain = spec.params_exact, macs_at(spec, found.size), spec.name in vit_core.presets
    peak, saved = activations(spec, found.size)
    text = accuracy_texts()[spec.name, accuracy.setting]
    source = f"{sources()[accuracy.source]}: {accuracy.setting}" + (f" ({accuracy.note})" if accuracy.note else "")
    read_out = f"{found.protocol}, training: {found.training}, classifier: {found.head}: {sources()[accuracy.source]}"
    assumed = "" if found.size_stated else ", an assumption: the source does not state the size"
    if MEANT_BY.get(spec.name) == accuracy.setting:
        source += f". Commonly given for {stated_models()[spec.name]['data']}, as {stated_models()[spec.name]['top1']}"
    origin = "counted from the configuration" if plain else "exact count of the table of models"
    stated = (said["parameters"], said["parameters"] in spec.params_published or rounded_to(said["parameters"], count)) if said else ()
    days, cited = compute_of(spec.name, accuracy.setting), "; ".join(sources()[key] for key in spec.sources)
    return {
        "model": Cell(spec.name, None, cited, "published", said.get("said_name", ""), True),
        "top1": Cell(text, accuracy.value, source, "published", said.get("top1", ""), rounded_to(said.get("top1", ""), accuracy.value)),
        "data": Cell(found.data, None, f"{accuracy.setting}, {read_out}", "published"),
        "images": images_of(found.data),
        "size": Cell(f"{found.size} px", found.size, read_out, "published")
        if found.size_stated
        else Cell(
            NOT_STATED, None, f"{sources()[accuracy.source]} does not state it; what is computed beside it is at {found.size} px.", "absent"
        ),
        "parameters": Cell(metric(count), count, f"{count:,}, {origin}; published: {spec.params_published} ({cited})", "computed", *stated),
        "macs": Cell(metric(macs), macs, f"{macs:,} multiply-accumulates at {found.size} px{assumed} = {2 * macs:,} FLOPs")
        if macs
        else Cell(ABSENT, None, "Not tabulated at this size.", "absent"),
        "fp16": bytes_cell(FP16_BYTES * count, f"{FP16_BYTES} bytes × {count:,}", f"{said['memory_gb']} GB" if said else ""),
        "adam": bytes_cell(ADAM_BYTES * count, f"{ADAM_BYTES} bytes × {count:,}"),
        "peak": peak,
        "saved": saved,
        "days": Cell(days.text, days.value, days.note, days.kind, said.get("training", "")),
    }


def series(spec: ModelSpec, accuracy: Accuracy) -> str:
    """The line that a result belongs to: one recipe, data set, size of pictures and kind of patches, over models."""
    found = result(spec, accuracy)
    kind = "distilled" if spec.name.endswith("distil") else "registers" if spec.name.endswith("reg4") else ""
    patches = "patch 32" if spec.patch_size == 32 else "patch 8" if spec.patch_size == 8 else ""
    recipe = "AugReg" if "AugReg" in accuracy.setting else "1,000 epochs" if "1000ep" in accuracy.setting else ""
    name = "ViT" if family(spec.name) in ("SoViT", "ViT-22B") else family(spec.name)
    size = f"{found.size} px" if found.size_stated else ""
    return " · ".join(word for word in (name, found.data, recipe, kind, patches, found.protocol, size) if word)


def table() -> list[dict[str, Any]]:
    """Every published result: its line, read-out, whether it belongs to the commonly stated table, and its cells in the order of
    `COLUMNS`.
    """
    found = []
    for spec in specs():
        for accuracy in spec.top1:
            row, about = cells(spec, accuracy), result(spec, accuracy)
            stated = spec.name in (*SAID_OF, "ViT-g/14") and "AugReg" not in accuracy.setting
            facts = {"name": spec.name, "line": series(spec, accuracy), "protocol": about.protocol, "stated": stated}
            found.append(facts | {"cells": [row[name].packed() for name in COLUMNS]})
    return found
