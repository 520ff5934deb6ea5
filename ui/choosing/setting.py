"""The situation that a person describes, as a link’s view holds it."""

from published.guide_situation import OPTIONS, Situation
from ui.state import session, view


def read_situation(said: str) -> Situation:
    """The situation of a link's view, `{"g": [numbers of the options]}`; the default for what is none."""
    numbers = view.read("choosing", said, "g")
    return Situation(**{name: values[number] for (name, values), number in zip(OPTIONS.items(), numbers, strict=True)})


def situation() -> Situation:
    """The session's situation."""
    return read_situation(session.current().view)
