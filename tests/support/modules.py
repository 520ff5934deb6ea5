"""The components' ES modules: how they import each other, and how a blank page of the test browser gets them without the app."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Route

from ui.kit.components import PROJECT, SERVED, version
from ui.kit.modules import IMPORT
from ui.kit.places import COMPONENTS

ORIGIN = "http://localhost/components"
EXPORT = re.compile(r"^export (?:default |async )*(?:function\*?|class|const|let) (?P<name>\w+)", re.MULTILINE)
TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class Import:
    """`import {names} from "file"`, with names as the other module calls them (`*` and `default` among them)."""

    by: Path
    file: Path
    names: frozenset[str]


def files() -> list[Path]:
    """Every module of every component."""
    return sorted(COMPONENTS.rglob("*.js"))


def imports(module: Path) -> list[Import]:
    """What a module imports, or hands on, from others."""
    found = []
    for match in IMPORT.finditer(module.read_text()):
        text = match["names"] or ""
        braces = re.search(r"\{(.*)\}", text, re.DOTALL)
        names = {name.split(" as ")[0].strip() for name in braces[1].split(",")} - {""} if braces else set()
        before = re.sub(r"\{.*\}", "", text, flags=re.DOTALL).strip(" ,")
        names |= {"*"} if before.startswith("*") else {"default"} if before else set()
        found.append(Import(module, (module.parent / match["file"]).resolve(), frozenset(names)))
    return found


def exports(module: Path) -> set[str]:
    """The names that a module exports."""
    text = module.read_text()
    listed = [name for part in re.findall(r"^export \{(.*?)\}", text, re.DOTALL | re.MULTILINE) for name in part.split(",")]
    names = {name.split(" as ")[-1].strip() for name in listed} - {""}
    return (
        names
        | {match["name"] for match in EXPORT.finditer(text)}
        | ({"default"} if re.search(r"^export default ", text, re.MULTILINE) else set())
    )


def served(file: str) -> str:
    """Where the running app serves a module, given as its path below `assets/components`."""
    return f"/{SERVED}/{PROJECT}.{version()}/{file}"


def serve(page: Page) -> str:
    """Opens a blank page that gets the modules from `ORIGIN`, straight from the disk; returns that address."""

    def answer(route: Route) -> None:
        file = COMPONENTS / route.request.url.removeprefix(f"{ORIGIN}/")
        if file.suffix in TYPES and file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            route.fulfill(body="<!doctype html><title>Components</title>", content_type="text/html")

    page.route("http://localhost/**", answer)
    page.goto(f"{ORIGIN}/")
    return ORIGIN
