"""What is published about Vision Transformers, with its sources: figures, claims, findings and papers, read from `published/data`.

Texts hold their figures as marks, `{top1|ViT-B/16|I1k@384}`, `{fig|vtab_examples}` or `{calc|parameters|ViT-B/16}`, which `parts` fills in
from the table of models, from `figures.csv` and from the closed forms of `published.derived`; each keeps where it comes from.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from published.data import FOLDER
from published.derived import DERIVED
from vit_core.data import SPECS
from vit_core.presets import SOURCES as MODEL_SOURCES
from vit_core.presets import specs

MARK = re.compile(r"\{([^{}]+)\}")
VERDICTS = ("right", "imprecise", "wrong", "out of date")


@dataclass(frozen=True)
class Figure:
    """A published figure that is not in the table of models. `source` is a key of `sources()`; `setting` says at which resolution, with
    which data, training and head it was measured, as far as the source does; `read` is the day on which it was read there.
    """

    id: str
    value: str
    unit: str
    what: str
    source: str
    setting: str
    read: str

    @property
    def number(self) -> float:
        """The value; ValueError where it is a range."""
        return float(self.value.replace(",", ""))

    @property
    def note(self) -> str:
        """What it is, in which setting, and where it stands."""
        return f"{self.what} ({self.setting}): {sources()[self.source]}"


@dataclass(frozen=True)
class Part:
    """A stretch of a text: plain, or a figure with `note`, its source if it is published and its formula if it is computed."""

    text: str
    kind: Literal["plain", "published", "computed"] = "plain"
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """What is commonly stated, whether it holds (`verdict`), what is right, and why the two differ."""

    id: str
    topic: str
    stated: str
    verdict: str
    fact: tuple[Part, ...]
    why: tuple[Part, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """A published or computed finding that a recommendation can rest on."""

    id: str
    text: tuple[Part, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """A work that builds on the plain ViT, in two sentences."""

    id: str
    name: str
    authors: str
    year: int
    title: str
    arxiv: str
    words: tuple[Part, ...]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def sources() -> dict[str, str]:
    """Keys and names of all sources, those of the table of models among them; says where only an abstract was read."""
    own = {
        row["id"]: f"{row['work']}, {row['place']}" + (f" (known from its {row['known_from']} alone)" if row["known_from"] else "")
        for row in rows("sources")
    }
    return MODEL_SOURCES | own


def cite(keys: str) -> tuple[str, ...]:
    """The names of sources given as `V2;V5`; ValueError names one that is not listed."""
    unknown = [key for key in keys.split(";") if key not in sources()]
    if unknown:
        raise ValueError(f"These sources are not listed: {', '.join(unknown)}.")
    return tuple(sources()[key] for key in keys.split(";"))


@lru_cache(maxsize=1)
def figures() -> dict[str, Figure]:
    return {row["id"]: Figure(**row) for row in rows("figures")}


@lru_cache(maxsize=1)
def accuracies() -> dict[tuple[str, str], tuple[float, str]]:
    """(model, setting) to top-1 in percent and its source, from the table of models."""
    return {(spec.name, a.setting): (a.value, a.source) for spec in specs() for a in spec.top1}


@lru_cache(maxsize=1)
def accuracy_texts() -> dict[tuple[str, str], str]:
    """The same as printed: with two decimals where the table has them."""
    with SPECS.open(encoding="utf-8", newline="") as file:
        found = [(row["name"], *figure.split(" [")[0].split("=")) for row in csv.DictReader(file) for figure in row["top1"].split(";")]
    return {(name, setting): value for name, setting, value in found}


def filled(mark: str) -> Part:
    """What a mark stands for; ValueError if nothing."""
    kind, *names = mark.split("|")
    if kind == "top1" and len(names) == 2 and (names[0], names[1]) in accuracies():
        model, setting = names
        source = accuracies()[model, setting][1]
        return Part(accuracy_texts()[model, setting], "published", f"{model}, {setting}: {sources()[source]}")
    if kind == "fig" and names[0] in figures():
        figure = figures()[names[0]]
        return Part(figure.value, "published", figure.note)
    if kind == "calc" and names[0] in DERIVED:
        value, formula = DERIVED[names[0]](*names[1:])
        return Part(value, "computed", formula)
    raise ValueError(f'Nothing is known for the mark "{{{mark}}}".')


def parts(text: str) -> tuple[Part, ...]:
    """A text with its marks filled in."""
    pieces = MARK.split(text)
    found = (Part(piece) if at % 2 == 0 else filled(piece) for at, piece in enumerate(pieces))
    return tuple(part for part in found if part.text)


def plain(text: tuple[Part, ...]) -> str:
    """The text alone."""
    return "".join(part.text for part in text)


@lru_cache(maxsize=1)
def claims() -> dict[str, Claim]:
    return {
        row["id"]: Claim(
            row["id"], row["topic"], row["stated"], row["verdict"], parts(row["fact"]), parts(row["why"]), cite(row["sources"])
        )
        for row in rows("claims")
    }


@lru_cache(maxsize=1)
def findings() -> dict[str, Evidence]:
    return {row["id"]: Evidence(row["id"], parts(row["text"]), cite(row["sources"])) for row in rows("evidence")}


@lru_cache(maxsize=1)
def papers() -> dict[str, Paper]:
    return {
        row["id"]: Paper(row["id"], row["name"], row["authors"], int(row["year"]), row["title"], row["arxiv"], parts(row["words"]))
        for row in rows("papers")
    }
