"""Numbers that stand on a page, read from its words, and beside each the same computed by the second program."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral

NUMBER = r"[+−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?(?: ?[kMGT](?=B?\b))?"
PREFIXES = {"k": 3, "M": 6, "G": 9, "T": 12}
ROUNDED = 0.5 + 1e-6  # of a unit of the last digit
OPEN = 0.16  # the same, and at most so much more where the app's number is of float32

# All that can be read: of every component by itself, then the formulas.
WORDS = r"""
() => {
  const roots = [];
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.matches(".vit")) roots.push(one);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  const formulas = [...document.querySelectorAll('[role=tabpanel] .katex annotation')].map((node) => node.textContent);
  return [...roots.map((root) => root.innerText), ...formulas].join(" | ");
}
"""


@dataclass(frozen=True)
class Shown:
    """A number on a page: the words around it, its text, and what it has to be."""

    page: str
    where: str
    text: str
    true: float

    @property
    def right(self) -> bool:
        """Whether every digit that is shown is one of the true number; counts are exact, what is measured is open in float32."""
        counted = isinstance(self.true, Integral)
        return units_off(self.text, self.true) <= ROUNDED + (0 if counted else OPEN)

    def __str__(self) -> str:
        return f"{self.page}: {self.where!r} shows {self.text}, and it is {self.true!r}"


def units_off(text: str, true: float) -> float:
    """By how many units of its last digit a printed number differs from the true one; a prefix (17.56 G) counts."""
    plain = text.replace("−", "-").replace(",", "")
    power = PREFIXES.get(plain[-1], 0)
    plain = plain.rstrip(" kMGT")
    last = Decimal(plain).as_tuple().exponent
    return abs(float(plain) - true / 10.0**power) / 10.0**last


def tidy(text: str) -> str:
    """The words in one line; digits that only a thin space parts belong together, and in formulas an exponent to its number."""
    text = re.sub(r"\\mathrm\{e\{([+-])\}(\d+)\}", r"e\1\2", text)
    text = re.sub(r"(?<=\d)(?:[\u2009\u202f]|\\,)(?=\d{3})", "", text)
    return re.sub(r"\s+", " ", text)


def pattern(template: str) -> re.Pattern:
    """`#` stands for a number, `##` for one behind a number sign, `…` for anything."""
    escaped = re.escape(template).replace(r"\#\#", "NUMBERED").replace(r"\#", f"({NUMBER})").replace("NUMBERED", f"#({NUMBER})")
    return re.compile(escaped.replace("…", ".*?"))


@dataclass
class Reader:
    """A page's words, and what was read of them by now."""

    page: str
    words: str

    def take(self, template: str, *true: float | Iterable[float]) -> Iterator[Shown]:
        """The numbers of the first place that has these words, beside their true values, in order. AssertionError if no place has them."""
        expected = [one for value in true for one in (value if isinstance(value, Iterable) else [value])]
        found = pattern(template).search(self.words)
        assert found, f"{self.page}: nothing reads {template!r}."
        assert len(found.groups()) == len(expected), f"{self.page}: {template!r} has not {len(expected)} numbers."
        yield from (Shown(self.page, template, text, value) for text, value in zip(found.groups(), expected, strict=True))

    def find(self, template: str) -> tuple[str, ...]:
        """The texts of the numbers of the first place that has these words."""
        found = pattern(template).search(self.words)
        assert found, f"{self.page}: nothing reads {template!r}."
        return found.groups()
