"""What a page's components add to the link: its `view`, a short JSON text. What no component here knows passes through unchanged."""

import json
from collections.abc import Mapping
from typing import Any

from ui.state import schema


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def values(view: str) -> dict[str, Any]:
    """What a link's view says; empty where it says nothing that can be read."""
    try:
        found = json.loads(view or "{}", parse_constant=_no_json)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text(said: Mapping[str, Any]) -> str:
    """The view that says these values."""
    return json.dumps(said, separators=(",", ":")) if said else ""


def read(component: str, view: str, key: str | None = None, **bounds: Any) -> Any:
    """The component's values, or one of them, each the nearest that can be shown. `bounds` are limits that the table only names.

    KeyError for a key that the component does not declare, and where a limit is needed that is not given.
    """
    said = values(view)
    keys = schema.entry_of(component)["keys"] if key is None else {key: schema.entry_of(component, key)}
    found = {name: schema.held(entry, said.get(name), bounds) for name, entry in keys.items()}
    return found if key is None else found[key]


def changed(component: str, view: str, changes: Mapping[str, Any]) -> str:
    """The view with some of the component's values changed; None, and what stands at its default, is left out.

    Of a part only the keys that are given change. KeyError for a key that the component does not declare.
    """
    return text(_merged(schema.entry_of(component), values(view), changes))


def _merged(owner: schema.Entry, said: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(said)
    for key, value in changes.items():
        entry = owner["keys"][key]
        if entry["type"] == "part" and value is not None:
            before = merged.get(key)
            value = _merged(entry, before if isinstance(before, dict) else {}, value) or None
        elif schema.same(value, schema.default_of(entry)):
            value = None
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged
