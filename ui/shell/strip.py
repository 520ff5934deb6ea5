"""The slim strip on every page: what is looked at, with which model, at what cost, and what it says."""

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from ui import shell
from ui.glossary import words
from ui.kit.components import component
from ui.kit.registry import PAGES
from ui.shell import about, bare
from ui.state import mode, session
from ui.state.schema import FIELDS
from ui.work import cached, models, watch
from ui.work.job import Job, Macs
from ui.work.jobs import jobs
from ui.work.turns import turns

if TYPE_CHECKING:
    from ui.state.selection import Selection
    from ui.work.analysis import Analysis
    from vit_core import VisionTransformer
    from vit_core.readout import Answer

CHANGE, UNTIMED, TOLD = "_change_number", "_untimed", "strip"
QUICK = Macs(3 * 10**9)  # a run so short that a second one, which finds everything warm, is waited for
LATER = 3.0  # seconds after which a page that was opened without its model has been drawn
FEW, CALM = 3, 1.5  # timed runs, and the seconds after which the browser has drawn the page
SHARED = tuple(field for field in FIELDS.values() if field.shared)


def strip() -> None:
    """Draw the strip, where the browser's selection meets the server's, and carry the browser's changes to the session."""
    selection, page, told = session.current(), st.session_state[session.PAGE], session.payload(TOLD, facts)
    data = {
        "selection": {field.name: getattr(selection, field.name) for field in SHARED},
        "numbers": told["numbers"],
        "echo": st.session_state.get(CHANGE, 0),
        "link": [page, urlencode(session.address())],
        "mode": mode.mode(),
        "around": bare.around(page or PAGES[0].slug),
        "figure": bare.figure(page or PAGES[0].slug),
        "thumbnail": cached.thumbnail(selection.picture, session.picture),
        "title": session.picture_title(),
        "model": f"{cached.model_names()[selection.model]} · {told['heads']}",
        "sizes": f"{selection.image_size} / {selection.patch_size}",
        **told["sequence"],
        **forward(selection),
        **told["said"],
        **how_often_right(selection),
        "own": {
            "picture": selection.picture in session.uploads(),
            "model": selection.model in models.own(),
            **session.own_picture(),
        },
        "visit": session.visit(),
    }
    # Back come the state `change` `{"at": number, "values": {...}}` and the triggers `open` (a page's slug), `again` (the connection was
    # lost and is back), `returned` (a picture) and `forget`. `echo` numbers the last change that was received.
    result = component("strip")(
        key="strip",
        data=data,
        default={"change": None},
        on_change_change=_receive,
        on_open_change=lambda: None,
        on_again_change=lambda: None,
        on_returned_change=session.bring_back,
        on_forget_change=session.forget_picture,
    )
    if result.open in {spec.slug for spec in PAGES}:
        st.switch_page(shell.page(result.open))


def facts(analysis: "Analysis") -> dict[str, Any]:
    """What it says of a run, as plain values: how large everything is, and what the model answers."""
    from vit_core.readout import Answer, prefix_words

    layout, config = analysis.trace.layout, analysis.trace.config
    (rows, cols), prefix = layout.grid, prefix_words(layout)
    return {
        "numbers": words.numbers(analysis.trace),
        "heads": f"{config.depth} × {config.num_heads} heads",
        "sequence": {
            "tokens": f"→ {rows} × {cols} = {layout.num_patches} patches{f' + {prefix}' if prefix else ''} =",
            "total": f"{layout.num_tokens} tokens",
        },
        "said": said(Answer.of(analysis.trace, 1)),
    }


def forward(selection: "Selection") -> dict[str, str]:
    """How long the model takes: the fastest of its runs at this setting. The first comes with the page, cold, and another right after it
    where that is quick, a few follow when the page is over; not where others are about, whose runs at this setting count as well. Where
    the page is a first view, this waits until the model is there.
    """
    vit = cached.loaded(selection.model)
    st.session_state[UNTIMED] = vit is None
    if vit is None:
        return {"forward": "…", "pace": "It is timed when the model is loaded, in a moment."}
    seconds, alone = session.analysis().seconds, not (turns.waiting or turns.others)
    if alone and cached.pace(vit, selection.image_size, selection.patch_size).runs == 1 and session.macs() <= QUICK:
        run_a_few(weakref.ref(vit), selection.image_size, selection.patch_size, 1)
    pace = cached.pace(vit, selection.image_size, selection.patch_size)
    if alone and pace.runs <= FEW and session.macs() <= watch.IN_LINE:
        setting = selection.image_size, selection.patch_size
        jobs.ask(("pace", selection.model, *setting), "Timing the model", partial(run_a_few, weakref.ref(vit), *setting), CALM)
    count = f"the fastest of {pace.runs} runs" if pace.runs > 1 else "one run"
    return {"forward": f"{1000 * min(pace.seconds, seconds):,.0f} ms", "pace": f"{count} at this setting, on this machine"}


def then_time_it() -> None:
    """At the end of a page that was opened without its model: load it when the page has been drawn; then the page is run again, which
    times it.
    """
    model = session.current().model
    if not st.session_state.get(UNTIMED):
        return
    if cached.loaded(model) is not None:
        st.rerun()
    key = ("model", model)
    before = jobs.find(key)
    if before is not None and before.complete:
        jobs.forget(key)  # the model has left the memory since

    def loading() -> Job | None:
        job = None if cached.loaded(model) is not None else jobs.ask(key, "Loading the model", partial(cached.model, model), LATER)
        return None if job is None or job.over else job

    watch.follow(loading, head=lambda _: None, body=lambda: None)


def run_a_few(model: "weakref.ref[VisionTransformer]", image_size: int, patch_size: int, times: int = FEW) -> None:
    """Forward passes that are timed and nothing else, if the model is still there."""
    import torch

    vit = model()
    if vit is not None:
        for _ in range(times):
            cached.forward(vit, torch.zeros(1, vit.config.in_chans, image_size, image_size), patch_size)


def said(answer: "Answer") -> dict[str, str]:
    """What the model says: its likeliest class, or, without a classifier, what it gives instead."""
    if not answer.top:
        return {"verdict": "no classifier:", "answer": f"features of width {answer.width}", "whole": ""}
    best = answer.top[0]
    said = f"{best.name} {100 * best.probability:.1f}%"
    return {"verdict": about.verdict(best.probability), "answer": said, "whole": best.whole}


def how_often_right(selection: "Selection") -> dict[str, str]:
    """How often the model was right where that was measured, beside every answer; the words for hovering say over which pictures."""
    row = cached.sources()[selection.model].accuracy(selection.image_size, selection.patch_size)
    if row is None:
        return {"right": "", "measured": ""}
    at = f"{row['image_size']} / {row['patch_size']}"
    measured = f"Its first answer was right for {100 * row['top1']:.1f}% of {row['pictures']:,} validation pictures at {at}."
    return {"right": f"right {100 * row['top1']:.0f}%", "measured": measured}


def _receive() -> None:
    message = st.session_state["strip"].get("change")
    if not isinstance(message, dict):
        return
    st.session_state[CHANGE] = message.get("at", 0)
    values = message.get("values")
    if isinstance(values, dict):
        kinds = {field.name: field.kind for field in SHARED}
        session.change(**{name: value for name, value in values.items() if type(value) is kinds.get(name)})
