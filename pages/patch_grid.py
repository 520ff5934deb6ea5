"""Patch grid: in ten seconds, a picture is cut into equal squares, and the squares, read like words of a text, are what the model gets.

The person drags resolution and patch size, sees the counts follow, and the model answers at that setting; a patch shows its pixels and
values.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.kit import explain
from ui.patch_grid import explained, page
from ui.patch_grid.setting import setting_of
from ui.standalone.export import web_page
from ui.state import session
from ui.state.selection import sizes_of
from ui.work import cached

shell.require()

shell.lead("patch_grid")
selection = session.current()
config = cached.model(selection.model).config
setting, notice = setting_of(selection, sizes_of(config))
if notice:
    st.warning(notice, icon=":material/info:")
done = page.run(selection, setting)
page.stage(selection, setting, done)
page.shuffled(selection, setting)
patch = page.subject(selection, done.layout)
explain.sections(
    formulas=partial(explained.formulas, done, config, patch),
    code=explained.CODE,
    checks=partial(explained.checks, done, config, patch),
    exports=[*explained.exports(done, selection, patch), web_page("patch_grid")],
    script=explained.script(done, selection, setting, patch),
)
