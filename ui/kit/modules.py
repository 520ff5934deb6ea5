"""The components' files: which there are, what a component's modules import, and its style. Nothing here needs the app."""

import re
from pathlib import Path

from ui.kit.places import COMPONENTS

IMPORT = re.compile(r'^(?:import|export)\s+(?:(?P<names>[^;"]+?)\s+from\s+)?"(?P<file>[^"]+)";$', re.MULTILINE)


def names() -> list[str]:
    """Every component: the folders with a `main.js`."""
    return sorted(file.parent.name for file in COMPONENTS.glob("*/main.js"))


def style(name: str) -> str:
    """The component's CSS after what all components share and, where its page has a `page.css`, what those of the page share.

    It travels in the message: as a file it would arrive after the first drawing.
    """
    of_page = [file for file in COMPONENTS.glob("*/page.css") if f"{name}_".startswith(f"{file.parent.name}_")]
    files = [COMPONENTS / "kit" / "shared.css", *of_page, COMPONENTS / name / "style.css"]
    return "".join(file.read_text() for file in files if file.exists())


def imported_by(module: Path) -> list[tuple[str, Path]]:
    """What a module imports: as it is written there, and the file."""
    return [(match["file"], (module.parent / match["file"]).resolve()) for match in IMPORT.finditer(module.read_text())]


def reached(main: Path) -> list[Path]:
    """A module and every other that it needs, near ones first: what it imports, and what those import."""
    found = [main]
    for module in found:  # grows on the way
        found += [file for file in dict.fromkeys(file for _, file in imported_by(module)) if file not in found]
    return found


def graph(name: str) -> list[Path]:
    """A component's `main.js` and every module that it needs."""
    return reached(COMPONENTS / name / "main.js")
