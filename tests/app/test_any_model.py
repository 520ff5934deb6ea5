"""Every page with every kind of model, from a folder of the operator's; what cannot be shown is said, and the last good model stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.answers import said
from tests.support.app import APP, strip_data
from tests.support.models import families
from tests.support.models.small import PLAIN
from ui.kit import explain, registry
from ui.state import selection as state
from ui.state.session import PROBLEM, SELECTION
from ui.work import cached
from vit_core.data import MODELS
from vit_core.study.opening import opening


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return families.write(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def started_with_the_folder(folder: Path, monkeypatch) -> Iterator[None]:
    """The environment is read once: forget what an earlier server read, and what this one did."""
    monkeypatch.setenv("VIT_MODELS", str(folder))
    monkeypatch.setenv("VIT_HUB", "off")
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def every_section_is_computed(monkeypatch) -> None:
    """A page computes its open section alone; here all, and every number agrees with its recomputation."""
    shown = explain.sections

    def all_of_them(**parts) -> None:
        for sentence, latex in parts["formulas"]():
            assert sentence and latex.count("{") == latex.count("}")
        for check in parts["checks"]():
            assert check.difference <= 1e-4 * max(1, abs(check.shown)), check
        shown(**parts)

    monkeypatch.setattr(explain, "sections", all_of_them)


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update(query)
    return app.run()


def id_of(name: str) -> str:
    return f"file-{name if '.' in name else f'{name}.safetensors'}"


def test_everything_in_the_folder_is_listed() -> None:
    names = cached.model_names()
    assert {id_of(name) for name in families.FAMILIES} <= set(names)
    assert next(iter(names)) == "bundled"


@pytest.mark.parametrize("name", families.FAMILIES)
def test_every_page_shows_every_kind_of_model(name: str) -> None:
    config, sequence = families.config_of(name), families.FAMILIES[name][1]
    app = opened(model=id_of(name))
    selection = app.session_state[SELECTION]
    assert (selection.image_size, selection.patch_size) == (config.image_size, config.patch_size)
    found = opening(cached.analysis(selection.model, selection.picture, selection.image_size, selection.patch_size, None).trace)
    assert (selection.layer, selection.head) == (found.layer, found.head)
    for spec in registry.PAGES:
        app.switch_page(f"pages/{spec.slug}.py").run()
        assert not app.exception, (spec.slug, [element.value for element in app.exception])
        assert not app.warning, (spec.slug, [element.value for element in app.warning])
        strip = strip_data(app)
        assert strip["tokens"] == f"→ {sequence}"
        assert strip["total"] == f"{config.layout(config.native_grid).num_tokens} tokens"
        if not config.num_classes:
            assert (strip["verdict"], strip["answer"]) == ("no classifier:", f"features of width {config.embed_dim}")
        else:
            model = cached.model(selection.model)
            size = config.image_size, config.patch_size
            (top,) = said(cached.analysis(selection.model, "coffee", *size, cached.gallery_picture("coffee")).trace)
            assert strip["answer"] == f"{top[0]} {100 * top[1]:.1f}%"
            assert model.config.labels or top[0].startswith("class ")


@pytest.mark.parametrize("name", ["dinov2-reg-s14", "mean-of-patches"])
def test_views_of_the_whole_model(name: str) -> None:
    app = opened(model=id_of(name))
    app.switch_page("pages/attention.py").run()
    for view in ("Heads by depth", "Long tokens", "Is it importance?"):
        app.segmented_control(key="whole_model_view").set_value(view).run()
        assert not app.exception, [element.value for element in app.exception]
    app.button(key="occlude").click().run()
    assert not app.exception, [element.value for element in app.exception]


def test_a_model_of_oblong_pictures_is_shown_with_square_ones(tmp_path: Path, monkeypatch) -> None:
    families.save(tmp_path / "oblong.safetensors", PLAIN.replace(**{**families.BASE, "image_size": (64, 128)}, name="oblong"), 0)
    monkeypatch.setenv("VIT_MODELS", str(tmp_path))
    st.cache_resource.clear()  # what an earlier test still has in the background may have read the settings meanwhile
    app = opened(model=id_of("oblong"))
    assert (app.session_state[SELECTION].image_size, strip_data(app)["total"]) == (128, "65 tokens")
    assert any("Made for pictures of 64 px in height and 128 px in width" in caption.value for caption in app.caption)
    for spec in registry.PAGES:
        app.switch_page(f"pages/{spec.slug}.py").run()
        assert not app.exception and not app.warning, spec.slug


def test_sliders_follow_the_model() -> None:
    app = opened(model=id_of("classifier-p14"))
    assert all(int(option.removesuffix(" px")) % 14 == 0 for option in app.select_slider(key="image_size").options)
    assert app.select_slider(key="patch_size").options == ["7 px", "14 px", "28 px"]
    app.select_slider(key="patch_size").set_value(28).run()
    assert strip_data(app)["total"] == "17 tokens"
    assert any("Trained with patches of 14 px alone" in caption.value for caption in app.caption)
    app.selectbox(key="model").select("bundled").run()
    assert strip_data(app)["total"] == "197 tokens"


@pytest.mark.parametrize(
    "asked", ["../../etc/passwd", "/etc/passwd", "file-../../etc/passwd", "file-/etc/passwd", "hub-x/y@z", "~/.ssh/id_rsa", "file-", "\0"]
)
def test_a_link_can_only_name_what_is_listed(asked: str, monkeypatch, tmp_path_factory) -> None:
    """Bundled opens, and nothing outside the two folders of models: an earlier test may still have something of them in the background."""
    opens, load = [], cached.models.Source.load
    monkeypatch.setattr(cached.models.Source, "load", lambda source: opens.append(source) or load(source))
    app = opened(model=asked)
    assert not app.exception
    assert app.session_state[SELECTION].model == "bundled"
    assert "bundled" in {source.id for source in opens} and asked not in {source.id for source in opens}
    folders = MODELS, tmp_path_factory.getbasetemp()
    assert [source.path for source in opens if not any(source.path.resolve().is_relative_to(folder) for folder in folders)] == []
    assert [warning.value for warning in app.warning] == [f"There is no model “{state.quoted(asked)}” here; bundled is shown."]


def test_a_link_to_a_model_of_the_shelf_says_where_it_is_to_be_had() -> None:
    app = opened(model="hub-facebook/dino-vits8@0123456")
    assert [warning.value for warning in app.warning] == [
        "There is no model “hub-facebook·dino-vits8·0123456” here; bundled is shown.",
        "It is one of the shelf: “Models” in the sidebar downloads it.",
    ]


def test_a_model_of_another_session_is_said() -> None:
    app = opened(model="own-0123456789abcdef")
    assert [warning.value for warning in app.warning] == [
        "The model “own-0123456789abcdef” was uploaded in another session and a link cannot carry it; bundled is shown."
    ]


@pytest.mark.parametrize(
    ("name", "said"), [(families.FOUR, "reads pictures of 4 channels"), (families.BAD, "not a readable safetensors file")]
)
def test_what_cannot_be_shown_is_said_and_the_last_good_model_stays(name: str, said: str) -> None:
    app = opened(model=id_of("dino-s16"))
    app.selectbox(key="model").select(id_of(name)).run()
    assert not app.exception
    assert app.session_state[SELECTION].model == id_of("dino-s16")
    assert [warning.value for warning in app.warning] == [app.session_state[PROBLEM]]
    assert said in app.session_state[PROBLEM] and "Traceback" not in app.session_state[PROBLEM]
    assert opened(model=id_of(name)).session_state[SELECTION].model == "bundled"


def test_what_weights_alone_do_not_say_is_asked_for() -> None:
    app = opened()
    app.selectbox(key="model").select(id_of(families.BARE)).run()
    assert app.session_state[SELECTION].model == "bundled"
    assert "num_heads" in app.session_state[PROBLEM] and app.session_state[PROBLEM].endswith("“Bring a model” in the sidebar asks for it.")


def test_a_model_larger_than_the_server_keeps_is_refused(monkeypatch) -> None:
    app = opened()
    monkeypatch.setattr(cached.stores().models, "bound", 1000)
    app.selectbox(key="model").select(id_of("dino-s16")).run()
    assert app.session_state[SELECTION].model == "bundled"
    assert "this server keeps 1e-06 GB of models" in app.session_state[PROBLEM]


def test_files_that_vanish_are_said(folder: Path) -> None:
    app = opened(model=id_of("clip-b32"))
    path = folder / "clip-b32.safetensors"
    moved = path.rename(folder / "elsewhere")
    try:
        cached.stores().models.drop(lambda name: name == id_of("clip-b32"))
        app.run()
        assert not app.exception
        assert app.session_state[SELECTION].model == "bundled"
        assert [warning.value for warning in app.warning] == ["The files of clip-b32.safetensors are gone."]
    finally:
        moved.rename(path)
