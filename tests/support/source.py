"""The project's own Python, read: which files there are, and who imports what."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("pages", "published", "ui", "vit_core", "vit_explainer", "vit_figures")
APP_CODE = [ROOT / "app.py", *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))]


def read(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.AST) -> set[str]:
    """The top-level names of everything imported anywhere in the file, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def modules(*folders: str) -> dict[str, Path]:
    """The modules below some folders of the project by their dotted names; a package goes by its folder's name."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def named(node: ast.AST, known: dict[str, Path]) -> set[str]:
    """The modules among the known ones that an import statement names: `from a import b` names `a.b` if that is one, else `a`."""
    if isinstance(node, ast.Import):
        found = {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom) and node.module:
        found = {whole if (whole := f"{node.module}.{alias.name}") in known else node.module for alias in node.names}
    else:
        return set()
    return found & known.keys()


def import_graph(known: dict[str, Path]) -> dict[str, set[str]]:
    """For every module those of the others that it imports anywhere: also inside functions, and for types alone."""
    return {name: set().union(*(named(node, known) for node in ast.walk(read(path)))) - {name} for name, path in known.items()}


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The groups of modules each of which, by way of others, imports itself."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            for following in graph[todo.pop()] - seen:
                seen.add(following)
                todo.append(following)
        reached[start] = seen
    return {frozenset(other for other in reached[name] if name in reached[other]) for name in graph if name in reached[name]}
