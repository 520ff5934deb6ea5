"""The stage of the lessons: plans whose answers the running model gives, and the lesson that a person makes in this browser."""

from functools import partial
from typing import TYPE_CHECKING

from ui.kit.components import component
from ui.lessons import payload
from ui.lessons.steps import Seen
from ui.state import session
from ui.state.selection import sizes_of
from ui.work import cached, models, watch
from ui.work.job import Macs
from vit_core import cost

if TYPE_CHECKING:
    from ui.work.analysis import Analysis

RUNS = 4  # of the model at the chosen setting, or about so many: once cut otherwise, without positions, with a patch covered, read early
OWN_PICTURE = "Your own picture is kept for an hour: until then the links open it. "
OWN_MODEL = "Your own model stays in this session: the links open the bundled one."


def seen(found: "Analysis") -> Seen:
    """What the answers are read from, opened as the session is."""
    chosen, config = session.current(), found.trace.config
    return Seen(found.trace, chosen.layer, chosen.head, chosen.model, payload.other_patch_size(chosen, sizes_of(config)))


def work(looked: Seen) -> Macs:
    """About how much the answers take."""
    trace = looked.trace
    other = cost.macs(trace.config, trace.image_size, looked.other).total if looked.other else 0
    return Macs(RUNS * session.macs() + other + watch.ROLLED_OUT * session.attention_weights())


def stage() -> None:
    """Draw it. The answers are made once for a picture, a setting, a model and a head."""
    chosen, named, looked = session.current(), session.named(), seen(session.analysis())
    setting = f"{cached.model_names()[chosen.model]}, {session.picture_title()}, {chosen.image_size} / {chosen.patch_size}"
    note = OWN_PICTURE * (chosen.picture in session.uploads()) + OWN_MODEL * (chosen.model in models.own())

    def build(_: "Analysis") -> bytes:
        return payload.plans(payload.told_steps(looked), chosen, named, setting, note.strip())

    kind = f"lessons {chosen.layer} {chosen.head} {chosen.token} {named}"
    watch.payload("lessons", kind, work(looked), build, partial(_draw), "Answering the questions")


def _draw(data: bytes) -> None:
    component("lessons")(key="lessons", data=data)
