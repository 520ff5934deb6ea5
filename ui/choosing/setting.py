"""The situation that a person describes, as a link’s view holds it."""

from dataclasses import replace

from published.guide_situation import OPTIONS, Situation
from ui.state import session
from ui.state.selection import view_values


def read_situation(view: str) -> Situation:
    """The situation of a link's view, `{"g": [numbers of the options]}`; the default for what is none, as `choosing.js` reads it."""
    numbers = view_values(view).get("g")
    situation = Situation()
    if not isinstance(numbers, list) or len(numbers) != len(OPTIONS):
        return situation
    for (name, values), number in zip(OPTIONS.items(), numbers, strict=True):
        if type(number) is int and 0 <= number < len(values):
            situation = replace(situation, **{name: values[number]})
    return situation


def situation() -> Situation:
    """The session's situation."""
    return read_situation(session.current().view)
