"""The sidebar: picture, resolution, patch size, model. Its widgets are made in `app.py`, so they live through page changes."""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.kit.components import component
from ui.shell import about, bring, gallery, shelf
from ui.state import session
from ui.work import cached, models

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from ui.kit.registry import PageSpec
    from ui.state.selection import Selection

TAKEN = "_uploads_taken"


def head(spec: "PageSpec") -> None:
    """Its first lines, which need no model: with them there is a sidebar, and what stands beside it does not move when the rest comes."""
    with st.sidebar:
        if not spec.sidebar:
            st.caption(f"{spec.title} has settings of its own. These here are for the pages that look at your picture.")
        st.markdown("**Picture**")


def sidebar(spec: "PageSpec") -> None:
    """Draw the rest. Every change goes through `session.change`; what the page sets beside its own picture is not asked twice."""
    selection = session.current()
    with st.sidebar:
        component("gallery")(key="gallery", data=gallery.component_data())
        key = f"upload_{st.session_state.setdefault(TAKEN, 0)}"
        st.file_uploader("Your own picture", key=key, on_change=_take_upload, args=(key,), help=_upload_help(), max_upload_size=20)
        if st.toggle("Use the camera", key="use_camera"):
            st.camera_input("Camera", key="camera", on_change=_take_upload, args=("camera",), label_visibility="collapsed")
        if spec.sizes:
            _sizes(selection)
        else:
            st.caption("Resolution and patch size are set beside the picture on this page.")
        config = cached.config(selection.model)
        if selection.patch_size != config.patch_size and not config.flexible:
            st.caption(
                f"Trained with patches of {config.patch_size} px alone: at {selection.patch_size} px its kernel is resized, and "
                "its answer may suffer."
            )
        rows, cols = config.native_grid
        if rows != cols:
            made_for = f"{rows * config.patch_size} px in height and {cols * config.patch_size} px in width"
            st.caption(f"Made for pictures of {made_for}: here its positions are resized to a square, and its answer may suffer.")
        names = cached.model_names()
        st.session_state["model"] = selection.model
        st.selectbox("Model", list(names), format_func=names.__getitem__, key="model", on_change=_take, args=("model",))
        if selection.model in models.own():
            st.caption("Your model stays in this session: a copied link cannot carry it.")
        shelf.button()
        about.button()
        bring.button()


def _sizes(selection: "Selection") -> None:
    """The resolution, and the patch sizes that divide it."""
    sizes = session.limits(selection.model).sizes
    _slider("Resolution", "image_size", list(sizes.image_sizes), "The picture is cut to a square and resized to this side, in pixels.")
    _slider(
        "Patch size",
        "patch_size",
        sizes.patch_sizes_for(selection.image_size),
        "Side of a patch in pixels. Only sizes that divide the resolution are offered.",
    )


def _upload_help() -> str:
    return (
        "JPEG, PNG, WebP, GIF, BMP or TIFF, up to 20 MB and 50 megapixels; or paste a picture. It is kept for an hour in this server’s "
        "memory and in your browser, never on the server’s disk; until then its address opens it again."
    )


def _slider(label: str, field: str, options: list[int], help_text: str) -> None:
    st.session_state[field] = getattr(session.current(), field)
    st.select_slider(
        label,
        options,
        format_func=lambda v: f"{v} px",
        key=field,
        on_change=_take,
        args=(field,),
        help=help_text,
        disabled=len(options) < 2,
    )


def _take(field: str) -> None:
    session.change(**{field: st.session_state[field]})


def _take_upload(key: str) -> None:
    """Show what was uploaded, or say why not. The box is empty again: what was taken is in the gallery, what was refused is gone."""
    file = st.session_state[key]
    if file is not None:
        session.receive_upload("camera.jpg" if key == "camera" else file.name, file.getvalue())
        st.session_state[TAKEN] += key != "camera"
        _let_go(file)


def _let_go(file: "UploadedFile") -> None:
    """Streamlit would keep the file, with all that stands in it beside the pixels, as long as the session."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
