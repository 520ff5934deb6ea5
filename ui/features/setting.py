"""What is set on the features page: what is looked at, which rows of a layer, and whether what stays the same at a place is subtracted."""

from typing import cast

from ui.features.payload import Setting
from ui.state import session, view
from ui.state.selection import Selection
from vit_core.study.representations.features import Rows

TABS = {
    "alike": "Alike and apart",
    "groups": "Groups",
    "pair": "Two pictures",
    "gallery": "All pictures",
    "layers": "Similar layers",
}


def setting(chosen: Selection) -> Setting:
    """What the link says."""
    said = view.read("features", chosen.view)
    return Setting(cast(Rows, said["rows"]), said["content"])


def tab_of(chosen: Selection) -> str:
    """What is open."""
    return view.read("features", chosen.view, "look")


def open_tab(name: str) -> None:
    """Open another; what is set in the others stays."""
    session.change(view=view.changed("features", session.current().view, {"look": name}))


def token_of(chosen: Selection, subject: int) -> int:
    """The token that is looked at; `subject` where nobody has chosen one. Token 0 stands in no link: the view says that it was chosen."""
    return chosen.token if chosen.token or view.read("features", chosen.view, "front") else subject
