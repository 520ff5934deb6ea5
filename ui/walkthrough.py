"""The walkthrough's stage, its open step, and the whole forward pass as a program."""

import streamlit as st

from ui import components, walkthrough_forward, walkthrough_payload
from ui.state import Selection
from ui.walkthrough_words import SLUGS
from vit_core.trace import ViTTrace


def stage(selection: Selection):
    """The flow, the open step and its matrices; what is chosen there comes back through the strip."""
    return components.component("walkthrough")(key="walkthrough", data=walkthrough_payload.payload(selection))


def ahead(selection: Selection) -> None:
    """Send what the next step draws, if it needs anything new."""
    payload = walkthrough_payload.payload_ahead(selection)
    if payload is not None:
        components.component("walkthrough_ahead")(key="walkthrough_ahead", data=payload)


def open_step(selection: Selection) -> str:
    """The open step's name."""
    return SLUGS[walkthrough_payload.step_of(selection)]


def whole_program(trace: ViTTrace) -> None:
    """The program that gives this picture's logits with torch and safetensors alone, and the pixels that it reads."""
    with st.expander("The whole forward pass as one program"):
        st.markdown(
            "All nine steps in plain PyTorch, nothing left out. It needs `torch` and `safetensors`, the weights file of the project, "
            f"and the picture’s pixels saved beside it as `{walkthrough_forward.PIXELS}`; its logits are the ones shown above."
        )
        st.code(walkthrough_forward.program(trace), language="python")
        st.download_button(
            "The picture’s pixels (safetensors)",
            lambda: walkthrough_forward.pixels_file(trace),
            walkthrough_forward.PIXELS,
            "application/octet-stream",
            on_click="ignore",
            key="walkthrough pixels",
        )
