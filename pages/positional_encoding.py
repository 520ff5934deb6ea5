"""Positional encoding: in ten seconds, each place has a row of numbers of its own, and rows of places near each other are alike.

The person sees the learned rows' rows and columns, changes the grid, takes positions away from their own picture, and follows two equal
patches that only their positions tell apart.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.kit import explain
from ui.positional_encoding import explained, page
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("positional_encoding")
selection, analysis = session.current(), session.analysis()
asked = page.stage(selection, analysis)
experiments = st.container()
explain.sections(
    formulas=partial(explained.formulas, analysis.trace, selection),
    code=explained.CODE,
    checks=partial(explained.checks, analysis.trace, selection, session.last_check(asked)),
    exports=[*explained.exports(analysis.trace, selection), web_page("positional_encoding")],
    script=explained.script(analysis.trace, selection),
)
with experiments:
    page.breaking()
    page.twins(analysis, selection)
