"""What the positional page explains under its components: formulas with the current numbers, checks, exports."""

from collections.abc import Mapping
from typing import Any, TypeGuard

import torch

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four
from ui.positional_encoding.payload import SIDES, shown_patch
from ui.positional_encoding.setting import MOMENT, Pair, kinds, pair, rows_of
from ui.state.selection import Selection
from vit_core import positions
from vit_core.model import VisionTransformer
from vit_core.study import position_experiments as experiments
from vit_core.study.effect import Followed
from vit_core.trace import ViTTrace

CODE = [
    VisionTransformer.assemble,
    positions.interpolate_positions,
    positions.cosine_similarity,
    positions.sincos_positions,
    positions.sincos_positions_1d,
    positions.similarity_explained,
    experiments.position_edits,
    experiments.follow_twins,
]


def formulas(trace: ViTTrace, selection: Selection) -> list[tuple[str, str]]:
    """What is added, how alike two rows are, and the encodings that are rules, with this picture's numbers."""
    layout, config = trace.layout, trace.config
    n, t, d, p = layout.num_patches, layout.num_tokens, config.embed_dim, trace.pos_embedding[0]
    front = r"x_\text{cls};\," if config.num_pos_prefix == 1 else r"x_\text{cls};\,x_\text{dist};\," if config.num_pos_prefix else ""
    (rows, cols), (native_rows, native_cols) = layout.grid, config.native_grid
    return [
        (
            "**Added, once.** Before the first layer, every token gets the row of its place added. Which row is fixed; what stands in it "
            "is learned.",
            rf"z_0 = [{front}x_1W;\ldots;x_{{{n}}}W] + E_\text{{pos}},\qquad E_\text{{pos}} \in \mathbb{{R}}^{{{len(p)}\times{d}}},"
            rf"\quad z_0 \in \mathbb{{R}}^{{{t}\times{d}}}",
        ),
        alike(pair(trace, selection)),
        (
            f"**Another grid.** Each of the {d} channels of the {native_rows} × {native_cols} table is resized like a small picture; "
            "the rows of prefix tokens stay.",
            rf"P'_d = R\,P_d\,C^\top,\qquad R \in \mathbb{{R}}^{{{rows}\times{native_rows}}},\quad C \in "
            rf"\mathbb{{R}}^{{{cols}\times{native_cols}}}",
        ),
        (
            "**2D sine-cosine.** A rule, no parameters: a quarter of the channels each for sine and cosine of the column x and of "
            "the row y.",
            rf"\left[\sin(x\omega_i),\,\cos(x\omega_i),\,\sin(y\omega_i),\,\cos(y\omega_i)\right],"
            rf"\qquad \omega_i = 10000^{{-i/{max(d // 4 - 1, 1)}}},\quad i = 0,\ldots,{d // 4 - 1}",
        ),
        (
            "**1D sine-cosine.** The same idea for the place in the row, as first used for text: it does not know where a line ends.",
            rf"p_{{2i}} = \sin(n\,\omega_i),\quad p_{{2i+1}} = \cos(n\,\omega_i),\qquad \omega_i = 10000^{{-2i/{d}}},\quad n = "
            rf"0,\ldots,{n - 1}",
        ),
    ]


def alike(chosen: Pair) -> tuple[str, str]:
    """The cosine of the two positions that the stage compares."""
    one, two = chosen.rows[[chosen.here, chosen.there]].double()
    grid = f"{chosen.kind_name[0].upper()}{chosen.kind_name[1:]}, grid {chosen.side} × {chosen.side}"
    if not float(one.norm()) * float(two.norm()):
        return f"**How alike two places are.** {grid}: a row of zeros is similar to nothing.", r"\cos(p, p') := 0"
    return (
        f"**How alike two places are.** {grid}: {chosen.name(chosen.here)} (ID {chosen.here}) and the place most like it, "
        f"{chosen.name(chosen.there)} (ID {chosen.there}).",
        rf"\cos(p, p') = \frac{{p\cdot p'}}{{|p|\,|p'|}} = "
        rf"\frac{{{four(float(one @ two))}}}{{{four(float(one.norm()))}\cdot{four(float(two.norm()))}}}"
        rf" = {four(float(torch.cosine_similarity(one, two, dim=0)))}",
    )


def checks(trace: ViTTrace, selection: Selection, asked: Mapping | None) -> list[Check]:
    """The similarity that the browser computed (when asked), one token's sum, and one interpolated number."""
    found = []
    if valid(asked, trace):
        rows = rows_of(trace.model, asked["enc"], asked["side"]).double()
        one, two = rows[asked["a"]], rows[asked["b"]]
        again = float(torch.cosine_similarity(one, two, dim=0))
        operands = f"p·p′ = {float(one @ two):.6g}, |p| = {float(one.norm()):.6g}, |p′| = {float(two.norm()):.6g}"
        name = f"the browser’s similarity, {asked['enc']}, {asked['side']} × {asked['side']}, IDs {asked['a']} and {asked['b']}"
        found.append(Check(name, float(asked["value"]), again, operands))
    chosen, table = pair(trace, selection), trace.pos_embedding[0]
    one, two = chosen.rows[[chosen.here, chosen.there]].double()
    shown = float(positions.cosine_similarity(chosen.rows)[chosen.here, chosen.there])
    dot, lengths = float(one @ two), float(one.norm() * two.norm())
    what = f"similarity of IDs {chosen.here} and {chosen.there}, {chosen.kind_name}, {chosen.side} × {chosen.side}"
    found.append(Check(what, shown, dot / lengths if lengths else 0.0, f"p·p′ = {dot:.6g}, |p| |p′| = {lengths:.6g}"))
    first, patch = trace.layout.num_prefix_tokens, shown_patch(trace.layout, selection.token)
    embedded, added = float(trace.patch_embeddings[0, patch, 0]), float(table[trace.config.num_pos_prefix + patch, 0])
    if not trace.config.pre_norm:
        operands = f"embedding {embedded:.6g} + position {added:.6g}"
        found.append(Check(f"token {first + patch}, first number", float(trace.tokens[0, first + patch, 0]), embedded + added, operands))
    found.append(interpolated(trace, patch))
    return found


def interpolated(trace: ViTTrace, patch: int) -> Check:
    """The first number of a patch's position from the learned table: a weighted sum over the native grid."""
    config, (rows, cols) = trace.config, trace.layout.grid
    native_rows, native_cols = config.native_grid
    down = positions.interpolation_matrix(config, native_rows, rows)[patch // cols].double()
    across = positions.interpolation_matrix(config, native_cols, cols)[patch % cols].double()
    channel = trace.model.pos_embed[0, config.num_pos_prefix :, 0].detach().double().reshape(native_rows, native_cols)
    terms = int((down != 0).sum() * (across != 0).sum())
    place = config.num_pos_prefix + patch
    operands = f"{terms} of the {native_rows * native_cols} learned rows, weighted"
    return Check(f"position ID {place}, first number", float(trace.pos_embedding[0, place, 0]), float(down @ channel @ across), operands)


def valid(asked: Mapping | None, trace: ViTTrace) -> TypeGuard[Mapping[str, Any]]:
    """Whether a message from the browser names an encoding, a grid and positions that exist."""
    if not isinstance(asked, Mapping) or not isinstance(asked.get("value"), int | float) or type(asked.get("side")) is not int:
        return False
    top = trace.config.num_pos_prefix + asked["side"] ** 2
    return (
        asked.get("enc") in kinds()
        and asked["side"] in SIDES
        and all(type(asked.get(name)) is int and 0 <= asked[name] < top for name in ("a", "b"))
    )


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """The chosen position's similarities and what every way says as CSV; tables and similarities as NPZ."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}"
    chosen, grid = pair(trace, selection), trace.layout.grid
    here = chosen.here

    def similarities() -> str:
        values = positions.cosine_similarity(chosen.rows)[here].tolist()
        return csv_text(["id", "similarity"], enumerate(values))

    def answers() -> str:
        tried = experiments.try_positions(trace)
        if not trace.config.num_classes:
            kept = Followed.of(tried["kept"])
            return csv_text(["positions", "cosine of the features"], [(way, float(kept.left(found)[0])) for way, found in tried.items()])
        return csv_text(
            ["positions", "class", "probability"], [(way, label, p) for way, found in tried.items() for label, p in found.top_k(5)]
        )

    def tensors() -> bytes:
        table, dim = trace.pos_embedding[0], trace.config.embed_dim
        return npz_bytes(
            pos_embed=trace.model.pos_embed[0].detach().numpy(),
            pos_embedding=table.numpy(),
            similarity=positions.cosine_similarity(table).numpy(),
            sincos2d=positions.sincos_positions(grid, dim).numpy(),
            sincos1d=positions.sincos_positions_1d(grid[0] * grid[1], dim).numpy(),
        )

    return [
        Export("This position (CSV)", f"{name}-{chosen.kind}-{chosen.side}-id{here}-similarity.csv", "text/csv", similarities),
        Export("Answers by positions (CSV)", f"{name}-broken-positions.csv", "text/csv", answers),
        Export("Tables and similarities (NPZ)", f"{name}-positions.npz", "application/octet-stream", tensors),
    ]


def script(trace: ViTTrace, selection: Selection) -> str:
    """PyTorch that prints the positions most like the chosen one, and the answers with broken positions."""
    chosen = pair(trace, selection)
    return script_start(selection) + (
        "from vit_core.study.position_experiments import try_positions\n"
        "from vit_core.positions import cosine_similarity\n\n"
        f"{rows_in_script(trace, chosen)}"
        f"row = cosine_similarity(rows)[{chosen.here}]\n"
        "for value, place in zip(*row.topk(6), strict=True):\n"
        "    print(int(place), round(float(value), 4))\n"
        "for way, broken in try_positions(trace).items():\n"
        f"    print(way, {'broken.top_k(3)' if trace.config.num_classes else 'broken.logits.norm()'})\n"
    )


def rows_in_script(trace: ViTTrace, chosen: Pair) -> str:
    """Lines that make `rows`, all rows of the chosen encoding."""
    kind, side, dim = chosen.kind, chosen.side, trace.config.embed_dim
    if kind == "learned" and trace.layout.grid == (side, side):
        return "rows = trace.pos_embedding[0]\n"
    if kind == "learned" or kind.startswith(MOMENT):
        loaded = f"snapshots.load(moments.available()[{kind.removeprefix(MOMENT)}].path)"
        start = (
            "" if kind == "learned" else f"from vit_core.data import moments\nfrom vit_core.train import snapshots\n\nmoment = {loaded}\n"
        )
        whose = "model" if kind == "learned" else "moment"
        return (
            f"from vit_core.positions import interpolate_positions\n{start}"
            f"rows = interpolate_positions({whose}.pos_embed.detach(), model.config, ({side}, {side}))[0]\n"
        )
    made = {
        "sincos2d": f"sincos_positions(({side}, {side}), {dim})",
        "sincos1d": f"sincos_positions_1d({side * side}, {dim})",
        "random": f"random_positions({side * side}, {dim})",
        "none": f"torch.zeros({side * side}, {dim})",
    }[kind]
    start = "" if kind == "none" else f"from vit_core.positions import {made.partition('(')[0]}\n"
    return f"import torch\n{start}rows = torch.cat([torch.zeros({trace.config.num_pos_prefix}, {dim}), {made}])\n"
