"""The positional page: the explorer, the picture with its positions broken, and two equal patches that only their positions tell apart."""

from functools import partial
from typing import TYPE_CHECKING

from ui.kit.components import component
from ui.kit.payload import layout_facts
from ui.positional_encoding import payload
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, watch
from ui.work.job import Macs
from vit_core.study import position_experiments as experiments

if TYPE_CHECKING:
    from ui.work.analysis import Analysis


TWIN_RUNS = 2


def stage(selection: Selection, analysis: "Analysis") -> dict | None:
    """Draw the explorer; comes back what the browser asks to have checked: encoding, side of the grid, two positions, their similarity."""
    data = explorer(selection, layout_facts(analysis.trace))
    return component("positional_encoding")(key="positions", data=data, on_check_change=lambda: None).check


def explorer(selection: Selection, layout: dict) -> bytes:
    """What the explorer is sent; made once a model and layout."""
    name = selection.model
    tables = cached.payload("position tables", name, "", 0, 0, lambda: payload.model_tables(cached.model(name)))
    learned = "Trained" if name == "bundled" else cached.model_names()[name]

    def build() -> bytes:
        return payload.explorer(tables, name, learned, layout)

    return cached.payload("positions", name, "", selection.image_size, selection.patch_size, build)


def official(model_name: str) -> dict | None:
    """Top-1 on the validation set by way, with the number of `pictures`, as the training command measured a bundled model.

    None for another model, or where the file with the measurements is missing.
    """
    source = cached.sources().get(model_name)
    row = source.bundled if source and source.kind == "bundled" else None
    return row.measures.get("without_positions") if row else None


def breaking() -> None:
    """The picture with its positions taken away, shuffled or replaced."""

    def draw(data: bytes) -> None:
        component("positional_encoding_break")(key="positions_break", data=data)

    build = partial(payload.trials, official=official(session.current().model))
    cost = Macs(len(experiments.WAYS) * session.macs())
    what = f"Running the model {len(experiments.WAYS)} times, with the picture’s positions as they are and changed"
    watch.payload("positions_break", "position trials", cost, build, draw, what, alone=True)


def twins(analysis: "Analysis", selection: Selection) -> None:
    """Two equal patches on their way through the layers: the chosen one, and its copy in a second place."""
    patch = payload.shown_patch(analysis.trace.layout, selection.token)

    def draw(data: bytes) -> None:
        component("positional_encoding_twins")(key="positions_twins", data=data)

    build = partial(payload.twins, patch=patch)
    watch.payload(
        "positions_twins",
        f"position twins {patch}",
        Macs(TWIN_RUNS * session.macs()),
        build,
        draw,
        "Running the model on the picture with a patch copied",
        alone=True,
    )
