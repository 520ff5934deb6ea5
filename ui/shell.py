"""The page registry, and the guard that makes every page run inside `app.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

FLAG = "_shell_is_active"


@dataclass(frozen=True)
class PageSpec:
    """One page: its file is `pages/<slug>.py`, its address `/<slug>` (the first one's `/`). `stages` of the overview's flow lead to it."""

    slug: str
    title: str
    lead: str
    stages: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The page's address below the app's: the first page opens at the root."""
        return "" if self is PAGES[0] else self.slug


PAGES = (
    PageSpec("overview", "Overview", "Move over a patch and follow it from pixels to the prediction."),
    PageSpec("walkthrough", "Walkthrough", "Nine steps from pixels to a prediction: go through them, pick any number, see what it is made of.", ("head",)),
    PageSpec(
        "patch_grid",
        "Patch grid",
        "Drag resolution and patch size: the cut follows, and on release the model answers at that setting.",
        ("image", "patches"),
    ),
    PageSpec("patch_embedding", "Patch embedding", "Pick a patch and one of the outputs: see the dot product that makes it, term by term.", ("embedding",)),
    PageSpec("positional_encoding", "Positions", "Move over the grid: the map shows how alike the learned row of that place is to all others.", ("tokens",)),
    PageSpec("attention", "Attention", "Move over the picture: every head answers where that patch looks.", ("blocks",)),
    PageSpec("memory_scaling", "Memory", "Drag the resolution: the bars and curves follow, and the orange part, the attention matrices, grows fastest."),
    PageSpec("model_variants", "Variants", "Sort and pick models: where their parameters are, what they compute, and how well they did."),
)


def page(slug: str) -> st.Page:
    """The Streamlit page of a slug; the first of the registry is the one that opens at `/`."""
    spec = spec_of(slug)
    return st.Page(f"pages/{slug}.py", title=spec.title, url_path=slug, default=spec is PAGES[0])


def spec_of(slug: str) -> PageSpec:
    return next(spec for spec in PAGES if spec.slug == slug)


def stage_links() -> dict[str, str]:
    """The page that explains each stage of the overview's flow."""
    return {stage: spec.slug for spec in PAGES for stage in spec.stages}


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


def style() -> None:
    """What the theme's settings cannot say: less air around the stage, and quiet headings."""
    st.html(STYLE)


def lead(slug: str) -> None:
    """A page's title and the one sentence that says what to look at."""
    spec = spec_of(slug)
    st.html(f'<h1 class="vit-title">{spec.title}</h1><p class="vit-lead">{spec.lead}</p>')


STYLE = """<style>
.stMainBlockContainer { max-width: 1480px; padding-left: clamp(0.75rem, 2.5vw, 2.5rem); padding-right: clamp(0.75rem, 2.5vw, 2.5rem); }
.vit-title { font-size: 1.4rem; font-weight: 700; margin: 0.4rem 0 0.1rem; padding: 0; }
.vit-lead { margin: 0; opacity: 0.82; font-size: 1.02rem; }
[data-testid="stFileUploaderDropzone"] { padding: 0.6rem 0.75rem; }
[data-testid="stCode"] .token { color: inherit !important; }
[data-testid="stCode"] .token.comment, [data-testid="stCode"] .token.triple-quoted-string { opacity: 0.76; font-style: italic; }
[data-testid="stCode"] .token.keyword, [data-testid="stCode"] .token.decorator { font-weight: 650; }
.vit-check { overflow-x: auto; }
.vit-check table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
.vit-check th { text-align: left; font-weight: 600; opacity: 0.8; }
.vit-check th, .vit-check td { padding: 0.3rem 1.1rem 0.3rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.vit-check .operands { font-family: ui-monospace, monospace; font-size: 0.85rem; }
</style>"""
