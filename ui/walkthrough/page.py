"""The walkthrough's stage, its open step, and the whole forward pass as a program."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.kit.components import component
from ui.kit.export import shipped_file
from ui.state import session
from ui.state.selection import Selection
from ui.walkthrough import forward, kept, payload
from ui.walkthrough.words import SLUGS
from ui.work import cached, watch
from ui.work.job import Job, Macs
from vit_core.trace import ViTTrace

HIDDEN, MOST_AHEAD = "walkthrough_parts", 2_000_000


def stage(selection: Selection) -> dict[str, DeltaGenerator]:
    """The flow, the open step and its matrices; what is chosen there comes back through the strip. Returns where `ahead` puts the other
    parts.

    The open step's own part follows at once.
    """
    component("walkthrough")(key="walkthrough", data=kept.base(selection))
    st.html(f"<style>.st-key-{HIDDEN} {{ display: none }}</style>")
    box = st.container(key=HIDDEN)
    places = {part: box.container() for part in payload.PARTS}
    if open_step(selection) in payload.PARTS:
        send(open_step(selection), selection, places)
    return places


def draw_part(part: str, data: bytes) -> None:
    """Hand a part to the stage. The browser keeps it, so the next run sends a reference to it."""
    component("walkthrough_part")(key=f"walkthrough {part}", data=data)


def send(part: str, selection: Selection, places: dict[str, DeltaGenerator]) -> None:
    """Make a part and hand it to the stage; through the layers when it is there."""
    draw = partial(draw_part, part)
    with places[part]:
        if part == "layers":
            work = Macs(watch.PROFILED * session.attention_weights())
            what = "Measuring every layer"
            watch.payload("walkthrough_layers", "walkthrough layers", work, payload.layers_payload, draw, what, alone=True)
        else:
            draw(kept.part_of(part, selection))


def ahead(selection: Selection, places: dict[str, DeltaGenerator]) -> None:
    """Send what the other steps draw, after all that can be seen, so that going there need not wait. The gallery's runs come last.

    A layer's weights go ahead only where they are few: those of a ViT-B are 14 MB, and wait until their step is opened.
    """
    layer = sum(weight.numel() for weight in session.analysis().trace.model.blocks[selection.layer].parameters())
    parts = ("attention", "mlp", "layers") if layer <= MOST_AHEAD else ("layers",)
    for part in parts:
        if part != open_step(selection):
            send(part, selection, places)
    with places["drivers"]:
        drivers(selection)


def drivers(selection: Selection) -> None:
    """What drives the neurons, when the gallery has been run; a large model needs seconds for that, and the page does not wait."""
    job = kept.drivers_of(selection.model)

    def running() -> Job | None:
        return None if job.over else job

    def body() -> None:
        if job.complete:
            with st.container():
                draw_part("drivers", kept.drivers_part(job.value, selection))

    watch.follow(running, head=lambda _: None, body=body, at_end=watch.stand_still, every=watch.poll())


def open_step(selection: Selection) -> str:
    """The open step's name."""
    return SLUGS[payload.step_of(selection)]


def whole_program(trace: ViTTrace, selection: Selection) -> None:
    """The program that gives this picture's logits with torch alone, and the files that it reads."""
    source = cached.sources()[selection.model]
    own = source.kind == "bundled"
    path = shipped_file(source.path) if own else forward.OTHER_WEIGHTS
    what = "logits" if trace.config.num_classes else "features"
    with st.expander("The whole forward pass as one program"):
        st.markdown(
            "All nine steps in plain PyTorch, nothing left out. It needs `torch` alone, "
            + ("the weights file of the project" if own else f"the model’s weights saved beside it as `{path}`")
            + f", and the picture’s pixels saved beside it as `{forward.PIXELS}`; its {what} are the ones of this page."
        )
        st.code(forward.program(trace, path), language="python")
        with st.container(horizontal=True):
            download("The picture’s pixels (safetensors)", lambda: forward.pixels_file(trace), forward.PIXELS)
            if not own:
                download("The model’s weights (safetensors)", lambda: forward.weights_file(trace), path)


def download(label: str, make: Callable[[], bytes], file_name: str) -> None:
    st.download_button(label, make, file_name, "application/octet-stream", on_click="ignore", key=f"walkthrough {file_name}")
