"""What stands under the experiments: formulas with the current numbers, runs done again by hand, exports, and the script."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ui.experiments import explained_maps, payload, sent, setting
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four, plain_four
from ui.state import session
from ui.state.selection import Selection
from ui.work.jobs import jobs
from vit_core.model import Editor
from vit_core.study import ablation, effect, occlusion, perturbation, token_edits
from vit_core.study.effect import Followed
from vit_core.trace import ViTTrace

CODE: list[Callable] = [
    Followed.left,
    occlusion.cover,
    perturbation.occlusion_drops,
    effect.spearman,
    perturbation.curve_values,
    ablation.without_heads,
    ablation.head_drops,
    token_edits.token_edits,
    token_edits.stream_change,
    Editor.__call__,
]


def code() -> list[Callable]:
    """What computes the open experiment."""
    return explained_maps.CODE if setting.asked("exp") in ("explain", "tested") else CODE


def formulas(trace: ViTTrace) -> list[tuple[str, str]]:
    """What is followed, and what each experiment makes of it."""
    if setting.asked("exp") == "explain":
        return explained_maps.formulas(trace)
    if setting.asked("exp") == "tested":
        return explained_maps.test_formulas(trace)
    followed, count, config = Followed.of(trace), trace.layout.num_patches, trace.config
    if followed.label is None:
        words = (
            "**What is followed.** This model has no classes: the similarity of its pooled features f with those of the unchanged run.",
            r"s = \frac{f\cdot f_0}{|f|\,|f_0|},\qquad s_0 = 1",
        )
    else:
        words = (
            "**What is followed.** The probability of the class that the unchanged run found likeliest.",
            rf"s_0 = {four(followed.value)}",
        )
    runs = config.depth * config.num_heads
    return [
        words,
        (f"**Drop.** One patch covered, or one head silent: {count} and {runs} runs of the same model.", r"\Delta_i = s_0 - s_i"),
        explained_maps.RANK_CORRELATION,
        explained_maps.AREA,
        (
            "**How far a row has moved.** After each layer, over the length it had in the unchanged run.",
            r"m_{\ell,t} = \frac{|z'_{\ell,t} - z_{\ell,t}|}{|z_{\ell,t}|}",
        ),
    ]


def checks(trace: ViTTrace, selection: Selection) -> list[Check]:
    """The open experiment's numbers, from a run of its own or from the values they are made of."""
    kinds = {"occlusion": of_occlusion, "heads": of_heads, "curves": of_curves, "tokens": of_tokens}
    kinds |= {"explain": explained_maps.checks, "tested": explained_maps.test_checks}
    return kinds[setting.asked("exp")](trace, selection)


def run_once(name: str, run: Callable[[], Any]) -> Any:
    """A check's own run of the model, done once for a picture and setting."""
    return session.payload(f"check {name}", lambda _: run())


def of_occlusion(trace: ViTTrace, selection: Selection) -> list[Check]:
    """One patch covered alone, and the rank correlation by the formula for ranks without ties."""
    drops = jobs.result(payload.job_key("occlusion"))
    if drops is None:
        return [unchanged(trace)]
    followed, layout = Followed.of(trace), trace.layout
    patch = max(0, selection.token - layout.num_prefix_tokens)

    def run() -> float:
        pictures = occlusion.cover(trace.images[:1], trace.patch_size, layout.grid, torch.tensor([patch]))
        return float(followed.left(trace.model(pictures, trace.patch_size))[0])

    left = run_once(f"occlusion {patch}", run)
    name = layout.name(layout.num_prefix_tokens + patch)
    found = [
        unchanged(trace),
        Check(
            f"drop, {name}",
            float(drops[patch]),
            followed.value - left,
            f"{followed.value:.6g} − {left:.6g}, one run with this patch covered",
        ),
    ]
    attention = perturbation.attention_on_patches(trace, setting.source_layer(trace)).numpy()
    if len(set(drops.tolist())) == len(set(attention.tolist())) == len(drops):
        apart = drops.argsort().argsort() - attention.argsort().argsort()
        squares, n = int((apart.astype(np.int64) ** 2).sum()), len(drops)
        shown = effect.spearman(torch.from_numpy(drops), torch.from_numpy(attention))
        found.append(
            Check("rank correlation", shown, 1 - 6 * squares / (n * (n * n - 1)), f"1 − 6 Σd² / n(n² − 1), Σd² = {squares:,}, n = {n}")
        )
    return found


def of_heads(trace: ViTTrace, selection: Selection) -> list[Check]:
    """The chosen head silenced alone, by an edit written out here."""
    drops = jobs.result(payload.job_key("heads"))
    if drops is None:
        return [unchanged(trace)]
    followed, layer, head = Followed.of(trace), min(selection.layer, trace.depth - 1), min(selection.head, trace.config.num_heads - 1)

    def silent(head_out: torch.Tensor) -> torch.Tensor:
        return torch.cat([head_out[:, :head], torch.zeros_like(head_out[:, :1]), head_out[:, head + 1 :]], dim=1)

    left = run_once(
        f"head {layer} {head}",
        lambda: float(followed.left(trace.model(trace.images[:1], trace.patch_size, {(layer, "head_out"): silent}))[0]),
    )
    shown = float(drops[layer * trace.config.num_heads + head])
    operands = f"{followed.value:.6g} − {left:.6g}, one run with this head’s output at zero"
    return [unchanged(trace), Check(f"drop, layer {layer + 1}, head {head + 1}", shown, followed.value - left, operands)]


def of_curves(trace: ViTTrace, selection: Selection) -> list[Check]:
    """Areas as sums of trapezoids."""
    found, layer, count = [unchanged(trace)], setting.source_layer(trace), trace.layout.num_patches
    values = jobs.result(payload.job_key("curves", -1 if layer is None else layer))
    if values is None:
        return found
    curves = perturbation.curves_of(torch.from_numpy(values[count:]), count)
    shares = curves.shares.tolist()
    for name, lines, areas in (("removed", curves.deletion, curves.areas[0]), ("added", curves.insertion, curves.areas[1])):
        for order, line, area in zip(("attention", "occlusion"), lines, areas, strict=False):
            points = line.tolist()
            again = sum((shares[i + 1] - shares[i]) * (points[i] + points[i + 1]) / 2 for i in range(len(points) - 1))
            found.append(
                Check(
                    f"area, {name} by {order}",
                    float(area),
                    again,
                    f"{len(points)} points, from {plain_four(points[0])} to {plain_four(points[-1])}",
                )
            )
    return found


def of_tokens(trace: ViTTrace, selection: Selection) -> list[Check]:
    """Both answers from their logits, and how far one row has moved at the end."""
    changed = payload.changed_tokens(trace)
    if changed.problem or not changed.tokens:
        return [unchanged(trace)]
    token = changed.tokens[0]

    def run() -> tuple[float, float, float]:
        edits = token_edits.token_edits(trace.layout, trace.depth, changed.tokens, changed.way, changed.stage)
        after = trace.model(trace.images[:1], trace.patch_size, edits)
        old, new = trace.resid(trace.depth)[0, token].double(), after.resid(trace.depth)[0, token].double()
        return float(Followed.of(trace).left(after)[0]), float((new - old).norm()), float(old.norm())

    left, far, length = run_once(f"tokens {changed.tokens} {changed.way} {changed.stage}", run)
    shown = float(changed.arrays["change"][trace.depth, token])
    return [
        unchanged(trace),
        Check("the same, changed", changed.facts["left"], left, "another run with the same edits"),
        Check(f"moved at the end, {trace.layout.name(token)}", shown, far / length, f"|z′ − z| = {far:.6g}, |z| = {length:.6g}"),
    ]


def unchanged(trace: ViTTrace) -> Check:
    """What is followed, from the logits or the features."""
    followed = Followed.of(trace)
    if followed.label is None:
        again = float(torch.cosine_similarity(followed.features.double(), trace.pooled[:1].flatten().double(), dim=0))
        return Check("similarity of the features, unchanged", followed.value, again, f"{len(followed.features)} features with themselves")
    exps = (trace.logits[0].double() / trace.config.temperature).exp()
    operands = f"exp = {float(exps[followed.label]):.5g}, Σ exp over {len(exps)} classes = {float(exps.sum()):.5g}"
    return Check("what is followed, unchanged", followed.value, float(exps[followed.label] / exps.sum()), operands)


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """What is known of the open experiment, as CSV and NPZ."""
    layout, kind = trace.layout, setting.asked("exp")
    if kind in ("explain", "tested"):
        return explained_maps.exports(trace, selection, kind)
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}-{kind}"

    layer = setting.source_layer(trace)
    known = jobs.result(payload.job_key("curves", -1 if layer is None else layer) if kind == "curves" else payload.job_key(kind))
    changed = payload.changed_tokens(trace).arrays if kind == "tokens" else {}

    def arrays() -> dict[str, np.ndarray]:
        if kind == "tokens":
            return changed
        maps = {"attention": sent.attention_maps(trace).numpy()}
        if known is None:
            return maps
        if kind == "occlusion":
            return maps | {"drops": known}
        if kind == "heads":
            return {"drops": known.reshape(-1, trace.config.num_heads)}
        curves = perturbation.curves_of(torch.from_numpy(known[layout.num_patches :]), layout.num_patches)
        return {"shares": curves.shares.numpy(), "deletion": curves.deletion.numpy(), "insertion": curves.insertion.numpy()}

    def table() -> str:
        found = arrays()
        if "change" in found:
            rows = ((i, t, layout.name(t), value) for i, row in enumerate(found["change"].tolist()) for t, value in enumerate(row))
            return csv_text(["after layer", "token", "name", "moved"], rows)
        if "deletion" in found:
            names = ["attention", "occlusion", *(f"random {i + 1}" for i in range(perturbation.ORDERS))]
            lines = zip(found["shares"].tolist(), *found["deletion"].tolist(), *found["insertion"].tolist(), strict=True)
            return csv_text(["share", *(f"removed {n}" for n in names), *(f"added {n}" for n in names)], lines)
        if "attention" not in found:
            heads = ((i + 1, j + 1, value) for i, row in enumerate(found["drops"].tolist()) for j, value in enumerate(row))
            return csv_text(["layer", "head", "drop"], heads)
        drops = found["drops"].tolist() if "drops" in found else [""] * layout.num_patches
        heading = ["patch", "drop", *(f"attention of layer {i + 1}" for i in range(trace.depth)), "rollout"]
        places = (layout.name(layout.num_prefix_tokens + i) for i in range(layout.num_patches))
        return csv_text(
            heading, ((place, drop, *row) for place, drop, row in zip(places, drops, found["attention"].T.tolist(), strict=True))
        )

    return [
        Export("This experiment (CSV)", f"{name}.csv", "text/csv", table),
        Export("Arrays (NPZ)", f"{name}.npz", "application/octet-stream", lambda: npz_bytes(**arrays())),
    ]


def script(trace: ViTTrace, selection: Selection) -> str:
    """PyTorch that does the open experiment again."""
    if (kind := setting.asked("exp")) in ("explain", "tested"):
        return explained_maps.script(trace, selection, kind)
    start = (
        "import torch\n\nfrom vit_core.study import perturbation\nfrom vit_core.study.effect import Followed, spearman\n"
        + script_start(selection)
        + "followed = Followed.of(trace)\n"
    )
    layer = setting.source_layer(trace)
    drops = "drops = torch.cat(list(perturbation.occlusion_drops(trace, followed)))\n"
    attention = f"attention = perturbation.attention_on_patches(trace, {layer})\n"
    if setting.asked("exp") == "occlusion":
        return start + drops + attention + "print(round(spearman(attention, drops), 4))\nprint(drops.reshape(trace.layout.grid))\n"
    if setting.asked("exp") == "heads":
        return start + (
            "from vit_core.study.ablation import head_drops\n\n"
            "drops = torch.cat(list(head_drops(trace, followed))).reshape(trace.depth, -1)\nprint(drops)\n"
        )
    if setting.asked("exp") == "curves":
        return (
            start
            + drops
            + attention
            + (
                "orders = [attention.argsort(descending=True), drops.argsort(descending=True), *perturbation.random_orders(len(drops))]\n"
                "curves = perturbation.curves_of(torch.cat(list(perturbation.curve_values(trace, followed, orders))), len(drops))\n"
                "removed, added = curves.areas\n"
                "print(removed, added)\n"
            )
        )
    changed = payload.changed_tokens(trace)
    return start + (
        "from vit_core.study.token_edits import stream_change, token_edits\n\n"
        f"edits = token_edits(trace.layout, trace.depth, {changed.tokens}, {changed.way!r}, stage={changed.stage})\n"
        f"after = model(x, patch_size={selection.patch_size}, edits=edits)\n"
        "print(float(followed.left(after)[0]))\n"
        "print(stream_change(trace, after).mean(dim=1))\n"
    )
