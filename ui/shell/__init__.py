"""The shell around a page: menus, head and foot, and the guard that makes every page run inside `app.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache

import streamlit as st

from ui.kit import components, icon
from ui.kit.registry import PAGES, PageSpec, spec_of
from ui.shell import bare
from ui.state import mode, session
from ui.work import cached, first, models

FLAG, WIDTH, STORY = "_shell_is_active", 248, "story"


def page(slug: str) -> st.Page:
    """The Streamlit page of a slug; the first of the registry is the one that opens at `/`. One run of the script takes each."""
    return copy(found(slug))


@cache
def found(slug: str) -> st.Page:
    """It, looked for on the disk once a process: every run of the script asks for all of them."""
    spec = spec_of(slug)
    return st.Page(f"pages/{slug}.py", title=spec.title, url_path=slug, default=spec is PAGES[0])


def menus() -> dict[str, list[PageSpec]]:
    """All pages by the menu that holds them, in the registry's order. Those of no menu come first: Streamlit puts them there anyway."""
    found: dict[str, list[PageSpec]] = {"": []}
    for spec in PAGES:
        found.setdefault(spec.group, []).append(spec)
    return found


def navigation() -> dict[str, list[st.Page]]:
    """The menus as Streamlit takes them."""
    return {menu: [page(spec.slug) for spec in specs] for menu, specs in menus().items()}


def tab_title(path: str) -> str:
    """What the browser's tab and its history call the page of an address: each page by its own name."""
    name = "Vision Transformers: From Pixels to Patches"
    return f"{spec_of(path).title} · {name}" if path else name


def configure(slug: str, path: str) -> None:
    """The browser's tab, and the sidebar: at its width, or folded on a page where its settings do nothing."""
    useful = spec_of(slug).sidebar and mode.mode() == mode.USUAL
    st.set_page_config(tab_title(path), icon.told(), layout="wide", initial_sidebar_state=WIDTH if useful else "collapsed")


@contextmanager
def active() -> Iterator[None]:
    """Wraps the page's run in `app.py`, so that the page knows that the shell is around it."""
    components.begin_page()
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
        st.navigation(navigation())
        st.rerun()


def enter(path: str) -> None:
    """Tell the session which page is open, and get what it needs. Where a server's first visitors wait for the model, the menus are there
    by then, and a sentence says why there is no more; the first page of a bundled picture needs no model (`ui.work.first`).
    """
    waiting = st.empty()
    if not cached.stores().models.bytes and ("model" in st.query_params or not is_ready(path)):
        waiting.html("<p class='vit-waiting' role='status'>The model is being loaded …</p>")
        models.whole_code()
    session.enter(path)
    if not is_ready(path):
        cached.model(session.current().model)
    waiting.empty()


def is_ready(path: str) -> bool:
    """Whether all that the page of this address shows is kept as a first view: then it is drawn before the model is there."""
    chosen = session.current()
    kept = first.find(STORY, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size)
    return path == PAGES[0].path and not chosen.view and kept is not None


def style(slug: str) -> None:
    """What the theme's settings cannot say: less air around the stage, quiet headings, and which menu holds the open page."""
    st.html(f"<style>{STYLE}{menu_style(spec_of(slug).group)}{bare.style(slug)}</style>")


def menu_style(group: str) -> str:
    """Streamlit marks the open page in the bar, but not the menu that holds it: CSS that does."""
    if not group:
        return ""
    place = len(menus()[""]) + list(menus()).index(group)
    item = f".rc-overflow-item:nth-child({place}) [data-testid='stTopNavSection']"
    return f"{item} {{ font-weight: 600; background: color-mix(in srgb, currentColor 9%, transparent); }}"


def lead(slug: str) -> None:
    """A page's title and the one sentence that says what to look at."""
    spec = spec_of(slug)
    st.html(f'<div class="vit-head"><h1 class="vit-title">{spec.title}</h1><p class="vit-lead">{spec.lead}</p></div>')


def foot(slug: str) -> None:
    """Under every page: the pages before and after it, and how to get at the meaning of a word."""
    at = [spec.slug for spec in PAGES].index(slug)
    st.html(f"<p class='vit-foot'>{HINT}</p>")
    with st.container(horizontal=True, horizontal_alignment="distribute", key="foot"):
        if at > 0:
            st.page_link(page(PAGES[at - 1].slug), label=f"← {PAGES[at - 1].title}")
        if at + 1 < len(PAGES):
            st.page_link(page(PAGES[at + 1].slug), label=f"{PAGES[at + 1].title} →")


HINT = (
    "Words with a dotted line have a definition: hover over one, or tap it. “Terms” at the top, or the key <kbd>?</kbd>, "
    "lists all of this page. <a href='privacy'>Privacy</a>: what is kept, where, and for how long."
)
STYLE = """
.stMainBlockContainer { max-width: 1480px; padding-left: clamp(0.75rem, 2.5vw, 2.5rem); padding-right: clamp(0.75rem, 2.5vw, 2.5rem); }
.vit-head { display: flex; flex-wrap: wrap; gap: 0 0.9rem; align-items: baseline; min-height: 2.4rem; }
.vit-title { font-size: 1.4rem; font-weight: 700; margin: 0.4rem 0 0.1rem; padding: 0; }
.vit-part { font-size: 1.1rem; font-weight: 650; margin: 0.6rem 0 0; padding: 0; }
.vit-lead { margin: 0; opacity: 0.82; font-size: 1.02rem; }
@media (min-width: 860px) { .vit-head { padding-right: 13.4rem; } }
@media (min-width: 1100px) { .vit-head { flex-wrap: nowrap; } .vit-title { white-space: nowrap; } }
@media (max-width: 768px) {
  .vit-title.vit-title { position: fixed; z-index: 999991; top: 0; left: 3.2rem; margin: 0; line-height: 3.75rem; font-size: 1.15rem; }
}
[data-testid="stFileUploaderDropzone"] { padding: 0.6rem 0.75rem; }
[data-testid="stMarkdownContainer"] code { font-size: 0.875rem; }
.katex-display { padding-block: 4px; } /* what scrolls sideways is cut above and below: a raised sign stands out of its line */
[data-testid="stCode"] .token { color: inherit !important; }
[data-testid="stCode"] .token.comment, [data-testid="stCode"] .token.triple-quoted-string { opacity: 0.76; font-style: italic; }
[data-testid="stCode"] .token.keyword, [data-testid="stCode"] .token.decorator { font-weight: 650; }
.st-key-terms, .st-key-modules { position: absolute; }
.vit-foot { margin: 1.2rem 0 0; padding-top: 0.6rem; border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.vit-foot { font-size: 0.88rem; opacity: 0.76; }
[data-testid="stExpander"] summary { transition: none; background: transparent !important; }
[data-testid="stExpander"] summary:hover { background: color-mix(in srgb, currentColor 6%, transparent) !important; }
.st-key-onward a { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); padding: 0.3rem 0.9rem; }
.vit-waiting { margin: 0.4rem 0; opacity: 0.76; }
[class*="st-key-dimmed_"] { opacity: 0.5; pointer-events: none; }
.vit-check { overflow-x: auto; }
.vit-check table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
.vit-check th { text-align: left; font-weight: 600; opacity: 0.8; }
.vit-check th, .vit-check td { padding: 0.3rem 1.1rem 0.3rem 0; }
.vit-check th, .vit-check td { border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
@media print {
  * {
    --st-background-color: #ffffff !important; --st-secondary-background-color: #f4f5f8 !important; --st-text-color: #111111 !important;
    --st-border-color: #c9ccd4 !important; --st-link-color: #1f3fbf !important; color-scheme: light !important;
  }
  [data-testid="stHeader"], [data-testid="stSidebar"], .st-key-strip, .st-key-foot, .vit-foot { display: none !important; }
  html, body, #root, .stApp, [data-testid="stAppViewContainer"], .stMain {
    position: static !important; height: auto !important; overflow: visible !important; background: #ffffff !important; color: #111111;
  }
  .stApp :is(p, li, h1, h2, h3, h4, td, th, label, code, pre, .katex, .vit-title, .vit-lead) { color: #111111 !important; }
  .stApp :is(button, pre, input, [data-baseweb], [data-testid="stExpander"] summary) {
    background-color: #ffffff !important; color: #111111 !important; border-color: #c9ccd4 !important;
  }
  .stApp button:is([aria-checked="true"], [kind$="Active"]) { border-color: #111111 !important; }
  .katex-display { font-size: 0.8em; overflow: visible !important; }
  .vit-head { padding-right: 0; }
  .vit-title.vit-title { position: static; }
  .stMainBlockContainer { padding: 0 6px; max-width: none; }
  .stElementContainer, .stMarkdown, table, figure { break-inside: avoid; }
}
.vit-check .operands { font-family: ui-monospace, monospace; font-size: 0.87rem; }
"""
