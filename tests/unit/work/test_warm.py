"""What is loaded before the first visit is loaded so that a page may load it at the same time."""

from importlib.util import find_spec

from tests.support.source import import_graph, modules
from vit_explainer.warm import NEEDED


def test_no_part_is_loaded_before_the_package_that_needs_it() -> None:
    graph = import_graph(modules("ui", "vit_core"))
    parts = [name for name in NEEDED if "." in name]
    assert parts and all(find_spec(name) for name in NEEDED)
    for name in parts:
        package = name.rpartition(".")[0]
        assert name not in graph[package] or package in NEEDED[: NEEDED.index(name)], name
