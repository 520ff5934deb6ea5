"""What stands under the explanations and their tests: formulas with the current numbers, recomputations, exports, and the script."""

from collections.abc import Callable

import numpy as np
import torch

from ui.experiments import explained_gallery, explanations, sent
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four, plain_four
from ui.state.selection import Selection
from ui.work.jobs import jobs
from vit_core.patches import patchify
from vit_core.study import perturbation
from vit_core.study.explanations import gradients, masks, methods, propagation, relevance, tested
from vit_core.study.explanations.gradients import Question
from vit_core.trace import ViTTrace

CODE: list[Callable] = [
    gradients.with_gradient,
    gradients.gradient,
    gradients.gradient_times_input,
    gradients.integrated_gradients,
    gradients.smooth_gradient,
    gradients.token_cam,
    gradients.weighted_rollout,
    propagation.to_inputs,
    propagation.to_parts,
    propagation.to_factors,
    propagation.relevance_rollout,
    relevance.FixedGates,
    relevance.AttentionRules,
    relevance.favouring,
    relevance.relevance,
    masks.rise,
    tested.noisy,
    tested.sensitivity,
    tested.randomisation,
]
METHODS = methods.METHODS
RANK_CORRELATION = (
    "**Rank correlation.** Both maps as ranks, the mean rank where values are equal; then Pearson’s correlation of the ranks.",
    r"\rho = \frac{\sum_i (r_i-\bar r)(t_i-\bar t)}{\sqrt{\sum_i (r_i-\bar r)^2\,\sum_i (t_i-\bar t)^2}}",
)
AREA = (
    f"**Area under a curve.** {perturbation.STEPS + 1} shares c from 0 to 1, joined by straight lines: the mean height.",
    r"A = \sum_{j} (c_{j+1}-c_j)\,\frac{s(c_j)+s(c_{j+1})}{2}",
)


def formulas(trace: ViTTrace) -> list[tuple[str, str]]:
    """What is explained, and the promises that methods keep."""
    if not trace.config.num_classes:
        return []
    asks = explanations.question(trace)
    made_of = four(float(trace.logits[0, asks.label]))
    if asks.against is not None:
        made_of += rf" - {four(float(trace.logits[0, asks.against]))} = {four(float(asks.score(trace.logits[:1])[0]))}"
    return [
        ("**What is explained.** A logit, or the difference of two.", rf"s = {made_of}"),
        (
            "**Gradient.** The length of the gradient over each patch’s numbers.",
            r"g_n = \sqrt{\sum_{i\in n} \left(\partial s/\partial x_i\right)^2}",
        ),
        (
            f"**Integrated gradients.** From the mean colour x₀ to the picture, in {gradients.STEPS} points a with shares w.",
            r"(x - x_0)\sum_a w_a\,\frac{\partial s}{\partial x}\bigl(x_0 + a\,(x - x_0)\bigr)",
        ),
        (
            "**Gradient-weighted attention.** From the identity, layer upon layer; m: weights times their gradients where positive, mean "
            "over heads.",
            r"R \leftarrow R + m\,R",
        ),
        (
            "**Relevance-weighted attention.** The same, where each weight’s share r of the score, handed back from the head, stands for "
            "the weight.",
            r"m = \text{mean over heads of}\;\max(0,\ \text{gradient}\cdot r)",
        ),
        (
            "**Conserved relevance.** With all gates standing still, tokens and biases have the whole score.",
            r"s = \sum_t z_t\cdot\frac{\partial s}{\partial z_t} + b",
        ),
        (
            "**AttnLRP.** A product of what comes from the picture shares by halves, so that queries and keys have a part; a softmax hands "
            "on what its Taylor term of first order has.",
            r"R_{x_i} = x_i\,\Bigl(R_i - a_i\sum_j R_j\Bigr),\qquad a = \text{softmax}(x)",
        ),
        (
            f"**RISE.** Over {masks.MASKS} random masks m: the mean score where a patch is kept, less the mean of all.",
            r"S_n = \frac{\sum_m m_n\,s(m)}{\sum_m m_n} - \bar s",
        ),
    ]


def test_formulas(trace: ViTTrace) -> list[tuple[str, str]]:
    """What the tests measure."""
    if not trace.config.num_classes:
        return []
    return [
        AREA,
        RANK_CORRELATION,
        (
            f"**Moved by noise.** The farthest of {tested.NOISES} maps m′ of the picture with noise from the map m of the picture.",
            r"\max_{m'}\;\frac{|m' - m|}{|m|}",
        ),
    ]


def known_maps(trace: ViTTrace, asks: Question, values: np.ndarray | None) -> np.ndarray | None:
    """The maps `[methods, N]`, if all are known."""
    count = len(METHODS) * (trace.layout.num_patches + methods.FACTS)
    return None if values is None else sent.split(values[:count], trace.layout.num_patches)[0]


def checks(trace: ViTTrace, selection: Selection) -> list[Check]:
    """One patch by definitions written out here, or an area by trapezoids."""
    if not trace.config.num_classes:
        return []
    asks = explanations.question(trace)
    maps = known_maps(trace, asks, jobs.result(explanations.explain_key(asks)))
    logits = trace.logits[0].double()
    against = 0.0 if asks.against is None else float(logits[asks.against])
    operands = f"{float(logits[asks.label]):.6g}" + ("" if asks.against is None else f" − {against:.6g}")
    found = [Check("what is explained", float(asks.score(trace.logits[:1])[0]), float(logits[asks.label]) - against, operands)]
    if maps is None:
        return found
    patch = max(0, selection.token - trace.layout.num_prefix_tokens)
    _, slope = gradients.with_gradient(trace.model, trace.images[:1].clone(), trace.patch_size, asks)
    slopes, pixels = (patchify(x, trace.patch_size)[0, patch].double() for x in (slope, trace.images[:1]))
    name = trace.layout.name(trace.layout.num_prefix_tokens + patch)
    of = f"{len(slopes)} numbers of this patch"
    return [
        *found,
        Check(f"gradient, {name}", float(maps[0][patch]), float((slopes @ slopes).sqrt()), f"√Σ g² over {of}"),
        Check(f"gradient × input, {name}", float(maps[1][patch]), float(slopes @ pixels), f"Σ g x over {of}"),
    ]


def test_checks(trace: ViTTrace, selection: Selection) -> list[Check]:
    """Areas as sums of trapezoids."""
    found = checks(trace, selection)[:1]
    values = jobs.result(explanations.tested_key(explanations.question(trace))) if found else None
    if values is None:
        return found
    curves = curves_of(trace, values)
    shares = curves.shares.tolist()
    for way, lines, areas in (("removed", curves.deletion, curves.areas[0]), ("added", curves.insertion, curves.areas[1])):
        for method, line, area in zip(METHODS, lines.tolist(), areas.tolist(), strict=False):
            again = sum((shares[i + 1] - shares[i]) * (line[i] + line[i + 1]) / 2 for i in range(len(line) - 1))
            found.append(
                Check(
                    f"area, {way} by {method.name}",
                    area,
                    again,
                    f"{len(line)} points, from {plain_four(line[0])} to {plain_four(line[-1])}",
                )
            )
    return found


def curves_of(trace: ViTTrace, values: np.ndarray) -> perturbation.Curves:
    """The curves among a test's numbers."""
    start, count = tested.counts(trace.layout.num_patches)
    return perturbation.curves_of(torch.from_numpy(values[start : start + count]), trace.layout.num_patches)


def exports(trace: ViTTrace, selection: Selection, kind: str) -> list[Export]:
    """The maps, or the curves in their orders, as CSV and NPZ."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}-{kind}"
    if not trace.config.num_classes:
        return []
    asks, patches = explanations.question(trace), trace.layout.num_patches
    values = jobs.result(explanations.explain_key(asks) if kind == "explain" else explanations.tested_key(asks))
    orders = [*(method.name for method in METHODS), "centre prior", *(f"random {i + 1}" for i in range(perturbation.ORDERS))]

    def arrays() -> dict[str, np.ndarray]:
        maps = known_maps(trace, asks, values)
        found = {} if maps is None else {"maps": maps}
        if kind == "tested" and values is not None:
            curves = curves_of(trace, values)
            found |= {"shares": curves.shares.numpy(), "deletion": curves.deletion.numpy(), "insertion": curves.insertion.numpy()}
        return found

    def table() -> str:
        found = arrays()
        if "shares" in found:
            lines = zip(found["shares"].tolist(), *found["deletion"].tolist(), *found["insertion"].tolist(), strict=True)
            return csv_text(["share", *(f"removed {n}" for n in orders), *(f"added {n}" for n in orders)], lines)
        maps = found["maps"].T.tolist() if "maps" in found else []
        places = (trace.layout.name(trace.layout.num_prefix_tokens + i) for i in range(patches))
        return csv_text(["patch", *(method.name for method in METHODS)], ((place, *row) for place, row in zip(places, maps, strict=False)))

    over = explained_gallery.known_areas(trace) if kind == "tested" else None
    gallery = [] if over is None else [Export("The whole gallery (CSV)", f"gallery-{name}.csv", "text/csv", lambda: over_gallery(over))]
    return [
        *gallery,
        Export("This experiment (CSV)", f"{name}.csv", "text/csv", table),
        Export("Arrays (NPZ)", f"{name}.npz", "application/octet-stream", lambda: npz_bytes(**arrays())),
    ]


def over_gallery(areas: np.ndarray) -> str:
    """The areas of every order on every picture of the gallery."""
    return csv_text(["picture", "order", "area removed", "area added"], explained_gallery.rows(areas))


def script(trace: ViTTrace, selection: Selection, kind: str) -> str:
    """PyTorch that does it again."""
    if not trace.config.num_classes:
        return "import vit_core\n" + script_start(selection) + "print(trace.pooled.shape)  # no classes: there is no answer to explain\n"
    asks = explanations.question(trace)
    start = (
        "import torch\n\nfrom vit_core.study import perturbation\nfrom vit_core.study.effect import Followed\n"
        "from vit_core.study.explanations import tested\nfrom vit_core.study.explanations.methods import FACTS, METHODS, explained\n"
        "from vit_core.study.explanations.gradients import Question\n"
        + script_start(selection)
        + f"question = Question({asks.label}, {asks.against})\n"
        + "found = torch.cat(list(explained(trace, question))).reshape(len(METHODS), -1)\n"
        + "maps = found[:, :-FACTS]\n"
    )
    if kind == "explain":
        return start + "for method, row in zip(METHODS, maps):\n    print(method.name, row.argmax().item(), row.max().item())\n"
    return start + (
        "orders = tested.orders(trace.layout, maps)\n"
        "values = torch.cat(list(perturbation.curve_values(trace, Followed.of(trace, question.label), orders)))\n"
        "removed, added = perturbation.curves_of(values, trace.layout.num_patches).areas\n"
        "print(removed, added)\n"
    )
