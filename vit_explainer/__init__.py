"""The app as an installed package. In the wheel `app.py`, `pages`, `ui`, `assets` and `.streamlit` lie in this folder; see `setup.py`."""

import sys
from pathlib import Path
from typing import Any

from vit_explainer.home import home


def parts() -> None:
    """Lets the app's own parts be imported, which lie beside `app.py`. ImportError if another package named `ui` stands before them."""
    if str(home()) not in sys.path:
        sys.path.append(str(home()))
    import ui

    if Path(ui.__file__ or "").resolve().parent != home() / "ui":
        raise ImportError(f"Another package named ui comes before the app's own: {ui.__file__}.")


def show(trace: Any, view: str = "attention", **options: Any) -> Any:
    """A view of a trace, live, as one page: `show(trace)` under a notebook's cell, `show(trace, view="attention").save("a.html")`.

    Its options are those of `ui.standalone.saved.show`: `layer`, `head` and `token` (from 0), `picture` and `model` (the names below it),
    and what a link of the app would hold, such as `tab="matrix"`. Nothing beyond `vit_core` needs to be installed, but for the views that
    draw charts: `memory`, `variants` and `performance` need the extra `figures`, `practice` the extra `app`. `walkthrough`, `features`,
    `experiments`, `practice`, `choosing` and `lessons` have what a trace suffices for. ValueError with one sentence for all else.
    """
    parts()
    from ui.standalone import saved

    return saved.show(trace, view, **options)


def figure(name: str, trace: Any = None, **options: Any) -> Any:
    """A chart of the app as a Plotly figure: `figure("heads", trace)`, `figure("heads", trace, measure="entropy", along="rank")`.

    Charts and their options are those of `ui.standalone.figures`: `heads`, `importance`, `removed`, `movement`, `twins`, `compute`,
    `variants`, `rounding` and `memory` of a trace; `accuracy`, `published`, `lines` and `course` without one. Needs `plotly`, which the
    extra `figures` brings. ValueError with one sentence for a chart or an option that there is not.
    """
    parts()
    from ui.standalone import figures

    return figures.figure(name, trace, **options)
