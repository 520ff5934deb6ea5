"""Patch grid: in ten seconds, a picture is cut into equal squares, and the squares, read like words of a text, are what the model gets.

The person drags resolution and patch size, sees the counts follow, and the model answers at that setting; a patch shows its pixels and values.
"""

from functools import partial

import streamlit as st

from ui import shell
from ui.kit import explain
from ui.kit.components import component
from ui.patch_grid import payload as patch_grid
from ui.patch_grid import setting as patch_setting
from ui.patch_grid import shuffle as patch_shuffle
from ui.state import session
from ui.work import cached, models

shell.require()

shell.lead("patch_grid")
selection = session.current()
config = cached.model(selection.model).config
setting, notice = patch_setting.setting_of(selection, models.sizes_of(config))
if notice:
    st.warning(notice, icon=":material/info:")
done = patch_grid.run(selection, setting)
component("patch_grid")(key="patch_grid", data=patch_grid.payload(selection, setting, done))
patch_shuffle.section(selection, setting)
patch = min(max(0, selection.token - done.layout.num_prefix_tokens), done.layout.num_patches - 1)
explain.sections(
    formulas=partial(patch_grid.formulas, done, config, patch),
    code=patch_grid.CODE,
    checks=partial(patch_grid.checks, done, config, patch),
    exports=patch_grid.exports(done, selection, patch),
    script=patch_grid.script(done, selection, setting, patch),
)
