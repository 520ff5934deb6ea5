"""Choosing: in ten seconds, whether a Vision Transformer suits your task depends on weights and resolution more than on how many pictures you have.

The person answers six questions, reads a suggestion with its evidence and what would change it, then sees what later works build on the ViT.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.choosing import explained as choosing_sections
from ui.choosing import next as choosing_next
from ui.choosing import payload as choosing
from ui.kit import explain

shell.require()

shell.lead("choosing")
choosing.guide(choosing.payload())
situation = choosing.situation()
following = st.container()
explain.sections(
    formulas=partial(choosing_sections.formulas, situation),
    code=choosing_sections.CODE,
    checks=partial(choosing_sections.checks, situation),
    exports=choosing_sections.exports(),
    script=choosing_sections.script(situation),
)
with following:
    choosing_next.cards()
