"""The app with an address, `/go`, until which the model is not loaded."""

from threading import Event

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.work import cached
from vit_explainer import serve
from vit_explainer.home import APP, home

PATIENCE = 120  # seconds
asked, load = Event(), cached.load


def later(source):
    """The model, once somebody has asked."""
    asked.wait(PATIENCE)
    return load(source)


async def go(_: Request) -> JSONResponse:
    asked.set()
    return JSONResponse({})


cached.load = later
app = st.App(home() / APP, lifespan=serve.warmed_up, routes=[Route("/go", go), Route("/ready", serve.readiness)])
