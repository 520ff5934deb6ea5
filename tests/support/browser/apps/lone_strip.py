"""A strip for scripts that show one component without the rest of the app: no view is drawn before a strip has brought a selection."""

import streamlit as st

from ui.kit.components import component

WORDS = ("title", "model", "sizes", "tokens", "total", "forward", "pace", "verdict", "answer", "whole", "right", "measured")


def lone_strip() -> None:
    """The strip with the address' view, and nothing to read."""
    selection = {"picture": "none", "view": st.query_params.get("view", "")}
    data = {
        "selection": selection,
        "numbers": {},
        "echo": 0,
        "link": ["", ""],
        "thumbnail": "data:,",
        "own": {},
        **dict.fromkeys(WORDS, ""),
    }
    component("strip")(key="strip", data=data, default={"change": None}, on_change_change=lambda: None, on_open_change=lambda: None)
