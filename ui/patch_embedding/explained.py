"""What the patch embedding page explains under its picture: the dot product, what it costs and keeps, checks and exports."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from PIL import Image

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, png_bytes, script_start
from ui.patch_embedding.setting import Calculation
from ui.state.selection import Selection
from vit_core import cost
from vit_core.images import to_image
from vit_core.layers import PatchEmbed
from vit_core.patches import flatten_kernel, resize_kernel
from vit_core.study.embedding import convolution, filter_components, projection, pseudo_inverse, reconstruct, similarity, terms
from vit_core.trace import ViTTrace

CODE = [PatchEmbed.forward, flatten_kernel, resize_kernel, convolution, reconstruct, similarity]


def formulas(trace: ViTTrace, patch: int, calculation: Calculation, dim: int = 0) -> list[tuple[str, str]]:
    """The embedding of this patch and its number `dim`, what it costs, what it keeps; and the calculator's counts."""
    (height, width), p, n, d, chans = (
        trace.image_size,
        trace.patch_size,
        trace.layout.num_patches,
        trace.config.embed_dim,
        trace.config.in_chans,
    )
    values = p * p * chans
    products, bias = terms(trace, patch, dim), float(projection(trace)[1][dim])
    macs = cost.macs(trace.config, (height, width), p).patch_embed
    coincidence = f"here {values}×{d}" + ("" if values != d else ", and equal only by chance")
    return [
        (
            f"**One matrix for all patches.** {n} rows of {values} values become {n} rows of {d} numbers.",
            rf"E = xW + b,\qquad [{n}\times{values}]\cdot[{values}\times{d}] + [{d}] \to [{n}\times{d}]",
        ),
        (
            f"**One number of one patch.** Output {dim + 1} of patch {patch + 1}: {values} products and the bias.",
            rf"E_{{{dim + 1}}} = \sum_{{i=1}}^{{{values}}} x_i w_{{i,{dim + 1}}} + b_{{{dim + 1}}} = "
            rf"{float(products.sum()):.5g} + {f'{bias:.5g}' if bias >= 0 else f'({bias:.5g})'} = "
            rf"{float(products.sum()) + bias:.5g}",
        ),
        (
            "**The work.** A multiplication and an addition for every value, output and patch.",
            rf"N\cdot P^2C\cdot D = {n}\cdot{values}\cdot{d} = {macs:,}\ \text{{MACs}} = {2 * macs:,}\ \text{{FLOPs}}".replace(",", r"\,"),
        ),
        (
            f"**The shape of W.** Commonly stated: W is 768×768. In fact it is P²C × D, {coincidence}; in ViT-B/16 both happen to be 768.",
            rf"W \in \mathbb{{R}}^{{P^2C\times D}} = \mathbb{{R}}^{{{values}\times{d}}}",
        ),
        (
            "**Another patch size.** The stored kernel is resized by the pseudo-inverse of the matrix B that resizes pictures: "
            f"an enlarged patch then gives the same numbers. {learned_words(trace)}",
            rf"W' = (B^\top)^+ W,\qquad \langle Bx, W'\rangle = \langle x, W\rangle,\qquad "
            rf"{trace.config.kernel}\times{trace.config.kernel} \to {p}\times{p}",
        ),
        (
            "**Back to pixels.** Of all patches with this embedding, the one of least norm.",
            r"\hat{x} = (E - b)\,W^{+},\qquad \text{lost} = x - \hat{x}",
        ),
        (f"**The calculator’s sizes.** {sentence(calculation)}", latex(calculation)),
    ]


def learned_words(trace: ViTTrace) -> str:
    """How many numbers of the embedding were learned, and how many W has here."""
    config, p = trace.config, trace.patch_size
    learned = cost.parameters(config).patch_embed
    if p == config.kernel:
        return f"Here nothing is resized: {learned:,} numbers were learned, with the bias."
    here = p * p * config.in_chans * config.embed_dim
    return f"Learned are {learned:,} numbers, at {config.kernel}×{config.kernel} and with the bias; the {here:,} of W here are derived."


def checks(trace: ViTTrace, patch: int, asked: Mapping | None, calculation: Calculation, dim: int = 0) -> list[Check]:
    """The browser's sum (when asked), a sum in float64, the convolution, the reconstruction's embedding, and the calculator against
    `vit_core.cost`.
    """
    found = []
    if valid(asked, trace):
        patch, dim = asked["patch"], asked["dim"]
    stored = float(trace.patch_embeddings[0, patch, dim])
    weight, bias = projection(trace)
    products = terms(trace, patch, dim)
    place = f"output {dim + 1} of {trace.layout.name(patch + trace.layout.num_prefix_tokens)}"
    if valid(asked, trace):
        found.append(Check(f"the browser’s sum, {place}", float(asked["sum"]), stored, "again: trace.patch_embeddings"))
    found.append(
        Check(
            place,
            stored,
            float(products.sum() + bias[dim]),
            f"{len(products)} products x·w, sum {float(products.sum()):.6g}, + b = {float(bias[dim]):.6g}",
        )
    )
    found.append(
        Check(
            f"the same by a convolution, {place}", stored, float(convolution(trace)[0, patch, dim]), f"kernel and stride {trace.patch_size}"
        )
    )
    row = (trace.patch_embeddings[0, patch].double() - bias) @ pseudo_inverse(weight).T
    found.append(
        Check(f"the same from the rebuilt patch, {place}", stored, float(row @ weight[dim] + bias[dim]), "x̂ = (E − b) W⁺, then x̂W + b")
    )
    return found + calculator_checks(calculation)


def sentence(c: Calculation) -> str:
    """The calculator’s sizes in words."""
    return f"{c.size}×{c.size}×{c.chans} in patches of {c.patch}, width {c.dim:,}."


def latex(c: Calculation) -> str:
    """Its counts, with the numbers put in."""
    n, values = (c.size // c.patch) ** 2, c.patch**2 * c.chans
    sizes = rf"N = {n:,},\quad P^2C = {values:,},\quad |W| + |b| = {c.parameters:,}"
    counts = rf"{sizes},\quad N\cdot P^2C\cdot D = {c.macs:,}\ \text{{MACs}},\quad T = {c.tokens:,}"
    return counts.replace(r",\quad", ";").replace(",", r"\,").replace(";", r",\quad")


def calculator_checks(c: Calculation) -> list[Check]:
    """The closed forms on screen against `vit_core.cost`."""
    n, values = (c.size // c.patch) ** 2, c.patch**2 * c.chans
    return [
        Check(
            "calculator: parameters of W and b",
            values * c.dim + c.bias * c.dim,
            c.parameters,
            f"{values} · {c.dim} + {c.bias * c.dim}; again: cost.parameters",
        ),
        Check("calculator: MACs", n * values * c.dim, c.macs, f"{n} · {values} · {c.dim}; again: cost.macs"),
        Check("calculator: tokens", n + c.prefix, c.tokens, f"{n} + {c.prefix}; again: cost.tokens"),
    ]


def valid(asked: Mapping | None, trace: ViTTrace) -> TypeGuard[Mapping[str, Any]]:
    """Whether a message from the browser names a place that exists."""
    if not isinstance(asked, Mapping) or not isinstance(asked.get("sum"), int | float):
        return False
    tops = {"patch": trace.layout.num_patches, "dim": trace.config.embed_dim}
    return all(type(asked.get(name)) is int and 0 <= asked[name] < top for name, top in tops.items())


def exports(trace: ViTTrace, selection: Selection, patch: int) -> list[Export]:
    """The chosen patch's embedding and similarities, the rebuilt picture, the filters, and the tensors behind them."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}"

    def row() -> str:
        return csv_text(
            ["output", "E", "with position"],
            zip(
                range(1, trace.config.embed_dim + 1),
                trace.patch_embeddings[0, patch].tolist(),
                trace.tokens[0, trace.layout.patches][patch].tolist(),
                strict=True,
            ),
        )

    def alike() -> str:
        before, after = similarity(trace, patch).tolist(), similarity(trace, patch, placed=True).tolist()
        return csv_text(
            ["patch", "name", "cosine", "cosine with positions"],
            (
                (i + 1, trace.layout.name(i + trace.layout.num_prefix_tokens), a, b)
                for i, (a, b) in enumerate(zip(before, after, strict=True))
            ),
        )

    def tensors() -> bytes:
        weight, bias = projection(trace)
        return npz_bytes(
            patches=trace.patches[0].numpy(),
            weight=weight.numpy(),
            bias=bias.numpy(),
            patch_embeddings=trace.patch_embeddings[0].numpy(),
            rebuilt=reconstruct(trace)[0].numpy(),
        )

    return [
        Export("This patch’s E (CSV)", f"{name}-patch{patch + 1}.csv", "text/csv", row),
        Export("Similar patches (CSV)", f"{name}-patch{patch + 1}-cosine.csv", "text/csv", alike),
        Export(
            "Rebuilt picture (PNG)",
            f"{name}-rebuilt.png",
            "image/png",
            lambda: png_bytes(to_image(reconstruct(trace), trace.config.preprocessing)),
        ),
        Export("Filters (PNG)", f"{selection.model}-filters.png", "image/png", lambda: png_bytes(filter_sheet(trace))),
        Export("Tensors (NPZ)", f"{name}-embedding.npz", "application/octet-stream", tensors),
    ]


def filter_sheet(trace: ViTTrace, across: int = 7, side: int = 48, gap: int = 4) -> Image.Image:
    """The first 28 principal components of the filters as tiles; grey is 0, every tile has its own range."""
    tiles = filter_components(trace.model.patch_embed.proj.weight.detach())[0]
    sheet = Image.new("RGB", (across * (side + gap) - gap, -(-len(tiles) // across) * (side + gap) - gap), (255, 255, 255))
    for i, tile in enumerate(tiles):
        levels = (127.5 + 127.5 * tile / tile.abs().max()).round().byte().permute(1, 2, 0).numpy()
        picture = Image.fromarray(levels if levels.shape[-1] == 3 else levels[..., :1].repeat(3, axis=-1))
        sheet.paste(picture.resize((side, side), Image.Resampling.NEAREST), ((i % across) * (side + gap), i // across * (side + gap)))
    return sheet


def script(selection: Selection, patch: int, dim: int = 0) -> str:
    """PyTorch that prints the same sum, convolution and reconstruction error."""
    return script_start(selection) + (
        "from vit_core.study import embedding\n\n"
        f"products = embedding.terms(trace, patch={patch}, dim={dim})  # x * w, in the order in which the model flattens a patch\n"
        "weight, bias = embedding.projection(trace)\n"
        f"print(float(products.sum() + bias[{dim}]), float(trace.patch_embeddings[0, {patch}, {dim}]))\n"
        "print(float((embedding.convolution(trace) - trace.patch_embeddings).abs().max()))\n"
        "print(float(embedding.patch_errors(trace, embedding.reconstruct(trace)).square().mean().sqrt()))\n"
        f"print(embedding.similarity(trace, {patch}).topk(4))\n"
    )
