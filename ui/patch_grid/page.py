"""The patch grid page: the model’s answer at its setting, the cut picture, and the same patches in another order."""

import streamlit as st

from ui.kit.components import component
from ui.patch_grid import payload
from ui.patch_grid.setting import FITS, Setting, own_token
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from ui.work.analysis import Analysis, Answered
from vit_core.config import TokenLayout
from vit_core.readout import Answer

STATE = "_patch_shuffle"


def stage(selection: Selection, setting: Setting, done: Answered) -> None:
    """Draw the cut picture; its setting comes back through the strip, in `view`."""

    def build(_: Analysis) -> bytes:
        return payload.stage(selection, setting, done, session.picture(), session.picture_title(), cached.model(selection.model))

    kind = f"patch_grid {setting.size} {setting.patch} {setting.fit}"
    component("patch_grid")(key="patch_grid", data=session.payload(kind, build))


@st.fragment
def shuffled(selection: Selection, setting: Setting) -> None:
    """The picture in order and shuffled; the button runs the model three more times. Back comes `shuffle`: the number of the next order."""
    here = (selection.picture, selection.model, setting)
    where, seed = st.session_state.get(STATE, (None, 0))
    seed = seed if where == here else 0

    def shuffle() -> None:
        asked = st.session_state["patch_shuffle"].get("shuffle")
        if type(asked) is int and 0 < asked < 10**6:
            st.session_state[STATE] = (here, asked)

    kind = f"patch_shuffle {setting.size} {setting.patch} {setting.fit} {seed}"
    data = session.payload(kind, lambda _: payload.shuffled(session.picture(), cached.model(selection.model), setting, seed))
    component("patch_grid_shuffle")(key="patch_shuffle", data=data, on_shuffle_change=shuffle)


def subject(selection: Selection, layout: TokenLayout) -> int:
    """The patch that every part of the page speaks of, from 0, as the stage shows it: the one that the link names in the page's own cut,
    else the one at the place of the app's token, or the middle one where no patch is chosen."""
    first, (rows, cols) = layout.num_prefix_tokens, layout.grid
    named = own_token(selection)
    if named is not None and named >= first:
        return min(named - first, layout.num_patches - 1)
    if named is not None or selection.token < first:
        return rows // 2 * cols + cols // 2
    row, col = divmod(min(selection.token - first, selection.grid**2 - 1), selection.grid)
    down, across = (min(to - 1, (2 * place + 1) * to // (2 * selection.grid)) for place, to in ((row, rows), (col, cols)))
    return down * cols + across


def run(selection: Selection, setting: Setting) -> Answered:
    """The model's answer at the page's setting; the app's own trace, where the setting is the app's."""
    if setting == Setting(selection.image_size, selection.patch_size):
        done = session.analysis()
        return Answered(done.trace.images, done.trace.layout, done.trace.patch_size, done.seconds, Answer.of(done.trace, 5), done.shown)
    picture = session.picture()
    shape = setting.shape((picture.height, picture.width))
    return cached.run(selection.model, selection.picture, shape, setting.patch, FITS[setting.fit], picture)
