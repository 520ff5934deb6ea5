"""The meaning of words under the pointer, on every page."""

import streamlit as st

from ui import shell
from ui.glossary import payload
from ui.glossary.words import entries
from ui.kit.components import component
from ui.state import session, view


def terms() -> None:
    """The hover; a link in it opens the glossary at that entry. Back comes the trigger `open`: an entry's id."""
    asked = component("terms")(key="terms", data=payload.terms(), on_open_change=lambda: None).open
    if asked in {entry.id for entry in entries()}:
        session.prepare("glossary", view.changed("glossary", "", {"glo": {"e": asked}}))
        st.switch_page(shell.page("glossary"))
