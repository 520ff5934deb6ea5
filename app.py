"""Vision Transformers: From Pixels to Patches. Start with `make app`."""

import streamlit as st

from ui import shell
from ui.kit import components
from ui.kit.registry import PAGES, spec_of
from ui.shell import sidebar, strip, terms
from ui.state import session
from ui.work.store import tidier
from ui.work.turns import turns

with turns.turn():
    page = st.navigation(shell.navigation(), position="top", expanded=True)
    slug = page.url_path or PAGES[0].slug
    shell.configure(slug, page.url_path)
    shell.style(slug)
    components.preload(slug)
    sidebar.head(spec_of(slug))
    shell.enter(page.url_path)
    sidebar.sidebar(spec_of(slug))
    session.open_head()
    for sentence in session.notices():
        st.warning(sentence, icon=":material/info:")
    strip.strip()
    terms.terms()
    session.write_link()
    with shell.active():
        page.run()
    shell.foot(slug)
    strip.then_time_it()
tidier.tidy()
