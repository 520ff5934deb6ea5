"""The rules of the house, held against the files: who imports what, how long a page is, what is pinned, shipped, credited, legible."""

import ast
import os
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from streamlit.config import get_config_options

from tests.support.find_browser import find_browser

ROOT = Path(__file__).resolve().parents[3]
PAGE_LINES = 90
MODEL_BYTES = 40 * 10**6
MODEL_FILES = {".safetensors", ".json", ".md", ".csv", ".png", ".svg"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".svg"}
OWN_TEXT = {".py", ".js", ".mjs", ".css", ".toml", ".md", ".txt", ".csv", ""}
OWN_FOLDERS = ("pages", "published", "ui", "vit_core", "vit_explainer", "assets/components", "tests", ".streamlit", ".ci")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")

PARTS = ("pages", "published", "ui", "vit_core", "vit_explainer")
APP_CODE = [ROOT / "app.py", *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))]


def read(path: Path) -> ast.Module:
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


def uses_streamlit_cache(tree: ast.AST) -> bool:
    """Whether `cache_data` or `cache_resource` is reached as an attribute or imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"cache_data", "cache_resource"}:
            return True
        if isinstance(node, ast.ImportFrom) and any(alias.name in {"cache_data", "cache_resource"} for alias in node.names):
            return True
    return False


def starts_guarded(tree: ast.Module) -> bool:
    """Whether the first statement that is neither docstring nor import is `shell.require()`."""
    for number, node in enumerate(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "shell.require"
    return False


def pages() -> list[Path]:
    return sorted(path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize(
    ("pattern", "banned"),
    [
        ("pages/**/*.py", {"torch", "numpy"}),
        ("vit_core/**/*.py", {"streamlit", "plotly", "published", "ui"}),
        ("published/**/*.py", {"streamlit", "plotly", "torch", "ui"}),
        ("ui/kit/figures.py", {"streamlit", "torch"}),
    ],
)
def test_imports(pattern, banned):
    offenders = {str(path.relative_to(ROOT)): found for path in ROOT.glob(pattern) if (found := imported(read(path)) & banned)}
    assert not offenders


def test_only_cached_caches():
    allowed = ROOT / "ui" / "work" / "cached.py"
    assert not [str(path.relative_to(ROOT)) for path in APP_CODE if path.exists() and path != allowed and uses_streamlit_cache(read(path))]


def test_pages_are_short():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in pages()}
    assert not {name: length for name, length in lengths.items() if length > PAGE_LINES}


def test_pages_are_guarded():
    assert not [path.name for path in pages() if not starts_guarded(read(path))]


def test_the_readers_see_what_they_must():
    assert imported(ast.parse("import numpy.linalg as la\ndef f():\n    from torch.nn import functional")) == {"numpy", "torch"}
    assert imported(ast.parse("from . import figures\nfrom ui import shell")) == {"ui"}
    assert uses_streamlit_cache(ast.parse("@st.cache_data(ttl=3)\ndef f(): ..."))
    assert uses_streamlit_cache(ast.parse("from streamlit import cache_resource as keep"))
    assert not uses_streamlit_cache(ast.parse("from functools import lru_cache\n@lru_cache\ndef f(): ..."))
    assert starts_guarded(ast.parse('"""A page."""\nfrom ui import shell\nshell.require()\nimport streamlit'))
    assert not starts_guarded(ast.parse("from ui import shell\nx = 1\nshell.require()"))
    assert not starts_guarded(ast.parse("from ui import shell"))


def test_nothing_is_left_unfinished():
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in OWN_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path for path in files if path.suffix in OWN_TEXT and path.name != ".git" and "__pycache__" not in path.parts]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not found


def pins(name: str) -> dict[str, str]:
    """Package to version, of one requirements file; an AssertionError names a line that is not `package==version`."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if not line or line == "-r requirements.txt":
            continue
        match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==(\d[A-Za-z0-9.]*)", line)
        assert match, f"{name}: {line!r} is not pinned with =="
        assert match[1] not in found, f"{name}: {match[1]} stands there twice"
        found[match[1]] = match[2]
    return found


def test_requirements_are_pinned_once():
    app, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert app and dev
    assert not app.keys() & dev.keys()
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()


def test_installed_versions_are_the_pinned_ones():
    wanted = pins("requirements.txt") | pins("requirements-dev.txt")
    installed = {name: version(name).split("+")[0] for name in wanted}
    assert installed == wanted


def test_requirements_cover_the_imports():
    distribution = {"PIL": "pillow"}
    own = {"app", "pages", "published", "ui", "vit_core"}
    used = set().union(*(imported(read(path)) for path in APP_CODE if path.exists()))
    assert not {distribution.get(name, name) for name in used - sys.stdlib_module_names - own} - pins("requirements.txt").keys()


def test_models_are_small_and_plain():
    files = [path for path in (ROOT / "vit_core" / "data" / "models").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MODEL_BYTES
    assert not [path.name for path in files if path.suffix not in MODEL_FILES]


def test_every_picture_is_credited():
    folder = ROOT / "assets" / "images"
    pictures = [path.name for path in folder.rglob("*") if path.suffix.lower() in PICTURES]
    credits = (folder / "CREDITS.md").read_text(encoding="utf-8") if pictures else ""
    assert not [name for name in pictures if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", credits)]


def test_the_browser_that_chrome_names_is_the_only_candidate(monkeypatch, tmp_path):
    monkeypatch.setenv("CHROME", str(tmp_path / "missing"))
    assert find_browser() is None
    fake = tmp_path / "chrome"
    fake.write_text("#!/bin/sh\nexit 0\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CHROME", str(fake))
    assert find_browser() == fake
    fake.write_text("#!/bin/sh\nexit 1\n")
    assert find_browser() is None


def test_ci_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def config() -> dict:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_streamlit_knows_every_setting():
    def flat(values: dict, prefix: str = "") -> set[str]:
        nested = (flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"} for key, value in values.items())
        return set().union(*nested)

    assert not flat(config()) - get_config_options().keys()


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of an sRGB colour in 0…255. Source: WCAG 2.2."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def contrast(text: tuple[float, ...], ground: tuple[float, ...]) -> float:
    low, high = sorted((luminance(text), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def over(colour: tuple[float, ...], ground: tuple[float, ...], share: float) -> tuple[float, ...]:
    return tuple(share * c + (1 - share) * g for c, g in zip(colour, ground, strict=True))


def test_contrast_by_the_book():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible(scheme):
    theme = config()["theme"][scheme]
    grounds = {rgb(part[key]) for part in (theme, theme["sidebar"]) for key in ("backgroundColor", "secondaryBackgroundColor")}
    texts = {key: rgb(value) for key, value in theme.items() if key.endswith(("TextColor", "textColor", "primaryColor", "linkColor"))}
    assert len(texts) >= 10
    ratios = {(key, ground): contrast(text, ground) for key, text in texts.items() for ground in grounds}
    # Captions are the text colour at 60%; coloured words may stand on a tint of their own colour (10% in light, 20% in dark).
    ratios |= {("caption", ground): contrast(over(texts["textColor"], ground, 0.6), ground) for ground in grounds}
    for name in ("red", "orange", "yellow", "blue", "green", "violet", "gray"):
        share = 0.1 if scheme == "light" else 0.2
        tints = [over(rgb(theme[f"{name}Color"]), ground, share) for ground in grounds]
        ratios |= {(f"{name} on its tint", tint): contrast(texts[f"{name}TextColor"], tint) for tint in tints}
    assert not {what: round(ratio, 2) for what, ratio in ratios.items() if ratio < 4.5}


def test_the_readme_names_every_page():
    from ui.shell import PAGES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [spec.title for spec in PAGES if f"| {spec.title} |" not in text] == []
