"""Answers of the Hugging Face hub: its address, what is followed, and a plain sentence for every way in which it fails.

Source of the addresses: the hub's documented HTTP interface.
"""

import os
import re
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from vit_core.checkpoints.errors import HubError, NoNetwork
from vit_core.checkpoints.files.strict_json import MAX_BYTES
from vit_core.checkpoints.files.weights import printable

CHUNK = 1 << 16
TIMEOUT = 20
"""Seconds without a byte."""


def endpoint() -> str:
    """The hub's address without a slash at its end; HubError unless it is one of the web."""
    address = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    if not re.fullmatch(r"https?://[^\s?#]+", address):
        raise HubError(f"HF_ENDPOINT must be an address that starts with https:// or http://; got {printable(address)}.")
    return address


class Redirects(HTTPRedirectHandler):
    """Follows to the web alone, and from https to https alone."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not newurl.startswith("https://") and not (newurl.startswith("http://") and req.full_url.startswith("http://")):
            raise HubError(f"The hub points to an address that is not followed: {printable(newurl)}.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(path: str, repo_id: str) -> bytes:
    """A small answer."""
    data = b""
    for chunk in chunks(path, repo_id):
        data += chunk
        if len(data) > MAX_BYTES:
            raise HubError(f"The hub's answer about {repo_id} is longer than {MAX_BYTES:,} bytes.")
    return data


def chunks(path: str, repo_id: str) -> Iterator[bytes]:
    """The bytes at an address of the hub; HubError says why there are none."""
    address = endpoint()
    try:
        with build_opener(Redirects).open(Request(address + path, headers={"User-Agent": "vit-explainer"}), timeout=TIMEOUT) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk
    except HubError:
        raise
    except HTTPError as error:
        raise HubError(refusal(error.code, repo_id)) from None
    except (OSError, ValueError, HTTPException):
        raise NoNetwork(
            f"{address} cannot be reached: copy the files of {repo_id} (config.json, preprocessor_config.json, model.safetensors) into a "
            "folder and load that, or set HF_ENDPOINT to a mirror."
        ) from None


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
