"""The slim strip on every page: what is looked at, with which model, at what cost, and what it says."""

import streamlit as st

from ui import about, cached, components, session, shell

CHANGE = "_change_number"
SHARED = ("layer", "head", "token", "picture", "view", "image_size", "patch_size")


def strip() -> None:
    """Draw the strip, and carry the browser's changes of the selection to the session."""
    selection, analysis = session.current(), session.analysis()
    layout, config = analysis.trace.layout, analysis.trace.config
    label, probability = analysis.trace.top_k(1)[0]
    prefix = " + ".join(layout.name(i) for i in range(layout.num_prefix_tokens))
    rows, cols = layout.grid
    data = {
        "selection": {name: getattr(selection, name) for name in SHARED},
        "echo": st.session_state.get(CHANGE, 0),
        "thumbnail": cached.thumbnail(selection.picture, session.picture()),
        "title": session.picture_title(),
        "model": f"{cached.model_names()[selection.model]} · {config.depth} × {config.num_heads} heads",
        "sizes": f"{selection.image_size} / {selection.patch_size}",
        "tokens": f"→ {rows} × {cols} = {layout.num_patches} patches + {prefix} =",
        "total": f"{layout.num_tokens} tokens",
        "forward": f"{1000 * analysis.seconds:,.0f} ms",
        "verdict": about.verdict(probability),
        "label": label,
        "probability": f"{100 * probability:.1f}%",
        "uploaded": selection.picture in session.uploads(),
    }
    result = components.shell_strip(data, on_change=_receive)
    if result.open in {spec.slug for spec in shell.PAGES}:
        st.switch_page(shell.page(result.open))


def _receive() -> None:
    message = st.session_state["strip"].get("change")
    if not isinstance(message, dict):
        return
    st.session_state[CHANGE] = message.get("at", 0)
    values = message.get("values")
    if isinstance(values, dict):
        kinds = {name: type(getattr(session.current(), name)) for name in SHARED}
        session.change(**{name: value for name, value in values.items() if type(value) is kinds.get(name)})
