"""Every page through `app.py`, without a browser: it runs, keeps the selection, and answers bad input with a sentence."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.app import APP, strip_data
from ui.kit import registry
from ui.shell import bare, strip
from ui.state.session import PROBLEM, SELECTION, UPLOADS
from ui.work import cached
from ui.work.jobs import jobs
from vit_core.study.opening import opening

ROOT = Path(__file__).resolve().parents[2]


def started(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params.update(query)
    return app.run()


@pytest.mark.parametrize("spec", registry.PAGES, ids=lambda spec: spec.slug)
def test_every_page_runs_in_its_shell(spec: registry.PageSpec) -> None:
    app = started()
    app.switch_page(f"pages/{spec.slug}.py").run()
    assert not app.exception
    assert strip_data(app)["total"] == "197 tokens"
    assert any(spec.lead in element.proto.body for element in app.get("html"))
    keys = [element.proto.id.split("-", 2)[-1] for element in app.get("bidi_component")]
    figures = bare.figure(spec.slug).replace(".st-key-", "").replace("[class*='st-key-", "").replace("']", "").split(", ")
    assert any(key.startswith(figures[0]) for key in keys), (figures, keys)


def test_a_link_is_restored_and_a_bad_value_is_said() -> None:
    app = started(picture="coffee", size="64", patch="8", layer="99")
    assert not app.exception
    assert app.session_state[SELECTION].picture == "coffee"
    assert strip_data(app)["total"] == "65 tokens"
    assert [warning.value for warning in app.warning] == ["There is no layer 99: they run from 1 to 12; 12 is shown."]


def test_a_picture_opens_with_its_own_head_until_one_is_named() -> None:
    app = started(size="64", picture="chelsea")

    def opened_with() -> tuple[int, int]:
        chosen = app.session_state[SELECTION]
        found = opening(cached.analysis(chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, None).trace)
        assert not {"layer", "head"} & set(app.query_params)
        return found.layer, found.head

    def shown() -> tuple[int, int]:
        return app.session_state[SELECTION].layer, app.session_state[SELECTION].head

    assert shown() == opened_with()
    app.session_state[SELECTION] = replace(app.session_state[SELECTION], picture="rocket")
    app.run()
    assert shown() == opened_with()
    for link, named in (({"layer": "6", "head": "3"}, (5, 2)), ({"layer": "2"}, (1, 0)), ({"layer": "12"}, (11, 0))):
        app = started(size="64", picture="chelsea", **link)
        assert shown() == named
        assert {name: "".join(app.query_params[name]) for name in ("layer", "head") if name in app.query_params} == link
        app.select_slider(key="patch_size").set_value(8).run()
        assert shown() == named  # another setting lets it be


def test_the_time_of_a_forward_pass_is_its_fastest_of_a_few() -> None:
    for job in list(jobs.known.values()):  # what earlier pages began would have its turns first
        job.cancelled.set()
        assert job.over or job.ended.wait(60)
    jobs.clear()
    cached.paces.clear()
    app = started(size="80", patch="16", picture="rocket")
    pace = cached.pace(cached.model("bundled"), 80, 16)
    assert pace.runs == 2 and strip_data(app)["pace"].startswith("the fastest of 2 runs")  # the first was cold
    first = pace.seconds
    for timed in [job for key, job in list(jobs.known.items()) if key[0] == "pace"]:
        assert timed.ended.wait(60)
    assert pace.runs == 2 + strip.FEW and pace.seconds <= first
    app.run()
    assert strip_data(app)["forward"] == f"{1000 * pace.seconds:,.0f} ms"
    assert strip_data(app)["pace"].startswith(f"the fastest of {pace.runs} runs")
    assert not [key for key in jobs.known if key[0] == "pace"]  # these were enough
    cached.run.__wrapped__("bundled", "rocket", (80, 80), 16, "crop", cached.gallery_picture("rocket"))
    assert pace.runs == 3 + strip.FEW


def test_no_run_is_made_for_the_clock_alone_where_others_are_about(monkeypatch) -> None:
    monkeypatch.setattr(type(strip.turns), "others", 1)
    cached.paces.clear()
    jobs.clear()
    app = started(size="96", patch="16", picture="rocket")
    assert cached.pace(cached.model("bundled"), 96, 16).runs == 1
    assert strip_data(app)["pace"].startswith("one run at this setting")
    assert not [key for key in jobs.known if key[0] == "pace"]


def test_sliders_rerun_the_model() -> None:
    app = started()
    app.select_slider(key="image_size").set_value(64).run()
    assert not app.exception
    assert app.session_state[SELECTION].image_size == 64
    assert app.session_state[SELECTION].patch_size == 16
    assert strip_data(app)["total"] == "17 tokens"
    app.select_slider(key="patch_size").set_value(8).run()
    assert strip_data(app)["total"] == "65 tokens"


def test_a_resolution_that_the_patch_size_does_not_divide_moves_the_patch_size() -> None:
    app = started(size="256", patch="64")
    app.select_slider(key="image_size").set_value(240).run()
    assert not app.exception
    assert app.session_state[SELECTION].patch_size == 16


def png(size: tuple[int, int] = (80, 60)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 40, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def test_upload_then_a_bad_upload_keeps_the_good_one() -> None:
    app = started()
    app.file_uploader[0].upload("red.png", png(), "image/png").run()
    assert not app.exception
    chosen = app.session_state[SELECTION].picture
    assert chosen in app.session_state[UPLOADS]
    assert strip_data(app)["title"] == "red.png"
    for name, data in {
        "notes.txt": b"hello",
        "cut.png": png()[:40],
        "empty.jpg": b"",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }.items():
        app.file_uploader[0].upload(name, data, "application/octet-stream").run()
        assert not app.exception
        assert app.session_state[SELECTION].picture == chosen
        said = [warning.value for warning in app.warning]
        assert len(said) == 1 and said == [app.session_state[PROBLEM]] and "Traceback" not in said[0]
    assert strip_data(app)["title"] == "red.png"


def test_each_page_keeps_a_view_of_its_own() -> None:
    app = started()
    app.switch_page("pages/attention.py").run()
    app.session_state[SELECTION] = replace(app.session_state[SELECTION], view='{"scale":"log"}')
    app.run()
    app.switch_page("pages/overview.py").run()
    assert app.session_state[SELECTION].view == ""
    app.switch_page("pages/attention.py").run()
    assert app.session_state[SELECTION].view == '{"scale":"log"}'
