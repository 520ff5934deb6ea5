"""`docs/ARCHITECTURE.md` is true: what it names exists, and each page, component and statistic has all that belongs to it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ui.kit import registry
from vit_core.study.heads import HeadProfiles

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
COMPONENTS = sorted(folder.name for folder in (ROOT / "assets" / "components").iterdir() if folder.is_dir() and folder.name != "kit")
PLACEHOLDERS = ("<page>", "<component>")
PATH = re.compile(r"`((?:assets|docs|pages|published|tests|ui|vit_core)/[\w./<>-]*)`")


def list_of(thing: str) -> list[str]:
    """The paths that the section "To add …" names for a thing, without those that only some of its kind need."""
    section = re.search(rf"^\*\*{re.escape(thing)}\*\*(.+?)(?=^\*\*|^## )", TEXT, re.MULTILINE | re.DOTALL)
    assert section, f"There is no list for {thing}."
    always = re.sub(r"`[^`]+` \(if [^)]*\)", "", section[1].replace("\n", " "))
    return PATH.findall(always)


def test_every_path_that_is_named_exists() -> None:
    named = {path for path in PATH.findall(TEXT) if not any(mark in path for mark in PLACEHOLDERS)}
    assert len(named) > 30
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert missing == ["assets/components/registers/"]  # the page on paper


def test_a_list_that_is_missing_is_noticed() -> None:
    with pytest.raises(AssertionError, match="no list for a dream"):
        list_of("a dream")


@pytest.mark.parametrize("slug", [spec.slug for spec in registry.PAGES])
def test_a_page_has_all_that_belongs_to_it(slug: str) -> None:
    paths = [path.replace("<page>", slug) for path in list_of("a page")]
    assert len(paths) >= 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert slug == "glossary" or f'"{slug}"' in (ROOT / "ui" / "glossary" / "entries.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_all_that_belongs_to_it(name: str) -> None:
    paths = [path.replace("<component>", name) for path in list_of("a component")]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "ui").rglob("*.py"))
    assert f'"{name}"' in sources, f"Nothing in ui/ mounts {name}."


def test_a_measure_of_heads_reaches_the_browser_and_the_docstring() -> None:
    payload = (ROOT / "ui" / "attention" / "payload.py").read_text(encoding="utf-8")
    drawn = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "assets" / "components" / "attention_heads").glob("*.js"))
    measures = [field.name for field in fields(HeadProfiles) if "layers heads" in str(field.type)]
    assert len(measures) >= 6
    sent = dict(re.findall(r'"(\w+)": "(\w+)"', payload))
    assert [name for name in measures if name not in sent.values()] == []
    assert [name for name, field in sent.items() if field in measures and not re.search(rf"\b{name}\b", drawn)] == []
    assert [name for name in measures if f"`{name}`" not in (HeadProfiles.__doc__ or "")] == []
