"""The dialog in which a person brings a model: a checkpoint from this computer, or one from the hub."""

import shutil
import tempfile
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from ui.shell import model_facts, questions
from ui.state import session
from ui.work import cached, downloads, models, watch
from ui.work.job import Job

JOB = "_download"
WEIGHTS = ["safetensors", "pth", "pt", "bin", "npz"]
MOST_MB = 400
CHUNK = 1 << 20
FILE, HUB = "A file", "From the hub"


def button() -> None:
    """Opens the dialog."""
    if st.button("Bring a model", key="bring", width="stretch", help="A checkpoint file, or a model of the hub by its name."):
        dialog()


@st.dialog("Bring a model", width="large")
def dialog() -> None:
    """A file, a name on the hub, or the facts that a chosen model lacks; each ends in a model that is shown, or in a sentence."""
    asked = cached.sources().get(st.session_state.get(session.ASKED, ""))
    known = [f"Facts for {asked.title}"] if asked else []
    ways = [*known, FILE, HUB]
    chosen = st.segmented_control("From", ways, default=ways[0], required=True, key=f"bring_from_{len(ways)}", label_visibility="collapsed")
    if asked and chosen in known:
        of_known(asked)
    else:
        {FILE: of_file, HUB: of_hub}[chosen]()


def of_file() -> None:
    """Weights, and where there are the JSON files that lie beside them; what these do not say is asked for by name."""
    st.markdown(
        "A plain ViT: Hugging Face, timm, torchvision, DINO, DINOv2, Google’s `.npz`, or one of your own. Add `config.json` and "
        "`preprocessor_config.json` if they lie beside the weights: then nothing needs to be asked. A CLIP answers by the class names "
        "whose text features lie beside it in `text_features.npz` (`features`, a row a class, and `names`)."
    )
    files = st.file_uploader(
        f"Weights (.safetensors, .pth, .pt, .bin or .npz, up to {MOST_MB} MB) and JSON files",
        type=[*WEIGHTS, "json"],
        accept_multiple_files=True,
        max_upload_size=MOST_MB,
        key="bring_files",
    )
    facts, problem = model_facts.fields("file")
    st.caption(
        f"It stays in this session, which keeps the last {models.KEPT_OWN}, and is not part of a copied link. Pickled code in a "
        "file is never run."
    )
    asked = questions.about("file", tuple(file.file_id for file in files))
    said, accepted = asked.ask()
    if st.button("Load", key="bring_load", type="primary", disabled=not files) or accepted:
        questions.attempt(asked, facts | said, problem, lambda facts: take_files(files, facts))


def take_files(files: list, facts: dict[str, Any]) -> str:
    """Write an upload to a temporary folder, a piece at a time, and show its model. A sentence says what is wrong, if anything is."""
    from vit_core.checkpoints import sources

    names = [PurePath(file.name.replace("\\", "/")).name for file in files]
    weights = [name for name in names if sources.is_weights(name)]
    if len(weights) != 1:
        return f"One file of weights is needed; there are {len(weights)}."
    if sum(file.size for file in files) > MOST_MB * 10**6:
        return f"The files are larger than {MOST_MB} MB together; ask the operator to put them in the folder of `make app MODELS=folder`."
    try:
        held = tempfile.TemporaryDirectory(prefix="vit-model-", ignore_cleanup_errors=True)
        for name, file in zip(names, files, strict=True):
            with (Path(held.name) / name).open("wb") as out:
                shutil.copyfileobj(file, out, CHUNK)
    except OSError as error:
        return f"This server has no room for the files now: {error.strerror or type(error).__name__}."
    path = Path(held.name) if len(names) > 1 else Path(held.name) / names[0]
    return show_own(weights[0], path, facts, held)


def show_own(title: str, path: Path, facts: dict[str, Any], held: tempfile.TemporaryDirectory | None) -> str:
    """Add a model to the session and show it, or say why not."""
    source, asked = models.keep_own(title, path, facts, held), st.session_state.get(session.ASKED)
    session.change(model=source.id)
    problem = st.session_state[session.PROBLEM]
    if problem:
        models.own().pop(source.id, None)
        st.session_state[session.PROBLEM], st.session_state[session.ASKED] = None, asked
        return problem
    models.forget_oldest()
    return ""


def of_known(source: models.Source) -> None:
    """Facts for a model that is on this server already."""
    asked = questions.about("known", source.id)
    asked.hear(st.session_state.get(session.OPEN))
    said, accepted = asked.ask()
    facts, problem = model_facts.fields("known", opened=not (asked.parts or asked.offer))
    if st.button("Show it", key="bring_known", type="primary", disabled=not facts | said) or accepted:
        questions.attempt(asked, facts | said, problem, lambda facts: show_own(source.title, source.path, facts, None))


def of_hub() -> None:
    """A name, then its progress; the person can stop it, or go on with the app meanwhile."""
    if not cached.start_settings().hub:
        st.info(
            "Downloads are switched off on this server (VIT_HUB=off). Put the model in a folder and start with `make app MODELS=folder`."
        )
        return
    left, right = st.columns([2, 1])
    repo_id = left.text_input("Name on huggingface.co", key="bring_repo", placeholder="facebook/dinov2-small", max_chars=200)
    revision = right.text_input("Branch, tag or commit", value="main", key="bring_revision", max_chars=100)
    job = st.session_state.get(JOB)
    busy = job is not None and not job.over
    if st.button("Download and show", key="bring_download", type="primary", disabled=busy or not repo_id.strip()):
        try:
            job = st.session_state[JOB] = downloads.start(repo_id, revision, cached.stores().models.bound, watch.me())
        except ValueError as error:
            st.warning(str(error))
    if job is not None:
        progress(job)


def progress(job: Job) -> None:
    """What the download is at; at its end the model is shown, or a sentence."""

    def show() -> None:
        if job.complete:
            st.session_state[JOB] = None
            source = models.of_download(job.value)
            cached.shared_sources()[source.id] = source
            session.change(model=source.id)
            st.rerun()

    watch.follow(
        lambda: None if job.over else job,
        head=lambda job: watch.progress(job, "download"),
        idle=lambda: watch.why_not(job),
        body=lambda: None,
        at_end=show,
    )
