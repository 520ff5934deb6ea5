"""What stands under every picture: formulas with the current numbers, the lines of code that compute it, a check, and exports."""

import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.kit.places import MODELS, ROOT

PACKAGES = sorted({ROOT, MODELS.parents[2]}, key=str, reverse=True)


NEEDS = (
    "# Run it in the project's folder: it imports vit_core (and some published), which lie there.\n"
    "# They need torch, numpy, jaxtyping, safetensors and Pillow: pip install -r requirements.txt\n\n"
)
"""What stands at the top of every page's script."""


@dataclass(frozen=True)
class Check:
    """A number on screen, what it is made of, and the same number computed again from those operands."""

    name: str
    shown: float
    recomputed: float
    operands: str

    @property
    def difference(self) -> float:
        return abs(self.shown - self.recomputed)


@dataclass(frozen=True)
class Export:
    """A file to take away; `make` is called when its button is pressed."""

    label: str
    file_name: str
    mime: str
    make: Callable[[], bytes | str]


def source(thing: Callable) -> tuple[str, int, str]:
    """File (from the project's root), first line and text of a function or class, read from its source."""
    lines, first = inspect.getsourcelines(thing)
    file = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "")
    root = next(folder for folder in PACKAGES if file.is_relative_to(folder))
    return str(file.relative_to(root)), first, textwrap.dedent("".join(lines))


@st.fragment
def sections(
    formulas: Callable[[], Iterable[Sequence[str]]],
    code: list[Callable] | Callable[[], list[Callable]],
    checks: Callable[[], list[Check]],
    exports: list[Export] | Callable[[], list[Export]],
    script: str | Callable[[], str],
) -> None:
    """The sections that every page ends with. `formulas()` gives pairs of a sentence and LaTeX; `script` reproduces the numbers in PyTorch.

    Only the open section is computed and sent: all four at every step of a slider would cost more than the page's picture. What would
    need the model on a page that opens without it is given as a function.
    """
    how, lines, check, take = st.tabs(["How it is computed", "Code", "Check it", "Export"], key="sections", on_change="rerun")
    if how.open:
        with how:
            st.markdown(written(formulas()))
    elif lines.open:
        with lines:
            for thing in code() if callable(code) else code:
                file, first, text = source(thing)
                st.caption(f"{file}, line {first}")
                st.code(text, language="python")
    elif check.open:
        with check:
            st.caption("Each number is computed again from its operands; the difference is rounding.")
            st.html(check_table(checks()))
    elif take.open:
        with take:
            with st.container(horizontal=True):
                for export in exports() if callable(exports) else exports:
                    st.download_button(
                        export.label, export.make, export.file_name, export.mime, on_click="ignore", key=f"export {export.label}"
                    )
            st.caption("The same numbers in PyTorch, from the project's folder:")
            st.code(NEEDS + (script() if callable(script) else script), language="python")


def written(formulas: Iterable[Sequence[str]]) -> str:
    """Sentences and formulas as one text: each element of a page costs the server and the browser about half a millisecond a run."""
    return "\n\n".join(f"{sentence}\n\n$$\n{latex}\n$$" for sentence, latex in formulas)


def digits(value: float) -> str:
    """A whole number with all its digits, any other with six."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"


def check_table(checks: list[Check]) -> str:
    """The checks as HTML: what, operands, shown, computed again, difference."""
    rows = "".join(
        f"<tr><td>{c.name}</td><td "
        f"class='operands'>{c.operands}</td><td>{digits(c.shown)}</td><td>{digits(c.recomputed)}</td><td>{c.difference:.1e}</td></tr>"
        for c in checks
    )
    head = "<tr><th>number</th><th>operands</th><th>shown</th><th>computed again</th><th>difference</th></tr>"
    return f"<div class='vit-check'><table>{head}{rows}</table></div>"
