"""Explanations, and what becomes of them when they are put to the test: the question, the work, and what is sent."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
import torch

from ui.experiments import charts, explained_gallery
from ui.experiments.payload import job_key
from ui.experiments.sent import facts_of, numbers, split
from ui.experiments.setting import asked
from ui.kit.charts import looks, packed
from ui.state import session, view
from ui.work import watch
from ui.work.job import Job, Macs
from ui.work.jobs import jobs
from vit_core.readout import class_names
from vit_core.study import perturbation
from vit_core.study.explanations import gradients, tested
from vit_core.study.explanations.gradients import Question
from vit_core.study.explanations.methods import FACTS, METHODS, QUICK, explained, passes

if TYPE_CHECKING:
    from vit_core import ViTTrace

NO_CLASSES = "This model has no classes, so there is no answer to explain: “Cover patches” shows what its features depend on."
NOBODY = "no other class"
BACKWARD = 2  # a backward pass multiplies about twice as often as a forward pass: once for the inputs, once for the weights or the values


def question(trace: "ViTTrace") -> Question:
    """What the link asks: its class, or the likeliest, less another's or nothing."""
    last = trace.config.num_classes - 1
    label, against = (asked(key, classes=last) for key in ("why", "not"))
    found = gradients.asked(trace, label)
    return Question(found.label, None if against == found.label else against)


def ask(trace: "ViTTrace") -> Question:
    """The question, as two lists of classes; the likeliest stand first."""
    current, names = question(trace), class_names(trace.config)
    order = trace.logits[0].argsort(descending=True).tolist()
    st.session_state["explained class"], st.session_state["explained against"] = current.label, current.against

    def change() -> None:
        label, against = st.session_state["explained class"], st.session_state["explained against"]
        changes = {"why": None if label == order[0] else label, "not": None if against == label else against}
        session.change(view=view.changed("experiments", session.current().view, changes))

    left, right = st.columns(2)
    said = lambda label: NOBODY if label is None else names[label]  # noqa: E731 (it is passed on)
    left.selectbox("Why this class", order, format_func=said, key="explained class", on_change=change)
    right.selectbox("and not", [None, *order], format_func=said, key="explained against", on_change=change, placeholder=NOBODY)
    return current


def macs(forward: int, backward: int) -> Macs:
    """Multiply-accumulates of these passes."""
    return Macs((forward + BACKWARD * backward) * session.macs())


def explain_key(asks: Question) -> tuple:
    return job_key("explain", asks.label, -1 if asks.against is None else asks.against)


def tested_key(asks: Question) -> tuple:
    return job_key("tested", asks.label, -1 if asks.against is None else asks.against)


def maps(analysis: Any, show: Any) -> None:
    """The maps of all methods side by side."""
    trace = analysis.trace
    if not trace.config.num_classes:
        st.info(NO_CLASSES, icon=":material/info:")
        return
    asks, patches = ask(trace), trace.layout.num_patches

    def draw(values: np.ndarray) -> None:
        found, measured = split(values, patches)
        show("explain", {"maps": found}, analysis, measured=measured, **facts_of(trace, asks))

    total = len(METHODS) * (patches + FACTS)
    line = partial(how_far, patches + FACTS)
    offer = f"Explain by {len(METHODS)} methods"
    watch.runs(explain_key(asks), partial(explained, trace, asks), total, macs(*passes(patches)), draw, line=line, offer=offer)


def how_far(numbers_each: int, job: Job) -> str:
    """How many methods are done."""
    return f"{min(len(METHODS), job.done // numbers_each)} of {len(METHODS)} methods"


def test_steps(trace: "ViTTrace", asks: Question, known: np.ndarray | None) -> Iterator[torch.Tensor]:
    """The maps, unless they are known, then the curves in their orders, the maps under noise, and those of models drawn anew."""
    parts, patches = [], trace.layout.num_patches
    for part in tested.maps_and_curves(trace, asks, known=None if known is None else torch.from_numpy(known)):
        parts.append(part)
        yield part
    found = dict(zip(METHODS, torch.cat(parts)[: len(METHODS) * (patches + FACTS)].reshape(len(METHODS), -1)[:, :patches], strict=True))
    yield from tested.sensitivity(trace, asks, torch.stack([found[method] for method in tested.STEADY]))
    yield from tested.randomisation(trace, asks, torch.stack([found[method] for method in QUICK]))


def moved_by_noise(values: np.ndarray) -> list[float | None]:
    """Each method's sensitivity to noise, of `sensitivity`'s numbers; None where it is not known or not asked."""
    found = dict(zip(tested.STEADY, values.reshape(tested.NOISES, -1).max(axis=0).tolist(), strict=True))
    return numbers([found.get(method, np.nan) for method in METHODS]) or []


def put_to_the_test(analysis: Any, show: Any) -> None:
    """Curves, agreement, noise and the randomisation test; when they are known, the whole gallery."""
    trace = analysis.trace
    if not trace.config.num_classes:
        st.info(NO_CLASSES, icon=":material/info:")
        return
    asks, patches = ask(trace), trace.layout.num_patches
    in_maps, in_curves = tested.counts(patches)
    stages, noises, to_noise = tested.stages(trace.depth), tested.NOISES, in_maps + in_curves
    to_drawn = to_noise + noises * len(tested.STEADY)
    total = to_drawn + len(stages) * len(QUICK)

    def draw(values: np.ndarray) -> None:
        found, _ = split(values[:in_maps], patches)
        curves = perturbation.curves_of(torch.from_numpy(values[in_maps:to_noise]), patches)
        drawn = values[to_drawn:].reshape(len(stages), len(QUICK))
        whole = not np.isnan(found).any()
        figures = charts.explained(trace, asks.label, curves, drawn, stages)
        facts = {
            "areas": [numbers(part.tolist()) for part in curves.areas],
            "agreement": [numbers(row) for row in tested.agreement(torch.from_numpy(found))] if whole else None,
            "noise": {"radius": tested.RADIUS, "count": noises},
            "moved": moved_by_noise(values[to_noise:to_drawn]),
            "randomised": [numbers(row.tolist()) for row in drawn],
            "stages": stages,
            "quick": [method.id for method in QUICK],
            "figures": {name: packed(figure) for name, figure in figures.items()},
            "looks": looks(),
            "done": bool(np.isfinite(values[in_maps:to_noise]).all()),
        }
        arrays = {"deletion": curves.deletion.numpy(), "insertion": curves.insertion.numpy()}
        show("tested", arrays, analysis, **facts, **facts_of(trace, asks))

    def line(job: Job) -> str:
        where = ("maps", "curves", "noise", "models drawn anew")[sum(job.done >= end for end in (in_maps, to_noise, to_drawn))]
        return f"{100 * job.share:.0f}%: {where}"

    forward, backward = passes(patches)
    again = [(len(stages), passes(patches, QUICK)), (noises, passes(patches, tested.STEADY))]
    forward += in_curves + sum(times * (1 + own[0]) for times, own in again)
    cost = macs(forward, backward + sum(times * own[1] for times, own in again))
    steps = partial(test_steps, trace, asks, jobs.result(explain_key(asks)))
    watch.runs(tested_key(asks), steps, total, cost, draw, line=line, offer="Put all methods to the test")
    if jobs.result(tested_key(asks)) is not None:
        explained_gallery.stage(analysis, show, macs)
