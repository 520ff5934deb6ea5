"""Browser components: their files under `assets/components/` as one module each, registered once a process."""

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st
from plotly.colors import sample_colorscale, unlabel_rgb

from ui.kit.places import COMPONENTS

IMPORT = re.compile(r'^import [^;"]+ from "(\.\.?/[^"]+)";\n', re.MULTILINE)
COLOUR_TABLES = {"viridis": "Viridis", "cividis": "Cividis", "diverging": "RdBu_r"}


@cache
def colour_tables() -> str:
    """256 colours of each map as base64 of R, G, B bytes, sampled from Plotly's so that canvas and chart agree."""
    tables = {}
    for name, scale in COLOUR_TABLES.items():
        colours = sample_colorscale(scale, [i / 255 for i in range(256)])
        tables[name] = base64.b64encode(bytes(round(v) for colour in colours for v in unlabel_rgb(colour))).decode()
    return json.dumps(tables)


@cache
def script(name: str) -> str:
    """The ES module `<name>/main.js` of `assets/components/` with the modules it imports in front of it, as one inline module."""
    seen: list[Path] = []

    def collect(file: Path) -> None:
        for needed in IMPORT.findall(file.read_text()):
            if (found := (file.parent / needed).resolve()) not in seen:
                collect(found)
        seen.append(file)

    collect(COMPONENTS / name / "main.js")
    parts = []
    for file in seen:
        source = IMPORT.sub("", file.read_text())
        parts.append(source if file == seen[-1] else re.sub(r"^export ", "", source, flags=re.MULTILINE))
    return f"globalThis.__vitColourTables ??= {colour_tables()};\n" + "\n".join(parts)


@cache
def style(name: str) -> str:
    """The component's CSS after what all components share."""
    own = COMPONENTS / name / "style.css"
    return (COMPONENTS / "kit" / "shared.css").read_text() + (own.read_text() if own.exists() else "")


@cache
def component(name: str) -> Callable:
    """Register a component once a process."""
    return st.components.v2.component(f"vit_{name}", css=style(name), js=script(name))
