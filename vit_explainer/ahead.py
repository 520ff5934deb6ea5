"""What a browser loads beside Streamlit's own code, not after it: the modules of the page that it asked for, and those parts of Streamlit's
code that every page of ours is made with. Streamlit would have them asked for as the first run comes in, when the server is busy with it.
"""

import re
from asyncio import to_thread
from functools import cache
from pathlib import Path
from threading import Event

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARTS = ("Html", "BidiComponent", "FileUploader", "Slider", "Selectbox", "PageLink", "rehype-katex")
CODE = Path(streamlit.__file__).parent / "static" / "static" / "js"
IMPORTED = re.compile(r'(?:from|import)"\./([^"/]+\.js)"')
STREAMLITS = re.compile(r'static/js/([^"/]+\.js)')
END = b"</head>"
PATIENCE = 0.3  # seconds that a page waits for the modules' addresses: without them it is as it was
ON_EVERY_PAGE = ("strip", "terms", "gallery")
prepared = Event()
"""Set once the modules can be asked for: a module that a browser has asked for in vain stays missing."""


def prepare() -> None:
    """Have the modules served, and read which ones each page needs."""
    from ui.kit import components
    from ui.kit.registry import PAGES

    components.prepare(PAGES[0].slug, *ON_EVERY_PAGE)
    links(PAGES[0].slug)
    prepared.set()


@cache
def streamlits(index: str) -> str:
    """Links to those parts of Streamlit's code, and to what they import, that its page does not name itself."""
    known = {*STREAMLITS.findall(index)}
    found = [file.name for part in PARTS for file in CODE.glob(f"{part}.*.js")]
    for name in found:  # grows on the way
        found += [other for other in dict.fromkeys(IMPORTED.findall((CODE / name).read_text(encoding="utf-8"))) if other not in found]
    return "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in found if name not in known)


@cache
def links(slug: str) -> str:
    """Links to the modules of a page."""
    from ui.kit import components

    return components.preloads(*ON_EVERY_PAGE, *components.of_page(slug))


def slug_of(path: str) -> str | None:
    """The page of an address; None where it is no page's."""
    from ui.kit.registry import PAGES

    return next((spec.slug for spec in PAGES if spec.path == path.rpartition("/")[2]), None)


def with_links(document: bytes, slug: str) -> bytes:
    """Streamlit's page with these links at the end of its head; what is another document stays as it is."""
    if END not in document or b'id="root"' not in document:
        return document
    found = streamlits(document.decode()) + (links(slug) if prepared.is_set() else "")
    return document.replace(END, found.encode() + END, 1)


class Ahead:
    """ASGI middleware that adds them to pages. A page is then no file of Streamlit's any more, and has none of its marks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        slug = slug_of(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if slug is None:
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]  # a packed page could take no links
        begun: list[Message] = []
        parts: list[bytes] = []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            start, body = begun[0], b"".join(parts)
            carried = MutableHeaders(scope=start)
            if start["status"] == 200 and carried.get("content-type", "").startswith("text/html"):
                await to_thread(prepared.wait, PATIENCE)
                body = await to_thread(with_links, body, slug)
                carried["Content-Length"] = str(len(body))
                for name in ("ETag", "Last-Modified"):
                    if name in carried:
                        del carried[name]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope | {"headers": plain}, receive, answer)
