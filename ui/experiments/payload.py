"""The experiments page: what each experiment computes in the background, and what its browser component is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
import torch

from ui.kit.components import component
from ui.kit.payload import layout_facts, pack, picture_array
from ui.state import session, view
from ui.work import watch
from ui.work.job import Key, Macs
from ui.work.jobs import jobs
from vit_core.readout import class_names
from vit_core.study import perturbation
from vit_core.study.ablation import head_drops
from vit_core.study.effect import Followed, spearman
from vit_core.study.token_edits import Way, stream_change, token_edits

if TYPE_CHECKING:
    from ui.work.cached import Analysis
    from vit_core import ViTTrace

TABS = {"occlusion": "Cover patches", "curves": "Remove and add", "heads": "Silence heads", "tokens": "Change tokens"}
ORDERS = {"attention": "most attended first", "occlusion": "largest drop first", "random": "random order"}


def asked(key: str, **bounds: int) -> Any:
    """What the link says about this page under a key of its view."""
    return view.read("experiments", session.current().view, key, **bounds)


def open_tab(name: str) -> None:
    """Open an experiment; what is set in the others stays."""
    session.change(view=view.changed("experiments", session.current().view, {"exp": name}))


def section() -> None:
    """The choice of experiments, and the open one."""
    st.session_state["experiment"] = asked("exp")
    st.segmented_control(
        "Experiment",
        list(TABS),
        format_func=TABS.get,
        key="experiment",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: open_tab(st.session_state["experiment"]),
    )
    analysis = session.analysis()
    {"occlusion": occlusion, "curves": curves, "heads": heads, "tokens": tokens}[asked("exp")](analysis)


def job_key(kind: str, *more: str | int) -> Key:
    """What a result belongs to."""
    chosen = session.current()
    return (kind, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, *more)


def all_of(runs: int) -> Macs:
    """Multiply-accumulates of this many runs."""
    return Macs(runs * session.macs())


def show(kind: str, arrays: dict[str, np.ndarray], analysis: "Analysis", **facts) -> None:
    """Send an experiment to its component."""
    followed, trace = Followed.of(analysis.trace), analysis.trace
    names = class_names(trace.config)
    chosen = session.current()
    common = {
        "kind": kind,
        "before": followed.value,
        "label": None if followed.label is None else names[followed.label],
        "shown": f"{chosen.picture} {chosen.image_size}",
    }
    pictured = {"picture": picture_array(analysis.shown), **arrays}
    data = pack(pictured, **common, **facts, **layout_facts(analysis.trace))
    component("experiments")(key=f"experiments_{kind}", data=data)


def source_layer(trace: "ViTTrace") -> int | None:
    """The layer whose attention is compared; None for rollout."""
    return None if asked("map") == "rollout" else min(session.current().layer, trace.depth - 1)


def attention_maps(trace: "ViTTrace") -> torch.Tensor:
    """What reads the answer attends to among the patches, in every layer, then by rollout: `[layers + 1, N]`."""
    return torch.stack([perturbation.attention_on_patches(trace, layer) for layer in [*range(trace.depth), None]])


def occlusion(analysis: "Analysis") -> None:
    """The occlusion map beside the attention map."""
    trace = analysis.trace
    attention = session.payload("attention maps", lambda analysis: attention_maps(analysis.trace).float().numpy())
    count = trace.layout.num_patches

    def draw(drops: np.ndarray) -> None:
        known = not np.isnan(drops).any()
        found = [spearman(torch.from_numpy(row), torch.from_numpy(drops)) for row in attention] if known else None
        show("occlusion", {"drops": drops, "attention": attention}, analysis, correlation=numbers(found))

    watch.runs(job_key("occlusion"), lambda: perturbation.occlusion_drops(trace, Followed.of(trace)), count, all_of(count), draw)


def numbers(values: list[float] | None) -> list[float | None] | None:
    """Numbers as JSON can hold them: no nan."""
    return None if values is None else [value if np.isfinite(value) else None for value in values]


def heads(analysis: "Analysis") -> None:
    """The grid of all heads, each silenced once."""
    trace = analysis.trace
    count = trace.depth * trace.config.num_heads
    steps = lambda: head_drops(trace, Followed.of(trace))  # noqa: E731 (it is passed on)
    watch.runs(job_key("heads"), steps, count, all_of(count), lambda drops: show("heads", {"drops": drops}, analysis))


def curve_orders(trace: "ViTTrace", drops: torch.Tensor, layer: int | None) -> list[torch.Tensor]:
    """The orders in which patches are removed and added: by attention, by occlusion, and at random."""
    by_attention = perturbation.attention_on_patches(trace, layer).argsort(descending=True)
    return [by_attention, drops.argsort(descending=True), *perturbation.random_orders(trace.layout.num_patches)]


def curve_steps(trace: "ViTTrace", layer: int | None, known: np.ndarray | None) -> Callable[[], Iterator[torch.Tensor]]:
    """The drops of every patch, unless they are known, then the curves in the orders that follow from them; all in one."""

    def steps() -> Iterator[torch.Tensor]:
        followed, drops = Followed.of(trace), []
        for part in perturbation.occlusion_drops(trace, followed) if known is None else [torch.from_numpy(known)]:
            drops.append(part)
            yield part
        yield from perturbation.curve_values(trace, followed, curve_orders(trace, torch.cat(drops), layer))

    return steps


def curves(analysis: "Analysis") -> None:
    """Deletion and insertion curves."""
    trace, chosen = analysis.trace, session.current()
    layer, count = source_layer(trace), trace.layout.num_patches
    runs = 2 * (2 + perturbation.ORDERS) * (perturbation.STEPS + 1)
    known = jobs.result(job_key("occlusion"))
    source = "rollout" if layer is None else f"layer {layer + 1}"

    def draw(values: np.ndarray) -> None:
        drops, points = torch.from_numpy(values[:count]), torch.from_numpy(values[count:])
        found = perturbation.curves_of(points, count)
        orders = curve_orders(trace, drops, layer) if not drops.isnan().any() else []
        areas = [numbers(part.tolist()) for part in found.areas]
        arrays = {
            "shares": found.shares.numpy(),
            "deletion": found.deletion.numpy(),
            "insertion": found.insertion.numpy(),
            "orders": torch.stack(orders[:3]).int().numpy() if orders else np.zeros((0, count), dtype=np.int32),
        }
        mean = np.asarray(analysis.shown).reshape(-1, 3).mean(0).round().astype(int).tolist()
        show("curves", arrays, analysis, source=source, areas=areas, mean=mean, seeds=perturbation.ORDERS)

    key = job_key("curves", chosen.layer if layer is not None else -1)
    watch.runs(key, curve_steps(trace, layer, known), count + runs, all_of(count + runs), draw)


def tokens_of(text: str, count: int) -> list[int]:
    """Tokens from the link's `3.5-8`; what is no token is left out."""
    found: set[int] = set()
    for part in text.split("."):
        ends = [int(end) for end in part.split("-") if end.isascii() and end.isdigit() and len(end) < 6]
        if ends:
            found.update(range(ends[0], min(ends[-1], count - 1) + 1))
    return sorted(token for token in found if token < count)


@dataclass(frozen=True, eq=False)
class Changed:
    """The edit that the link asks for, and what came of it; `problem` is a sentence where it cannot be done."""

    tokens: list[int]
    way: Way
    stage: int
    arrays: dict[str, np.ndarray]
    facts: dict

    @property
    def problem(self) -> str | None:
        return self.facts["problem"]


def changed_tokens(trace: "ViTTrace") -> Changed:
    """Tokens changed on their way as the link says, run once."""
    chosen = tokens_of(asked("tok"), trace.layout.num_tokens)
    way: Way = asked("way")
    stage = asked("at", stages=trace.depth + 1)
    arrays, facts = session.payload(f"tokens {chosen} {way} {stage}", lambda analysis: edited(analysis.trace, chosen, way, stage))
    return Changed(chosen, way, stage, arrays, facts)


def tokens(analysis: "Analysis") -> None:
    """Tokens changed on their way, and what becomes of it."""
    changed = changed_tokens(analysis.trace)
    show("tokens", changed.arrays, analysis, way=changed.way, stage=changed.stage, **changed.facts)


def edited(trace: "ViTTrace", chosen: list[int], way: Way, stage: int) -> tuple[dict[str, np.ndarray], dict]:
    """How far every row has moved, and both answers."""
    followed, problem = Followed.of(trace), None
    try:
        edits = token_edits(trace.layout, trace.depth, chosen, way, stage)
    except ValueError as error:
        edits, problem = {}, str(error)
    after = trace.model(trace.images[:1], trace.patch_size, edits) if edits else trace
    arrays = {"change": stream_change(trace, after).numpy(), "chosen": np.array(chosen, dtype=np.int32)}
    facts = {"problem": problem, "left": float(followed.left(after)[0]), "answers": [], "moved": None}
    if trace.config.num_classes:
        names = class_names(trace.config)
        facts["moved"] = float((after.probs[0] - trace.probs[0]).abs().max())
        for probs in (trace.probs[0], after.probs[0]):
            best = probs.topk(min(5, len(probs))).indices.tolist()
            facts["answers"].append([(names[i], float(trace.probs[0, i]), float(after.probs[0, i])) for i in best])
    return arrays, facts
