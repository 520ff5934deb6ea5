"""Groups of patches in every layer, by k-means, beside what the head would say to each patch: the work, in steps, and what is sent."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from ui.features.setting import Setting
from ui.kit.components import component
from ui.kit.latex import four
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session, view
from ui.state.selection import Selection
from ui.work import watch
from ui.work.job import Job, Key, Macs
from ui.work.jobs import jobs
from vit_core.readout import class_names
from vit_core.study import groups

if TYPE_CHECKING:
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace

STARTS, ROUNDS = 4, 25
"""How often k-means begins anew, and about how many rounds it takes until nothing changes."""

NO_CLASSES = "This model has no classes: what its patches would say is not known, only how they group."
Rows = Callable[[int], "Tensor"]
"""A layer's rows, `[tokens, width]`."""


def asked(chosen: Selection, patches: int) -> int:
    """How many groups; no more than there are patches."""
    return min(view.read("features_groups", chosen.view, "groups"), patches)


def key_of(chosen: Selection, here: Setting, count: int) -> Key:
    return ("features groups", chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, here.name, count)


def k_means(rows: "Tensor", count: int) -> "Tensor":
    """The group of each row, from 0: the best of `STARTS` runs of scikit-learn's k-means, always the same for the same rows."""
    from sklearn.cluster import KMeans

    return torch.from_numpy(KMeans(count, n_init=STARTS, random_state=0).fit(rows.double().numpy()).labels_).long()


def unit_patches(trace: "ViTTrace", rows: "Tensor") -> "Tensor":
    """The patches' rows at length 1: their squared distance is 2 less twice their cosine."""
    return F.normalize(rows[trace.layout.patches].double(), dim=-1)


def steps(trace: "ViTTrace", rows_of: Rows, count: int) -> Iterator["Tensor"]:
    """Layer by layer the patches' groups, and where the model has classes, their answers and probabilities; then the share that lies
    between the groups."""
    before = None
    for layer in range(trace.depth):
        rows = unit_patches(trace, rows_of(layer))
        found = k_means(rows, count)
        sizes = found.bincount(minlength=count)
        found = sizes.argsort(descending=True).argsort()[found] if before is None else groups.renamed(found, before, count)
        before = found
        answers = groups.patch_answers(trace, layer) if trace.config.num_classes else ()
        yield torch.cat([found.float(), *(part.float() for part in answers), torch.tensor([groups.parted(rows, found)])])


def parts(trace: "ViTTrace", values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Groups `[layers, N]`, answers and probabilities (of no columns without classes), shares `[layers]`, of `steps`' numbers."""
    each, patches = values.reshape(trace.depth, -1), trace.layout.num_patches
    answers, probabilities = (each[:, at * patches : (at + 1) * patches] if trace.config.num_classes else each[:, :0] for at in (1, 2))
    return each[:, :patches], answers, probabilities, each[:, -1]


def whole(values: np.ndarray) -> np.ndarray:
    """Whole numbers; -1 for what is not known yet."""
    return np.where(np.isnan(values), -1, values).astype(np.int32)


def agreements(found: np.ndarray, answers: np.ndarray) -> dict[str, list[float | None]]:
    """Each layer's groups beside those of the layer before, and beside the classes that its patches would say; None where not known."""
    rows = [torch.from_numpy(row).long() for row in whole(found)]
    said = [torch.from_numpy(row).long() for row in whole(answers)] if answers.size else []
    known = lambda layer: bool((rows[layer] >= 0).all())  # noqa: E731 (it is only used here)
    return {
        "before": [groups.rand_index(rows[at], rows[at - 1]) if at and known(at) else None for at in range(len(rows))],
        "withAnswers": [groups.rand_index(rows[at], said[at]) if said and known(at) else None for at in range(len(rows))],
    }


def payload(analysis: "Analysis", here: Setting, count: int, values: np.ndarray) -> bytes:
    """What the component draws, as far as it is known."""
    trace = analysis.trace
    found, answers, probabilities, shares = parts(trace, values)
    seen, times = np.unique(whole(answers), return_counts=True)
    often = [int(label) for label in seen[np.argsort(-times, kind="stable")] if label >= 0]
    names = class_names(trace.config)
    facts: dict[str, Any] = {
        "groups": count,
        "rows": here.rows,
        "content": here.content,
        "labels": [names[label] for label in often],
        "noClasses": None if trace.config.num_classes else NO_CLASSES,
        "parted": [None if np.isnan(share) else float(share) for share in shares],
        **agreements(found, answers),
    }
    ranks = np.full(max(often, default=-1) + 2, -1, dtype=np.int32)  # the last one is of what is not known
    ranks[often] = np.arange(len(often))
    arrays = {
        "groups": whole(found),
        "answers": ranks[whole(answers)],
        "probabilities": probabilities,
        "picture": picture_array(analysis.shown),
    }
    return pack(arrays, **facts, **layout_facts(trace))


def stage(analysis: "Analysis", chosen: Selection, here: Setting, rows_of: Rows, more: int) -> None:
    """The groups of all layers; `more` multiply-accumulates are spent on what is subtracted."""
    trace = analysis.trace
    patches, count = trace.layout.num_patches, asked(chosen, trace.layout.num_patches)
    each = (3 if trace.config.num_classes else 1) * patches + 1
    macs = patches * trace.config.embed_dim * (STARTS * ROUNDS * count + trace.config.num_classes)

    def draw(values: np.ndarray) -> None:
        component("features_groups")(key="features_groups", data=payload(analysis, here, count, values))

    def line(job: Job) -> str:
        return f"{job.done // each} of {trace.depth} layers"

    run = partial(steps, trace, rows_of, count)
    watch.runs(
        key_of(chosen, here, count), run, trace.depth * each, Macs(trace.depth * macs + more), draw, line=line, offer="Find the groups"
    )


def formulas(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[tuple[str, str]]:
    """What k-means makes small, what is said of it, and how groupings are compared, with this layer's numbers."""
    count = asked(chosen, trace.layout.num_patches)
    known = jobs.result(key_of(chosen, here, count))
    share = "" if known is None else f" = {four(float(parts(trace, known)[3][min(chosen.layer, trace.depth - 1)]))}"
    answer = (
        "**What a patch would say.** The last norm and the classifier read the patch’s row of the stream as if it were what they read in "
        "the end (the logit lens, patch by patch). No patch was trained to answer.",
        r"p^i = \text{softmax}\!\left(\frac{\text{LN}(z^i)\,W_\text{class} + b}{" + four(trace.config.temperature) + r"}\right)",
    )
    return [
        (
            f"**Groups.** k-means puts the {trace.layout.num_patches} patches into {count} groups, so that rows at length 1 lie as near "
            f"their group’s mean as can be found in {STARTS} tries. Squared distances are then 2 − 2 cos.",
            r"\min \sum_{g}\sum_{z\in g} |z - \bar z_g|^2,\qquad 1 - \frac{\sum_g\sum_{z\in g} |z - \bar z_g|^2}{\sum_z |z - \bar z|^2}"
            + share,
        ),
        (
            "**Agreement.** Of all pairs of patches, how many two groupings both put together, beside what chance would (the adjusted Rand "
            "index, Hubert & Arabie 1985): 1 where they are the same, about 0 by chance. n is the number of patches in a group, or in two at "
            "once.",
            r"\frac{\sum_{ij}\binom{n_{ij}}{2} - E}{\frac12\left[\sum_i\binom{n_i}{2} + \sum_j\binom{n_j}{2}\right] - E},\qquad "
            r"E = \sum_i\tbinom{n_i}{2}\sum_j\tbinom{n_j}{2} \Big/ \tbinom{N}{2}",
        ),
        *([answer] if trace.config.num_classes else []),
    ]
