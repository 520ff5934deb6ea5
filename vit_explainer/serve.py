"""The app as a server: the script of every page, with what a server needs around it. `streamlit run` finds `app` here."""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from vit_explainer import metrics, pictures, privacy, quiet, theme, warm
from vit_explainer.ahead import Ahead
from vit_explainer.calm import Calm
from vit_explainer.gate import Gate, most_sessions
from vit_explainer.headers import Headers, embedding, replica
from vit_explainer.home import APP, home

SWITCH = 0.00025
"""Seconds that a thread keeps Python's interpreter while another waits for it; Python's own 5 ms.

PyTorch lets go of it in each of a forward pass's some two hundred operations, and stands in line again after each: beside one busy thread
53 ms became 975; with 0.5 ms it took 152, with 0.2 ms 104, while that thread lost about a tenth.
"""
sys.path.insert(0, str(home()))
from ui.kit import icon  # noqa: E402

MultiPartParser.spool_max_size = pictures.IN_MEMORY  # from 1 MB on, uploads would go over a file on the server's disk


@asynccontextmanager
async def warmed_up(_: st.App) -> AsyncIterator[dict]:
    """While the first browser still loads Streamlit's own code, get what the first page waits for."""
    quiet.quieten()
    theme.keep()
    sys.setswitchinterval(SWITCH)
    Thread(target=warm.up, name="warm-up", daemon=True).start()
    try:
        where = metrics.place(os.environ)
        if where is not None:
            metrics.serve(where)
    except (ValueError, OSError) as error:
        logging.getLogger(__name__).error("The metrics are not served: %s", error)
    yield {}


async def readiness(_: Request) -> JSONResponse:
    """200 once the bundled model has answered, 503 before: `/_stcore/health` says only that the process listens."""
    return JSONResponse({"ready": warm.done.is_set()}, status_code=200 if warm.done.is_set() else 503)


async def favicon(_: Request) -> FileResponse:
    """The picture of the browser's tab, at Streamlit's own address of one."""
    return FileResponse(icon.FILE)


if not st.get_option("server.baseUrlPath"):  # below one, Streamlit answers that address itself
    icon.served.set()
ROUTES = [Route("/ready", readiness), Route("/favicon.png", favicon), pictures.ROUTE, privacy.ROUTE]
AROUND = [
    Middleware(Headers, sites=embedding(os.environ), replica=replica(os.environ)),
    Middleware(Gate, most=most_sessions(os.environ)),
    Middleware(metrics.Sessions),  # those that the gate has let in
    Middleware(Calm),
    Middleware(Ahead),
]
app = st.App(home() / APP, lifespan=warmed_up, routes=ROUTES, middleware=AROUND)
