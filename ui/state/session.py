"""The session's selection and uploads: read from the link once, changed in one place, written back to the address."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.state import mode
from ui.state import selection as state
from ui.state.schema import FIELDS
from ui.state.selection import Limits, Selection
from ui.state.uploads import SMALLEST, Upload, decoded, is_id, kept, new_id
from ui.work import cached, models
from ui.work.analysis import Analysis, Opened, opened
from ui.work.counts import counts

if TYPE_CHECKING:
    from PIL.Image import Image

SELECTION, UPLOADS, NOTICES, PROBLEM, CHECK = "_selection", "_uploads", "_notices", "_problem", "_check"
PAGE, VIEWS, ASKED, OPEN, NAMED = "_page", "_views", "_model_without_facts", "_open_question", "_named"
VISIT, BROUGHT, WANTED = "_visit", "_brought", "_wanted"
KEPT_UPLOADS = 6

Made = TypeVar("Made")
kept.dropped = cached.forget_picture


def uploads() -> dict[str, Upload]:
    """This session's uploaded pictures by id, oldest first."""
    return st.session_state.setdefault(UPLOADS, {})


def limits(model_name: str) -> Limits:
    """What can be selected with this model, or with the first one where there is no such model. ValueError if its files cannot be read."""
    known = list(cached.sources())
    config = cached.config(model_name if model_name in known else known[0])
    return Limits([*cached.gallery(), *uploads()], known, config.depth, config.num_heads, config.num_prefix_tokens, state.sizes_of(config))


def current() -> Selection:
    """The selection; the first time in a session, what the link asks for."""
    if SELECTION not in st.session_state:
        read_link()
    return st.session_state[SELECTION]


def read_link() -> None:
    """Select what the address asks for; a picture that was brought less than an hour ago is found again."""
    params, problem = st.query_params.to_dict(), None
    own = kept.find(params.get("picture", ""))
    if own is not None:
        uploads()[own.id] = own
    st.session_state[WANTED] = params.get("picture", "") if own is None and is_id(params.get("picture", "")) else ""
    if "model" in params:
        params["model"] = models.known_as(params["model"], cached.sources())
    try:
        allowed = limits(params.get("model", ""))
    except ValueError as error:
        params.pop("model")
        allowed, problem = limits(""), str(error)
    selection, notices = state.from_query(params, allowed)
    if "model" in params and selection.model != params["model"] and models.on_shelf(params["model"]):
        notices.append("It is one of the shelf: “Models” in the sidebar downloads it.")
    st.session_state[SELECTION], st.session_state[NOTICES] = selection, notices
    st.session_state[NAMED] = any(FIELDS[name].query in params for name in state.OPENED)
    st.session_state[PROBLEM] = problem


def change(**values: Any) -> None:
    """Change the selection to the nearest that can be shown. Old notices have been read by now.

    Another model begins at its own sizes; if it cannot be read, that is said, and the last one stays.
    """
    before = current()
    st.session_state[PROBLEM] = None
    try:
        allowed = limits(values.get("model", before.model))
    except ValueError as error:
        refuse(values["model"], error)
        return
    st.session_state[NAMED] = named() or any(name in values for name in state.OPENED)
    if values.get("model", before.model) != before.model:
        start = allowed.start(values["model"])
        layer = before.layer if 0 <= before.layer < allowed.depth else start.layer
        head = before.head if 0 <= before.head < allowed.num_heads else 0
        values = {"image_size": start.image_size, "patch_size": start.patch_size, "layer": layer, "head": head, "token": 0, **values}
    selection, notices = state.clamp(replace(before, **({"token": 0} | values)), allowed)
    if "token" not in values:  # the same patch, in whatever grid
        selection = replace(selection, token=state.same_place(before.token, allowed.num_prefix_tokens, before.grid, selection.grid))
    st.session_state[SELECTION], st.session_state[NOTICES] = selection, notices


def refuse(model_name: str, error: ValueError) -> None:
    """Say why a model cannot be shown; if its files do not say all, the dialog for bringing a model asks."""
    from vit_core.checkpoints.errors import MissingFacts

    lacks = isinstance(error, MissingFacts)
    st.session_state[ASKED], st.session_state[OPEN] = (model_name, error) if lacks else (None, None)
    st.session_state[PROBLEM] = f"{error} “Bring a model” in the sidebar asks for it." if lacks else str(error)


def enter(page: str) -> None:
    """Tell the session which page is open. Each page has a view of its own, kept while other pages are visited.

    Back and Forward of the browser restore what the address says: the page as it was left.
    """
    before = st.session_state.get(PAGE, page)
    st.session_state[PAGE] = page
    if went_back():
        st.session_state.setdefault(VIEWS, {})[before] = current().view
        read_link()
    elif before != page:
        views = st.session_state.setdefault(VIEWS, {})
        views[before] = current().view
        st.session_state[SELECTION] = replace(current(), view=views.get(page, ""))
    keep_a_model()


def went_back() -> bool:
    """Whether this run follows Back or Forward of the browser."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def prepare(page: str, view: str) -> None:
    """Let a page be entered with this view."""
    if st.session_state.get(PAGE) == page:
        change(view=view)
    else:
        st.session_state.setdefault(VIEWS, {})[page] = view


def keep_a_model() -> None:
    """If the chosen model had to leave the memory and its files cannot be read any more, the first one takes its place."""
    try:
        cached.config(current().model)
    except ValueError as error:
        change(model=next(iter(cached.sources())))
        st.session_state[PROBLEM] = str(error)


def notices() -> list[str]:
    """Sentences about values that were changed, and about a picture or a model that could not be read."""
    problem = st.session_state.get(PROBLEM)
    return [*cached.start_settings().problems, *st.session_state.get(NOTICES, []), *([problem] if problem else [])]


def named() -> bool:
    """Whether a link or a person has named a layer or a head."""
    return st.session_state.get(NAMED, True)


def open_head() -> None:
    """Where neither a link nor a person has named a layer or a head, select the head whose attention is most object-like on the picture."""
    if not named():
        found = opening()
        st.session_state[SELECTION] = replace(current(), layer=found.layer, head=found.head)


def opening() -> Opened:
    """The head and the patch that the picture is best opened with, found from its trace."""
    return Opened(*payload("opening", opened))


def query() -> dict[str, str]:
    """The parameters of a link to what is shown."""
    return current().to_query(named())


def address() -> dict[str, str]:
    """The parameters of the address: the link's, and how the app is shown."""
    return query() | mode.in_link()


def write_link() -> None:
    """Put the selection in the address."""
    if st.query_params.to_dict() != address():
        st.query_params.from_dict(address())


def receive_upload(name: str, data: bytes) -> None:
    """Show an uploaded picture; if it cannot be read, say why and leave everything as it was."""
    try:
        image = decoded(data)
    except ValueError as error:
        st.session_state[PROBLEM] = str(error)
        counts.add("uploads_refused")
        return
    counts.add("uploads")
    upload, mine = Upload(new_id(image), name, image), uploads()
    kept.keep(upload)
    st.session_state.setdefault(BROUGHT, set()).add(upload.id)
    mine[upload.id] = upload
    while len(mine) > KEPT_UPLOADS:
        del mine[next(iter(mine))]
    change(picture=upload.id)
    if min(image.size) < SMALLEST:
        st.session_state[NOTICES].append(
            f"A small picture: {image.width} × {image.height} pixels, fewer than {SMALLEST} a side. It is enlarged: what the model "
            "sees is mostly interpolated."
        )


def visit() -> str:
    """Tells the browser this session from one of another server that it had before."""
    return st.session_state.setdefault(VISIT, secrets.token_hex(4))


def own_picture() -> dict[str, str]:
    """What the browser is to do about the person's pictures: keep the one that they brought, or give back the one that the link asks for
    and that is not here; ids, or nothing."""
    chosen = current().picture
    return {"keep": chosen if chosen in st.session_state.get(BROUGHT, ()) else "", "wanted": st.session_state.get(WANTED, "")}


def bring_back() -> None:
    """Show the picture that the link asked for, if the browser has given it back."""
    name = st.session_state.get(WANTED, "")
    if name and (own := kept.find(name)) is not None:
        uploads()[name] = own
        st.session_state[SELECTION], st.session_state[NOTICES], st.session_state[WANTED] = replace(current(), picture=name), [], ""


def forget_picture() -> None:
    """Let the person's picture that is shown go, here and for whoever has its link; the first of the gallery takes its place."""
    name = current().picture
    if name in uploads():
        kept.forget(name)
        del uploads()[name]
        change(picture=next(iter(cached.gallery())))


def picture() -> "Image":
    """The selected picture, decoded."""
    chosen = current().picture
    return uploads()[chosen].image if chosen in uploads() else cached.gallery_picture(chosen)


def picture_title() -> str:
    """What a person calls the selected picture."""
    chosen = current().picture
    return uploads()[chosen].name if chosen in uploads() else cached.gallery()[chosen].title


def analysis() -> Analysis:
    """The model's trace of the selected picture at the selected sizes."""
    chosen = current()
    return cached.analysis(chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, picture())


def payload(kind: str, build: Callable[[Analysis], Made]) -> Made:
    """What `build(analysis)` makes for the selection, made once: the bytes of a component, or arrays."""
    return cached.payload(*payload_key(kind), lambda: build(analysis()))


def payload_key(kind: str) -> tuple[str, str, str, int, int]:
    """What `cached.payload` keeps the bytes of `payload(kind, …)` by."""
    chosen = current()
    return kind, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size


def macs() -> int:
    """Multiply-accumulates of the forward pass of `analysis()`."""
    from vit_core import cost

    trace = analysis().trace
    return cost.macs(trace.config, trace.image_size, trace.patch_size).total


def attention_weights() -> int:
    """How many attention weights `analysis()` has, in all layers and heads."""
    trace = analysis().trace
    return trace.depth * trace.config.num_heads * trace.layout.num_tokens**2


def last_check(asked: dict | None) -> dict | None:
    """What the browser last asked to have checked; forgotten when the picture or a size changes."""
    here = (current().picture, current().model, current().image_size, current().patch_size)
    if asked is not None:
        st.session_state[CHECK] = (here, asked)
    where, what = st.session_state.get(CHECK, (None, None))
    return what if where == here else None
