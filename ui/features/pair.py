"""Two pictures side by side: one layer's rows of both, and for each patch the one most like it in the other picture."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import torch

from ui.compare.setting import first_choice, options
from ui.features import take
from ui.features.payload import Places, Setting, at_length_one, rows_of
from ui.kit.components import component
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, picture_file, script_start
from ui.kit.latex import four
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session, view
from ui.state.selection import Selection, quoted
from ui.work import cached, watch
from ui.work.job import Macs
from vit_core.study.representations.features import Matches, best_matches

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace


def asked(chosen: Selection) -> str:
    """The id of the second picture."""
    found, said = options("picture"), view.read("features_pair", chosen.view, "other")
    return said if said in found else first_choice("picture", found)


def second_picture(chosen: Selection) -> tuple[str, str, "Image"]:
    """The choice of the second picture: its id, what it is called, and it."""
    found, said = options("picture"), view.read("features_pair", chosen.view, "other")
    name = asked(chosen)
    if said and said != name:
        st.info(f"There is no other picture “{quoted(said)}” here; {found[name]} is shown.", icon=":material/info:")
    st.session_state["features_other"] = name

    def change() -> None:
        session.change(view=view.changed("features_pair", session.current().view, {"other": st.session_state["features_other"]}))

    st.selectbox("The second picture", list(found), format_func=lambda one: found.get(one, one), key="features_other", on_change=change)
    return name, found[name], image_of(name)


def image_of(name: str) -> "Image":
    """A picture of this session by its id."""
    own = session.uploads().get(name)
    return own.image if own else cached.gallery_picture(name)


def other_analysis(chosen: Selection, name: str, image: "Image") -> "Analysis":
    """The model's trace of the second picture, at the sizes of the first."""
    return cached.analysis(chosen.model, name, chosen.image_size, chosen.patch_size, image)


def matched(one: "Tensor", other: "Tensor") -> tuple[Matches, Matches]:
    """Each patch's best match in the other picture, and back."""
    return best_matches(one, other), best_matches(other, one)


def mutual(there: Matches, back: Matches) -> "Tensor":
    """Whether each patch is the best match of its own best match, `[patches]`."""
    return back.index[there.index] == torch.arange(len(there.index))


def patches_of(trace: "ViTTrace", layer: int, here: Setting, places: Places) -> "Tensor":
    """The patches' rows that are looked at."""
    return rows_of(trace, layer, here, places)[trace.layout.patches]


def payload(analysis: "Analysis", other: "Analysis", subject: int, layer: int, here: Setting, places: Places, titles: list[str]) -> bytes:
    """Both pictures, their patches' rows at length 1, and the matches both ways."""
    one, two = (patches_of(side.trace, layer, here, places) for side in (analysis, other))
    there, back = matched(one, two)
    arrays = {"rows": at_length_one(one), "others": at_length_one(two)}
    arrays |= {"there": there.index.numpy().astype(np.int32), "back": back.index.numpy().astype(np.int32)}
    arrays |= {"cosines": there.cosine.float().numpy()}
    arrays |= {"picture": picture_array(analysis.shown), "other": picture_array(other.shown)}
    facts = {"subject": subject, "layer": layer, "rows": here.rows, "content": here.content, "titles": titles}
    return pack(arrays, **facts, **layout_facts(analysis.trace))


def kind_of(name: str, here: Setting, layer: int) -> str:
    """What is sent of a second picture, as it is kept."""
    return f"features pair {name} {here.name} {layer}"


def stage(analysis: "Analysis", subject: int, chosen: Selection, here: Setting, places: Places, more: int) -> None:
    """The choice of the second picture, and both; `more` runs of the model give the gallery's means."""
    name, title, image = second_picture(chosen)
    trace = analysis.trace
    layer, count = min(chosen.layer, trace.depth - 1), trace.layout.num_patches
    titles = [session.picture_title(), title]

    def build(first: "Analysis") -> bytes:
        return payload(first, other_analysis(chosen, name, image), subject, layer, here, places, titles)

    work = Macs((1 + more) * session.macs() + 2 * count**2 * trace.config.embed_dim)
    draw = partial(component("features_pair"), key="features_pair")
    what = "Running the model on the second picture"
    passed = (int(cached.analysis.found(chosen.model, name, chosen.image_size, chosen.patch_size) is None) + more) * trace.depth
    watch.payload("features_pair", kind_of(name, here, layer), work, build, lambda data: draw(data=data), what, passed)


def formulas(trace: "ViTTrace", chosen: Selection, here: Setting, places: Places) -> list[tuple[str, str]]:
    """What a best match is; once the stage has them, that of the chosen patch and how many are mutual."""
    which = "**Best match.** Of the other picture’s patches the one whose row points most the same way"
    formula = r"\max_{z'}\ \cos(z, z') = \max_{z'}\ \frac{z\cdot z'}{|z|\,|z'|}"
    if not drawn(trace, chosen, here):
        return [(f"{which}. Two patches are mutual where each is the best match of the other.", formula)]
    there, back = matched(*both_rows(trace, chosen, here, places))
    first, count = trace.layout.num_prefix_tokens, int(mutual(there, back).sum())
    patch = max(0, chosen.token - first)
    said = f"of {trace.layout.num_patches}, {count} are mutual: each the best match of its own best match"
    return [(f"{which}; {said}. Here of {trace.layout.name(first + patch)}.", f"{formula} = {four(float(there.cosine[patch]))}")]


def drawn(trace: "ViTTrace", chosen: Selection, here: Setting) -> bool:
    """Whether what the stage shows has been made."""
    kind = kind_of(asked(chosen), here, min(chosen.layer, trace.depth - 1))
    return cached.payload.found(*session.payload_key(kind)) is not None


def both_rows(trace: "ViTTrace", chosen: Selection, here: Setting, places: Places) -> tuple["Tensor", "Tensor"]:
    """The patches' rows of the first picture and of the second."""
    name, layer = asked(chosen), min(chosen.layer, trace.depth - 1)
    other = other_analysis(chosen, name, image_of(name)).trace
    return patches_of(trace, layer, here, places), patches_of(other, layer, here, places)


def checks(trace: "ViTTrace", chosen: Selection, here: Setting, places: Places) -> list[Check]:
    """The chosen patch's best match, whether it is mutual, and the mean of all, from the rows by NumPy."""
    if not drawn(trace, chosen, here):
        return []
    rows, patch = both_rows(trace, chosen, here, places), max(0, chosen.token - trace.layout.num_prefix_tokens)
    there, back = matched(*rows)
    one, two = (side.double().numpy() for side in rows)
    lengths = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(two, axis=1)
    cosines = np.divide(one @ two.T, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    best, names = int(cosines[patch].argmax()), [trace.layout.name(trace.layout.num_prefix_tokens + at) for at in range(len(one))]
    operands = f"z·z′ = {one[patch] @ two[best]:.6g}, |z| |z′| = {lengths[patch, best]:.6g}"
    returns = int(cosines[:, best].argmax())
    return [
        Check(f"best match of {names[patch]}: {names[best]}, cosine", float(there.cosine[patch]), float(cosines[patch, best]), operands),
        Check(
            "mutual (1 for yes)",
            float(mutual(there, back)[patch]),
            float(returns == patch),
            f"the best match of {names[best]} is {names[returns]}",
        ),
        Check("mean of all best cosines", float(there.cosine.mean()), float(cosines.max(axis=1).mean()), f"mean of {len(one)} largest"),
    ]


def exports(trace: "ViTTrace", chosen: Selection, here: Setting, places: Places) -> list[Export]:
    """Every patch's best match as CSV; nothing before they are made."""
    name, layer, columns = asked(chosen), min(chosen.layer, trace.depth - 1), trace.layout.grid[1]
    if not drawn(trace, chosen, here):
        return []

    def table() -> str:
        there, back = matched(*both_rows(trace, chosen, here, places))
        found = zip(there.index.tolist(), there.cosine.tolist(), mutual(there, back).int().tolist(), strict=True)
        rows = ((*take.at_place(i, columns), *take.at_place(at, columns), value, same) for i, (at, value, same) in enumerate(found))
        return csv_text(["row", "column", "row of the match", "its column", "cosine", "mutual"], rows)

    return [Export("Best matches (CSV)", f"{take.name_of(chosen, here, layer)}-and-{name}.csv", "text/csv", table)]


def script(trace: "ViTTrace", chosen: Selection, here: Setting) -> str:
    """PyTorch that prints the chosen patch's best match, the mean of all, and how many are mutual."""
    layer, first = min(chosen.layer, trace.depth - 1), trace.layout.num_prefix_tokens
    patch = max(0, chosen.token - first)
    return script_start(chosen) + (
        "import torch\n\nfrom vit_core.study.representations import features\n"
        f"{take.rows_lines(chosen, here)}"
        f'second = vit_core.open_image("{picture_file(asked(chosen))}")\n'
        f"x = vit_core.preprocess(second, model, image_size={chosen.image_size})\n"
        f"other = model(x, patch_size={chosen.patch_size})\n"
        f"one, two = (rows_of(side, {layer})[trace.layout.patches] for side in (trace, other))\n"
        "there, back = features.best_matches(one, two), features.best_matches(two, one)\n"
        "mutual = back.index[there.index] == torch.arange(len(one))\n"
        f"print(trace.layout.name({first} + int(there.index[{patch}])), round(float(there.cosine[{patch}]), 4), bool(mutual[{patch}]))\n"
        "print(round(float(there.cosine.mean()), 4), int(mutual.sum()))\n"
    )
