"""The overview's pictures: the story that moves, where to go from it, folded, all stages at once, and what stands under them.

It is the page that opens first: nothing here needs the model's code before something is asked that no first view holds (`ui.work.first`).
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from ui import shell
from ui.compare.setting import choose
from ui.kit import explain
from ui.kit.components import component
from ui.overview import payload
from ui.state import session, view
from ui.work import models

if TYPE_CHECKING:
    from ui.work.analysis import Analysis

ALL, FORMULAS = "overview_all", "overview_formulas"


def story() -> None:
    """Draw the story for the selection."""
    component("overview_story")(key="overview_story", data=session.payload("story", payload.story))


def onward() -> None:
    """The two ways to go on from the story."""
    with st.container(horizontal=True, key="onward"):
        st.page_link(shell.page("walkthrough"), label="**Take it step by step** →")
        st.page_link(shell.page("attention"), label="**Explore** what looks where →")


def folded() -> ExpanderContainer:
    """Where all stages stand at once: open where a person opened it or a link points into it."""
    said = session.current().view
    st.session_state[ALL] = view.read("overview", said, "all") or view.read("compare", said, "vs") is not None
    return st.expander("Everything at once: patches, tokens, stages, the five likeliest classes", key=ALL, on_change=_unfold)


def _unfold() -> None:
    """Keep in the link whether it is open; what is folded is no longer compared."""
    said, open_now = session.current().view, st.session_state[ALL]
    if not open_now:
        choose("overview", None)
        said = session.current().view
    session.change(view=view.changed("overview", said, {"all": open_now}))


def stage() -> None:
    """Draw it for the selection."""
    component("overview")(key="overview", data=session.payload("overview", payload.stage))


def formulas(token: int, analysis: "Analysis") -> list[list[str]]:
    """The formulas for a token, as plain values: sentences and LaTeX."""
    from ui.overview import explained

    return [list(pair) for pair in explained.formulas(analysis.trace, token)]


def sections() -> None:
    """What stands under the pictures. All but the formulas is made when it is opened."""
    selection = session.current()
    formulas_of = partial(formulas, selection.token)

    def lines() -> list[Callable]:
        models.whole_code()
        from ui.overview import explained

        return explained.CODE

    def checks() -> list[explain.Check]:
        trace = session.analysis().trace
        from ui.overview import explained

        return explained.checks(trace, selection.token)

    def exports() -> list[explain.Export]:
        trace = session.analysis().trace
        from ui.overview import explained
        from ui.standalone.export import web_page

        return [*explained.exports(trace, selection), web_page("overview")]

    def script() -> str:
        trace = session.analysis().trace
        from ui.overview import explained

        return explained.script(selection, trace.config.num_classes, trace.depth)

    explain.sections(
        formulas=lambda: session.payload(f"{FORMULAS}_{selection.token}", formulas_of),
        code=lines,
        checks=checks,
        exports=exports,
        script=script,
    )
