"""Vision Transformers: From Pixels to Patches. Start with `make app`."""

import streamlit as st

from ui import shell
from ui.kit import components
from ui.shell import sidebar, strip, terms
from ui.state import session
from ui.work.store import freeze_what_is_loaded

page = st.navigation(shell.navigation(), position="top", expanded=True)
st.set_page_config(page_title=shell.tab_title(page.url_path), page_icon="assets/icon.png", layout="wide", initial_sidebar_state=248)
session.enter(page.url_path)
shell.style(page.url_path or shell.PAGES[0].slug)
components.preload(page.url_path or shell.PAGES[0].slug)
sidebar.sidebar()
for sentence in session.notices():
    st.warning(sentence, icon=":material/info:")
strip.strip()
terms.terms()
session.write_link()
with shell.active():
    page.run()
shell.foot(page.url_path or shell.PAGES[0].slug)
freeze_what_is_loaded()
