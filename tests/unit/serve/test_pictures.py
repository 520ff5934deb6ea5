"""A picture comes back to the server from the browser that kept it, and nothing else does; no disk is written."""

import builtins
import io
import os

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui.state import uploads
from vit_explainer import pictures

HOME = {"Origin": "http://testserver"}


@pytest.fixture
def browser(monkeypatch) -> TestClient:
    monkeypatch.setattr(uploads, "kept", uploads.Kept(1 << 24, 3600))
    return TestClient(Starlette(routes=[pictures.ROUTE]))


@pytest.fixture
def noise() -> Image.Image:
    return Image.effect_noise((90, 60), 80).convert("RGB")


def test_it_comes_back_as_it_was(browser, noise) -> None:
    name = uploads.new_id(noise)
    uploads.kept.keep(uploads.Upload(name, "mine.png", noise))
    assert browser.head(f"/picture/{name}").headers["content-type"] == "image/png"
    given = browser.get(f"/picture/{name}")
    assert given.headers["cache-control"] == "no-store"
    uploads.kept.forget(name)
    assert browser.head(f"/picture/{name}").status_code == 204 and browser.get(f"/picture/{name}").status_code == 404
    back = browser.post(f"/picture/{name}", content=given.content, headers=HOME | {"X-Picture-Name": "m%C3%BCnster.png"})
    assert back.status_code == 204
    found = uploads.kept.find(name)
    assert found.name == "münster.png" and np.array_equal(np.asarray(found.image), np.asarray(noise))


def test_another_picture_is_not_taken_under_an_id(browser, noise) -> None:
    name, other = uploads.new_id(noise), uploads.png(Image.new("RGB", (90, 60)))
    for asked, data, said in (
        (name, other, "not the picture of that id"),
        ("upload-1", other, "no picture's id"),
        (name, b"rubbish" * 99, "picture"),
        (name, b"", "picture"),
    ):
        answer = browser.post(f"/picture/{asked}", content=data, headers=HOME)
        assert answer.status_code == 400 and said in answer.text, answer.text
    assert browser.post(f"/picture/{name}", content=bytes(pictures.LARGEST + 1), headers=HOME).status_code == 413
    for origin in ({}, {"Origin": "https://elsewhere.example.org"}):
        assert browser.post(f"/picture/{name}", content=uploads.png(noise), headers=origin).status_code == 403
    assert uploads.kept.find(name) is None


def test_a_picture_that_is_here_is_left_as_it_is(browser, noise) -> None:
    name = uploads.new_id(noise)
    mine = uploads.Upload(name, "mine.png", noise)
    uploads.kept.keep(mine)
    assert browser.post(f"/picture/{name}", content=b"anything", headers=HOME).status_code == 204
    assert uploads.kept.find(name) is mine


def test_no_file_is_opened_for_writing(browser, noise, monkeypatch) -> None:
    written = []

    def watched(function):
        def opens(file, mode="r", *args, **kwargs):
            flags = mode if isinstance(mode, int) else 0
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or (isinstance(mode, str) and set(mode) & set("wax+")):
                written.append(file)
            return function(file, mode, *args, **kwargs)

        return opens

    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    image = uploads.decoded(uploads.png(noise))
    name = uploads.new_id(image)
    assert browser.post(f"/picture/{name}", content=uploads.png(image), headers=HOME).status_code == 204
    assert browser.get(f"/picture/{name}").status_code == 200
    assert written == []
