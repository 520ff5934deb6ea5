"""Opens the door where all is as usual."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vit_explainer.door import kept, porter
from vit_explainer.home import home

PORT = 8501  # Streamlit's
USUAL = ("STREAMLIT_SERVER_HEADLESS", "STREAMLIT_SERVER_COOKIE_SECRET")
"""Streamlit's variables of the environment that change nothing of where it listens, and of what is answered before it does."""
NEVER = ("VIT_REPLICA", "VIT_SESSIONS")
"""Among replicas a proxy is to find another one as long as this one cannot serve; and a seat cannot be given out if there are few."""
SETTINGS = Path(".streamlit", "config.toml")


class Begun(NamedTuple):
    """This start: what it was told to listen on, what answers go by, and whether there were any."""

    port: int | None
    address: str | None
    signature: str
    answers: bool


start: list[Begun] = []
"""This process's, if answers may be kept of it: see `record`."""


def usual(address: str | None, environment: Mapping[str, str]) -> bool:
    """Whether nothing is set that this does not know."""
    if os.name != "posix" or "/" in (address or "") or any(environment.get(name) for name in NEVER):
        return False
    if any(name.startswith("STREAMLIT_") and name not in USUAL for name in environment):
        return False
    return not any((place / SETTINGS).exists() for place in {Path.home(), kept.SERVING} - {home()})  # the app's own are known


def opened(port: int | None, address: str | None) -> porter.Porter | None:
    """The door; None where something is unusual, nothing is kept that could be answered, or the address can't be had: then Streamlit's
    server says so."""
    with suppress(OSError, LookupError, RuntimeError):  # the last one where nobody has a home
        if not usual(address, os.environ):
            return None
        signature = kept.signature(os.environ)
        answers = kept.read(signature)
        start[:] = [Begun(port, address, signature, bool(answers))]
        if answers:
            found = porter.Porter(*porter.listen(port or PORT, address), answers)
            found.thread.start()
            return found
    return None
