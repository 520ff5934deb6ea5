"""The one table of what a link holds, read from `assets/components/kit/schema.js`: the browser clamps from the same text."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ui.kit.places import COMPONENTS

FILE = COMPONENTS / "kit" / "schema.js"
Entry = Mapping[str, Any]
"""What the table says about a value: `type`, `default`, limits. Explained at the top of the table."""

Kind = type[int] | type[str]


@dataclass(frozen=True)
class Field:
    """A field of the selection. It counts from 0 in the session and from `first` in a link; `below` names the limit that the model sets."""

    name: str
    query: str
    type: str
    default: Any
    first: int = 0
    below: str | None = None
    of_the_model: bool = False
    shared: bool = False
    low: int | None = None
    high: int | None = None
    step: int | None = None
    choices: tuple[int, ...] = ()
    longest: int | None = None

    @property
    def kind(self) -> Kind:
        """The Python type of its values."""
        return int if self.type == "whole" else str

    @property
    def limits(self) -> tuple[int, int, int]:
        """`low`, `high` and `step`. ValueError for a field without them."""
        if self.low is None or self.high is None or self.step is None:
            raise ValueError(f"The field {self.name} has no limits of its own.")
        return self.low, self.high, self.step


def table() -> dict[str, Any]:
    """The file's JSON."""
    return json.loads(FILE.read_text(encoding="utf-8").split("export const SCHEMA =", 1)[1].rstrip().removesuffix(";"))


def fields_of(rows: Mapping[str, Entry]) -> dict[str, Field]:
    """The fields of the selection by name."""
    return {name: Field(name, **{**row, "choices": tuple(row.get("choices", ()))}) for name, row in rows.items()}


_TABLE = table()
FIELDS: dict[str, Field] = fields_of(_TABLE["selection"])
COMPONENTS_OF_VIEW: dict[str, Entry] = _TABLE["view"]
LONGEST_VIEW: int = FIELDS["view"].longest or 0


def entry_of(component: str, *keys: str) -> Entry:
    """What the table says about a key of a component, or about a key of its part. KeyError for one that it does not declare."""
    entry: Entry = COMPONENTS_OF_VIEW[component]
    for key in keys:
        entry = entry["keys"][key]
    return entry


def default_of(entry: Entry) -> Any:
    """What stands where a view says nothing."""
    if entry["type"] == "part":
        return {key: default_of(inner) for key, inner in entry["keys"].items()}
    return entry["default"] if "default" in entry else [default_of(inner) for inner in entry["of"]]


def held(entry: Entry, value: Any, bounds: Mapping[str, Any]) -> Any:
    """The nearest to `value` that the table allows. `bounds` are the limits that it only names. KeyError if one is needed and missing."""
    kind = entry["type"]
    if kind == "part":
        found = value if isinstance(value, dict) else {}
        return {key: held(inner, found.get(key), bounds) for key, inner in entry["keys"].items()}
    if value is None:
        return default_of(entry)
    if kind == "list":
        return held_list(entry, value, bounds)
    if kind in ("whole", "rounded", "number"):
        return held_number(entry, value, bounds)
    if kind == "text":
        return held_text(entry, value)
    if kind == "flag":
        return value if isinstance(value, bool) else entry["default"]
    choices = limit(entry, "choices", bounds)
    if kind == "choice":
        return next((choice for choice in choices if same(choice, value)), entry["default"])
    if not isinstance(value, list):
        return default_of(entry)
    return [choice for one in value for choice in choices if same(choice, one)][: entry.get("most")]


def limit(entry: Entry, name: str, bounds: Mapping[str, Any]) -> Any:
    """A limit of the table; one that it names is looked up in `bounds`."""
    found = entry.get(name)
    return bounds[found] if isinstance(found, str) else found


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON has it: true is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def held_number(entry: Entry, value: Any, bounds: Mapping[str, Any]) -> int | float | None:
    """A number within its limits."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return entry["default"]
    if entry["type"] == "whole" and value != math.floor(value):
        return entry["default"]
    if entry["type"] != "number":
        value = math.floor(value) + (value - math.floor(value) >= 0.5)
    low, high = limit(entry, "low", bounds), limit(entry, "high", bounds)
    kept = value if low is None else max(low, value)
    kept = kept if high is None else min(high, kept)
    return entry["default"] if kept != value and "outside" in entry else kept


def held_text(entry: Entry, value: Any) -> str:
    """A text, cut to its greatest length."""
    longest = entry.get("longest")
    if not isinstance(value, str) or (longest is not None and len(value) > longest and "outside" in entry):
        return entry["default"]
    return value[:longest]


def held_list(entry: Entry, value: Any, bounds: Mapping[str, Any]) -> list:
    """A list, entry by entry; what is missing stands at its default."""
    inner: Sequence[Entry] = entry["of"]
    usual = [default_of(one) for one in inner]
    strict = "exact" in entry or "together" in entry
    if not isinstance(value, list) or (strict and len(value) != len(inner)):
        return usual
    found = [held(one, value[i] if i < len(value) else None, bounds) for i, one in enumerate(inner)]
    return usual if "together" in entry and not same(found, value) else found
