"""Vision Transformers: From Pixels to Patches. Start with `make app`."""

import streamlit as st

from ui import session, shell, sidebar, strip

st.set_page_config(page_title="Vision Transformers: From Pixels to Patches", page_icon="assets/icon.png", layout="wide", initial_sidebar_state=248)
page = st.navigation([shell.page(spec.slug) for spec in shell.PAGES], position="top")
session.enter(page.url_path)
shell.style()
sidebar.sidebar()
for sentence in session.notices():
    st.warning(sentence, icon=":material/info:")
strip.strip()
session.write_link()
with shell.active():
    page.run()
