"""The walkthrough's stage, its open step, and the whole forward pass as a program."""

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import components, walkthrough_forward, walkthrough_payload
from ui.state import Selection
from ui.walkthrough_words import SLUGS
from vit_core.trace import ViTTrace

HIDDEN, WAITING = "walkthrough_parts", "waiting"


def stage(selection: Selection) -> dict[str, DeltaGenerator]:
    """The flow, the open step and its matrices; what is chosen there comes back through the strip. Returns where `ahead` puts the other parts.

    The open step's own part follows at once.
    """
    components.component("walkthrough")(key="walkthrough", data=walkthrough_payload.base(selection))
    st.html(f"<style>.st-key-{HIDDEN} {{ display: none }}</style>")
    box = st.container(key=HIDDEN)
    places = {part: box.container() for part in walkthrough_payload.PARTS} | {WAITING: box.empty()}
    if open_step(selection) in walkthrough_payload.PARTS:
        send(open_step(selection), selection, places)
    return places


def send(part: str, selection: Selection, places: dict[str, DeltaGenerator]) -> None:
    """Hand a part to the stage. The browser keeps it, so the next run sends a reference to it."""
    with places[part]:
        components.component("walkthrough_part")(key=f"walkthrough {part}", data=walkthrough_payload.part_of(part, selection))


def ahead(selection: Selection, places: dict[str, DeltaGenerator]) -> None:
    """Send what the other steps draw, after all that can be seen, so that going there need not wait. The gallery's runs come last."""
    pending = walkthrough_payload.drivers_of(selection.model)
    for part in walkthrough_payload.PARTS:
        if part == "drivers":
            while not pending.done():
                time.sleep(0.05)
                places[WAITING].empty()  # a newer run of the page can begin here
        if part != open_step(selection):
            send(part, selection, places)


def open_step(selection: Selection) -> str:
    """The open step's name."""
    return SLUGS[walkthrough_payload.step_of(selection)]


def whole_program(trace: ViTTrace, selection: Selection) -> None:
    """The program that gives this picture's logits with torch and safetensors alone, and the files that it reads."""
    own = selection.model == "bundled"
    path = walkthrough_forward.WEIGHTS if own else walkthrough_forward.OTHER_WEIGHTS
    what = "logits" if trace.config.num_classes else "features"
    with st.expander("The whole forward pass as one program"):
        st.markdown(
            "All nine steps in plain PyTorch, nothing left out. It needs `torch` and `safetensors`, "
            + ("the weights file of the project" if own else f"the model’s weights saved beside it as `{path}`")
            + f", and the picture’s pixels saved beside it as `{walkthrough_forward.PIXELS}`; its {what} are the ones of this page."
        )
        st.code(walkthrough_forward.program(trace, path), language="python")
        with st.container(horizontal=True):
            download("The picture’s pixels (safetensors)", lambda: walkthrough_forward.pixels_file(trace), walkthrough_forward.PIXELS)
            if not own:
                download("The model’s weights (safetensors)", lambda: walkthrough_forward.weights_file(trace), path)


def download(label: str, make, file_name: str) -> None:
    st.download_button(label, make, file_name, "application/octet-stream", on_click="ignore", key=f"walkthrough {file_name}")
