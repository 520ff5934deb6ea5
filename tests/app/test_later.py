"""What takes several runs of a large model: the page is there first, and shows the rest when it is known."""

import gc
import json
import time
import weakref
from dataclasses import replace

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from tests.support.app import held, page, with_view
from tests.support.payload import mounted, unpack
from ui.state.session import SELECTION
from ui.walkthrough.kept import drivers_of
from ui.work import cached, job, watch
from ui.work.job import Job, in_steps, nothing_yet
from ui.work.jobs import jobs
from vit_core.study import position_experiments


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch) -> None:
    """Nothing is made in line, and nothing is known from before; no browser asks again meanwhile."""
    monkeypatch.setattr(watch, "IN_LINE", -1)
    monkeypatch.setattr("ui.work.jobs.PATIENCE", 60.0)
    st.cache_resource.clear()
    jobs.clear()


def sent(app: AppTest, name: str) -> tuple[dict, dict] | None:
    """What a component was sent."""
    found = mounted(app, name)
    return unpack(found[-1].bytes) if found else None


def waiting(app: AppTest) -> list[str]:
    """What the page says that it waits for."""
    return [block.value.split(">")[1].split(" …")[0] for block in app.get("html") if "class='vit-waiting'" in block.value]


def there(app: AppTest) -> AppTest:
    """The page when nothing is being made any more."""
    for made in [known for key, known in list(jobs.known.items()) if key[0] == "payload"]:
        assert made.ended.wait(60)
    return app.run()


def test_the_page_is_there_before_its_runs() -> None:
    with held():
        app = page("positional_encoding", {})
        assert not app.exception
        assert len(waiting(app)) == 2 and waiting(app)[0].startswith("Running the model 6 times")
        assert sent(app, "positional_encoding") is not None
        assert sent(app, "positional_encoding_break") is None and sent(app, "positional_encoding_twins") is None
        assert [tab.label for tab in app.tabs] == ["How it is computed", "Code", "Check it", "Export"]
    app = there(app)
    assert not waiting(app)
    header, _ = sent(app, "positional_encoding_break")
    assert header["ways"] == list(position_experiments.WAYS)
    first = sent(app, "positional_encoding_twins")[0]["first"]
    app.session_state[SELECTION] = replace(app.session_state[SELECTION], token=3)
    with held():
        app.run()
        assert len(waiting(app)) == 1 and sent(app, "positional_encoding_twins")[0]["first"] == first != 2
    assert sent(there(app), "positional_encoding_twins")[0]["first"] == 2


@pytest.mark.parametrize("demo", ["sizes", "attention", "tokens", "bits"])
def test_the_last_picture_stays_meanwhile(demo: str) -> None:
    app = there(page("practice", {}))
    assert sent(app, "practice")[0]["demo"] == "patches"
    with held():
        app = with_view(app, {"pr": {"d": demo}})
        assert not app.exception
        assert len(waiting(app)) == 1 and sent(app, "practice")[0]["demo"] == "patches"
    assert sent(there(app), "practice")[0]["demo"] == demo


def test_the_last_picture_is_not_kept_beside_the_store() -> None:
    app = there(page("practice", {}))
    cached.stores().payloads.drop(lambda key: True)
    with held():
        app = with_view(app, {"pr": {"d": "sizes"}})
        assert not app.exception
        assert len(waiting(app)) == 1 and sent(app, "practice") is None
    assert sent(there(app), "practice")[0]["demo"] == "sizes"


def test_the_cards_of_later_works_follow() -> None:
    with held():
        app = page("choosing", {})
        assert waiting(app) == ["Running the model with other patch sizes"] and sent(app, "choosing") is not None
    assert sent(there(app), "choosing_next")[0]["flexible"]


def test_what_is_measured_in_all_layers_follows() -> None:
    with held():
        app = page("attention", {})
        assert (
            waiting(app) == ["Multiplying the attention of all layers"]
            and sent(app, "attention") is not None
            and sent(app, "attention_maps") is None
        )
    app = there(app)
    assert sent(app, "attention_maps")[1]["maps"].shape == (17, 17)
    with held():
        app.segmented_control(key="whole_model_view").set_value("Heads by depth").run()
        assert waiting(app) == ["Measuring every head"]
    assert len(sent(there(app), "attention_heads")[0]["kinds"]) == 144


def test_the_walkthrough_follows_with_its_layers() -> None:
    def parts(app: AppTest) -> list[str]:
        return sorted(unpack(proto.bytes)[0]["part"] for proto in mounted(app, "walkthrough_part"))

    with held():
        app = page("walkthrough", {})
        assert parts(app) == ["attention", "mlp"] and sent(app, "walkthrough") is not None
    app = there(app)
    assert drivers_of("bundled").ended.wait(60)
    assert parts(app.run()) == ["attention", "drivers", "layers", "mlp"]


def test_what_fails_is_said_and_can_be_tried_again(monkeypatch) -> None:
    def fails(analysis, official) -> bytes:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("ui.positional_encoding.payload.trials", fails)
        app = there(page("positional_encoding", {}))
        assert not app.exception
        assert [info.value for info in app.info] == [job.NO_MEMORY]
        app.run()
        assert len(app.info) == 1 and sent(app, "positional_encoding_twins") is not None
    app.button(key="again positions_break").click().run()
    assert sent(there(app), "positional_encoding_break") is not None


def test_what_nobody_waits_for_is_not_begun(monkeypatch) -> None:
    made = []
    with held():
        task = jobs.ask(("nobody",), "Nothing", lambda: made.append(1))
        task.patience = -1.0
    assert task.ended.wait(60) and not made
    again = jobs.ask(("nobody",), "Something", lambda: made.append(1))
    assert again is not task and again.ended.wait(60) and made == [1]


def test_a_job_of_many_steps_lets_others_take_their_turn() -> None:
    def steps():
        while True:
            time.sleep(0.01)
            yield torch.ones(1)

    busy = jobs.begin(Job(("busy",), in_steps(steps), total=10_000, value=nothing_yet(10_000)))
    try:
        assert jobs.ask(("quick",), "Something quick", lambda: None).ended.wait(60)
        assert not busy.over and busy.done < 1000
    finally:
        busy.cancel()
        assert busy.ended.wait(60)


def test_what_was_made_is_not_kept_a_second_time_and_only_failures_are_remembered(caplog) -> None:
    def fails() -> None:
        raise ValueError("a mistake")

    assert jobs.ask(("made",), "Something", int).ended.wait(60)
    failed = jobs.ask(("failed",), "Something", fails)
    assert failed.ended.wait(60) and [key for key in jobs.known if key in (("made",), ("failed",))] == [("failed",)]
    assert jobs.ask(("failed",), "Something", fails) is failed and failed.outcome == job.BROKEN


def test_a_payload_is_made_the_same_way_in_line(monkeypatch) -> None:
    in_background = sent(there(page("positional_encoding", {})), "positional_encoding_break")
    st.cache_resource.clear()
    monkeypatch.setattr(watch, "IN_LINE", 10**15)
    app = page("positional_encoding", {})
    assert not waiting(app)
    assert json.dumps(sent(app, "positional_encoding_break")[0]) == json.dumps(in_background[0])


def test_what_takes_several_runs_follows_the_page_where_others_wait_for_theirs(monkeypatch) -> None:
    monkeypatch.setattr(watch, "IN_LINE", 3 * 10**10)
    monkeypatch.setattr(type(watch.turns), "waiting", 10**6)  # the picture is small
    with held():
        app = page("positional_encoding", {})
        assert len(waiting(app)) == 2 and not app.exception
    monkeypatch.setattr(type(watch.turns), "waiting", 0)
    monkeypatch.setattr(type(watch.turns), "others", 0)  # pages of other tests
    st.cache_resource.clear()
    jobs.clear()
    assert not waiting(page("positional_encoding", {}))


def test_a_page_that_waits_asks_less_often_where_there_are_others(monkeypatch) -> None:
    intervals = []
    monkeypatch.setattr(type(watch.turns), "others", 0)
    for waiting in (0, 2, 100):
        monkeypatch.setattr(type(watch.turns), "waiting", waiting)
        intervals.append(watch.poll())
    assert intervals == [watch.POLL_MADE, pytest.approx(3 * watch.POLL_MADE), watch.POLL_MOST]


def test_others_who_act_leave_less_to_wait_for_than_one_alone(monkeypatch) -> None:
    monkeypatch.setattr(watch, "IN_LINE", 12 * 10**9)
    monkeypatch.setattr(watch.turns, "most", 2)
    limits = []
    for others in (0, 2, 10):
        monkeypatch.setattr(type(watch.turns), "others", others)
        limits.append(watch.in_line())
    assert limits == [12 * 10**9, 6 * 10**9, 2 * 10**9]
    assert watch.poll(0.1) == pytest.approx(0.6)


def test_models_and_traces_go_without_a_garbage_collection() -> None:
    """The first page leaves what is there out of later collections: whatever is large must not depend on one."""
    page("attention", {})
    assert gc.get_freeze_count() > 0
    stores = cached.stores()
    held_by = [weakref.ref(cached.model("bundled")), *(weakref.ref(found.trace) for found, _ in stores.traces.kept.values())]
    assert len(held_by) >= 2 and all(ref() is not None for ref in held_by)
    job.WORKER.submit(int).result(60)  # what the page had begun in the background is over
    gc.disable()
    try:
        for store in (stores.traces, stores.models):
            with store.lock:
                store.kept.clear()
        assert [ref() for ref in held_by] == [None] * len(held_by)
    finally:
        gc.enable()


def test_the_run_on_a_second_picture_tells_its_layers_and_can_be_given_up() -> None:
    with held():
        app = with_view(page("features", {}), {"look": "pair"})
        assert not app.exception and sent(app, "features_pair") is None
        assert "layer 0 of 12" in app.get("progress")[0].proto.text
        app.button(key="cancel features_pair").click().run()
        assert [one.value for one in app.info] == ["Cancelled at layer 0 of 12."] and not app.get("progress")
    app.button(key="again features_pair").click().run()
    assert sent(there(app), "features_pair") is not None and not app.info


def test_what_a_job_has_the_model_do_is_counted_by_layer_and_stops_between_layers() -> None:
    vit, passed = cached.model("bundled"), []

    def make() -> None:
        asked = job.counted_by_layer()
        passed.append(asked)
        if len(passed) == 2:
            asked.cancel()
        cached.forward(vit, torch.zeros(1, 3, 64, 64), 16)

    one, two = (jobs.ask(("some", i), "a run", make, layers=vit.config.depth) for i in (1, 2))
    assert one.ended.wait(60) and two.ended.wait(60)
    assert (one.done, one.outcome) == (vit.config.depth, None) and passed == [one, two]
    assert two.done == 1 and two.outcome == f"Cancelled at layer 1 of {vit.config.depth}."
    assert job.counted_by_layer() is None
