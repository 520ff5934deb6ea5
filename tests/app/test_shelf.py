"""Models of the shelf's exact shapes on three pages each, from a folder that `fetch --to` would write: one of each family up to size S.

CLIP begins at B: `tests/parity/test_shelf.py` downloads and runs it. The way from the shelf's button is in
`tests/browser/visits/test_shelf.py`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.app import APP, strip_data
from tests.support.models.shelf_models import write
from ui.state.session import SELECTION
from ui.work import cached
from vit_core.data import shelf

FAMILIES = ("deit-ti", "augreg-ti16", "dino-s16", "dinov2-s-registers", "msn-s16")
PAGES = ("overview", "attention", "patch_grid")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("shelf")
    for name in FAMILIES:
        write(shelf.rows()[name], home / name)
    return home


@pytest.fixture(autouse=True)
def started_with_the_folder(folder: Path, monkeypatch) -> Iterator[None]:
    """The environment is read once: forget what an earlier server read, and what this one did."""
    monkeypatch.setenv("VIT_MODELS", str(folder))
    monkeypatch.setenv("VIT_HUB", "off")
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.mark.parametrize("name", FAMILIES)
def test_three_pages(name: str) -> None:
    row = shelf.rows()[name]
    app = AppTest.from_file(APP, default_timeout=120)
    patch = row.config.patch_size
    app.query_params.update({"model": f"file-{name}", "size": "224", "patch": str(patch)})
    app.run()
    selection = app.session_state[SELECTION]
    assert (selection.model, selection.image_size, selection.patch_size) == (f"file-{name}", 224, patch)
    assert cached.model_names()[f"file-{name}"] == row.title
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, (page, [element.value for element in app.exception])
        assert not app.warning, (page, [element.value for element in app.warning])
        strip = strip_data(app)
        tokens = (224 // patch) ** 2 + 1 + row.config.num_registers
        assert strip["total"] == f"{tokens} tokens"
        if not row.family.classes:
            assert (strip["verdict"], strip["answer"]) == ("no classifier:", f"features of width {row.config.embed_dim}")
