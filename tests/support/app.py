"""The app without a browser: pages with a view, what their components were sent, and a worker that is busy."""

import contextlib
import json
import threading
from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.support.payload import mounted
from ui.state.session import SELECTION
from ui.work import job

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def strip_data(app: AppTest) -> dict:
    """What the strip was sent."""
    (strip,) = mounted(app, "strip")
    return json.loads(strip.json)[0]


def page(slug: str, view: dict, **query: str) -> AppTest:
    """A page with a view; the first run is the overview's."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params.update({"size": "64", "patch": "16", **query})
    app.run()
    app.switch_page(f"pages/{slug}.py").run()
    return with_view(app, view)


def with_view(app: AppTest, view: dict) -> AppTest:
    app.session_state[SELECTION] = replace(app.session_state[SELECTION], view=json.dumps(view))
    return app.run()


@contextlib.contextmanager
def held():
    """Within it the worker is busy with something else."""
    go_on = threading.Event()
    job.WORKER.submit(go_on.wait, 60)
    try:
        yield
    finally:
        go_on.set()
