"""Runs a notebook as a kernel would: its cells in turn in one namespace, from the project's folder; what a cell's last line shows is kept.

A notebook's file is JSON, and a kernel asks an object for its `_repr_mimebundle_`: with that, the tests need no kernel installed.
"""

import ast
import contextlib
import html
import io
import json
from pathlib import Path
from typing import Any


def run(file: Path) -> dict:
    """The notebook with outputs, as it would be saved. What a cell raises is raised."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    space: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, start=1):
        cell["execution_count"] = number
        cell["outputs"] = outputs("".join(cell["source"]), space, f"{file.name}, cell {number}", number)
    return json.loads(json.dumps(notebook))


def outputs(source: str, space: dict[str, Any], name: str, number: int) -> list[dict]:
    """What one cell prints and shows, as the notebook's format has it."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), space)
        value = eval(compile(ast.Expression(last.value), name, "eval"), space) if last else None
    found: list[dict] = [{"output_type": "stream", "name": "stdout", "text": printed.getvalue()}] if printed.getvalue() else []
    if value is not None:
        shows = getattr(value, "_repr_mimebundle_", None)
        data = shows() if shows else {"text/plain": repr(value)}
        found.append({"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data})
    return found


def page(notebook: dict) -> str:
    """The saved notebook as a page, as front ends and `nbconvert` show it: an output's richest form, HTML as it is."""
    parts = []
    for cell in notebook["cells"]:
        parts.append(f"<pre>{html.escape(''.join(cell['source']))}</pre>")
        for output in cell.get("outputs", []):
            data = output.get("data", {"text/plain": output.get("text")})
            parts.append(f"<div>{data['text/html']}</div>" if "text/html" in data else f"<pre>{html.escape(data['text/plain'])}</pre>")
    return f'<!doctype html><meta charset="utf-8"><title>Notebook</title><body>{"".join(parts)}</body>'
