"""The app with an address, `/written`, that tells which files the process has opened to write since it was last asked, and how many files
of uploads Streamlit holds."""

import os
import sys
import threading
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from vit_explainer import pictures
from vit_explainer.home import APP, home
from vit_explainer.serve import readiness, warmed_up

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.mkdir", "os.rename", "os.link", "os.symlink"}
found: list[str] = []
lock = threading.Lock()


def watch(event: str, about: tuple[Any, ...]) -> None:
    """Python tells of every file that it opens, and of folders; its own compiled modules say nothing of who visits."""
    if event == "open":
        _, mode, flags = about
        if not (flags or 0) & WRITING and not set(mode or "") & set("wax+"):
            return
    elif event not in CHANGES:
        return
    name = str(about[0])
    if "__pycache__" not in name and name != os.devnull:
        with lock:
            found.append(f"{event} {name}")


sys.addaudithook(watch)


async def written(_: Request) -> JSONResponse:
    """What was written, and the uploads that are held."""
    with lock:
        told = found.copy()
        found.clear()
    held = get_instance()._uploaded_file_mgr.file_storage
    return JSONResponse({"written": told, "held": sum(map(len, held.values()))})


app = st.App(home() / APP, lifespan=warmed_up, routes=[Route("/written", written), Route("/ready", readiness), pictures.ROUTE])
