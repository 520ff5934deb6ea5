"""What the performance page explains under its charts: the closed forms, checks against the data files, exports and a script."""

import math
from collections.abc import Iterator

import vit_core
from published import evidence
from published.derived import FP16_BYTES, count_of, stated_models
from published.results import POOLED
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text
from ui.kit.latex import grouped
from ui.performance.panels import STEPS
from ui.performance.results import cells
from ui.performance.words import ADAM_BYTES, COLUMNS
from vit_core import cost
from vit_core.cost import activations, shapes
from vit_core.presets import specs

CODE = [cost.parameters, cost.macs, activations.inference_peak, activations.saved_activations, evidence.filled]


def formulas() -> list[tuple[str, str]]:
    """What the computed columns are, with ViT-B/16's numbers."""
    config = vit_core.presets["ViT-B/16"]
    count, said = cost.parameters(config).total, stated_models()[config.name]["memory_gb"]
    n, size = cost.tokens(config, config.image_size), config.image_size
    found, (small, large, *marks, _) = cost.macs(config, size), STEPS[0]
    (low, high), growth = (evidence.filled(mark).text for mark in marks), count_of(large) / count_of(small)
    return [
        (
            "**Weights and training state.** fp16 weights take 2 bytes a parameter. Adam needs 16 in all: weights, gradients and two "
            "running means, "
            "in fp32; or 2-byte weights and gradients beside fp32 weights and means.",
            rf"{FP16_BYTES}\cdot{grouped(count)} = {grouped(FP16_BYTES * count)},\qquad {ADAM_BYTES}\cdot{grouped(count)} = "
            rf"{grouped(ADAM_BYTES * count)}"
            rf"\qquad \left(\text{{stated: }}{said}\ \text{{GB}} = {float(said) * 1e9 / count:.4g}\ \text{{bytes a parameter}}\right)",
        ),
        (
            f"**Compute.** Multiply-accumulates (MACs) of one picture at {size} px; a FLOP count is twice as large, and published tables "
            f"mix the two.",
            rf"3P^2DN + L\,[\,n(4D^2+2DM)+2n^2D\,] + KD = {grouped(found.total)},\qquad n = {n}",
        ),
        (
            "**What training saves** of one picture for the backward pass, with fused attention: it goes with layers × tokens × width, not "
            "with parameters.",
            r"e\,\{L\,[8nD + 2nM + 4n + an] + 3HW + nD + D + 2\}",
        ),
        (
            f"**A doubling.** Points of accuracy for twice the parameters, from {small} to {large}.",
            rf"\frac{{{high} - {low}}}{{\log_2 {growth:.4g}}} = {(float(high) - float(low)) / math.log2(growth):.4g}",
        ),
    ]


def checks() -> list[Check]:
    """Computed columns another way, and the stated memory as bytes a parameter."""
    found = []
    for name in ("ViT-B/16", "ViT-H/14"):
        config = vit_core.presets[name]
        found.append(
            Check(
                f"fp16 weights of {name}, bytes",
                FP16_BYTES * cost.parameters(config).total,
                sum(FP16_BYTES * times * math.prod(shape) for _, shape, times in shapes.parameter_shapes(config)),
                "the shapes of all tensors, multiplied, added, times 2 bytes",
            )
        )
    for spec in specs():
        if spec.name in stated_models() and spec.name not in POOLED:
            macs = cost.macs(vit_core.presets[spec.name], spec.eval_size).total / 1e9
            found.append(
                Check(
                    f"10⁹ MACs of {spec.name} at {spec.eval_size} px",
                    spec.gmacs_eval,
                    round(macs, 1),
                    f"the table’s figure; computed {macs:.6g}",
                )
            )
    return found


def rows() -> Iterator[list]:
    """Every result with its sources, as it is shown."""
    for spec in specs():
        for accuracy in spec.top1:
            found = cells(spec, accuracy)
            yield [text for cell in found.values() for text in (cell.value if cell.value is not None else cell.text, cell.said, cell.note)]


def exports() -> list[Export]:
    """The table with a source beside every figure; the claims."""
    header = [word for name in COLUMNS for word in (name, f"{name}, commonly stated", f"{name}, source or formula")]

    def claims() -> str:
        kept = evidence.claims().values()
        plain = ([c.topic, c.stated, c.verdict, evidence.plain(c.fact), evidence.plain(c.why), "; ".join(c.sources)] for c in kept)
        return csv_text(["topic", "commonly stated", "verdict", "in fact", "why", "sources"], plain)

    return [
        Export("Results with sources (CSV)", "vision-transformers-results.csv", "text/csv", lambda: csv_text(header, rows())),
        Export("Commonly stated, in fact (CSV)", "commonly-stated.csv", "text/csv", claims),
    ]


def script() -> str:
    """Python that prints published accuracies beside computed sizes."""
    return (
        "import vit_core\n"
        "from published import evidence\nfrom vit_core import cost\n\n"
        "for (name, setting), (top1, source) in evidence.accuracies().items():\n"
        "    if name in vit_core.presets:\n"
        "        count = cost.parameters(vit_core.presets[name]).total\n"
        "        print(f'{name:18} {count:>14,} parameters  {top1:5.2f}%  {setting:16} {evidence.sources()[source]}')\n"
    )
