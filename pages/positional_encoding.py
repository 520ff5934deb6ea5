"""Positional encoding: in ten seconds, each place has a row of numbers of its own, and rows of places near each other are alike.

The person sees the learned rows' rows and columns, changes the grid, takes positions away from their own picture, and follows two equal
patches that only their positions tell apart.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.kit import explain
from ui.kit.payload import layout_facts
from ui.positional_encoding import explained as positional_encoding
from ui.positional_encoding import payload as positional_payload
from ui.state import session

shell.require()

shell.lead("positional_encoding")
selection, analysis = session.current(), session.analysis()
result = positional_encoding.explorer(positional_payload.explorer_payload(selection, layout_facts(analysis.trace)))
experiments = st.container()
explain.sections(
    formulas=partial(positional_encoding.formulas, analysis.trace, selection),
    code=positional_encoding.CODE,
    checks=partial(positional_encoding.checks, analysis.trace, selection, session.last_check(result.check)),
    exports=positional_encoding.exports(analysis.trace, selection),
    script=positional_encoding.script(analysis.trace, selection),
)
with experiments:
    positional_encoding.breaking()
    positional_encoding.twins(analysis, selection)
