"""The experiments page and the comparison through `app.py`: they run, say what they cannot do, and keep their choices in the link."""

import contextlib
import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from tests.support.app import APP, held, page, with_view
from tests.support.models.small import as_released
from tests.support.payload import mounted, unpack
from ui.experiments import explanations
from ui.kit import explain
from ui.kit.places import ROOT
from ui.state.session import SELECTION
from ui.work import cached, watch
from ui.work.jobs import jobs
from vit_core.study.explanations import tested
from vit_core.study.explanations.gradients import asked
from vit_core.study.explanations.methods import QUICK


def sent(app: AppTest, name: str) -> tuple[dict, dict] | None:
    """What a component was sent last; the gallery's part of it only where it has numbers."""
    found = [unpack(one.bytes) for one in mounted(app, name)]
    shown = [(header, arrays) for header, arrays in found if header.get("kind") != "gallery" or not np.isnan(arrays["areas"]).all()]
    return shown[-1] if shown else None


def finished(app: AppTest) -> AppTest:
    """The page after its job has come to its end; it looks now and then, as a browser does: a job that nobody looks at is given up."""
    job = app.session_state[watch.FOLLOWED]
    while not job.ended.wait(watch.PATIENCE / 6):
        app.run()
    return app.run()


@pytest.fixture(autouse=True)
def without_type_checks() -> Iterator[None]:
    """Thousands of runs of the model: what its functions take and give is checked in tests of their own."""
    with as_released():
        yield


@pytest.fixture
def explained(monkeypatch) -> dict:
    """What the page said under its picture, last."""
    said = {}
    monkeypatch.setattr(explain, "sections", lambda **parts: said.update(parts | {"checks": parts["checks"]()}))
    return said


def agrees(said: dict, count: int) -> None:
    """Numbers are checked, and differ by rounding; files can be made; the script runs from the project's folder."""
    assert len(said["checks"]) >= count and max(check.difference for check in said["checks"]) < 1e-4
    assert all(export.make() for export in said["exports"])
    script = said["script"]
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.chdir(ROOT):
        exec(compile(script, "script", "exec"), {})
    assert printed.getvalue().strip()


def test_explanations_of_any_question_put_to_the_test(explained: dict) -> None:
    jobs.clear()
    app = finished(page("experiments", {"exp": "tested", "why": 5, "not": 7}))
    assert not app.exception
    header, arrays = sent(app, "experiments")
    assert header["done"] and header["why"] != header["not"] and arrays["deletion"].shape[0] == 18
    assert [row[i] for i, row in enumerate(header["agreement"])] == pytest.approx([1.0] * 12)
    assert len(header["randomised"]) == len(header["stages"]) == 13
    assert [value is None for value in header["moved"]] == [method["id"] in ("occlusion", "rise") for method in header["methods"]]
    agrees(explained, 20)
    before = header["score"]
    with held():  # the score is known before the maps of the other question are
        app.selectbox(key="explained against").set_value(None).run()
        header, arrays = sent(app, "experiments")
        assert header["score"] != before and not header["done"] and np.isnan(arrays["deletion"]).any()
        app.button(key="cancel tested").click().run()
    assert not finished(app).exception


def any_numbers(trace, *_):
    """In place of what the test above looks at, which the gallery's button only waits for."""
    drawn = len(tested.stages(trace.depth)) * len(QUICK)
    yield torch.rand(sum(tested.counts(trace.layout.num_patches)) + tested.NOISES * len(tested.STEADY) + drawn)


def test_the_whole_gallery_is_put_to_the_test_by_a_button(explained: dict, monkeypatch) -> None:
    jobs.clear()
    monkeypatch.setattr(explanations, "test_steps", any_numbers)
    some = dict(list(cached.gallery().items())[:2])
    monkeypatch.setattr(cached, "gallery", lambda: some)
    app = finished(page("experiments", {"exp": "tested"}))
    assert [button.label for button in app.button if button.key == "run explained gallery"] == ["The whole gallery, 2 pictures"]
    with held():
        app.button(key="run explained gallery").click().run()
        assert any("picture 1 of 2" in bar.text for bar in app.get("progress"))
        app.button(key="cancel explained gallery").click().run()
    app = finished(app)
    assert any(info.value == "Cancelled at picture 1 of 2. What is known until then is shown." for info in app.info)
    app = finished(app.button(key="run explained gallery").click().run())
    header, arrays = sent(app, "experiments")
    assert not app.exception and header["kind"] == "gallery" and arrays["areas"].shape == (2, 2, 14)
    trace = session_trace(next(iter(some)))
    values = torch.cat(list(tested.maps_and_curves(trace, asked(trace), tested.FEW_STEPS)))
    assert arrays["areas"][0] == pytest.approx(tested.areas(values, 16, tested.FEW_STEPS).numpy(), abs=1e-4)
    table = next(export for export in explained["exports"] if export.label == "The whole gallery (CSV)").make()
    assert len(table.splitlines()) == 1 + 2 * 14


def session_trace(picture: str):
    return cached.analysis.__wrapped__("bundled", picture, 64, 16, cached.gallery_picture(picture)).trace


def test_a_job_that_is_over_before_the_page_looks_is_no_offer_to_run_it(monkeypatch) -> None:
    jobs.clear()
    real = watch.start

    def start(*asked) -> None:
        real(*asked)
        assert st.session_state[watch.FOLLOWED].ended.wait(60)

    monkeypatch.setattr(watch, "start", start)
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params.update({"size": "64", "patch": "16"})
    app.run()
    app.switch_page("pages/experiments.py").run()
    assert not [button.label for button in app.button if "times" in button.label]
    assert not np.isnan(sent(app, "experiments")[1]["drops"]).any()


@pytest.mark.parametrize(("kind", "total"), [("occlusion", 16), ("heads", 144), ("curves", 16 + 210), ("explain", 216)])
def test_an_experiment_runs_in_the_background_to_its_end(kind: str, total: int, explained: dict) -> None:
    jobs.clear()
    app = finished(page("experiments", {"exp": kind}))
    assert not app.exception
    header, arrays = sent(app, "experiments")
    assert header["kind"] == kind and app.session_state[watch.FOLLOWED].total == total
    values = next(arrays[name] for name in ("drops", "deletion", "maps") if name in arrays)
    assert not (values != values).any()
    assert all(button.key != f"cancel {kind}" for button in app.button)
    agrees(explained, 2)


def test_what_is_large_waits_for_a_button_and_can_be_cancelled(monkeypatch) -> None:
    jobs.clear()
    monkeypatch.setattr(watch, "AT_ONCE", 0)
    app = page("experiments", {"exp": "heads"})
    assert [button.label for button in app.button if button.key == "run heads"] == ["Run the model 144 times"]
    assert (sent(app, "experiments")[1]["drops"] != sent(app, "experiments")[1]["drops"]).all()
    with held():  # no step can be taken meanwhile
        app.button(key="run heads").click().run()
        assert any(button.key == "cancel heads" for button in app.button)
        app.button(key="cancel heads").click().run()
    app = finished(app)
    assert any("Cancelled after" in info.value for info in app.info)
    assert any(button.key == "run heads" for button in app.button)


def test_tokens_of_the_link_are_edited_and_a_bad_choice_is_said(explained: dict) -> None:
    app = page("experiments", {"exp": "tokens", "tok": "3-6", "way": "shuffle", "at": 0})
    header, arrays = sent(app, "experiments")
    agrees(explained, 3)
    assert arrays["chosen"].tolist() == [3, 4, 5, 6] and arrays["change"][0][3:7].min() > 0 and header["problem"] is None
    header, _ = sent(with_view(app, {"exp": "tokens", "tok": "3", "way": "swap"}), "experiments")
    assert header["problem"] == "To swap, choose at least two tokens; got 1."
    header, _ = sent(with_view(app, {"exp": "nonsense", "tok": [1], "at": "x"}), "experiments")
    assert header["kind"] == "occlusion" and not app.exception


@pytest.mark.parametrize("slug", ["attention", "overview"])
def test_nothing_is_compared_until_it_is_asked_for(slug: str) -> None:
    unfolded = {"all": True} if slug == "overview" else {}
    app = page(slug, unfolded)
    assert sent(app, "compare") is None
    app.toggle(key="comparing").set_value(True).run()
    assert not app.exception
    header, _ = sent(app, "compare")
    assert header["mode"] == ("attention" if slug == "attention" else "stream") and header["differs"] == "model"
    assert json.loads(app.session_state[SELECTION].view)["vs"] == ["model", ""]
    app.segmented_control(key="compare_kind").set_value("setting").run()
    app.selectbox(key="compare_second").set_value("96/16").run()
    header, _ = sent(app, "compare")
    assert header["right"]["grid"] == [6, 6] and header["titles"] == ["64 / 16", "96 / 16"]
    with_view(app, {**unfolded, "scale": "log"})  # another picture of the page wrote its own options alone
    assert json.loads(app.session_state[SELECTION].view) == {**unfolded, "scale": "log", "vs": ["setting", "96/16"]}
    app.toggle(key="comparing").set_value(False).run()
    assert sent(app, "compare") is None and json.loads(app.session_state[SELECTION].view) == {**unfolded, "scale": "log"}


@pytest.mark.parametrize("vs", [["model", "nothing like it"], ["picture", "<b>"], ["setting", "7/3"], "x", ["colour", "red"], [1, 2]])
def test_a_bad_link_shows_the_first_choice(vs) -> None:
    app = page("attention", {"vs": vs})
    assert not app.exception and sent(app, "compare") is not None
    assert any("is shown" in info.value for info in app.info) == (isinstance(vs, list) and vs[0] in ("model", "picture", "setting"))
