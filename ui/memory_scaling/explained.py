"""What is explained under the memory calculator: the closed forms with the numbers of the setting, checks, exports."""

from collections.abc import Mapping
from typing import Any

import vit_core
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, loader
from ui.kit.latex import grouped
from ui.memory_scaling.setting import DEFAULT_MODEL, Setting
from ui.work import cached
from vit_core import cost
from vit_core.cost import activations, shapes, states

CODE = [
    cost.memory,
    activations.inference_peak,
    activations.moments,
    activations.saved_by_block,
    states.optimizer_states,
    cost.tokens_where_attention_is_half,
]
PARTS = ("weights", "gradients", "optimizer", "inputs", "activations", "attention_matrices", "total")


def formulas(s: Setting) -> list[tuple[str, str]]:
    """The closed forms, with the numbers of this setting."""
    config, e = s.config, s.options["element_bytes"]
    n, count = cost.tokens(config, s.image_size, s.patch_size), cost.parameters(config).total
    macs, held = cost.macs(config, s.image_size, s.patch_size), cost.memory(config, **s.at)
    dim, hidden, heads, depth, b = config.embed_dim, config.mlp_hidden, config.num_heads, config.depth, s.batch
    prefix = config.num_prefix_tokens
    found = [
        (
            "**Tokens.** Patches, and the tokens in front of them.",
            rf"n = \left(\frac{{{s.image_size}}}{{{s.patch_size}}}\right)^2 + {prefix} = {grouped(n)}",
        ),
        table_of_positions(s),
        (
            "**One layer’s attention matrices**, stored or not: b pictures, a heads, e bytes a number.",
            rf"b\,a\,n^2\,e = {b}\cdot{heads}\cdot{n}^2\cdot{e} = {grouped(held.attention_matrix)}\ \text{{bytes}}",
        ),
        (
            "**Compute.** Multiply-accumulates of one layer and one picture: linear layers in n, scores and weighted values in n². "
            f"The latter are {100 * macs.block.attention_share:.1f}% of a block here, and {100 * macs.attention_share:.1f}% of the "
            f"whole model; "
            f"half of a block from {cost.tokens_where_attention_is_half(config):,} tokens on (n = 2D + M; 6D where M = 4D).",
            rf"n\,(4D^2 + 2DM) + 2n^2D,\qquad \text{{model}}: {grouped(macs.total)}\ \text{{MACs}} = {grouped(macs.flops)}\ \text{{FLOPs}}",
        ),
    ]
    if s.trains:
        found.append(
            (
                "**Training** holds weights, gradients and optimizer states, and what the backward pass needs of every layer, "
                "A = a·n (fused: one number a row) or a·n² (stored). The backward pass’s own working space is not counted.",
                rf"e\,b\,L\,[8nD + 2nM + 4n + A]:\quad n={grouped(n)},\ D={dim},\ M={hidden},\ a={heads},\ L={depth},\ b={b},\ e={e}",
            )
        )
        kept = held.weights + held.gradients + held.optimizer
        found.append(
            (
                f"**Model states.** {s.options['optimizer']}: bytes a parameter.",
                rf"\frac{{{grouped(kept)}}}{{{grouped(count)}}} = {kept / count:.4g}",
            )
        )
    else:
        found.append(
            (
                "**Inference** holds the weights and, at its fullest moment, one layer’s tensors; the trace that this app keeps adds 6nD "
                "a layer.",
                rf"\max(6nD + 2nM,\ 8nD + nM) + \text{{input of the layer}},\qquad n={grouped(n)},\ D={dim},\ M={hidden}",
            )
        )
    return found


def table_of_positions(s: Setting) -> tuple[str, str]:
    """The model's position table beside one made for this picture, and what either makes of the parameters."""
    rows, cols = s.config.native_grid
    own = s.config.replace(pos_grid=(max(1, s.image_size // s.patch_size),) * 2)
    here, there = (cost.parameters(config).total for config in (s.config, own))
    said = (
        f"**Position table.** Counted with {rows}×{cols} places, resized at run time where the grid is another; a model made for this grid "
        "has a table, and a count, of its own."
    )
    side = own.native_grid[0]
    return said, rf"{rows}\times{cols}:\ {grouped(here)}\ \text{{parameters}},\qquad {side}\times{side}:\ {grouped(there)}"


def checks(s: Setting) -> list[Check]:
    """Three totals from the closed forms against the same worked out here another way, from the model's own tensors."""
    held, count = cost.memory(s.config, **s.at), cost.parameters(s.config)
    macs = cost.macs(s.config, s.image_size, s.patch_size)
    n, dim, hidden = cost.tokens(s.config, s.image_size, s.patch_size), s.config.embed_dim, s.config.mlp_hidden
    share = 2 * n * dim / (2 * n * dim + 4 * dim * dim + shapes.MLP_MATRICES[s.config.ffn] * dim * hidden)
    tensors = shapes.parameter_shapes(s.config)
    added = f"the shapes of {sum(times for *_, times in tensors)} tensors, multiplied and added"
    ratio = f"2n²D / (2n²D + 4nD² + {shapes.MLP_MATRICES[s.config.ffn]}nDM), n = {n:,}, D = {dim:,}, M = {hidden:,}"
    parts = [held.weights, held.gradients, held.optimizer, held.inputs, held.activations]
    return [
        Check("parameters", count.total, shapes.count_parameters(s.config), added),
        Check("attention’s share of a block’s MACs", macs.block.attention_share, share, ratio),
        Check("bytes in all", held.total, sum(parts), " + ".join(f"{part:,}" for part in parts)),
    ]


def exports(s: Setting) -> list[Export]:
    """Memory and compute over resolution, and the parts at this setting."""
    name = f"memory-{s.config.name.replace('/', '-').replace(' ', '-')}-{s.image_size}-{s.patch_size}-{s.batch}"

    def curve() -> str:
        sizes = sorted({s.image_size, *(s.patch_size * max(1, round(2 ** (k / 4) / s.patch_size)) for k in range(20, 53))})
        return csv_text(["pixels", "tokens", *PARTS, "MACs a picture"], (curve_row(s, size) for size in sizes))

    def parts() -> str:
        held = cost.memory(s.config, **s.at)
        return csv_text(["part", "bytes"], [(part, getattr(held, part)) for part in PARTS])

    return [
        Export("Over resolution (CSV)", f"{name}-curve.csv", "text/csv", curve),
        Export("This setting (CSV)", f"{name}.csv", "text/csv", parts),
    ]


def curve_row(s: Setting, size: int) -> list[int]:
    """Tokens, bytes and multiply-accumulates at another size."""
    held = cost.memory(s.config, **(s.at | {"image_size": size}))
    parts = [getattr(held, part) for part in PARTS]
    return [size, cost.tokens(s.config, size, s.patch_size), *parts, cost.macs(s.config, size, s.patch_size).total]


def script(s: Setting) -> str:
    """Python that prints the same numbers."""
    base = DEFAULT_MODEL if s.model == "own" else s.model
    start = vit_core.presets[base] if base in vit_core.presets else cached.model(base).config
    fields = ("name", "embed_dim", "depth", "num_heads", "mlp_hidden", "patch_size", "image_size", "num_registers", "pos_grid")
    changes = {field: getattr(s.config, field) for field in fields if getattr(s.config, field) != getattr(start, field)}
    config = f'vit_core.presets["{base}"]' if base in vit_core.presets else f"{loader(base)}.config"
    if changes:
        config += f".replace({keywords(changes)})"
    most = {name: value for name, value in s.at.items() if name != "batch"}
    return (
        "import vit_core\n"
        "from vit_core import cost\n\n"
        f"config = {config}\n"
        f"held = cost.memory(config, {keywords(s.at)})\n"
        "print(held)\n"
        'print(f"{held.total / 1e9:.4g} GB")\n'
        f'print(cost.macs(config, {s.image_size}, {s.patch_size}).total, "MACs a picture")\n'
        f'print(cost.largest_batch(config, {s.device}, {keywords(most)}), "pictures fit")\n'
    )


def keywords(values: Mapping[str, Any]) -> str:
    """Arguments as they stand in a call."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
