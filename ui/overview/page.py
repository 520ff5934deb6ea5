"""The overview's two pictures: the story that moves, and all stages at once."""

import streamlit as st

from ui.kit.components import component
from ui.overview import payload
from ui.state import session


def story() -> None:
    """Draw the story for the selection."""
    component("overview_story")(key="overview_story", data=session.payload("story", payload.story))


def stage() -> None:
    """Draw it for the selection."""
    st.html("<h2 class='vit-part'>All stages at once</h2>")
    component("overview")(key="overview", data=session.payload("overview", payload.stage))
