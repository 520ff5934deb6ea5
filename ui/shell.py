"""The page registry, and the guard that makes every page run inside `app.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

FLAG = "_shell_is_active"


@dataclass(frozen=True)
class PageSpec:
    """One page: its file is `pages/<slug>.py`, its address `/<slug>`."""

    slug: str
    title: str
    icon: str
    lead: str


PAGES = (
    PageSpec("overview", "Overview", ":material/account_tree:", "Move over a patch and follow it from pixels to the prediction."),
    PageSpec("attention", "Attention", ":material/visibility:", "Move over the picture: every head answers where that patch looks."),
)


def page(slug: str) -> st.Page:
    """The Streamlit page of a slug; the first of the registry is the one that opens at `/`."""
    spec = spec_of(slug)
    return st.Page(f"pages/{slug}.py", title=spec.title, icon=spec.icon, url_path=slug, default=spec is PAGES[0])


def spec_of(slug: str) -> PageSpec:
    return next(spec for spec in PAGES if spec.slug == slug)


@contextmanager
def active() -> Iterator[None]:
    """Wraps the page's run in `app.py`, so that the page knows that the shell is around it."""
    st.session_state[FLAG] = True
    try:
        yield
    finally:
        st.session_state[FLAG] = False


def require() -> None:
    """First line of every page. Without it, the first deep link to a fresh server would run the page without `app.py`.

    Streamlit takes a folder `pages/` for its automatic navigation until `app.py` has run once in the process. Declaring the navigation
    ends that mode, and the rerun then starts at `app.py`.
    """
    if not st.session_state.get(FLAG, False):
        st.navigation([page(spec.slug) for spec in PAGES])
        st.rerun()
