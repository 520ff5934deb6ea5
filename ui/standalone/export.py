"""“Save as a web page” among the exports of a page of the app."""

from urllib.parse import urlsplit

import streamlit as st

from ui.kit.explain import Export
from ui.standalone.saved import saved
from ui.standalone.views import Asked
from ui.state import session
from ui.work import cached

OWN_PICTURE = "The picture is your own: a link cannot carry it."


def web_page(view: str) -> Export:
    """The open page as one file, made when its button is pressed: for what is selected now."""
    chosen, found = session.current(), session.analysis()
    own = chosen.picture in session.uploads()
    asked = Asked(found, chosen, session.picture_title(), cached.model_names()[chosen.model], image=session.picture())
    address = urlsplit(st.context.url or "")
    page = "" if own or not address.netloc else f"{address.scheme}://{address.netloc}{address.path or '/'}"

    def make() -> str:
        return saved(view, asked, page, OWN_PICTURE if own else "").html

    name = f"{view}-{'own' if own else chosen.picture}-{chosen.image_size}-{chosen.patch_size}.html"
    return Export("Save as a web page (HTML)", name, "text/html", make)
