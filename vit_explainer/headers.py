"""What every answer says to the browser: which code it may run, who may show the app in a frame, that no address is passed on, which
replica it came from, and what may be kept for good.

They are set here, not in a proxy, so that they hold wherever the app is served, and once only.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REPLICA = "vit_replica"
ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?")
VERSIONED = re.compile(r"/_stcore/bidi-components/vit-explainer\.[0-9a-f]{12}(-plotly)?/")
"""Addresses that hold a hash of what they name, see `ui.kit.components.version`: modules, and Plotly's script."""
KEPT = "public, max-age=31536000, immutable"
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def embedding(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The sites that may show the app in a frame, of `VIT_EMBED`; none by default. ValueError with one sentence for what is no site."""
    sites = environment.get("VIT_EMBED", "").replace(",", " ").split()
    for site in sites:
        if not ORIGIN.fullmatch(site):
            raise ValueError(f"VIT_EMBED names sites such as https://lectures.example.org, with spaces between them; got “{site[:60]}”.")
    return tuple(sites)


def replica(environment: Mapping[str, str]) -> str:
    """This process's name among its replicas, of `VIT_REPLICA`, or nothing. ValueError with one sentence if it can't stand in a cookie."""
    name = environment.get("VIT_REPLICA", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,40}", name):
        raise ValueError(f"VIT_REPLICA is a name of letters and digits; got “{name[:40]}”.")
    return name


@cache
def inline_scripts() -> tuple[str, ...]:
    """The hashes of the scripts that stand in Streamlit's own page; every other one has an address."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = INLINE.findall(page.read_text(encoding="utf-8"))
    return tuple(f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts)


def policy(sites: tuple[str, ...] = ()) -> str:
    """The content security policy: all comes from this server. Streamlit and Plotly write styles into the page, drawn pictures are `blob:`
    and `data:`, and Streamlit's workers are `blob:`. Attention is computed by WebAssembly (`kit/numbers/kernel.js`), which may do no
    more than a script; text is never run as one."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "'wasm-unsafe-eval'", *inline_scripts()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
        "frame-ancestors": " ".join(["'self'", *sites]),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def headers(sites: tuple[str, ...] = ()) -> dict[str, str]:
    """What every answer carries."""
    return {
        "Content-Security-Policy": policy(sites),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(self), clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=()",
    }


def replica_cookie(name: str, sites: tuple[str, ...] = ()) -> str:
    """What has a proxy bring a browser back to the replica of that name. In a frame of another site, only a cookie that says so is sent,
    and only over https."""
    return f"{REPLICA}={name}; Path=/; HttpOnly; {'SameSite=None; Secure; Partitioned' if sites else 'SameSite=Lax'}"


class Headers:
    """ASGI middleware that adds them; the cookie only where the browser has another one, or none. What has its version in its address is
    kept by the browser: Streamlit says nothing of how long, and Plotly's script would come again at each reload."""

    def __init__(self, app: ASGIApp, sites: tuple[str, ...] = (), replica: str = "") -> None:
        self.app, self.added, self.replica = app, headers(sites), replica
        self.cookie = replica_cookie(replica, sites) if replica else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                carried = MutableHeaders(scope=message)
                carried.update(self.added)
                if message["status"] == 200 and VERSIONED.search(scope["path"]):
                    carried["Cache-Control"] = KEPT
                if self.cookie and HTTPConnection(scope).cookies.get(REPLICA) != self.replica:
                    carried.append("Set-Cookie", self.cookie)
            await send(message)

        await self.app(scope, receive, answer)
