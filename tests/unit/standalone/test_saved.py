"""`show` and the command: what can be asked for, what bad input gets, and that no server is needed for it."""

import html
import json
import subprocess
import sys

import pytest

import vit_core
from tests.support.source import ROOT
from ui.positional_encoding import payload as positions
from ui.standalone import document
from ui.standalone.parts import fitting, part
from ui.standalone.saved import OWN, asked_of, show
from ui.standalone.views import VIEWS
from ui.state.selection import Selection
from ui.work.analysis import Analysis
from vit_core.images import to_image
from vit_core.study.opening import opening
from vit_explainer import __main__ as command

MOST, HERE = 3_000_000, Selection(OWN, OWN, 224, 16, 8, 4, 0, "")


@pytest.fixture(scope="module")
def trace() -> vit_core.ViTTrace:
    model = vit_core.load()
    image = vit_core.open_image(ROOT / "assets" / "images" / "brick.jpg")  # of the gallery's, what compresses worst
    return model(vit_core.preprocess(image, model, image_size=224), patch_size=16)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_197_tokens_is_at_most_3_megabytes(view, trace, tmp_path) -> None:
    page = show(trace, view, picture="a wall", other=trace if view == "compare" else None)
    assert page.save(tmp_path / "a.html").stat().st_size <= MOST
    assert "a wall · 224 / 16 → 14 × 14 = 196 patches, 197 tokens" in page.html and repr(page).startswith(f"<{VIEWS[view].heading}: ")


def headed(data: bytes) -> dict:
    return json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])


def test_positions_have_their_chart_and_the_walkthrough_all_steps_but_one(trace) -> None:
    """What fits beside Plotly's script, and which of the walkthrough's parts find room: none but the MLP's is left out."""
    found = Analysis(trace, 0.0, to_image(trace.images, trace.config.preprocessing))
    parts = [part("positional_encoding_twins", positions.twins(found, 90)), *VIEWS["positions"].parts(asked_of(trace, HERE, "", ""))]
    assert 'id="plotly"' in document.document(parts, {}, document.Words("", "", ""))
    walked = VIEWS["walkthrough"].parts(asked_of(trace, HERE, "", ""))
    kept = fitting(walked, document.MOST - document.ROUND_IT - document.MODULES)
    assert [json.loads(one.data[4 : 4 + int.from_bytes(one.data[:4], "little")]).get("part") for one in kept] == [
        "base",
        "attention",
        "layers",
    ]


def test_a_view_opens_as_the_app_does(trace) -> None:
    found = opening(trace)
    whole = show(trace)._repr_mimebundle_()
    assert set(whole) == {"text/html", "text/plain"}
    inner = html.unescape(whole["text/html"].split('srcdoc="', 1)[1].split('" width=', 1)[0])
    assert inner == show(trace, layer=found.layer, head=found.head).html
    assert inner != show(trace, layer=found.layer - 1, head=found.head).html


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"view": "dreams"}, "There is no view “dreams”; there are attention"),
        ({"layer": 12}, "There is no layer 12: they run from 0 to 11."),
        ({"token": -1}, "There is no token -1: they run from 0 to 196."),
        ({"speed": 2}, "The view of attention has no option “speed”."),
        ({"view": "features", "look": "pair"}, "of a trace has “Alike and apart” .*; “pair” is in the app."),
        ({"view": "features", "content": True}, "known of the gallery alone"),
        ({"view": "experiments", "exp": "tested"}, "“tested” is in the app."),
        ({"view": "practice", "pr": {"d": "distil"}}, "has patches, sizes, attention, tokens, bits; “distil” is in the app."),
    ],
)
def test_bad_input_is_one_sentence(asked, sentence, trace) -> None:
    with pytest.raises(ValueError, match=sentence):
        show(trace, **asked)


def test_it_needs_neither_the_server_nor_the_projects_folder(tmp_path) -> None:
    """From another folder, with the model's packages alone: neither Streamlit nor Plotly is imported."""
    lines = (
        "import sys, vit_explainer; vit_explainer.parts()\n"
        "from ui.standalone import saved\n"
        "found = {name.split('.')[0] for name in sys.modules} & {'streamlit', 'plotly'}\n"
        "assert not found and 'attention' in saved.VIEWS, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", lines], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_command_writes_a_view(tmp_path, capsys) -> None:
    out = tmp_path / "coffee.html"
    command.main(["save", str(ROOT / "assets/images/coffee.jpg"), "--size", "64", "--layer", "6", "--head", "3", "--out", str(out)])
    assert "coffee.jpg · 64 / 16 → 4 × 4 = 16 patches" in out.read_text(encoding="utf-8") and str(out) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (["nowhere.jpg"], "nowhere.jpg"),
        ([str(ROOT / "assets/images/coffee.jpg"), "--size", "70"], "70"),
        ([str(ROOT / "assets/images/coffee.jpg"), "--size", "64", "--layer", "13"], "There is no layer 12"),
    ],
)
def test_the_command_answers_bad_input_with_a_sentence(told, sentence, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        command.main(["save", *told])
    assert sentence in str(stopped.value.code) and "\n" not in str(stopped.value.code)
    assert not list(tmp_path.iterdir())


def test_nothing_of_the_texts_ends_the_page_too_early() -> None:
    """A title is written as text, and the payload's digits hold nothing that HTML reads as its own."""
    words = document.Words("<b>&", "a</style>", "</script>")
    text = document.document([], {"picture": "own"}, words)
    assert "<b>&<" not in text and text.count("</style>") == 1 and text.count("</script>") == 2
    assert not set(document.encoded(bytes(range(256)) * 400)) & set("&<>\"'\\ \n")
