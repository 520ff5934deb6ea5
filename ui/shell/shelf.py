"""The dialog "Models": those that come with the app, published ones to download, and pairs to compare, each with one click."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui import shell
from ui.compare.setting import Page, bring
from ui.shell import shelf_words as words
from ui.state import session
from ui.work import cached, downloads, watch
from ui.work.job import Job

if TYPE_CHECKING:
    from vit_core.data.shelf import Preset, Row

ASKED = "_shelf"
PAGE: Page = "attention"
"""The page that shows a comparison."""


@dataclass(frozen=True)
class Asked:
    """A download of this session: of one row, or of the pair of a comparison that is opened at its end."""

    job: Job
    rows: "tuple[Row, ...]"
    preset: "Preset | None" = None


def button() -> None:
    """Opens the dialog."""
    if st.button("Models", key="shelf", width="stretch", help="Published models to download, and pairs of them to compare."):
        dialog()


@st.dialog("Models", width="large")
def dialog() -> None:
    """What can be shown: bundled, on this machine, or a download away."""
    from vit_core.data import shelf

    held = here()
    on = cached.start_settings().hub
    st.html(words.STYLE)
    st.markdown(words.lead(len(set(held) & set(shelf.rows())), len(shelf.rows()), on))
    st.html(words.heading("With the app"))
    for source in cached.sources().values():
        if source.kind == "bundled":
            bundled(source.id, source.title)
    st.html(words.heading("Compare, with one click"))
    for preset in shelf.presets().values():
        comparison(preset, held, on)
    family = None
    for row in shelf.rows().values():
        if row.family != family:
            family = row.family
            st.html(words.heading(family.title) + words.family(row))
        published(row, held.get(row.name), on)
    st.html(words.heading("Without a network"))
    st.markdown(words.offline(list(shelf.rows()), held))


def here() -> dict[str, str]:
    """What is on this machine of the shelf: ids of models by the names of rows. What was fetched while the app ran counts from now on."""
    from ui.work import models

    known, settings = cached.shared_sources(), cached.start_settings()
    for source in models.downloaded(settings.hub, settings.shelf):
        if known.get(source.id) is None or known[source.id].title != source.title:
            known[source.id] = source
    found: dict[str, str] = {}
    for source in known.values():
        if source.row:
            found.setdefault(source.row, source.id)
    return found


def bundled(model: str, title: str) -> None:
    """One model that comes with the app."""
    with st.container(key=f"shelf_{model}"):
        left, right = columns()
        left.html(words.bundled(title, cached.model(model).config))
        show_button(right, model, title)


def published(row: "Row", model: str | None, on: bool) -> None:
    """One published model: shown if it is here, downloaded if not."""

    def find() -> Asked | None:
        return asked_for((row,), None)

    def idle() -> None:
        left, right = columns()
        part = 0 if model else part_of([row])
        left.html(words.row(row, words.of_row(row, model is not None, part, ended(find()))))
        if model:
            show_button(right, model, row.title)
            return
        verb = "Go on with" if part else "Download"
        right.button(f"{verb} {row.title}", key=f"get_{row.name}", width="stretch", disabled=not on, on_click=start, args=((row,), None))

    with st.container(key=f"shelf_{row.name}"):
        follow(find, idle, lambda job: words.row(row, words.progress(job)))


def comparison(preset: "Preset", held: dict[str, str], on: bool) -> None:
    """A question, and its pairs."""

    def find() -> Asked | None:
        return next((asked for pair in preset.pairs if (asked := asked_for(pair, preset)) is not None), None)

    def idle() -> None:
        left, right = columns()
        there = sum(row.name in held for row in preset.models)
        left.html(words.preset(preset, words.of_preset(there, len(preset.models), ended(find()))))
        for one, other in preset.pairs:
            missing = [row for row in (one, other) if row.name not in held]
            label, key = words.pair(one, other, missing), f"compare_{preset.name}_{one.name}"
            if missing:
                right.button(label, key=key, width="stretch", disabled=not on, on_click=start, args=((one, other), preset))
            elif right.button(label, key=key, width="stretch", type="primary"):
                compare(preset, held[one.name], held[other.name], one.config.patch_size)

    with st.container(key=f"shelf_preset_{preset.name}"):
        follow(find, idle, lambda job: words.preset(preset, words.progress(job)))


def ended(asked: Asked | None) -> Job | None:
    """A download that is over."""
    return asked.job if asked is not None and asked.job.over else None


def follow(find: Callable[[], Asked | None], idle: Callable[[], None], shown: Callable[[Job], str]) -> None:
    """`idle()`; while what `find()` gives is under way, how far it is, and Stop. At its end what was asked for is shown."""

    def running() -> Job | None:
        asked = find()
        return None if asked is None or asked.job.over else asked.job

    def head(job: Job) -> None:
        left, right = columns()
        left.html(shown(job))
        right.button("Stop", key=f"stop_{'_'.join(map(str, job.key))}", width="stretch", on_click=job.leave, args=(watch.me(),))

    def end() -> None:
        asked = find()
        if asked is not None and asked.job.complete:
            finished(asked)

    if running() is None:
        idle()
    else:
        watch.follow(running, head=head, body=lambda: None, idle=idle, at_end=end)


def finished(asked: Asked) -> None:
    """Show the model, or the comparison."""
    st.session_state[ASKED] = None
    held = here()
    models = [held[row.name] for row in asked.rows]
    if asked.preset is not None:
        compare(asked.preset, models[0], models[1], asked.rows[0].config.patch_size)
    else:
        session.change(model=models[0])
        st.rerun()


def compare(preset: "Preset", left: str, right: str, patch_size: int) -> None:
    """Open Compare with two models, at the comparison's size."""
    session.change(model=left, image_size=preset.image_size, patch_size=patch_size)
    if session.current().model == left:
        bring(PAGE, right)
        if st.session_state.get(session.PAGE) != PAGE:
            st.switch_page(shell.page(PAGE))
    st.rerun()


def show_button(place: "st.delta_generator.DeltaGenerator", model: str, title: str) -> None:
    """Chooses a model that is here."""
    shown = session.current().model == model
    label = f"{title} is shown" if shown else f"Show {title}"
    if place.button(label, key=f"show_{model}", width="stretch", disabled=shown):
        session.change(model=model)
        st.rerun()


def start(rows: "tuple[Row, ...]", preset: "Preset | None") -> None:
    """Begin a download; what is here already takes no time."""
    try:
        job = downloads.of_shelf(rows, cached.stores().models.bound, watch.me())
    except ValueError as error:
        st.toast(str(error))
        return
    st.session_state[ASKED] = Asked(job, rows, preset)


def asked_for(rows: "Sequence[Row]", preset: "Preset | None") -> Asked | None:
    """This session's download, if it is of these rows for this."""
    asked: Asked | None = st.session_state.get(ASKED)
    if asked is None or [row.name for row in asked.rows] != [row.name for row in rows]:
        return None
    return asked if (asked.preset and asked.preset.name) == (preset and preset.name) else None


def part_of(rows: "Sequence[Row]") -> int:
    """Bytes that stopped downloads have left."""
    from vit_core.checkpoints.hub import shelf

    return sum(shelf.part(row) for row in rows)


def columns() -> tuple["st.delta_generator.DeltaGenerator", "st.delta_generator.DeltaGenerator"]:
    """What something is, and what can be done with it."""
    left, right = st.columns([6, 4], vertical_alignment="center")
    return left, right
