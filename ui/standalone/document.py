"""The HTML file around a view: what is in it, and how it is written so that a browser needs nothing else.

Every module keeps its own scope. The page makes an address (`blob:`) of each one's text, and an import map says which name is which
address; for that, relative imports are written as those names. A content security policy in the page forbids every request.
"""

import base64
import html
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ui.kit.modules import IMPORT, graph, imported_by, reached, style
from ui.kit.payload import pack
from ui.kit.places import COMPONENTS, ROOT
from ui.standalone.parts import HELD, Part, charted, fitting

FOLDER = COMPONENTS / "kit" / "standalone"
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'unsafe-inline'; img-src data: blob:"
THEME = {
    "text-color": "textColor",
    "background-color": "backgroundColor",
    "secondary-background-color": "secondaryBackgroundColor",
    "border-color": "borderColor",
    "primary-color": "primaryColor",
    "link-color": "linkColor",
}
MOST, ROUND_IT, MODULES = 3_000_000, 30_000, 170_000
"""Bytes: what a file may have, what of it stands around the encoded parts, and what modules and styles take at most."""
DIGITS = bytes.maketrans(b"&<>", b",.:")
"""Base 85 without the three of its digits that have a meaning in HTML."""


@dataclass(frozen=True)
class Words:
    """What a page says around its parts. `page`: the address of the app's page, or none; `note`: what it does not carry; `said`: what
    stands above the parts, a paragraph each."""

    title: str
    lead: str
    about: str
    note: str = ""
    page: str = ""
    said: Sequence[str] = ()


def document(parts: Sequence[Part], selection: Mapping[str, Any], words: Words) -> str:
    """The whole file, with Plotly's script where a part has charts: without it, if the file would be larger than `MOST` with it, and
    their numbers as tables. `selection`: what the app's strip would bring (places from 0).
    """
    parts = fitting(parts, MOST - ROUND_IT - MODULES)
    kept = [HELD[one.component] for one in parts if one.component in HELD]
    charts = any(map(charted, parts))
    notes = [held.note for held in kept]
    header = {
        "modules": modules([part.component for part in parts]),
        "start": start([part.component for part in parts]),
        "views": [{"style": style(part.component), "facts": facts_of(part)} for part in parts],
        "selection": dict(selection),
        "page": words.page,
        "about": words.about,
        "fixed": [name for held in kept for name in held.asks],
    }
    arrays = {f"part{i}": np.frombuffer(bytes_of(part), np.uint8) for i, part in enumerate(parts)}
    packed = encoded(pack(arrays, **header))
    library = plotly() if charts else ""
    if charts and len(packed) + len(library) > MOST - ROUND_IT:
        library, notes = "", [*notes, "Its charts are there as tables of their numbers: drawn, they would double its size."]
    said = replace(words, note=" ".join(dict.fromkeys(note for note in (*notes, words.note) if note)))
    return written(packed, said, len(parts), library)


def written(packed: str, words: Words, count: int, library: str = "") -> str:
    """The HTML around what `boot.js` unpacks: the texts of modules, which of them starts, and what `count` components are sent;
    `library` is Plotly's script, encoded like it."""
    sections = "".join(f'<section id="view-{i}"></section>' for i in range(count))
    link = '<p>In the app: <a id="link" href="."></a></p>' if words.page else ""
    note = f"<p>{html.escape(words.note)}</p>" if words.note else ""
    base = f'<base href="{html.escape(words.page)}">\n' if words.page else ""  # of the parts' links to other pages
    said = "".join(f"<p>{html.escape(text)}</p>" for text in words.said)
    drawing = f'<script type="text/plain" id="plotly">{library}</script>\n' if library else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'{base}<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(f'{words.title} · {words.about}')}</title>\n"
        f"<style>\n{theme()}{(FOLDER / 'page.css').read_text()}</style>\n</head>\n<body>\n"
        f'<header><h1>{html.escape(words.title)}</h1><p>{html.escape(words.lead)}</p><button id="theme" type="button">'
        f"Theme: as the system’s</button></header>\n{said}<main>{sections}</main>\n"
        f'<p id="said" role="status"></p>\n<footer>{note}<p>{html.escape(words.about)}</p>{link}</footer>\n'
        "<noscript>This page needs JavaScript.</noscript>\n"
        f'<script type="text/plain" id="parts">{packed}</script>\n{drawing}'
        f"<script>\n{(FOLDER / 'boot.js').read_text()}</script>\n</body>\n</html>\n"
    )


def bytes_of(part: Part) -> bytes:
    """The payload; nothing where a component is sent plain facts."""
    return part.data if isinstance(part.data, bytes) else b""


def facts_of(part: Part) -> Mapping[str, Any] | None:
    """The plain facts that a component is sent instead of a payload."""
    return None if isinstance(part.data, bytes) else part.data


def modules(components: Sequence[str]) -> dict[str, str]:
    """The text of every module that the components and the page need, by its name; imports are written as names."""
    files = [*reached(FOLDER / "open.js"), *(file for name in components for file in graph(name))]
    return {name_of(file): renamed(file) for file in dict.fromkeys(files)}


def name_of(file: Path) -> str:
    """A module's name in the import map: its path below the components' folder, which no relative address looks like."""
    return f"vit/{file.relative_to(COMPONENTS).as_posix()}"


@cache
def renamed(file: Path) -> str:
    """A module's text with its imports by name."""
    names = {match: name_of(target) for match, target in imported_by(file)}
    return IMPORT.sub(lambda match: match[0].replace(f'"{match["file"]}"', f'"{names[match["file"]]}"'), file.read_text())


def start(components: Sequence[str]) -> str:
    """The page's own module: shows the components."""
    lines = [f'import show{i} from "{name_of(COMPONENTS / name / "main.js")}";\n' for i, name in enumerate(components)]
    shows = ", ".join(f"show{i}" for i in range(len(components)))
    return f'import {{ open }} from "{name_of(FOLDER / "open.js")}";\n{"".join(lines)}open([{shows}]);\n'


def encoded(data: bytes) -> str:
    """Bytes compressed, with their number in front, in base 85: five characters for four bytes, none of which HTML reads as its own."""
    small = zlib.compress(data, 9)
    whole = len(small).to_bytes(4, "big") + small
    return base64.b85encode(whole + bytes(-len(whole) % 4)).translate(DIGITS).decode()


@cache
def plotly() -> str:
    """Plotly's script, encoded; nothing where it is not installed."""
    spec = find_spec("plotly")
    file = Path(spec.origin).parent / "package_data" / "plotly.min.js" if spec is not None and spec.origin is not None else None
    return encoded(file.read_bytes()) if file is not None and file.is_file() else ""


@cache
def theme() -> str:
    """The app's colours and fonts as the components know them: light or dark as the system is, or as the page's button says."""
    found = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]

    def rules(kind: str) -> str:
        return "".join(f"--st-{name}: {found[kind][key]}; " for name, key in THEME.items()) + f"color-scheme: {kind};"

    fonts = f"--st-font: {found['font']}; --st-code-font: {found['codeFont']};"
    dark = rules("dark")
    return (
        f":root {{ {rules('light')} {fonts} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme='light']) {{ {dark} }} }}\n"
        f":root[data-theme='dark'] {{ {dark} }}\n"
    )


def framed(page: str, title: str, height: int) -> str:
    """The file in a frame of another page."""
    return (
        f'<iframe title="{html.escape(title)}" srcdoc="{html.escape(page)}" width="100%" height="{height}" '
        'style="border:0;display:block" loading="lazy"></iframe>'
    )
