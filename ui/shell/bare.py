"""A page without what is around its figure: in a frame of another page, or projected."""

from ui.kit.registry import PAGES
from ui.state import mode

FIGURES = {
    "overview": ".st-key-overview_story, .st-key-compare",
    "positional_encoding": ".st-key-positions",
    "attention": ".st-key-attention, .st-key-compare",
    "experiments": "[class*='st-key-experiments_']",
    "memory_scaling": ".st-key-memory",
    "model_variants": ".st-key-variants",
    "practice": ".st-key-practice, .st-key-practice_scales",
}
"""Where the figure of a page is not mounted under the page's own name."""
STYLE = """
[data-testid="stHeader"], [data-testid="stSidebar"], .stMain :is(.stTabs, .stExpander):not(:has({figure})) {{ display: none; }}
.stMain .stElementContainer:not({kept}, :has(.stAlert, .stProgress, .vit-waiting)) {{ display: none; }}
.stMain .stVerticalBlock {{ gap: 0; }}
.stMainBlockContainer {{ padding: 8px; max-width: none; }}
"""
PROJECTED = """
:root { --vit-muted: 100%; }
.stMainBlockContainer { zoom: 1.5; padding: 12px 20px; }
.vit-lead { opacity: 1; }
.vit-head { padding-right: 0; }
.vit-title.vit-title { position: static; line-height: inherit; }
.vit-laser {
  position: fixed; z-index: 9999999; width: 18px; height: 18px; margin: -9px 0 0 -9px; border-radius: 50%; pointer-events: none;
  background: #ff2a2a; border: 2px solid #ffffff; box-shadow: 0 0 10px 3px rgb(255 42 42 / 70%);
}
"""


def figure(slug: str) -> str:
    """The CSS selector of a page's figure."""
    return FIGURES.get(slug, f".st-key-{slug}")


def style(slug: str) -> str:
    """What hides everything else; nothing as long as the app is shown as usual."""
    shown = mode.mode()
    if shown == mode.USUAL:
        return ""
    kept = figure(slug) if shown == mode.EMBEDDED else f"{figure(slug)}, :has(.vit-head)"
    return STYLE.format(figure=figure(slug), kept=kept) + (PROJECTED if shown == mode.PRESENTED else "")


def around(slug: str) -> list[str]:
    """The pages before and after a page, by slug; empty where there is none."""
    slugs = ["", *(spec.slug for spec in PAGES), ""]
    at = slugs.index(slug, 1)
    return [slugs[at - 1], slugs[at + 1]]
