"""“Save as a web page” among the exports of a page of the app."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from ui.kit import components
from ui.kit.explain import Export
from ui.kit.registry import spec_of
from ui.standalone.asked import Asked
from ui.standalone.document import Words, document
from ui.standalone.parts import part
from ui.standalone.saved import about_of, brought
from ui.state import session
from ui.work import cached

OWN_PICTURE = "The picture is your own: a link cannot carry it."


def web_page(slug: str, said: Sequence[str] = ()) -> Export:
    """The open page as one file: what its components have been sent, put together when the button is pressed. `said`: what the page says
    above them.
    """
    chosen, spec = session.current(), spec_of(slug)
    own = chosen.picture in session.uploads()
    about = about_of(Asked(session.analysis(), chosen, session.picture_title(), cached.model_names()[chosen.model]))
    address = urlsplit(st.context.url or "")
    page = "" if own or not address.netloc else f"{address.scheme}://{address.netloc}{address.path or '/'}"
    words = Words(spec.title, spec.lead, about, OWN_PICTURE if own else "", page, said)
    shown = components.shown()

    def make() -> str:
        return document([part(name, data) for name, data in shown.values()], brought(chosen), words)

    name = f"{slug}-{'own' if own else chosen.picture}-{chosen.image_size}-{chosen.patch_size}.html"
    return Export("Save as a web page (HTML)", name, "text/html", make)
