"""The session's selection and uploads: read from the link once, changed in one place, written back to the address."""

import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, state
from ui.state import Limits, Selection

if TYPE_CHECKING:
    from PIL.Image import Image

SELECTION, UPLOADS, NOTICES, BAD_UPLOAD, CHECK = "_selection", "_uploads", "_notices", "_bad_upload", "_check"
PAGE, VIEWS = "_page", "_views"
KEPT_UPLOADS = 6
DECODING = threading.Lock()  # a large picture takes hundreds of megabytes while it is decoded: one at a time, whoever uploads
LONGEST_SIDE = 2048


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture that the person brought; only this session has it."""

    id: str
    name: str
    image: "Image"


def uploads() -> dict[str, Upload]:
    """This session's uploaded pictures by id, oldest first."""
    return st.session_state.setdefault(UPLOADS, {})


def limits(model_name: str) -> Limits:
    """What can be selected with this model."""
    models = list(cached.model_names())
    config = cached.model(model_name if model_name in models else models[0]).config
    return Limits([*cached.gallery(), *uploads()], models, config.depth, config.num_heads, config.num_prefix_tokens)


def current() -> Selection:
    """The selection; the first time in a session, what the link asks for."""
    if SELECTION not in st.session_state:
        params = st.query_params.to_dict()
        selection, notices = state.from_query(params, limits(params.get("model", "")))
        st.session_state[SELECTION], st.session_state[NOTICES] = selection, notices
    return st.session_state[SELECTION]


def change(**values) -> None:
    """Change the selection to the nearest that can be shown. Old notices have been read by now."""
    wanted = replace(current(), **values)
    if "image_size" in values and "token" not in values and wanted.grid != current().grid:
        wanted = replace(wanted, token=0)
    selection, notices = state.clamp(wanted, limits(wanted.model))
    st.session_state[SELECTION], st.session_state[NOTICES] = selection, notices
    st.session_state[BAD_UPLOAD] = None


def enter(page: str) -> None:
    """Tell the session which page is open. Each page has a view of its own, kept while other pages are visited."""
    before = st.session_state.get(PAGE, page)
    st.session_state[PAGE] = page
    if before != page:
        views = st.session_state.setdefault(VIEWS, {})
        views[before] = current().view
        st.session_state[SELECTION] = replace(current(), view=views.get(page, ""))


def notices() -> list[str]:
    """Sentences about values that were changed, and about a picture that could not be read."""
    bad = st.session_state.get(BAD_UPLOAD)
    return [*st.session_state.get(NOTICES, []), *([bad] if bad else [])]


def write_link() -> None:
    """Put the selection in the address."""
    query = current().to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def receive_upload(name: str, data: bytes) -> None:
    """Show an uploaded picture; if it cannot be read, say why and leave everything as it was."""
    import vit_core

    try:
        with DECODING:
            image = vit_core.open_image(data)
    except ValueError as error:
        st.session_state[BAD_UPLOAD] = str(error)
        return
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upload = Upload(f"upload-{hashlib.blake2b(data, digest_size=6).hexdigest()}", name, image)
    kept = uploads()
    kept[upload.id] = upload
    while len(kept) > KEPT_UPLOADS:
        del kept[next(iter(kept))]
    change(picture=upload.id)


def picture() -> "Image":
    """The selected picture, decoded."""
    chosen = current().picture
    return uploads()[chosen].image if chosen in uploads() else cached.gallery_picture(chosen)


def picture_title() -> str:
    """What a person calls the selected picture."""
    chosen = current().picture
    return uploads()[chosen].name if chosen in uploads() else cached.gallery()[chosen].title


def analysis() -> cached.Analysis:
    """The model's trace of the selected picture at the selected sizes."""
    chosen = current()
    return cached.analysis(chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, picture())


def payload(kind: str, build) -> bytes:
    """The bytes of a component for the selection, made once by `build(analysis)`."""
    chosen = current()
    return cached.payload(kind, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, lambda: build(analysis()))


def last_check(asked: dict | None) -> dict | None:
    """What the browser last asked to have checked; forgotten when the picture or a size changes."""
    here = (current().picture, current().model, current().image_size, current().patch_size)
    if asked is not None:
        st.session_state[CHECK] = (here, asked)
    where, what = st.session_state.get(CHECK, (None, None))
    return what if where == here else None
