"""Choosing: in ten seconds, whether a Vision Transformer suits your task depends on weights and resolution more than on how many pictures
you have.

The person answers six questions, reads a suggestion with its evidence and what would change it, then sees what later works build on the
ViT.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.choosing import explained, page
from ui.choosing.setting import situation
from ui.kit import explain
from ui.standalone.export import web_page

shell.require()

shell.lead("choosing")
page.guide()
now = situation()
following = st.container()
explain.sections(
    formulas=partial(explained.formulas, now),
    code=explained.CODE,
    checks=partial(explained.checks, now),
    exports=[*explained.exports(), web_page("choosing")],
    script=explained.script(now),
)
with following:
    page.cards()
