"""The overview's pictures: the story that moves, where to go from it, and, folded, all stages at once."""

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from ui import shell
from ui.compare.setting import choose
from ui.kit.components import component
from ui.overview import payload
from ui.state import session, view

ALL = "overview_all"


def story() -> None:
    """Draw the story for the selection."""
    component("overview_story")(key="overview_story", data=session.payload("story", payload.story))


def onward() -> None:
    """The two ways to go on from the story."""
    with st.container(horizontal=True, key="onward"):
        st.page_link(shell.page("walkthrough"), label="**Take it step by step** →")
        st.page_link(shell.page("attention"), label="**Explore** what looks where →")


def folded() -> ExpanderContainer:
    """Where all stages stand at once: open where a person opened it or a link points into it."""
    said = session.current().view
    st.session_state[ALL] = view.read("overview", said, "all") or view.read("compare", said, "vs") is not None
    return st.expander("Everything at once: patches, tokens, stages, the five likeliest classes", key=ALL, on_change=_unfold)


def _unfold() -> None:
    """Keep in the link whether it is open; what is folded is no longer compared."""
    said, open_now = session.current().view, st.session_state[ALL]
    if not open_now:
        choose("overview", None)
        said = session.current().view
    session.change(view=view.changed("overview", said, {"all": open_now}))


def stage() -> None:
    """Draw it for the selection."""
    component("overview")(key="overview", data=session.payload("overview", payload.stage))
