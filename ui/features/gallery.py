"""One layer's patches of all gallery pictures together: those most like the chosen one, and principal components fitted over all."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from ui.features import take
from ui.features.payload import Setting
from ui.kit.components import component
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, script_start
from ui.kit.latex import four
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, watch
from ui.work.job import Job, Key, Macs
from ui.work.jobs import jobs
from vit_core.study.representations import features

if TYPE_CHECKING:
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace

NEAREST, DIRECTIONS = 12, 3
SHOWN = 256
"""Pixels of a side of the gallery's pictures as they are sent, at most."""


def key_of(chosen: Selection, here: Setting, layer: int) -> Key:
    return ("features gallery", chosen.model, chosen.image_size, chosen.patch_size, here.name, layer)


def steps(chosen: Selection, here: Setting, layer: int) -> Iterator["Tensor"]:
    """Picture by picture its patches' rows, flat; then where all of them lie along the components fitted over all, and their shares.

    With `here.content` each place's mean over the pictures is taken out before the components are fitted. nan where there are none.
    """
    import vit_core

    vit = cached.model(chosen.model)
    found: list[Tensor] = []
    for picture in cached.gallery().values():
        trace = vit(vit_core.preprocess(picture.image, vit, image_size=chosen.image_size), chosen.patch_size)
        found.append(features.rows_of(trace, layer, here.rows)[trace.layout.patches].float())
        yield found[-1].flatten()
    rows = torch.stack(found)
    every = (features.content(rows) if here.content else rows).flatten(0, 1)
    try:
        parts = features.components(every, DIRECTIONS)
        yield torch.cat([parts.of(every).flatten(), parts.explained]).float()
    except ValueError:
        yield torch.full((len(every) * DIRECTIONS + DIRECTIONS,), torch.nan)


def parts(values: np.ndarray, patches: int, width: int) -> tuple["Tensor", "Tensor", "Tensor"]:
    """Rows `[known pictures, N, D]`, where all patches lie `[pictures, N, 3]`, and shares `[3]`, of `steps`' numbers."""
    pictures = len(cached.gallery())
    ends = np.cumsum([pictures * patches * width, pictures * patches * DIRECTIONS])
    rows, where, shares = (torch.from_numpy(part) for part in np.split(values, ends))
    rows = rows.reshape(pictures, patches, width)
    return rows[~rows[:, -1, -1].isnan()], where.reshape(pictures, patches, DIRECTIONS), shares


def like(trace: "ViTTrace", rows: "Tensor", chosen: Selection, here: Setting, layer: int) -> "Tensor":
    """How alike the chosen patch is to every patch of the pictures, `[pictures, N]`; itself counts as -2, and while places are to be
    taken out and not all pictures are known, so do all."""
    patch = max(0, chosen.token - trace.layout.num_prefix_tokens)
    own = features.rows_of(trace, layer, here.rows)[trace.layout.patches][patch].float()
    names = list(cached.gallery())
    if here.content:
        if len(rows) < len(names):
            return torch.full(rows.shape[:2], -2.0)
        means = rows.mean(dim=0)
        own, rows = own - means[patch], rows - means
    found = F.normalize(rows, dim=-1) @ F.normalize(own, dim=-1)
    if chosen.picture in names[: len(rows)]:
        found[names.index(chosen.picture), patch] = -2
    return found


def nearest(found: "Tensor") -> list[tuple[int, int, float]]:
    """The patches most alike, as picture, patch and cosine, most alike first."""
    if not found.numel():
        return []
    best = found.flatten().topk(min(NEAREST, found.numel()))
    places = [(*divmod(at, found.shape[1]), value) for at, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)]
    return [place for place in places if place[2] > -2]


def shown(chosen: Selection) -> list[np.ndarray]:
    """The gallery's pictures as the model sees them, as JPEGs of at most `SHOWN` pixels a side."""

    def build() -> list[np.ndarray]:
        import vit_core
        from vit_core import images

        vit, side = cached.model(chosen.model), min(SHOWN, chosen.image_size)
        pixels = (vit_core.preprocess(picture.image, vit, image_size=chosen.image_size) for picture in cached.gallery().values())
        return [picture_array(images.to_image(one, vit.config.preprocessing).resize((side, side))) for one in pixels]

    return cached.payload("features gallery pictures", chosen.model, "", chosen.image_size, 0, build)


def payload(analysis: "Analysis", subject: int, chosen: Selection, here: Setting, layer: int, values: np.ndarray) -> bytes:
    """What is known by now: the nearest patches, each picture's best, and the components."""
    trace = analysis.trace
    rows, where, shares = parts(values, trace.layout.num_patches, width_of(trace, here))
    found = like(trace, rows, chosen, here, layer)
    best = [(int(row.argmax()), float(row.max())) for row in found]
    pictures = {f"picture{at}": picture for at, picture in enumerate(shown(chosen))}
    arrays: dict[str, Any] = {**pictures, "where": where.numpy(), "picture": picture_array(analysis.shown)}
    facts = {
        "subject": subject,
        "patch": max(0, chosen.token - trace.layout.num_prefix_tokens),
        "layer": layer,
        "rows": here.rows,
        "content": here.content,
        "titles": [picture.title for picture in cached.gallery().values()],
        "known": len(rows),
        "nearest": nearest(found),
        "best": [one if one[1] > -2 else None for one in best],
        "explained": None if shares.isnan().any() else shares.tolist(),
    }
    return pack(arrays, **facts, **layout_facts(trace))


def width_of(trace: "ViTTrace", here: Setting) -> int:
    """How many numbers a row has."""
    return features.rows_of(trace, 0, here.rows).shape[1]


def stage(analysis: "Analysis", subject: int, chosen: Selection, here: Setting) -> None:
    """The gallery's patches of the chosen layer."""
    trace, pictures = analysis.trace, len(cached.gallery())
    layer, count, width = min(chosen.layer, trace.depth - 1), trace.layout.num_patches, width_of(trace, here)

    def draw(values: np.ndarray) -> None:
        component("features_gallery")(key="features_gallery", data=payload(analysis, subject, chosen, here, layer, values))

    def line(job: Job) -> str:
        return f"{min(pictures, job.done // (count * width))} of {pictures} pictures"

    total = pictures * count * (width + DIRECTIONS) + DIRECTIONS
    macs = Macs(pictures * (session.macs() + 2 * count * width**2))
    run = partial(steps, chosen, here, layer)
    watch.runs(key_of(chosen, here, layer), run, total, macs, draw, line=line, offer=f"Run the model on {pictures} pictures")


def formulas(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[tuple[str, str]]:
    """The nearest patch and the components over all pictures, with this layer's numbers."""
    layer, count = min(chosen.layer, trace.depth - 1), trace.layout.num_patches
    known, pictures = jobs.result(key_of(chosen, here, layer)), len(cached.gallery())
    cosine = share = ""
    if known is not None:
        rows, _, shares = parts(known, count, width_of(trace, here))
        cosine = f" = {four(nearest(like(trace, rows, chosen, here, layer))[0][2])}"
        share = f" = {four(float(shares[0]))}"
    return [
        (
            f"**Nearest patches.** Of all {pictures} × {count} patches of the gallery, those whose rows point most the same way as the "
            "chosen one’s; it itself is left out.",
            rf"\max_{{z'}}\ \frac{{z\cdot z'}}{{|z|\,|z'|}}{cosine}",
        ),
        (
            f"**Components over all pictures.** As for one picture, but the mean and the directions are those of all {pictures * count:,} "
            "patches together: the same colour means the same in every picture.",
            rf"\frac{{\sum\,(\text{{along the first}})^2}}{{\sum\,|z - \bar z|^2}}{share}",
        ),
    ]


def checks(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[Check]:
    """The nearest patch's cosine, the largest of all by NumPy, and the share of the first component from where the patches lie."""
    layer, patch = min(chosen.layer, trace.depth - 1), max(0, chosen.token - trace.layout.num_prefix_tokens)
    known, pictures = jobs.result(key_of(chosen, here, layer)), list(cached.gallery())
    if known is None:
        return []
    rows, where, shares = parts(known, trace.layout.num_patches, width_of(trace, here))
    places = rows.numpy().mean(axis=0, dtype=np.float64)
    mean, places = (0.0, places) if here.content else (places.mean(axis=0), np.zeros_like(places))
    own = features.rows_of(trace, layer, here.rows)[trace.layout.patches][patch].numpy() - places[patch]
    products, lengths, squares = [], [], 0.0
    for picture in rows.numpy():  # one after the other: in float64 they need twice the room
        left = picture - places
        products.append(left @ own)
        lengths.append(np.linalg.norm(left, axis=1) * np.linalg.norm(own))
        squares += float(((left - mean) ** 2).sum())
    length = np.stack(lengths)
    cosines = np.divide(np.stack(products), length, out=np.zeros_like(length), where=length > 0)
    if chosen.picture in pictures:
        cosines[pictures.index(chosen.picture), patch] = -2
    best, at = divmod(int(cosines.argmax()), cosines.shape[1])
    title, place = cached.gallery()[pictures[best]].title, trace.layout.name(trace.layout.num_prefix_tokens + at)
    operands = f"z·z′ = {products[best][at]:.6g}, |z| |z′| = {length[best, at]:.6g}"
    nearby = nearest(like(trace, rows, chosen, here, layer))
    shown = [Check(f"nearest patch: {title}, {place}, cosine", nearby[0][2], float(cosines.max()), operands)] if nearby else []
    if not shares.isnan().any():
        first = float(where[..., 0].double().square().sum())
        operands = f"squares along it {first:.6g}, all {squares:.6g}"
        shown.append(Check("share of the first component", float(shares[0]), first / squares, operands))
    return shown


def exports(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[Export]:
    """The nearest patches, and where all patches lie along the components, as CSV; nothing before the pictures have been run."""
    layer, columns = min(chosen.layer, trace.depth - 1), trace.layout.grid[1]
    known, titles = jobs.result(key_of(chosen, here, layer)), [picture.title for picture in cached.gallery().values()]
    if known is None:
        return []
    rows, where, _ = parts(known, trace.layout.num_patches, width_of(trace, here))

    def near() -> str:
        found = nearest(like(trace, rows, chosen, here, layer))
        return csv_text(["picture", "row", "column", "cosine"], ((titles[at], *take.at_place(i, columns), value) for at, i, value in found))

    def along() -> str:
        lines = (
            (title, *take.at_place(patch, columns), *values)
            for title, places in zip(titles, where.tolist(), strict=True)
            for patch, values in enumerate(places)
        )
        return csv_text(["picture", "row", "column", "first", "second", "third"], lines)

    name = f"{take.name_of(chosen, here, layer)}-gallery"
    return [
        Export("Nearest patches (CSV)", f"{name}-token{chosen.token}.csv", "text/csv", near),
        Export("Components (CSV)", f"{name}-components.csv", "text/csv", along),
    ]


def script(trace: "ViTTrace", chosen: Selection, here: Setting) -> str:
    """PyTorch that prints the patches of the gallery most like the chosen one, and what the components over all pictures explain."""
    layer, first, pictures = min(chosen.layer, trace.depth - 1), trace.layout.num_prefix_tokens, list(cached.gallery())
    patch, count = max(0, chosen.token - first), trace.layout.num_patches
    itself = count * pictures.index(chosen.picture) + patch if chosen.picture in pictures else None
    return script_start(chosen) + (
        "import torch\n\nfrom vit_core.study.representations import features\n\n"
        f"{take.gallery_lines()}"
        f'patches = [features.rows_of(trace, {layer}, "{here.rows}")[trace.layout.patches]]  # then those of the gallery\n'
        "for file in gallery.values():\n"
        f"    x = vit_core.preprocess(vit_core.open_image(file), model, image_size={chosen.image_size})\n"
        f"    found = model(x, patch_size={chosen.patch_size})\n"
        f'    patches.append(features.rows_of(found, {layer}, "{here.rows}")[found.layout.patches])\n'
        f"own, rows = patches[0][{patch}], torch.stack(patches[1:])\n"
        + (f"own, rows = own - rows.mean(dim=0)[{patch}], features.content(rows)\n" if here.content else "")
        + "cosines = features.alike(own[None], rows.flatten(0, 1))[0]\n"
        + ("" if itself is None else f"cosines[{itself}] = -2  # itself\n")
        + f"for value, at in zip(*cosines.topk({min(NEAREST, len(pictures) * count - (itself is not None))}), strict=True):\n"
        f"    picture, patch = divmod(int(at), {count})\n"
        f"    print(list(gallery)[picture], trace.layout.name({first} + patch), round(float(value), 4))\n"
        f"print(features.components(rows.flatten(0, 1), {DIRECTIONS}).explained)\n"
    )
