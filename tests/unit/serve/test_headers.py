"""What every answer tells the browser."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.kit import components
from vit_explainer import headers


def client(**options) -> TestClient:
    route = Route("/", lambda _: PlainTextResponse("here"))
    return TestClient(Starlette(routes=[route], middleware=[Middleware(headers.Headers, **options)]), cookies={})


def test_what_has_its_version_in_its_address_is_kept_and_nothing_else() -> None:
    tree = f"{components.SERVED}/{components.PROJECT}.{components.version()}"
    kept = [f"/{tree}/chart/main.js", f"/app/{tree}/kit/charts/chart.js", f"/{tree}-plotly/plotly.min.js"]
    other = ["/", "/ready", f"/{tree}/nothing.js", f"/{components.SERVED}/other.component/main.js"]

    def answer(request) -> PlainTextResponse:
        return PlainTextResponse("here", status_code=404 if "nothing" in request.url.path else 200, headers={"Cache-Control": "public"})

    app = Starlette(routes=[Route("/{path:path}", answer)], middleware=[Middleware(headers.Headers)])
    said = {path: TestClient(app).get(path).headers["Cache-Control"] for path in (*kept, *other)}
    assert said == dict.fromkeys(kept, "public, max-age=31536000, immutable") | dict.fromkeys(other, "public")


def rules(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (rule.split() for rule in policy.split(";"))}


@pytest.mark.parametrize("path", ["/", "/nothing-here"])
def test_every_answer_carries_them(path) -> None:
    said = client().get(path).headers
    assert said["X-Content-Type-Options"] == "nosniff" and said["Referrer-Policy"] == "no-referrer"
    policy = rules(said["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"] and policy["frame-ancestors"] == ["'self'"]
    assert "'unsafe-inline'" not in policy["script-src"] and "'unsafe-eval'" not in policy["script-src"]
    sources = {source for values in policy.values() for source in values if not source.startswith("'")}
    assert sources == {"data:", "blob:"}  # no other server
    assert "set-cookie" not in said


def test_the_scripts_of_streamlits_page_are_allowed_and_no_other() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = [text for attributes, text in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL) if "src=" not in attributes]
    assert inline
    hashes = [f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline]
    assert rules(headers.policy())["script-src"] == ["'self'", "'wasm-unsafe-eval'", *hashes]


def test_a_site_may_show_it_in_a_frame_if_it_is_named() -> None:
    sites = headers.embedding({"VIT_EMBED": "https://a.example.org, https://*.b.example:8443"})
    assert rules(headers.policy(sites))["frame-ancestors"] == ["'self'", "https://a.example.org", "https://*.b.example:8443"]
    assert headers.embedding({}) == ()
    for wrong in ("a.example.org", "*", "https://a.example.org; script-src *", "https://a.example.org/path"):
        with pytest.raises(ValueError, match="VIT_EMBED names sites"):
            headers.embedding({"VIT_EMBED": wrong})


def test_a_browser_is_told_its_replica_once() -> None:
    one = client(replica="one")
    said = one.get("/").headers["set-cookie"]
    assert said == "vit_replica=one; Path=/; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in one.get("/", headers={"Cookie": "other=1; vit_replica=one"}).headers
    assert one.get("/", headers={"Cookie": "vit_replica=two"}).headers["set-cookie"] == said
    framed = client(replica="one", sites=("https://a.example.org",)).get("/").headers["set-cookie"]
    assert "SameSite=None; Secure" in framed


def test_a_replicas_name_fits_into_a_cookie() -> None:
    assert headers.replica({"VIT_REPLICA": "app-1"}) == "app-1" and headers.replica({}) == ""
    with pytest.raises(ValueError, match="VIT_REPLICA is a name of letters and digits"):
        headers.replica({"VIT_REPLICA": "a; Domain=example.org"})
