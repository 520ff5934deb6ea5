"""Groups of patches in every layer, by k-means, beside what the head would say to each patch: the work, in steps, and what is sent."""

from collections.abc import Callable, Iterator
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
from ui.state import view
from ui.state.selection import Selection
from ui.work import watch
from ui.work.job import Job, Key, Macs
from ui.work.jobs import jobs
from vit_core.readout import class_names, head_on
from vit_core.study.representations import groups

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


def by_weight(answers: np.ndarray, probabilities: np.ndarray) -> list[int]:
    """The classes that occur, those with the largest sum of probabilities first: they get the colours."""
    sums: dict[int, float] = {}
    for label, probability in zip(answers.flat, probabilities.flat, strict=True):
        if label >= 0:
            sums[int(label)] = sums.get(int(label), 0.0) + float(probability)
    return sorted(sums, key=lambda label: -sums[label])


def payload(analysis: "Analysis", subject: int, here: Setting, count: int, values: np.ndarray) -> bytes:
    """What the component draws, as far as it is known; `subject` is looked at until a token is chosen."""
    trace = analysis.trace
    found, answers, probabilities, shares = parts(trace, values)
    often = by_weight(whole(answers), probabilities)
    names = class_names(trace.config)
    facts: dict[str, Any] = {
        "subject": subject,
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


def stage(analysis: "Analysis", subject: int, chosen: Selection, here: Setting, rows_of: Rows, more: int) -> None:
    """The groups of all layers; `more` multiply-accumulates are spent on what is subtracted."""
    trace = analysis.trace
    patches, count = trace.layout.num_patches, asked(chosen, trace.layout.num_patches)
    each = (3 if trace.config.num_classes else 1) * patches + 1
    macs = patches * trace.config.embed_dim * (STARTS * ROUNDS * count + trace.config.num_classes)

    def draw(values: np.ndarray) -> None:
        component("features_groups")(key="features_groups", data=payload(analysis, subject, here, count, values))

    def line(job: Job) -> str:
        return f"{job.done // each} of {trace.depth} layers"

    run = partial(steps, trace, rows_of, count)
    watch.runs(
        key_of(chosen, here, count), run, trace.depth * each, Macs(trace.depth * macs + more), draw, line=line, offer="Find the groups"
    )


def known_of(trace: "ViTTrace", chosen: Selection, here: Setting) -> tuple[np.ndarray, ...] | None:
    """`parts` of what was found; None before it is."""
    found = jobs.result(key_of(chosen, here, asked(chosen, trace.layout.num_patches)))
    return None if found is None else parts(trace, found)


def formulas(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[tuple[str, str]]:
    """What k-means makes small, what is said of it, and how groupings are compared, with this layer's numbers."""
    patches, known, layer = trace.layout.num_patches, known_of(trace, chosen, here), min(chosen.layer, trace.depth - 1)
    share = "" if known is None else f" = {four(float(known[3][layer]))}"
    index = None if known is None else agreements(known[0], known[1])["before"][layer]
    answer = (
        "**What a patch would say.** The last norm and the classifier read the patch’s row of the stream as if it were what they read in "
        "the end (the logit lens, patch by patch). No patch was trained to answer.",
        rf"\text{{softmax}}\!\left(\frac{{\text{{classifier}}(\text{{norm}}(z))}}{{{four(trace.config.temperature)}}}\right)",
    )
    return [
        (
            f"**Groups.** k-means puts the {patches} patches into {asked(chosen, patches)} groups, so that rows at length 1 lie as near "
            f"to their group’s mean as was found in {STARTS} tries. Squared distances are then 2 − 2 cos. What groups part is the share of "
            "all squared differences from the mean that lies between them.",
            rf"1 - \frac{{\sum\,|z - \bar z_\text{{group}}|^2}}{{\sum\,|z - \bar z|^2}}{share}",
        ),
        (
            "**Adjusted Rand index.** Of all pairs of patches, those that two groupings both put together, beside what chance would: 1 "
            "where they are the same, about 0 by chance (Hubert & Arabie 1985). Here of this layer’s groups and those of the layer before.",
            r"\frac{\text{pairs together in both} - \text{expected by chance}}{\text{pairs together in one, on average} - "
            rf"\text{{expected by chance}}}}{'' if index is None else f' = {four(index)}'}",
        ),
        *([answer] if trace.config.num_classes else []),
    ]


def pairs_index(one: np.ndarray, other: np.ndarray) -> float:
    """The adjusted Rand index by its words: over all pairs of patches, those that both put together."""
    n = len(one)
    here, there = one[:, None] == one, other[:, None] == other
    both, first, second = (float(same.sum() - n) / 2 for same in (here & there, here, there))
    chance = first * second / (n * (n - 1) / 2) if n > 1 else 0.0
    most = (first + second) / 2
    return (both - chance) / (most - chance) if most != chance else 1.0


def checks(trace: "ViTTrace", chosen: Selection, here: Setting, rows_of: Rows) -> list[Check]:
    """This layer's share from the rows by NumPy, both Rand indices by counting pairs, and the chosen patch's answer from its logits."""
    known, layer = known_of(trace, chosen, here), min(chosen.layer, trace.depth - 1)
    if known is None:
        return []
    rows, found = unit_patches(trace, rows_of(layer)).numpy(), known[0][layer]
    within = sum(((rows[found == group] - rows[found == group].mean(axis=0)) ** 2).sum() for group in np.unique(found))
    every = ((rows - rows.mean(axis=0)) ** 2).sum()
    operands = f"squares within {within:.6g}, of all {every:.6g}"
    between = float(1 - within / every) if every else float("nan")
    shown = [Check(f"variance between groups, layer {layer + 1}", float(known[3][layer]), between, operands)]
    index = agreements(known[0], known[1])
    for name, values, other in (
        (f"layer {layer}", index["before"], known[0][layer - 1]),
        ("what patches say", index["withAnswers"], known[1][layer]),
    ):
        if (value := values[layer]) is not None:
            shown.append(Check(f"Rand index with {name}", value, pairs_index(found, other), f"all pairs of {len(found)} patches"))
    if trace.config.num_classes:
        shown.append(of_answer(trace, layer, max(0, chosen.token - trace.layout.num_prefix_tokens), known))
    return shown


def of_answer(trace: "ViTTrace", layer: int, patch: int, known: tuple[np.ndarray, ...]) -> Check:
    """How sure a patch's answer is, from its row by the last norm and the classifier, and exponentials in float64."""
    token = trace.layout.num_prefix_tokens + patch
    with torch.inference_mode():
        row = trace.model.final_norm(trace.block(layer).resid_post[:1, token : token + 1])[0]
        exps = (head_on(trace, row)[0].double() / trace.config.temperature).exp().numpy()
    answer, total = int(known[1][layer][patch]), float(exps.sum())
    operands = f"exp = {exps[answer]:.6g}, Σ exp over {len(exps)} classes = {total:.6g}"
    name = f"{trace.layout.name(token)} would say {class_names(trace.config)[answer]}"
    return Check(name, float(known[2][layer][patch]), float(exps[answer]) / total, operands)


def exports(trace: "ViTTrace", chosen: Selection, here: Setting) -> list[Export]:
    """The groups of all layers and what each patch would say as CSV; nothing before they are found."""
    known, columns = known_of(trace, chosen, here), trace.layout.grid[1]
    if known is None:
        return []
    names = class_names(trace.config)

    def table() -> str:
        rows = [
            (layer + 1, *take.at_place(patch, columns), int(group) + 1)
            for layer, groups_of in enumerate(known[0])
            for patch, group in enumerate(groups_of)
        ]
        if not trace.config.num_classes:
            return csv_text(["layer", "row", "column", "group"], rows)
        said = zip(rows, known[1].flat, known[2].flat, strict=True)
        heading = ["layer", "row", "column", "group", "would say", "with"]
        return csv_text(heading, ((*row, names[int(label)], float(value)) for row, label, value in said))

    name = f"{take.name_of(chosen, here, None)}-{asked(chosen, trace.layout.num_patches)}-groups"
    return [Export("Groups of all layers (CSV)", f"{name}.csv", "text/csv", table)]


def script(trace: "ViTTrace", chosen: Selection, here: Setting) -> str:
    """PyTorch that prints what this layer's groups part, both Rand indices, and the chosen patch's answer."""
    layer, count = min(chosen.layer, trace.depth - 1), asked(chosen, trace.layout.num_patches)
    patch = max(0, chosen.token - trace.layout.num_prefix_tokens)
    before = f"print(round(groups.rand_index(found, grouped({layer - 1})[1]), 4))  # with the layer before\n" if layer else ""
    answers = (
        f"answers, probabilities = groups.patch_answers(trace, {layer})\n"
        "print(round(groups.rand_index(found, answers), 4))  # with what patches say\n"
        f"print(model.config.labels[int(answers[{patch}])], round(float(probabilities[{patch}]), 4))\n"
    )
    return script_start(chosen) + (
        "import torch\nimport torch.nn.functional as F\nfrom sklearn.cluster import KMeans\n\n"
        "from vit_core.study.representations import features, groups\n"
        f"{take.rows_lines(chosen, here)}"
        "def grouped(layer):\n"
        "    rows = F.normalize(rows_of(trace, layer)[trace.layout.patches].double(), dim=-1)\n"
        f"    found = KMeans({count}, n_init={STARTS}, random_state=0).fit(rows.numpy()).labels_\n"
        "    return rows, torch.from_numpy(found).long()\n\n\n"
        f"rows, found = grouped({layer})\n"
        "print(sorted(found.bincount().tolist()), round(groups.parted(rows, found), 4))\n"
        f"{before}{answers if trace.config.num_classes else ''}"
    )
