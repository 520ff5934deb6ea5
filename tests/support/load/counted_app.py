"""The app with an address, `/live`, that closes the sessions whose tabs are gone, as time would, and tells what of sessions is left."""

import gc
import threading
from collections import Counter

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from vit_explainer.home import APP, home
from vit_explainer.serve import readiness, warmed_up

KINDS = {"AppSession", "ScriptRunner", "ScriptRunContext", "SessionState", "StarletteSessionClient"}


async def live(_: Request) -> JSONResponse:
    """Living objects by kind, and threads."""
    manager = get_instance()._session_mgr
    connected = {info.session.id for info in manager.list_active_sessions()}
    for info in manager.list_sessions():
        if info.session.id not in connected:
            manager.close_session(info.session.id)
    gc.unfreeze()
    gc.collect()
    found = Counter(name for thing in gc.get_objects() if (name := type(thing).__name__) in KINDS)
    scripts = sum(thread.name.startswith("ScriptRunner") for thread in threading.enumerate())
    return JSONResponse({**dict.fromkeys(KINDS, 0), **found, "script threads": scripts})


app = st.App(home() / APP, lifespan=warmed_up, routes=[Route("/live", live), Route("/ready", readiness)])
