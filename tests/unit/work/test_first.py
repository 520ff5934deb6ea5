"""First views: what is kept of a bundled picture is what the model gives, holds for what it was made with, and is never in the way."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import ROOT
from ui.state.selection import Selection
from ui.work import cached, first
from vit_core.data.bundled import default
from vit_explainer import warm

OPENING = Selection().picture
PAGE = """
import json, sys
from streamlit.testing.v1 import AppTest
from ui.kit import components, icon
icon.served.set()  # as the server does
sent, real = {}, components.component
def component(name):
    def mounted(**given):
        sent[name] = given.get("data")
        return real(name)(**given)
    return mounted
components.component = component
app = AppTest.from_file(sys.argv[1], default_timeout=120)
app.query_params.update(json.loads(sys.argv[2]))
there = {*sys.modules}
app.run()
timed = [sent["strip"].pop(name) for name in ("forward", "pace", "visit")]
words = [(kind, part.value) for kind in ("markdown", "caption") for part in app.get(kind)]
large = sorted({"torch", "numpy", "PIL"} & {*sys.modules} - there)
print(json.dumps([len(app.exception), large, [words, {name: str(data) for name, data in sent.items()}]]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """An empty cache."""
    monkeypatch.setenv("VIT_CACHE", str(tmp_path))
    first.read.cache_clear()
    yield tmp_path
    first.read.cache_clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The first views of all pictures, as a start writes them."""
    whole = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIT_CACHE", str(whole))
        first.read.cache_clear()
        warm.keep()
    return whole


@pytest.fixture
def kept_views(folder, made) -> Path:
    """A cache that holds them."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    first.read.cache_clear()
    return folder


def fresh(picture: str) -> dict:
    """A first view as the model gives it now; nothing of it is taken from a cache."""
    model, image_size, patch_size = first.setting()
    cached.forget_picture(picture)
    made = cached.analysis(model, picture, image_size, patch_size, cached.gallery_picture(picture))
    return {kind: make(made) for kind, make in warm.view().items()}


def test_what_is_kept_is_what_the_model_gives_bit_for_bit(kept_views) -> None:
    assert {file.stem for file in kept_views.glob("first/*/*.json")} == {*cached.gallery(), first.GALLERY}
    for picture in (OPENING, [*cached.gallery()][-1]):
        first.read.cache_clear()
        kept, again = first.read(picture), fresh(picture)
        assert kept["story"] == again["story"] and kept.keys() == again.keys()
        assert kept == {kind: value if isinstance(value, bytes) else json.loads(json.dumps(value)) for kind, value in again.items()}
        assert first.keep(picture, again)
    assert first.read(first.GALLERY) == {name: cached.shrunk(picture.image) for name, picture in cached.gallery().items()}


def shown(cache: Path, **query: str) -> tuple[int, bool, list]:
    """Of the first page in a process of its own: exceptions, whether PyTorch was loaded, and all that it shows."""
    command = [sys.executable, "-c", PAGE, str(ROOT / "app.py"), json.dumps(query)]
    environment = {**os.environ, "VIT_CACHE": str(cache), "VIT_HUB": "off"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=True)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("query", [{}, {"picture": "rocket"}])
def test_the_first_page_is_the_same_with_a_first_view_and_needs_no_large_library_for_it(kept_views, query) -> None:
    (exceptions, needs, before), (_, without, kept) = shown(kept_views / "none", **query), shown(kept_views, **query)
    assert exceptions == 0 and "torch" in needs and not without
    assert kept == before and str(before[0]).count("$$") > 8 and {"overview_story", "strip", "gallery", "terms"} == before[1].keys()


def test_a_view_holds_for_one_model_picture_and_setting(kept_views) -> None:
    model, image_size, patch_size = first.setting()
    assert first.find("story", model, OPENING, image_size, patch_size)
    others = [("scratch", OPENING, image_size, patch_size), (model, "upload-0a", image_size, patch_size), (model, OPENING, 256, patch_size)]
    others += [(model, OPENING, image_size, 32), (model, "../x", image_size, patch_size), (model, "gallery2", image_size, patch_size)]
    assert [first.find("story", *other) for other in others] == [None] * len(others)
    assert first.find("overview", model, OPENING, image_size, patch_size) is None


def test_another_weight_picture_or_line_of_code_is_another_stamp(tmp_path) -> None:
    made = first.made_with()
    assert default().weights in made and cached.gallery()[OPENING].file in made
    assert {ROOT / "vit_core" / "model.py", ROOT / "ui" / "overview" / "payload.py", ROOT / "ui" / "shell" / "strip.py"} <= {*made}
    files = [tmp_path / name for name in ("weights", "picture", "code")]
    for file in files:
        file.write_text("one")
    before = first.digest_of(files, ["torch 1"])
    assert before == first.digest_of(files, ["torch 1"]) != first.digest_of(files, ["torch 2"])
    for file in files:
        file.write_text("two")
        assert first.digest_of(files, ["torch 1"]) != before
        file.write_text("one")


@pytest.mark.parametrize("spoil", [lambda text: text[:-9], lambda text: text.replace("block", "blocK", 1), lambda _: "", lambda _: "x\n{}"])
def test_a_spoilt_file_counts_as_none_and_is_written_anew(folder, spoil) -> None:
    view = {"story": b"\0\1", "told": {"a block": [1, 0.1]}}
    assert not first.keep(OPENING, view) and first.read(OPENING) == view
    (file,) = folder.glob("first/*/*.json")
    whole = file.read_text()
    file.write_text(spoil(whole))
    first.read.cache_clear()
    assert first.read(OPENING) == {}
    assert not first.keep(OPENING, view) and file.read_text() == whole and first.read(OPENING) == view


def test_a_folder_that_cannot_be_written_is_left(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "file"))
    first.read.cache_clear()
    assert not first.keep(OPENING, {"story": b"1"}) and first.read(OPENING) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_view_that_the_model_does_not_give_any_more_is_replaced_and_all_others_with_it(kept_views) -> None:
    other = [*cached.gallery()][-1]
    for picture in (OPENING, other):
        first.keep(picture, {**first.read(picture), "story": b"of another library"})
    warm.keep()
    assert first.read(OPENING)["story"] == fresh(OPENING)["story"] and first.read(other)["story"] == fresh(other)["story"]


def test_views_of_old_code_go(folder, monkeypatch) -> None:
    for number in range(first.STAMPS + 2):
        monkeypatch.setattr(first, "stamp", lambda number=number: f"stamp{number}")
        first.keep(OPENING, {"story": bytes([number])})
    assert len([*(folder / "first").iterdir()]) == first.STAMPS and first.read(OPENING) == {"story": bytes([number])}
