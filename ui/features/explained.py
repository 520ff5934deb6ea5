"""What stands under the features page: formulas with the current numbers, checks, exports and the script."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from ui.features import gallery, groups, layers, page, pair, payload, take
from ui.features.setting import setting, tab_of
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four
from ui.state.selection import Selection
from ui.work import cached
from vit_core.study.representations import features
from vit_core.study.representations import groups as study_groups
from vit_core.trace import ViTTrace

CODE = [
    *(features.rows_of, features.alike, features.components, features.Components.of, payload.place_means, features.without_place),
    *(groups.k_means, study_groups.parted, study_groups.rand_index, study_groups.patch_answers),
    *(features.hsic, features.gram, features.aligned, layers.steps),
    *(features.best_matches, pair.mutual, gallery.steps, gallery.like),
]
NAMES = {"stream": "stream", "query": "queries", "key": "keys", "value": "values", "update": "update"}


def rows(trace: ViTTrace, selection: Selection) -> Tensor:
    """The rows that are looked at, `[tokens, width]`."""
    return page.rows_of(trace, selection)(selection.layer)


def alike(trace: ViTTrace, selection: Selection) -> Tensor:
    """How alike the chosen token is to each, `[tokens]`."""
    found = rows(trace, selection)
    return features.alike(found[selection.token][None], found)[0]


def nearest(trace: ViTTrace, selection: Selection) -> int:
    """The patch that is most like the chosen token, as a token; the first where there is no other."""
    first = trace.layout.num_prefix_tokens
    others = alike(trace, selection)[first:]
    if len(others) > 1 and selection.token >= first:
        others[selection.token - first] = -2
    return first + int(others.argmax())


def where(selection: Selection) -> str:
    """Layer and rows in words."""
    here = setting(selection)
    return f"layer {selection.layer + 1}, {NAMES[here.rows]}{', position removed' if here.content else ''}"


def parts_of(trace: ViTTrace, selection: Selection) -> tuple[Tensor, features.Components | None]:
    """The patches' rows and their components; None where they have none."""
    found = rows(trace, selection)[trace.layout.patches]
    try:
        return found, features.components(found, payload.DIRECTIONS)
    except ValueError:
        return found, None


def formulas(trace: ViTTrace, selection: Selection) -> list[tuple[str, str]]:
    """Of what is open. Likeness: a cosine, the principal components, and what is subtracted, with this picture's numbers; while the means
    are made, the last alone."""
    here = setting(selection)
    match tab_of(selection):
        case "groups":
            return groups.formulas(trace, selection, here)
        case "pair":
            return pair.formulas(trace, selection, here, partial(page.places, selection, here))
        case "gallery":
            return gallery.formulas(trace, selection, here)
        case "layers":
            return layers.formulas(trace, selection, here.rows)
    if page.runs(selection, setting(selection)):
        return [subtracted()]
    layout, found, best = trace.layout, rows(trace, selection).double(), nearest(trace, selection)
    one, two = found[selection.token], found[best]
    value = float(alike(trace, selection)[best])
    (along, parts), place = parts_of(trace, selection), where(selection)
    every = float((along.double() - along.double().mean(dim=0)).square().sum())
    first = float(parts.of(along)[:, 0].square().sum()) if parts else 0.0
    shares = rf"\frac{{{four(first)}}}{{{four(every)}}} = {four(float(parts.explained[0]))}" if parts else r"\text{none}"
    return [
        (
            f"**How alike two tokens are.** {place[0].upper()}{place[1:]}: {layout.name(selection.token)}, and the patch that is most like "
            f"it, {layout.name(best)}. Lengths do not count.",
            rf"\cos(z, z') = \frac{{z\cdot z'}}{{|z|\,|z'|}} = \frac{{{four(float(one @ two))}}}"
            rf"{{{four(float(one.norm()))}\cdot{four(float(two.norm()))}}} = {four(value)},\qquad z \in \mathbb{{R}}^{{{len(one)}}}",
        ),
        (
            f"**Principal components.** The first is the direction along which the {layout.num_patches} patches of the layer differ most, "
            "each next one the same at right angles to those before. Along each, a patch lies where its difference from the patches’ mean "
            "points; the squares of that, over all squares, are what a component explains. Its sign means nothing. Tokens in front of the "
            "patches are left out.",
            rf"\frac{{\sum\,(\text{{along the first}})^2}}{{\sum\,|z - \bar z|^2}} = {shares}",
        ),
        subtracted(),
    ]


def subtracted() -> tuple[str, str]:
    """How place is taken out."""
    pictures = len(cached.gallery())
    return (
        f"**Position removed.** Each token loses its own mean over the {pictures} pictures of the gallery: what a place has in every "
        "picture goes, what is in this one stays.",
        rf"z \leftarrow z - \frac{{1}}{{{pictures}}}\sum_\text{{pictures}} z_\text{{same place}}",
    )


def checks(trace: ViTTrace, selection: Selection) -> list[Check]:
    """Of what is open; none while it is made. Likeness: the best match from the rows in float64, the same as the browser has it, and the
    share of the first component."""
    here, means = setting(selection), partial(page.places, selection, setting(selection))
    match tab_of(selection):
        case "gallery":
            return gallery.checks(trace, selection, here)
        case "layers":
            return layers.checks(trace, selection, here.rows)
    if page.runs(selection, here):
        return []
    match tab_of(selection):
        case "groups":
            return groups.checks(trace, selection, here, page.rows_of(trace, selection))
        case "pair":
            return pair.checks(trace, selection, here, means)
    found, best = rows(trace, selection), nearest(trace, selection)
    one, two = (found[token].double().numpy() for token in (selection.token, best))
    lengths, product = float(np.linalg.norm(one) * np.linalg.norm(two)), float((one * two).sum())
    again = product / lengths if lengths else 0.0
    names = f"{where(selection)}: {trace.layout.name(selection.token)}, {trace.layout.name(best)}"
    sent = torch.from_numpy(payload.at_length_one(found).astype(np.float32))
    shown = [
        Check(f"cosine, {names}", float(alike(trace, selection)[best]), again, f"z·z′ = {product:.6g}, |z| |z′| = {lengths:.6g}"),
        Check(
            "the same, as it travels",
            float(features.alike(sent[[selection.token]], sent[[best]])),
            again,
            "rows in float16; three decimals",
        ),
    ]
    along, parts = parts_of(trace, selection)
    if parts is not None:
        first = float(parts.of(along)[:, 0].square().sum())
        every = float((along.double() - along.double().mean(dim=0)).square().sum())
        operands = f"squares along it {first:.6g}, all {every:.6g}"
        shown.append(Check("share of the first component", float(parts.explained[0]), first / every, operands))
    return shown


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """Of what is open. Likeness: the map that is drawn as CSV; the layer's rows and components as NPZ."""
    here = setting(selection)
    match tab_of(selection):
        case "groups":
            return groups.exports(trace, selection, here)
        case "pair":
            return pair.exports(trace, selection, here, partial(page.places, selection, here))
        case "gallery":
            return gallery.exports(trace, selection, here)
        case "layers":
            return layers.exports(trace, selection, here.rows)
    name = take.name_of(selection, here, selection.layer)

    def row() -> str:
        values = alike(trace, selection).tolist()
        return csv_text(["token", "name", "cosine"], ((i, trace.layout.name(i), value) for i, value in enumerate(values)))

    def tensors() -> bytes:
        along, parts = parts_of(trace, selection)
        more = {} if parts is None else {"directions": parts.directions, "explained": parts.explained, "along": parts.of(along)}
        return npz_bytes(rows=rows(trace, selection).numpy(), **{key: value.numpy() for key, value in more.items()})

    return [
        Export(f"Like {trace.layout.name(selection.token)} (CSV)", f"{name}-token{selection.token}.csv", "text/csv", row),
        Export("Rows and components (NPZ)", f"{name}.npz", "application/octet-stream", tensors),
    ]


def script(trace: ViTTrace, selection: Selection) -> str:
    """PyTorch that prints what is open. Likeness: the tokens most like the chosen one, and what the first components explain."""
    here = setting(selection)
    match tab_of(selection):
        case "groups":
            return groups.script(trace, selection, here)
        case "pair":
            return pair.script(trace, selection, here)
        case "gallery":
            return gallery.script(trace, selection, here)
        case "layers":
            return layers.script(trace, selection, here.rows)
    few = trace.layout.num_patches < payload.DIRECTIONS
    return script_start(selection) + (
        "from vit_core.study.representations import features\n"
        f"{take.rows_lines(selection, here)}"
        f"rows = rows_of(trace, {selection.layer})  # {where(selection)}\n"
        f"likeness = features.alike(rows[[{selection.token}]], rows)[0]\n"
        "for value, token in zip(*likeness.topk(6), strict=True):\n"
        "    print(trace.layout.name(int(token)), round(float(value), 4))\n"
        + ("" if few else f"print(features.components(rows[trace.layout.patches], {payload.DIRECTIONS}).explained)\n")
    )
