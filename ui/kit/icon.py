"""The picture of the browser's tab."""

import base64
from functools import cache
from threading import Event

from ui.kit.places import ASSETS

FILE = ASSETS / "icon.png"
served = Event()
"""Set where the server has it at `/favicon.png`, which Streamlit's page asks for where a script names none. Told of one, whatever it is,
Streamlit imports NumPy and Pillow, and the first page waits for both."""


@cache
def address() -> str:
    """It as a `data:` address: Streamlit would drop a file while a page is left, before a slow browser has asked for it."""
    return "data:image/png;base64," + base64.b64encode(FILE.read_bytes()).decode()


def told() -> str | None:
    """What Streamlit is told of it."""
    return None if served.is_set() else address()
