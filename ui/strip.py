"""The slim strip on every page: what is looked at, with which model, at what cost, and what it says."""

import streamlit as st

from ui import about, answers, cached, components, glossary, models, session, shell

CHANGE = "_change_number"
SHARED = ("layer", "head", "token", "picture", "view", "image_size", "patch_size")


def strip() -> None:
    """Draw the strip, and carry the browser's changes of the selection to the session."""
    selection, analysis = session.current(), session.analysis()
    layout, config = analysis.trace.layout, analysis.trace.config
    answer, prefix = answers.of_trace(analysis.trace, 1), answers.prefix_words(layout)
    rows, cols = layout.grid
    data = {
        "selection": {name: getattr(selection, name) for name in SHARED},
        "numbers": glossary.numbers(analysis.trace),
        "echo": st.session_state.get(CHANGE, 0),
        "thumbnail": cached.thumbnail(selection.picture, session.picture()),
        "title": session.picture_title(),
        "model": f"{cached.model_names()[selection.model]} · {config.depth} × {config.num_heads} heads",
        "sizes": f"{selection.image_size} / {selection.patch_size}",
        "tokens": f"→ {rows} × {cols} = {layout.num_patches} patches{f' + {prefix}' if prefix else ''} =",
        "total": f"{layout.num_tokens} tokens",
        "forward": f"{1000 * analysis.seconds:,.0f} ms",
        **said(answer),
        "uploaded": [*(["picture"] if selection.picture in session.uploads() else []), *(["model"] if selection.model in models.own() else [])],
    }
    result = components.shell_strip(data, on_change=_receive)
    if result.open in {spec.slug for spec in shell.PAGES}:
        st.switch_page(shell.page(result.open))


def said(answer: answers.Answer) -> dict[str, str]:
    """What the model says: its likeliest class, or, without a head, what it gives instead."""
    if not answer.top:
        return {"verdict": "no head:", "answer": f"features of width {answer.width}"}
    label, probability = answer.top[0]
    return {"verdict": about.verdict(probability), "answer": f"{label} {100 * probability:.1f}%"}


def _receive() -> None:
    message = st.session_state["strip"].get("change")
    if not isinstance(message, dict):
        return
    st.session_state[CHANGE] = message.get("at", 0)
    values = message.get("values")
    if isinstance(values, dict):
        kinds = {name: type(getattr(session.current(), name)) for name in SHARED}
        session.change(**{name: value for name, value in values.items() if type(value) is kinds.get(name)})
