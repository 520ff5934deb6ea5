"""Pages are short, start with the guard, and are named in the README, whose figures are those of the whole table."""

import ast
from pathlib import Path

from tests.support.source import ROOT, read

PAGE_LINES = 90


def starts_guarded(tree: ast.Module) -> bool:
    """Whether the first statement that is neither docstring nor import is `shell.require()`."""
    for number, node in enumerate(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "shell.require"
    return False


def test_the_guard_is_seen_where_it_stands():
    assert starts_guarded(ast.parse('"""A page."""\nfrom ui import shell\nshell.require()\nimport streamlit'))
    assert not starts_guarded(ast.parse("from ui import shell\nx = 1\nshell.require()"))
    assert not starts_guarded(ast.parse("from ui import shell"))


def pages() -> list[Path]:
    return sorted(path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py")


def test_pages_are_short():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in pages()}
    assert not {name: length for name, length in lengths.items() if length > PAGE_LINES}


def test_pages_are_guarded():
    assert not [path.name for path in pages() if not starts_guarded(read(path))]


def test_the_readme_names_every_page():
    from ui.kit.registry import PAGES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [spec.title for spec in PAGES if f"| {spec.title} |" not in text] == []


def test_the_readmes_figures_stand_in_the_whole_table():
    whole = (ROOT / "docs" / "BENCHMARKS.md").read_text(encoding="utf-8").splitlines()
    told = (ROOT / "README.md").read_text(encoding="utf-8").split("| measured | value | target |")[1].split("\n\n")[0]
    rows = [line for line in told.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) == 6 and not [row for row in rows if row not in whole]
