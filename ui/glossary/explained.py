"""What stands under the glossary: sizes and how they follow from each other, checked against the tensors of the running model."""

from torch import Tensor

from ui.glossary import words
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, script_start
from ui.state.selection import Selection
from vit_core.config import TokenLayout, ViTConfig
from vit_core.trace import BlockTrace, ViTTrace

OF_TRACE = ("images", "patches", "tokens", "pooled", "logits", "probs")
OF_BLOCK: tuple[str, ...] = ("resid_pre", "norm1_out", "q", "k", "v", "attn_scores", "attn_weights", "head_out", "attn_out", "attn_update")
OF_BLOCK += ("resid_mid", "norm2_out", "mlp_pre_act", "mlp_post_act", "mlp_out", "mlp_update", "resid_post")
CODE = [TokenLayout, BlockTrace, vars(ViTTrace)["probs"].fget]


def tensor(trace: ViTTrace, name: str, layer: int) -> Tensor:
    """The tensor of a name of `OF_TRACE` or, in a layer, of `OF_BLOCK`."""
    return getattr(trace if name in OF_TRACE else trace.block(layer), name)


def absent(config: ViTConfig) -> set[str]:
    """The names that a model without a classifier, with two answers or with a gated MLP does not have in the shape of the list."""
    return (
        ({"logits", "probs"} if not config.num_classes else set())
        | ({"pooled"} if config.distill_token else set())
        | ({"mlp_pre_act"} if config.ffn == "swiglu" else set())
    )


def formulas(trace: ViTTrace) -> list[tuple[str, str]]:
    """How the sizes follow from each other."""
    (height, width), patch_size, config, layout = trace.image_size, trace.patch_size, trace.config, trace.layout
    prefix, n, t = layout.num_prefix_tokens, layout.num_patches, layout.num_tokens
    return [
        (
            "Patches, from the picture and the patch size.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{patch_size}}}\cdot\frac{{{width}}}{{{patch_size}}} = {n}",
        ),
        ("Tokens: the patches, and those in front of them.", rf"T = {prefix} + N = {prefix} + {n} = {t}"),
        (
            "The width is shared out among the heads.",
            rf"\text{{head\_dim}} = \frac{{D}}{{\text{{heads}}}} = \frac{{{config.embed_dim}}}{{{config.num_heads}}} = {config.head_dim}",
        ),
    ]


def checks(trace: ViTTrace, selection: Selection) -> list[Check]:
    """How many numbers a shape announces, and how many the tensor of that name holds."""
    sizes, by_id = words.numbers(trace), {entry.id: entry for entry in words.entries()}
    found = []
    for name in (name for name in (*OF_TRACE, *OF_BLOCK) if name not in absent(trace.config)):
        held = tensor(trace, name, selection.layer)
        shape = by_id[name].shape
        announced = 1
        for size in words.shape_here(shape, sizes):
            announced *= size
        found.append(Check(f"numbers in {name}", announced, held.numel(), f"{shape}; the tensor is {list(held.shape)}"))
    return found


def exports(trace: ViTTrace) -> list[Export]:
    """The glossary as a table and as it is stored."""
    sizes = words.numbers(trace)

    def table() -> str:
        rows = (
            (e.term, "; ".join(e.aliases), words.GROUPS[e.group], e.shape or e.value, _here(e, sizes), e.definition, e.formula, e.source)
            for e in words.entries()
        )
        return csv_text(["term", "also", "group", "symbol or shape", "here", "definition", "formula", "source"], rows)

    return [
        Export("Glossary (CSV)", "glossary.csv", "text/csv", table),
        Export("Glossary (JSON)", "glossary.json", "application/json", lambda: words.FILE.read_bytes()),
    ]


def _here(entry: words.Entry, sizes: dict[str, int]) -> str:
    if entry.value:
        return str(sizes[entry.value])
    return "×".join(map(str, words.shape_here(entry.shape, sizes))) if entry.shape else ""


def script(trace: ViTTrace, selection: Selection) -> str:
    """Python that prints the shapes of the named tensors."""

    def listed(names: tuple[str, ...]) -> str:
        return ", ".join(f'"{name}"' for name in names if name not in absent(trace.config))

    return script_start(selection) + (
        f"for name in ({listed(OF_TRACE)}):\n"
        "    print(name, list(getattr(trace, name).shape))\n"
        f"block = trace.block({selection.layer})\n"
        f"for name in ({listed(OF_BLOCK)}):\n"
        "    print(name, list(getattr(block, name).shape))\n"
    )
