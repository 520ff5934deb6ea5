"""The practice page through `app.py`, without a browser: every demonstration runs, its runs come in, and a cancelled one can be taken up."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_pages import APP
from tests.support.payload import mounted, unpack
from ui.practice import runs as practice_runs
from ui.practice.setting import DEMOS
from ui.state.session import SELECTION
from ui.work import cached, jobs


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    """As few runs as can be, and nothing known from before."""
    monkeypatch.setattr(practice_runs, "REPEATS", 1)
    monkeypatch.setattr(practice_runs, "TIMED", 5)
    for known in (practice_runs.answers, practice_runs.timings, jobs.finished):
        known.clear()


def opened(**place) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update({"size": "64", "view": json.dumps({"pr": place})})
    app.run()
    return app.switch_page("pages/practice.py").run()


def with_view(app: AppTest, **place) -> AppTest:
    selection = app.session_state[SELECTION]
    app.session_state[SELECTION] = type(selection)(**{**selection.__dict__, "view": json.dumps({"pr": place})})
    return app.run()


def sent(app: AppTest, name: str):
    found = mounted(app, name)
    assert len(found) == 1
    return json.loads(found[0].json) if found[0].json else unpack(found[0].bytes)[0]


@pytest.mark.parametrize("demo", DEMOS)
def test_every_demonstration_runs_to_its_results(demo: str) -> None:
    app = opened()
    with_view(app, d=demo)
    assert not app.exception
    assert sent(app, "practice")["demo"] == demo
    by_hand = [button for button in app.button if button.label.startswith("Run the model")]
    if by_hand:
        by_hand[0].click().run()
    job = app.session_state[jobs.STATE]
    assert job.key[:2] == ("practice", demo)
    while not job.over:
        job.seen = time.monotonic()
        time.sleep(0.05)
    assert not job.problem
    app.run()
    assert not app.exception
    rows = sent(app, "practice_results")["rows"]
    assert all(len(row["pictures"]) == len(cached.gallery()) and row["ratio"] > 0 for row in rows)
    assert sum(row["now"] for row in rows) == 1


def test_the_tab_goes_into_the_link_and_the_settings_stay() -> None:
    app = opened()
    with_view(app, d="bits", b=3)
    app.segmented_control(key="demonstration").set_value("tokens").run()
    assert json.loads(app.session_state[SELECTION].view) == {"pr": {"d": "tokens", "b": 3}}
    assert not app.exception
    assert sent(app, "practice")["demo"] == "tokens"


def test_an_absurd_view_is_shown_as_what_can_be() -> None:
    app = opened()
    with_view(app, d="everything", k=[1], w=-3, l="x", r=10**9, b=99, y=77, x=9, o=-1)
    assert not app.exception
    assert sent(app, "practice")["demo"] == "patches"
    for demo in ("attention", "tokens", "bits"):
        with_view(app, d=demo, w=10**6, h=0, s=-1, l=99, r=10**9, b=99, y=77, x=9)
        assert not app.exception
