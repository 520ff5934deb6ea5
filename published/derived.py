"""Figures that texts quote and that follow from a configuration: each computed in closed form, with its formula in words."""

import csv
from collections.abc import Callable

from published.data import FOLDER
from vit_core import cost
from vit_core.presets import presets, specs

STATED = FOLDER / "stated.csv"
FP16_BYTES = 2
PREFIXES = ("", "k", "M", "G", "T")


def metric(value: float | int, unit: str = "") -> str:
    """Four significant digits with a decimal prefix: `17.56 G`, `403.0 MB`."""
    step = 0
    while value >= 999.95 and step < len(PREFIXES) - 1:
        value, step = value / 1000, step + 1
    return f"{value:#.4g} {PREFIXES[step]}{unit}".rstrip()


def stated_models() -> dict[str, dict[str, str]]:
    """The commonly stated table of four models: name to what is said of its parameters, accuracy, data, memory and training."""
    with STATED.open(encoding="utf-8", newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}


def count_of(model: str) -> int:
    """Parameters: from the closed form where the model is plain, else the table's exact count."""
    if model in presets:
        return cost.parameters(presets[model]).total
    return next(spec.params_exact for spec in specs() if spec.name == model)


def fitted(model: str, size: int) -> int:
    """The side of the picture that the model's patches cover, up to `size` pixels."""
    return size - size % presets[model].patch_size


def macs_of(model: str, size: int) -> int:
    return cost.macs(presets[model], fitted(model, size)).total


def parameters(model: str) -> tuple[str, str]:
    return f"{count_of(model):,}", f"parameters of {model}, counted from its shapes"


def body_parameters(model: str) -> tuple[str, str]:
    count = cost.parameters(presets[model])
    return f"{count.total - count.head:,}", f"{count.total:,} parameters of {model}, less {count.head:,} of its classifier"


def width(model: str) -> tuple[str, str]:
    config = presets[model]
    return str(config.embed_dim), f"{config.patch_size}² · 3 = {3 * config.patch_size**2}; the width of {model} is {config.embed_dim}"


def attention_parameters(model: str) -> tuple[str, str]:
    block, d = cost.parameters(presets[model]).block, presets[model].embed_dim
    return f"{block.qkv + block.projection:,}", f"4D² + 4D with D = {d}"


def three_squares(model: str) -> tuple[str, str]:
    d = presets[model].embed_dim
    return f"{3 * d * d:,}", f"3D² with D = {d}"


def mlp_parameters(model: str) -> tuple[str, str]:
    return f"{cost.parameters(presets[model]).block.mlp:,}", f"2DM + M + D with D = {presets[model].embed_dim} and M = 4D"


def eight_squares(model: str) -> tuple[str, str]:
    d = presets[model].embed_dim
    return f"{8 * d * d:,}", f"8D² with D = {d}"


def norm_parameters(model: str) -> tuple[str, str]:
    count, depth = cost.parameters(presets[model]), presets[model].depth
    return f"{depth * count.block.norms + count.final_norm:,}", f"(2 · {depth} + 1) · 2D with D = {presets[model].embed_dim}"


def fp16(model: str) -> tuple[str, str]:
    return metric(FP16_BYTES * count_of(model), "B"), f"{count_of(model):,} parameters × {FP16_BYTES} bytes"


def stated_bytes(model: str) -> tuple[str, str]:
    said = stated_models()[model]["memory_gb"]
    return f"{float(said) * 1e9 / count_of(model):.0f}", f"{said} GB as stated ÷ {count_of(model):,} parameters of {model}"


def entries(model: str, size: str, prefix: str) -> tuple[str, str]:
    config = presets[model]
    tokens = (int(size) // config.patch_size) ** 2 + int(prefix)
    return f"{config.num_heads * tokens**2:,}", f"{tokens:,}² × {config.num_heads} heads"


def matrix_bytes(model: str, size: str) -> tuple[str, str]:
    found = cost.memory(presets[model], int(size), element_bytes=FP16_BYTES).attention_matrix
    tokens = cost.tokens(presets[model], int(size))
    return metric(found, "B"), f"{FP16_BYTES} bytes × {presets[model].num_heads} heads × {tokens:,}² = {found:,} bytes"


def share(model: str, size: str) -> tuple[str, str]:
    block = cost.macs(presets[model], fitted(model, int(size))).block
    return f"{100 * block.attention_share:.1f}%", f"2n²D = {block.attention_core:,} of {block.total:,} multiply-accumulates of a block"


def macs(model: str, size: str) -> tuple[str, str]:
    found = macs_of(model, int(size))
    return metric(found), f"{found:,} multiply-accumulates of {model} at {fitted(model, int(size))} px"


def mac_ratio(model: str, low: str, high: str) -> tuple[str, str]:
    first, second = macs_of(model, int(low)), macs_of(model, int(high))
    return f"×{second / first:.2f}", f"{second:,} ÷ {first:,} multiply-accumulates"


def mac_growth(small: str, large: str) -> tuple[str, str]:
    first, second = macs_of(small, 224), macs_of(large, 224)
    return f"×{second / first:.2f}", f"{second:,} ÷ {first:,} multiply-accumulates at 224 px"


def mac_share(model: str, of: str, size: str) -> tuple[str, str]:
    first, second = macs_of(model, int(size)), macs_of(of, int(size))
    return f"{100 * first / second:.0f}%", f"{first:,} ÷ {second:,} multiply-accumulates at {size} px"


def parameter_growth(small: str, large: str) -> tuple[str, str]:
    first, second = count_of(small), count_of(large)
    return f"×{second / first:.2f}", f"{second:,} ÷ {first:,} parameters"


def pixels(model: str) -> tuple[str, str]:
    p = presets[model].patch_size
    return str(p * p), f"{p} × {p}"


def values(model: str) -> tuple[str, str]:
    p, channels = presets[model].patch_size, presets[model].in_chans
    return str(p * p * channels), f"{p} × {p} × {channels}"


DERIVED: dict[str, Callable[..., tuple[str, str]]] = {
    found.__name__: found
    for found in (
        parameters,
        body_parameters,
        width,
        attention_parameters,
        three_squares,
        mlp_parameters,
        eight_squares,
        norm_parameters,
        fp16,
        stated_bytes,
        entries,
        matrix_bytes,
        share,
        macs,
        mac_ratio,
        mac_growth,
        mac_share,
        parameter_growth,
        pixels,
        values,
    )
}
