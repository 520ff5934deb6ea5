"""Answers of the Hugging Face hub: its address, what is followed, and a plain sentence for every way in which it fails.

Source of the addresses and headers: the hub's documented HTTP interface.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from vit_core.checkpoints.errors import Broken, HubError, NoNetwork
from vit_core.checkpoints.files.strict_json import MAX_BYTES
from vit_core.checkpoints.files.weights import printable

CHUNK = 1 << 16
TIMEOUT = 20
"""Seconds without a byte."""
LOOK, LEAST = 60.0, 1 << 16
"""Bytes that so many seconds must bring: one download at a time has the server's only slot."""
TAGS = "X-Linked-ETag", "ETag"
"""Where the hub writes the SHA-256 of a large file: with the address where its bytes are, or with the bytes themselves."""


def endpoint() -> str:
    """The hub's address without a slash at its end; HubError unless it is one of the web."""
    address = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    if not re.fullmatch(r"https?://[^\s?#]+", address):
        raise HubError(f"HF_ENDPOINT must be an address that starts with https:// or http://; got {printable(address)}.")
    return address


class Redirects(HTTPRedirectHandler):
    """Follows to the web alone, and from https to https alone. `sha256` is what the answers on the way say of the file."""

    sha256: str | None = None

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not newurl.startswith("https://") and not (newurl.startswith("http://") and req.full_url.startswith("http://")):
            raise HubError(f"The hub points to an address that is not followed: {printable(newurl)}.")
        self.sha256 = self.sha256 or said_sha256(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def said_sha256(headers: Any) -> str | None:
    """The SHA-256 among the tags of an answer, if one of them has the form of one."""
    tags = [(headers.get(name) or "").removeprefix("W/").strip('"') for name in TAGS]
    return next((tag for tag in tags if re.fullmatch(r"[0-9a-f]{64}", tag)), None)


class Answer:
    """The bytes of a file from `start` on; `sha256` of the whole file, where the hub says it."""

    def __init__(self, response: HTTPResponse, sha256: str | None) -> None:
        self.response, self.sha256 = response, sha256 or said_sha256(response.headers)
        length = response.headers.get("Content-Length", "")
        self.length = int(length) if length.isdigit() else None
        place = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        self.start = int(place[1]) if response.status == 206 and place else 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they come; Broken if the connection ends before the last one or is silent for too long, HubError if too few come."""
        count, looked, before = 0, time.monotonic(), 0
        try:
            while chunk := self.response.read1(CHUNK):
                count += len(chunk)
                yield chunk
                if time.monotonic() - looked >= LOOK:
                    if count - before < LEAST:
                        raise HubError("The hub is too slow now: try again later; what has come is kept.")
                    looked, before = time.monotonic(), count
        except (OSError, HTTPException):
            raise Broken("The connection broke off.") from None
        if self.length is not None and count < self.length:
            raise Broken("The connection broke off.")


@contextmanager
def asked(path: str, repo_id: str, start: int = 0) -> Iterator[Answer]:
    """What the hub gives at an address, from byte `start` on if it can do that; HubError says why it gives nothing."""
    address, redirects = endpoint(), Redirects()
    request = Request(address + path, headers={"User-Agent": "vit-explainer"} | ({"Range": f"bytes={start}-"} if start else {}))
    try:
        response = build_opener(redirects).open(request, timeout=TIMEOUT)
    except HubError:
        raise
    except HTTPError as error:
        raise HubError(refusal(error.code, repo_id)) from None
    except (OSError, ValueError, HTTPException):
        raise unreachable(address, repo_id) from None
    with response:
        yield Answer(response, redirects.sha256)


def unreachable(address: str, repo_id: str) -> NoNetwork:
    """What to do without a network."""
    return NoNetwork(
        f"{address} cannot be reached: copy the files of {repo_id} (config.json, preprocessor_config.json, model.safetensors) into a "
        "folder and load that, or set HF_ENDPOINT to a mirror."
    )


def fetch(path: str, repo_id: str) -> bytes:
    """A small answer."""
    data = b""
    try:
        with asked(path, repo_id) as answer:
            for chunk in answer.chunks():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise HubError(f"The hub's answer about {repo_id} is longer than {MAX_BYTES:,} bytes.")
    except Broken:
        raise unreachable(endpoint(), repo_id) from None
    return data


def refusal(code: int, repo_id: str) -> str:
    """One sentence for an answer that is an error."""
    if code == 404:
        return f"The hub has no model {repo_id}, or not this revision of it."
    if code in (401, 403):
        return f"The hub does not give {repo_id} to everyone, or has no such model: download it with your account and load its folder."
    if code == 429:
        return "The hub asks to wait, as it had too many requests: try again in a few minutes."
    if 300 <= code < 400:
        return f"The hub points to an address for {repo_id} that is not followed: try again later, or set HF_ENDPOINT to a mirror."
    return f"The hub answered with error {code} for {repo_id}: try again later."
