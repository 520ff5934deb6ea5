"""How alike layers are, of one model and of two: linear CKA over the gallery's patches, in steps, and what is sent."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
import torch

from ui.compare.setting import Second, first_choice, options, second_of
from ui.features import take
from ui.kit.components import component
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, loader, script_start
from ui.kit.latex import four
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session, view
from ui.state.selection import Selection, quoted
from ui.work import cached, watch
from ui.work.job import Job, Key, Macs
from ui.work.jobs import jobs
from vit_core.study.representations import features
from vit_core.study.representations.features import Rows
from vit_core.study.representations.pairs import nearest_patches

if TYPE_CHECKING:
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace

MOST = 512
"""Patches of a picture that are compared; of more, so many that lie evenly apart in reading order."""


def key_of(chosen: Selection, second: Second | None, rows: Rows) -> Key:
    return ("features layers", chosen.model, chosen.image_size, chosen.patch_size, second and replaced(second), rows)


def replaced(second: Second) -> tuple[str, int, int]:
    """What the second model is run with, whatever the picture."""
    return second.model, second.image_size, second.patch_size


def second_model(chosen: Selection) -> tuple[Second, str] | None:
    """The choice of the second model, and what it is called; None where there is only one, or it cannot be read, which is said."""
    found, asked = options("model"), view.read("features_layers", chosen.view, "second")
    if not found:
        return None
    if asked and asked not in found:
        st.info(f"There is no other model “{quoted(asked)}” here; {next(iter(found.values()))} is shown.", icon=":material/info:")
    name = asked if asked in found else first_choice("model", found)
    st.session_state["features_second"] = name

    def change() -> None:
        session.change(view=view.changed("features_layers", session.current().view, {"second": st.session_state["features_second"]}))

    st.selectbox("The second model", list(found), format_func=lambda one: found.get(one, one), key="features_second", on_change=change)
    try:
        return second_of("model", name, chosen), found[name]
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return None


def places(patches: int) -> "Tensor":
    """The patches that are compared, at most `MOST`."""
    return torch.linspace(0, patches - 1, min(MOST, patches)).round().long()


def patch_rows(trace: "ViTTrace", rows: Rows, at: "Tensor") -> list["Tensor"]:
    """Some patches' rows in every layer."""
    first = trace.layout.num_prefix_tokens
    return [features.rows_of(trace, layer, rows)[first + at] for layer in range(trace.depth)]


def steps(runs: Sequence[tuple[str, int, int]], rows: Rows) -> Iterator["Tensor"]:
    """Picture by picture the criterion of every pair of layers, of all models one after the other, flat. `runs`: model, size, patch size.

    Where two grids differ, the second model's patch is the one in which the centre of the first one's lies.
    """
    import vit_core

    models = [(cached.model(name), size, patch) for name, size, patch in runs]
    for picture in cached.gallery().values():
        layers: list[Tensor] = []
        for number, (vit, size, patch) in enumerate(models):
            trace = vit(vit_core.preprocess(picture.image, vit, image_size=size), patch)
            if number == 0:
                grid, at = trace.layout.grid, places(trace.layout.num_patches)
            there = at if trace.layout.grid == grid else nearest_patches(grid, trace.layout.grid)[at]
            layers += patch_rows(trace, rows, there)
        yield features.hsic(layers).flatten().float()


def matrix(values: np.ndarray, layers: int) -> tuple["Tensor", int]:
    """CKA of every pair of layers, and how many pictures it rests on by now; nan before the first."""
    each = torch.from_numpy(values.reshape(-1, layers, layers)).double()
    known = each[~each.isnan().flatten(1).any(dim=1)]
    return (features.aligned(known.mean(dim=0)) if len(known) else torch.full((layers, layers), torch.nan)), len(known)


def likeness(trace: "ViTTrace", rows: Rows, patch: int) -> np.ndarray:
    """How alike a patch is to each in every layer, `[layers, N]`."""
    found = [features.rows_of(trace, layer, rows)[trace.layout.patches] for layer in range(trace.depth)]
    return torch.stack([features.alike(one[[patch]], one)[0] for one in found]).float().numpy()


def payload(
    here: "Analysis", there: "Analysis | None", names: list[str], token: int, rows: Rows, values: np.ndarray, **facts: Any
) -> bytes:
    """The matrix as far as it is known, and in every layer how alike the chosen patch is to the others of the picture."""
    sides = [here.trace] if there is None else [here.trace, there.trace]
    found, pictures = matrix(values, sum(trace.depth for trace in sides))
    patch = max(0, token - here.trace.layout.num_prefix_tokens)
    across = patch if there is None else int(nearest_patches(here.trace.layout.grid, there.trace.layout.grid)[patch])
    arrays = {"cka": found.float().numpy(), "picture": picture_array(here.shown), "first": likeness(here.trace, rows, patch)}
    if there is not None:
        arrays |= {"second": likeness(there.trace, rows, across), "other": picture_array(there.shown)}
    grids = [list(trace.layout.grid) for trace in sides]
    counts = {"pictures": pictures, "ofPictures": len(cached.gallery()), "patches": len(places(here.trace.layout.num_patches))}
    shown = {"names": names, "depths": [trace.depth for trace in sides], "grids": grids, "rows": rows, "patch": patch, "across": across}
    return pack(arrays, **shown, **counts, **facts, **layout_facts(here.trace))


def stage(analysis: "Analysis", subject: int, chosen: Selection, rows: Rows) -> None:
    """The choice of the second model, and the matrices."""
    from vit_core import cost

    beside = second_model(chosen)
    second, title = beside if beside is not None else (None, "")
    there = None
    if second is not None:
        there = cached.analysis(second.model, chosen.picture, second.image_size, second.patch_size, session.picture())
    traces = [analysis.trace] if there is None else [analysis.trace, there.trace]
    names = [cached.model_names()[chosen.model], *([title] if second else [])]
    runs = [(chosen.model, chosen.image_size, chosen.patch_size), *([replaced(second)] if second else [])]
    layers, pictures = sum(trace.depth for trace in traces), len(cached.gallery())
    compared = len(places(analysis.trace.layout.num_patches))
    if compared < 4:
        st.info(f"{compared} patches a picture are too few to compare layers by: at least 4 are needed.", icon=":material/info:")
        return
    products = sum(compared**2 * trace.config.embed_dim * trace.depth for trace in traces) + layers**2 * compared**2
    forward = sum(cost.macs(trace.config, trace.image_size, trace.patch_size).total for trace in traces)

    def draw(values: np.ndarray) -> None:
        facts = {"subject": subject, "said": list(second.said) if second else []}
        data = payload(analysis, there, names, chosen.token, rows, values, **facts)
        component("features_layers")(key="features_layers", data=data)

    def line(job: Job) -> str:
        return f"{job.done // layers**2} of {pictures} pictures"

    key, run = key_of(chosen, second, rows), partial(steps, runs, rows)
    watch.runs(key, run, pictures * layers**2, Macs(pictures * (forward + products)), draw, line=line, offer="Compare the layers")


def chosen_second(chosen: Selection) -> Second | None:
    """The second model of the stage; None where there is only one, or it cannot be read."""
    found, asked = options("model"), view.read("features_layers", chosen.view, "second")
    if not found:
        return None
    try:
        return second_of("model", asked if asked in found else first_choice("model", found), chosen)
    except ValueError:
        return None


def known_of(chosen: Selection, rows: Rows) -> np.ndarray | None:
    """The criterion of every pair of layers, `[pictures, layers, layers]`; None before it is all there."""
    known = jobs.result(key_of(chosen, chosen_second(chosen), rows))
    side = 0 if known is None else round((len(known) / len(cached.gallery())) ** 0.5)
    return None if known is None else known.reshape(-1, side, side)


def formulas(trace: "ViTTrace", chosen: Selection, rows: Rows) -> list[tuple[str, str]]:
    """CKA, its estimate, and what it rests on, with the chosen layer beside the one before and the second model's, where they are known."""
    known, shown, layer = known_of(chosen, rows), "", min(chosen.layer, trace.depth - 1)
    if known is not None:
        cka = matrix(known.reshape(-1), known.shape[-1])[0]
        told = pairs_told(cka, trace.depth, layer)
        shown = "".join(rf"\\[4pt] \text{{{name}:}}\quad {four(float(cka[a, b]))}" for name, a, b in told)
    patches, pictures = len(places(trace.layout.num_patches)), len(cached.gallery())
    return [
        (
            "**How alike two layers are** (linear CKA, Kornblith et al. 2019): whether the same patches are alike to each other in both. 1 "
            "where the rows of one layer are those of the other, turned and scaled; about 0 where they share nothing.",
            r"\begin{gathered}\text{CKA} = \frac{\text{HSIC}(z, z')}{\sqrt{\text{HSIC}(z, z)\,\text{HSIC}(z', z')}}"
            + shown
            + r"\end{gathered}",
        ),
        (
            "**HSIC, unbiased** (Song et al. 2012, equation 5): plain sums are large by chance where tokens are few. s and s′ "
            "are the dot products of the two layers’ rows, less their mean, each patch with each other one of its picture. The "
            f"estimates of {pictures} pictures are averaged before they are divided (Nguyen et al. 2021): {pictures} × {patches} = "
            f"{pictures * patches:,} tokens in all.",
            r"\text{HSIC} = \frac{1}{N(N-3)}\left[\sum s\,s' + \frac{\sum s\,\sum s'}{(N-1)(N-2)} - "
            r"\frac{2}{N-2}\sum_\text{patches}\left(\sum_\text{others} s\right)\left(\sum_\text{others} s'\right)\right]",
        ),
    ]


def pairs_told(cka: "Tensor", depth: int, layer: int) -> list[tuple[str, int, int]]:
    """What is said of the chosen layer: it and the one before, it and the second model's most alike; and their places in the matrix."""
    before = [(f"layers {layer + 1} and {layer}", layer, layer - 1)] if layer else []
    if len(cka) == depth:
        return before
    best = int(cka[layer, depth:].nan_to_num(-torch.inf).argmax())
    return [*before, (f"layer {layer + 1} and layer {best + 1} of the second model", layer, depth + best)]


def double_sum(one: "Tensor", other: "Tensor") -> float:
    """HSIC in another form: both layers' dot products less the means of their rows and columns, multiplied and summed over all pairs of
    different patches (U-centring: Székely & Rizzo 2014)."""
    sides = []
    for rows in (one, other):
        z = rows.double().numpy()
        s = (z - z.mean(axis=0)) @ (z - z.mean(axis=0)).T
        np.fill_diagonal(s, 0)
        n, sums = len(s), s.sum(axis=1)
        s = s - (sums[:, None] + sums) / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(s, 0)
        sides.append(s)
    return float((sides[0] * sides[1]).sum() / (n * (n - 3)))


def checks(trace: "ViTTrace", chosen: Selection, rows: Rows) -> list[Check]:
    """CKA from the pictures' estimates; and of a picture of the gallery its own estimate, from the two layers' rows by the double sum."""
    known, layer, pictures = known_of(chosen, rows), min(chosen.layer, trace.depth - 1), list(cached.gallery())
    if known is None:
        return []
    cka, shown = matrix(known.reshape(-1), known.shape[-1])[0], []
    mean = known.mean(axis=0, dtype=np.float64)
    for name, a, b in pairs_told(cka, trace.depth, layer):
        across, own, other = (float(mean[at]) for at in ((a, b), (a, a), (b, b)))
        again = across / (own * other) ** 0.5 if own > 0 and other > 0 else float("nan")
        operands = f"mean HSIC of {len(known)} pictures: {across:.6g}, with themselves {own:.6g} and {other:.6g}"
        shown.append(Check(f"CKA, {name}", float(cka[a, b]), again, operands))
    if chosen.picture in pictures:
        found, before = patch_rows(trace, rows, places(trace.layout.num_patches)), max(0, layer - 1)
        name = f"HSIC of this picture, layers {layer + 1} and {before + 1}"
        shown_of = float(known[pictures.index(chosen.picture), layer, before])
        operands = f"double sum over pairs of {len(found[layer])} patches"
        shown.append(Check(name, shown_of, double_sum(found[layer], found[before]), operands))
    return shown


def exports(trace: "ViTTrace", chosen: Selection, rows: Rows) -> list[Export]:
    """The matrices that are drawn as CSV; nothing before they are all there."""
    known, second = known_of(chosen, rows), chosen_second(chosen)
    if known is None:
        return []

    def table() -> str:
        cka = matrix(known.reshape(-1), known.shape[-1])[0]
        own = cached.model_names()[chosen.model]
        sides = [(own, cka[: trace.depth, : trace.depth])]
        if second is not None:
            sides.append((cached.model_names()[second.model], cka[: trace.depth, trace.depth :]))
        lines = ((own, a + 1, name, b + 1, v) for name, part in sides for a, row in enumerate(part.tolist()) for b, v in enumerate(row))
        return csv_text(["model", "layer", "other model", "its layer", "CKA"], lines)

    sizes = f"{chosen.model}-{chosen.image_size}-{chosen.patch_size}{f'-and-{second.model}' if second else ''}-{rows}"
    return [Export("How alike layers are (CSV)", f"{sizes}-cka.csv", "text/csv", table)]


def script(trace: "ViTTrace", chosen: Selection, rows: Rows) -> str:
    """PyTorch that prints CKA of the chosen layer with every layer of both models."""
    second, layer = chosen_second(chosen), min(chosen.layer, trace.depth - 1)
    moment = second is not None and second.model.startswith("snapshot-") and not chosen.model.startswith("snapshot-")
    other = f", ({loader(second.model)}, {second.image_size}, {second.patch_size})" if second else ""
    return (
        script_start(chosen)
        + ("from pathlib import Path\n\nimport vit_core.train.snapshots\n" if moment else "")
        + "import torch\n\nfrom vit_core.study.representations import features\n"
        + "from vit_core.study.representations.pairs import nearest_patches\n\n"
        f"{take.gallery_lines()}"
        f"runs = [(model, {chosen.image_size}, {chosen.patch_size}){other}]\n"
        "grid, count = trace.layout.grid, trace.layout.num_patches\n"
        f"at = torch.linspace(0, count - 1, min({MOST}, count)).round().long()\n"
        "criteria = []\n"
        "for file in gallery.values():\n"
        "    layers = []\n"
        "    for vit, size, patch in runs:\n"
        "        found = vit(vit_core.preprocess(vit_core.open_image(file), vit, image_size=size), patch_size=patch)\n"
        "        patches = nearest_patches(grid, found.layout.grid)[at]\n"
        "        for layer in range(found.depth):\n"
        f'            layers.append(features.rows_of(found, layer, "{rows}")[found.layout.patches][patches])\n'
        "    criteria.append(features.hsic(layers))\n"
        "cka = features.aligned(torch.stack(criteria).mean(dim=0))\n"
        f"print(cka[{layer}, : trace.depth], cka[{layer}, trace.depth :])\n"
    )
