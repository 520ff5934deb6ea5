"""What is explained under the comparison of models: where parameters live, checks against the table, the table as a file."""

import vit_core
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text
from ui.kit.latex import grouped
from vit_core import cost
from vit_core.cost import shapes
from vit_core.presets import SOURCES, ModelSpec, configure, specs

CODE = [cost.parameters, cost.macs, shapes.parameter_shapes, configure]


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
            "**Residual connections** add what a layer computes to what came in. They have no parameters, but the gradient passes them "
            "unchanged: one of the things that let a hundred such layers be trained, beside where the norms stand and how weights begin.",
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
