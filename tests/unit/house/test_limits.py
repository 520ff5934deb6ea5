"""How long a file, a line and a function of Python may be, and how many files stand in a folder: what no longer fits is in two parts."""

import ast
from collections import Counter
from pathlib import Path

from tests.support.source import PARTS, ROOT, read

FILE_LINES, LINE_CHARACTERS, FUNCTION_LINES, FOLDER_FILES = 300, 140, 60, 16
FOLDERS = (*PARTS, "deploy", "tests")


def files() -> list[Path]:
    """The project's own Python."""
    return [ROOT / "app.py", *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_functions(tree: ast.AST) -> dict[str, int]:
    """The functions, nested ones too, that are longer than they may be, with their lines."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in found}
    return {function: length for function, length in lengths.items() if length > FUNCTION_LINES}


def test_files_are_short():
    lengths = {path: len(lines(path)) for path in files()}
    assert not {name(path): length for path, length in lengths.items() if length > FILE_LINES}


def test_folders_hold_what_can_be_looked_over():
    modules = [path for path in files() if path.name != "__init__.py"]
    scripts = [path for folder in ("assets/components", "tests/js") for path in (ROOT / folder).rglob("*.js")]
    counted = Counter((name(path.parent), path.suffix) for path in [*modules, *scripts])
    assert len(counted) > 100
    assert {folder: count for folder, count in counted.items() if count > FOLDER_FILES} == {}


def test_lines_are_short():
    long = [f"{name(path)}:{number}" for path in files() for number, line in enumerate(lines(path), start=1) if len(line) > LINE_CHARACTERS]
    assert not long


def test_functions_are_short():
    assert not {name(path): long for path in files() if (long := long_functions(read(path)))}


def test_a_long_function_is_seen_wherever_it_stands():
    body = "\n".join(f"        x = {number}" for number in range(FUNCTION_LINES))
    assert long_functions(ast.parse(f"def f():\n    def g():\n{body}\n")) == {"f": FUNCTION_LINES + 2, "g": FUNCTION_LINES + 1}
    assert not long_functions(ast.parse("def f():\n    return 1\n"))
