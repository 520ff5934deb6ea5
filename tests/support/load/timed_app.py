"""The app with an address, `/marks`, that tells when it came to which point of its start: pairs of words and of `time.monotonic`."""

import time

MARKS: list[tuple[str, float]] = [("Python and Streamlit’s server are loaded", time.monotonic())]


def mark(what: str) -> None:
    MARKS.append((what, time.monotonic()))


import streamlit as st  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

from vit_explainer import serve, warm  # noqa: E402
from vit_explainer.home import APP, home  # noqa: E402

mark("the app around Streamlit is loaded")
get = warm.import_module


def timed(name: str) -> object:
    """Gets a module, and remembers when it was there."""
    found = get(name)
    mark(f"{name} is loaded")
    if name == warm.NEEDED[-1]:
        watch()
    return found


def watch() -> None:
    """The model, its first answer and the payload: each is made once at the start."""
    from ui.overview import payload
    from ui.work import cached, models

    forward, story, load, code = cached.forward, payload.story, cached.load, models.whole_code

    def marked(what: str, function):
        def made(*given, **named):
            value = function(*given, **named)
            mark(what)
            return value

        return made

    cached.forward, payload.story = marked("a forward pass is done", forward), marked("the story’s payload is made", story)
    models.whole_code = marked("PyTorch and the model’s code are loaded", code)
    cached.load = marked("the model is loaded and has run once", load)


warm.import_module = timed
up = warm.up


def warmed() -> None:
    mark("the server listens")
    up()
    mark("all that a first page waits for is there")


warm.up = warmed


async def marks(_: Request) -> JSONResponse:
    """What was marked so far."""
    return JSONResponse(MARKS)


app = st.App(home() / APP, lifespan=serve.warmed_up, routes=[Route("/marks", marks), *serve.ROUTES], middleware=serve.AROUND)
