"""The choice of what is open on a page."""

from collections.abc import Callable, Mapping

import streamlit as st


def tab_choice(label: str, names: Mapping[str, str], now: str, choose: Callable[[str], None], key: str) -> None:
    """One of `names` (what stands in the link: what is read) is open, and that one alone is computed; `label` is read out."""
    st.session_state[key] = now
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: choose(st.session_state[key]),
    )
