"""How the app is shown: as usual, one figure in a frame of another page (`embed=figure`), or projected (`present=1`).

The first address of a session decides; Streamlit keeps `embed` out of `st.query_params`, so it is read from the address itself.
"""

from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

MODE = "_mode"
USUAL, EMBEDDED, PRESENTED = "", "embed", "present"


def of_query(query: str) -> str:
    """The mode that a link asks for."""
    asked = parse_qs(query)
    if asked.get("embed") == ["figure"]:
        return EMBEDDED
    return PRESENTED if asked.get("present") == ["1"] else USUAL


def mode() -> str:
    """The session's mode."""
    if MODE not in st.session_state:
        context = get_script_run_ctx()
        st.session_state[MODE] = of_query(context.query_string if context is not None else "")
    return st.session_state[MODE]


def in_link() -> dict[str, str]:
    """What the address says of it beside the selection; Streamlit itself keeps `embed` there."""
    return {PRESENTED: "1"} if mode() == PRESENTED else {}
