"""Who imports what: a page nothing of another page, the kit nothing of a page, the model nothing of the app, and nobody in a circle."""

import ast

import pytest

from tests.support.source import APP_CODE, ROOT, circles, import_graph, imported, modules, named, read
from ui.kit.registry import PAGES


def uses_streamlit_cache(tree: ast.AST) -> bool:
    """Whether `cache_data` or `cache_resource` is reached as an attribute or imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"cache_data", "cache_resource"}:
            return True
        if isinstance(node, ast.ImportFrom) and any(alias.name in {"cache_data", "cache_resource"} for alias in node.names):
            return True
    return False


@pytest.mark.parametrize(
    ("pattern", "banned"),
    [
        ("pages/**/*.py", {"torch", "numpy"}),
        ("vit_core/**/*.py", {"streamlit", "plotly", "published", "ui", "vit_figures"}),
        ("published/**/*.py", {"streamlit", "plotly", "torch", "ui", "vit_figures"}),
        ("vit_figures/**/*.py", {"streamlit", "torch"}),
    ],
)
def test_imports(pattern, banned):
    offenders = {str(path.relative_to(ROOT)): found for path in ROOT.glob(pattern) if (found := imported(read(path)) & banned)}
    assert not offenders


def test_only_cached_caches():
    allowed = ROOT / "ui" / "work" / "cached.py"
    assert not [str(path.relative_to(ROOT)) for path in APP_CODE if path.exists() and path != allowed and uses_streamlit_cache(read(path))]


KNOWN = modules("pages", "published", "ui", "vit_core", "vit_explainer", "vit_figures")
GRAPH = import_graph(KNOWN)
SHARED = {"compare", "kit", "shell", "standalone", "state", "work"}
"""The folders of `ui` that belong to no page; all others are those of one page each."""

FOR_TYPES = {frozenset({"vit_core.model", "vit_core.readout", "vit_core.trace"})}
"""Circles that exist for a checker of types alone: a trace names the model that it comes from."""


def room(name: str) -> str:
    """The room of a module: a folder of `ui`, or else its package."""
    parts = name.split(".")
    return parts[1] if parts[0] == "ui" and len(parts) > 1 else parts[0]


@pytest.mark.parametrize(
    ("rooms", "allowed"),
    [
        ({"pages"}, {"compare", "kit", "standalone", "state", "shell", "ui", "work"}),
        ({"kit"}, {"kit", "published", "state", "vit_core", "vit_figures", "work"}),
        ({"state"}, {"state", "ui.kit.places", "vit_core", "work"}),
        ({"work"}, {"kit", "state", "vit_core", "work"}),
        ({"published"}, {"published", "vit_core"}),
        ({"vit_core"}, {"vit_core"}),
        ({"vit_figures"}, {"vit_figures"}),
    ],
)
def test_a_room_imports_only_these(rooms, allowed):
    own_pages = {room(name) for name in KNOWN if name.startswith("ui.")} - SHARED if rooms == {"pages"} else set()
    offenders = {
        name: wrong
        for name in GRAPH
        if room(name) in rooms and (wrong := {m for m in GRAPH[name] if not {m, room(m)} & (allowed | own_pages)})
    }
    assert not offenders


def test_a_pages_folder_imports_no_other_pages():
    slugs = {spec.slug for spec in PAGES}
    assert {room(name) for name in KNOWN if name.startswith("ui.")} == SHARED | slugs
    offenders = {}
    for name, needed in GRAPH.items():
        if name.startswith(("ui.", "pages.")) and (own := name.split(".")[1]) not in SHARED:
            wrong = {other for other in needed if room(other) in slugs - {own}}
            offenders |= {name: wrong} if wrong else {}
    assert not offenders


def test_nothing_imports_itself_by_way_of_others():
    assert circles(GRAPH) <= FOR_TYPES


def test_tests_import_their_support_and_never_each_other():
    known = modules("tests")
    found = {name: {other for other in needed if not other.startswith("tests.support")} for name, needed in import_graph(known).items()}
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_the_readers_see_what_they_must():
    assert imported(ast.parse("import numpy.linalg as la\ndef f():\n    from torch.nn import functional")) == {"numpy", "torch"}
    assert imported(ast.parse("from . import figures\nfrom ui import shell")) == {"ui"}
    assert uses_streamlit_cache(ast.parse("@st.cache_data(ttl=3)\ndef f(): ..."))
    assert uses_streamlit_cache(ast.parse("from streamlit import cache_resource as keep"))
    assert not uses_streamlit_cache(ast.parse("from functools import lru_cache\n@lru_cache\ndef f(): ..."))
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {frozenset({"b", "c"})}
    here = dict.fromkeys(["ui", "ui.kit", "ui.kit.explain"], ROOT)
    nodes = ast.parse("from ui.kit import explain\nfrom ui.kit.explain import Check\nfrom ui import kit, nothing\nimport json").body
    assert [named(node, here) for node in nodes] == [{"ui.kit.explain"}, {"ui.kit.explain"}, {"ui.kit", "ui"}, set()]
