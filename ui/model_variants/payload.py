"""The page on published models: what its component is sent, and what is explained under it."""

import re
from dataclasses import asdict, dataclass
from typing import Any

import vit_core
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text
from ui.kit.payload import pack
from ui.memory_scaling.payload import grouped
from ui.memory_scaling.setting import model_facts
from vit_core import cost
from vit_core.cost import shapes
from vit_core.presets import NOT_PLAIN, SOURCES, Accuracy, ModelSpec, configure, specs

CODE = [cost.parameters, cost.macs, shapes.parameter_shapes, configure]
FAMILIES = ("DINOv3", "DINOv2", "DINO", "DeiT", "CLIP", "SoViT", "ViT-22B", "ViT")
LABELLED = {
    "I1k": "ImageNet-1k",
    "I1k-1000ep": "ImageNet-1k",
    "I21k": "ImageNet-21k",
    "I21k-AugReg": "ImageNet-21k",
    "JFT300M": "JFT-300M",
    "JFT3B": "JFT-3B",
}
PROBED = {
    "DINO": "ImageNet-1k, no labels",
    "DINOv2": "LVD-142M, no labels",
    "DINOv3": "LVD-1689M, no labels",
    "CLIP": "400M image-text pairs",
    "ViT-22B": "JFT-4B",
}
PROTOCOLS = {
    "linear": "linear probe",
    "linear-probe": "linear probe",
    "kNN": "nearest neighbours",
    "zeroshot": "zero-shot",
    "ReaL": "ReaL labels",
}
POOLED = ("ViT-g/14", "ViT-G/14")


@dataclass(frozen=True)
class Result:
    """One published accuracy: what the model was pretrained on, how it was read out, and at which side in pixels."""

    data: str
    protocol: str
    size: int


def family(name: str) -> str:
    return next(prefix for prefix in FAMILIES if name.startswith(prefix))


def result(spec: ModelSpec, accuracy: Accuracy) -> Result:
    """What an accuracy's `setting` means. Probes and zero-shot are read at 224 px, CLIP's at the model's own size."""
    data, _, size = accuracy.setting.partition("@")
    if size:
        return Result(LABELLED[data], "trained or fine-tuned", int(size))
    kind = family(spec.name)
    return Result(PROBED[kind], PROTOCOLS[accuracy.setting], spec.image_size if kind == "CLIP" else 224)


def macs_at(spec: ModelSpec, size: int) -> int | None:
    """Multiply-accumulates at a size: computed for a plain model, else the table's where it has that size.

    Where the patch size does not divide the side (384 px, patches of 14), the pixels that are left over at the edge are not seen.
    """
    config = vit_core.presets.get(spec.name)
    if config is not None:
        return cost.macs(config, size - size % spec.patch_size).total
    table = {spec.eval_size: spec.gmacs_eval, 224: spec.gmacs_224}
    return round(table[size] * 1e9) if size in table else None


def published(text: str) -> list[float]:
    """The parameter counts that a table's text names: `307M(V1)/303M(Z2)` gives two."""
    return [float(number) * 1e6 for number in re.findall(r"(\d+(?:\.\d+)?)M", text)]


def note(spec: ModelSpec) -> str:
    """What one must know to compare the computed figures with the published."""
    if spec.name in NOT_PLAIN:
        return f"Not computed here: {NOT_PLAIN[spec.name]}. The figures are the table’s."
    if spec.name in POOLED:
        return "Published with an attention pooling head; the computed figures leave it out."
    return ""


def row(spec: ModelSpec) -> dict[str, Any]:
    """One model, as the component shows it."""
    config = vit_core.presets.get(spec.name)
    accuracies = [(accuracy, result(spec, accuracy)) for accuracy in spec.top1]
    return {
        "name": spec.name,
        "family": family(spec.name),
        "facts": None if config is None else model_facts(config),
        "note": note(spec),
        "patch": spec.patch_size,
        "depth": spec.depth,
        "dim": spec.embed_dim,
        "heads": spec.num_heads,
        "hidden": spec.mlp_hidden,
        "exact": spec.params_exact,
        "published": spec.params_published,
        "publishedCount": published(spec.params_published)[0],
        "gmacs224": spec.gmacs_224,
        "evalSize": spec.eval_size,
        "gmacsEval": spec.gmacs_eval,
        "top1": [
            {
                "value": a.value,
                "setting": a.setting,
                "source": SOURCES[a.source],
                "note": a.note,
                "macs": macs_at(spec, r.size),
                **asdict(r),
            }
            for a, r in accuracies
        ],
        "sources": [SOURCES[source] for source in spec.sources],
    }


def payload() -> bytes:
    """What the comparison is sent, once: every row of the table of models."""
    return pack({}, rows=[row(spec) for spec in specs()])


def formulas() -> list[tuple[str, str]]:
    """Where parameters live, with ViT-B/16's numbers."""
    config = vit_core.presets["ViT-B/16"]
    count, d, m = cost.parameters(config), config.embed_dim, config.mlp_hidden
    attention = count.block.qkv + count.block.projection
    return [
        (
            "**Attention** of one block: three matrices make q, k and v, and a fourth puts the heads together. "
            f"“3D²” leaves that one and the biases out: {100 * (1 - 3 * d * d / attention):.1f}% too few.",
            rf"4D^2 + 4D = 4\cdot{d}^2 + 4\cdot{d} = {grouped(attention)}\qquad (3D^2 = {grouped(3 * d * d)})",
        ),
        (
            "**MLP** of one block, two matrices and their biases.",
            rf"2DM + M + D = 2\cdot{d}\cdot{m} + {m} + {d} = {grouped(count.block.mlp)}\qquad (8D^2 = {grouped(8 * d * d)})",
        ),
        ("**Norms** of one block: a scale and a shift a channel, twice.", rf"2\cdot 2D = {grouped(count.block.norms)}"),
        (
            "**Residual connections** add what a layer computes to what came in. They have no parameters, but the gradient passes them unchanged, "
            "which is why a hundred such layers can be trained.",
            r"z \leftarrow z + f(z),\qquad \frac{\partial z'}{\partial z} = I + \frac{\partial f}{\partial z},\qquad 0\ \text{parameters}",
        ),
        (
            f"**All of {config.name}**: {config.depth} blocks, and what stands before and after them.",
            rf"{config.depth}\cdot{grouped(count.block.total)} + {grouped(count.total - count.blocks)} = {grouped(count.total)}",
        ),
    ]


def checks() -> list[Check]:
    """Parameters of three models, from the closed forms and from the shapes of all their tensors; compute against the table."""
    found = []
    for name in ("ViT-B/16", "ViT-L/16", "DINOv2-g/14-reg4"):
        config = vit_core.presets[name]
        tensors = sum(times for *_, times in shapes.parameter_shapes(config))
        again = f"the shapes of {tensors} tensors, multiplied and added"
        found.append(Check(f"parameters of {name}", cost.parameters(config).total, shapes.count_parameters(config), again))
    for spec in specs():
        if spec.name in ("ViT-B/16", "ViT-H/14"):
            macs = cost.macs(vit_core.presets[spec.name], 224).total / 1e9
            again = f"the table’s figure; computed {macs:.6g}, rounded to its digits"
            found.append(Check(f"10⁹ MACs of {spec.name} at 224 px", spec.gmacs_224, round(macs, 2), again))
    return found


def exports() -> list[Export]:
    """The table, with the computed figures beside the published ones."""

    def table() -> str:
        sizes = ["model", "patch", "layers", "width", "heads", "MLP"]
        header = [
            *sizes,
            "parameters computed",
            "parameters in table",
            "published",
            "MACs at 224 computed",
            "GMACs at 224 in table",
            "top-1",
        ]
        return csv_text(header, (table_row(spec) for spec in specs()))

    return [Export("Models (CSV)", "vision-transformers.csv", "text/csv", table)]


def table_row(spec: ModelSpec) -> list:
    config = vit_core.presets.get(spec.name)
    computed = ("", "") if config is None else (cost.parameters(config).total, cost.macs(config, 224).total)
    top1 = "; ".join(f"{a.setting} {a.value} ({SOURCES[a.source]})" for a in spec.top1)
    sizes = [spec.name, spec.patch_size, spec.depth, spec.embed_dim, spec.num_heads, spec.mlp_hidden]
    return [*sizes, computed[0], spec.params_exact, spec.params_published, computed[1], spec.gmacs_224, top1]


def script() -> str:
    """Python that prints the computed columns."""
    return (
        "import vit_core\n"
        "from vit_core import cost\n\n"
        "for name, config in vit_core.presets.items():\n"
        "    count = cost.parameters(config)\n"
        "    print(f'{name:18} {count.total:>14,} parameters, {cost.macs(config, 224).total / 1e9:9.2f} GMACs at 224 px')\n"
    )
