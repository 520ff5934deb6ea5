"""The practice page through `app.py`, without a browser: every demonstration runs, its runs come in, a large model waits for a click."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.app import APP, held
from tests.support.payload import mounted, unpack
from ui.practice import runs
from ui.practice.setting import COMPARED
from ui.state.session import SELECTION
from ui.work import cached, watch
from ui.work.jobs import jobs


@pytest.fixture
def two_pictures(monkeypatch) -> None:
    """The gallery's first two."""
    two = dict(list(cached.gallery().items())[:2])
    monkeypatch.setattr(cached, "gallery", lambda: two)


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    """As few runs as can be, and nothing known from before."""
    monkeypatch.setattr(runs, "REPEATS", 1)
    monkeypatch.setattr(runs, "TIMED", 5)
    jobs.clear()


def opened(size: int = 64, patch: int = 16) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update({"size": str(size), "patch": str(patch)})
    app.run()
    return app.switch_page("pages/practice.py").run()


def by_hand(app: AppTest) -> list:
    """The buttons that begin runs."""
    return [button for button in app.button if button.key == "run practice"]


def with_view(app: AppTest, **place) -> AppTest:
    selection = app.session_state[SELECTION]
    app.session_state[SELECTION] = type(selection)(**{**selection.__dict__, "view": json.dumps({"pr": place})})
    return app.run()


def sent(app: AppTest, name: str):
    found = mounted(app, name)
    assert len(found) == 1
    return json.loads(found[0].json)[0] if found[0].json else unpack(found[0].bytes)[0]


@pytest.mark.parametrize("demo", COMPARED)
def test_every_demonstration_runs_to_its_results(demo: str, two_pictures) -> None:
    app = opened(80)  # a size of its own: what another test has begun may still end, with answers for the whole gallery
    with_view(app, d=demo)
    assert not app.exception
    assert sent(app, "practice")["demo"] == demo
    assert not by_hand(app)  # a small model needs no click
    job = app.session_state[watch.FOLLOWED]
    assert job.key[:2] == ("practice", demo)
    job.patience = None  # no browser looks meanwhile
    assert job.ended.wait(240) and job.outcome is None
    app.run()
    assert not app.exception
    rows = sent(app, "practice_results")["rows"]
    assert all(len(row["pictures"]) == len(cached.gallery()) and row["ratio"] > 0 for row in rows)
    assert sum(row["now"] for row in rows) == 1


def test_a_distillation_is_shown_with_a_teacher_to_choose() -> None:
    app = opened()
    with_view(app, d="distil")
    assert not app.exception
    for job in list(jobs.known.values()):
        if job.key[0] == "payload":
            assert job.ended.wait(240) and job.outcome is None
    app.run()
    header = sent(app, "practice")
    assert header["demo"] == "distil" and len(header["gallery"]) == len(cached.gallery())
    choice = app.selectbox(key="teacher")
    other = next(title for title in choice.options if title != cached.model_names()[choice.value])
    choice.set_value(next(name for name, title in cached.model_names().items() if title == other)).run()
    assert not app.exception and '"t":"' in app.session_state[SELECTION].view


def test_a_large_model_runs_after_a_click_and_not_before() -> None:
    with held():  # the pictures of other tabs may begin, and wait
        app = with_view(opened(256, 8), d="bits")
        assert not app.exception
        rows = sent(app, "practice_results")["rows"]
        total = len(cached.gallery()) + len(rows) * (len(cached.gallery()) + runs.TIMED)
        assert [button.label for button in by_hand(app)] == [f"Run the model {total:,} times"]
        assert not [key for key in jobs.known if key[:2] == ("practice", "bits")]
        assert not any(row.get("pictures") or row["ratio"] for row in rows)
        by_hand(app)[0].click().run()
        assert not by_hand(app) and [button.key for button in app.button if button.label == "Cancel"] == ["cancel practice"]
        job = app.session_state[watch.FOLLOWED]
        assert job.key[:2] == ("practice", "bits") and job.total == total
        app.button(key="cancel practice").click().run()
    assert job.ended.wait(60)
    app.run()
    assert [info.value for info in app.info] == [job.outcome] and job.outcome.startswith(f"Cancelled after {job.done} of {total} runs")
    assert by_hand(app)


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
