"""What a page of the app has the browser load ahead: addresses that are there, and nothing of another document."""

import re
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.kit import components
from ui.kit.places import COMPONENTS
from ui.kit.registry import PAGES
from vit_explainer import ahead

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
LINK = re.compile(r'<link rel="modulepreload"(?: crossorigin)? href="([^"]+)">')


@pytest.fixture
def client(monkeypatch) -> TestClient:
    """Streamlit's page at every address but two."""
    monkeypatch.setattr(ahead, "PATIENCE", 0.0)
    monkeypatch.setattr(ahead, "prepared", ahead.Event())
    routes = [
        Route("/privacy", lambda _: HTMLResponse("<html><head></head><body></body></html>")),
        Route("/glossary", lambda _: PlainTextResponse("Streamlit is not ready", 503)),
        Route("/{path:path}", lambda _: FileResponse(INDEX)),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(ahead.Ahead), Middleware(GZipMiddleware)]))


def added(text: str) -> list[str]:
    """The addresses that Streamlit's own page has not."""
    before = INDEX.read_text(encoding="utf-8")
    assert text.replace("".join(match[0] for match in LINK.finditer(text.split("</head>")[0]) if match[0] not in before), "", 1) == before
    return [match[1] for match in LINK.finditer(text) if match[0] not in before]


def test_a_page_names_parts_of_streamlit_that_are_there_and_once_it_can_its_own_modules(client) -> None:
    streamlits = added(client.get("/").text)
    assert {name.split(".")[1] for name in streamlits} >= {"/static/js/Html", "/static/js/BidiComponent"}
    assert all((INDEX.parent / name).is_file() for name in streamlits) and len(streamlits) == len({*streamlits})
    ahead.prepared.set()
    for spec in PAGES:
        found = added(client.get(f"/{spec.path}").text) if spec.slug != "glossary" else []
        tree = f"{components.SERVED}/{components.PROJECT}.{components.version()}/"
        own = [name.removeprefix(tree) for name in found if name.startswith(tree)]
        assert spec.slug == "glossary" or {f"{name}/main.js" for name in ("strip", *components.of_page(spec.slug))} <= {*own}
        assert all((COMPONENTS / name).is_file() for name in own) and len(found) == len(own) + len(streamlits) * (spec.slug != "glossary")


def test_a_page_has_no_mark_of_the_file_that_it_was(client) -> None:
    plain, page = client.get("/other"), client.get("/attention")
    assert "etag" in plain.headers and plain.text == INDEX.read_text(encoding="utf-8")
    assert not {"etag", "last-modified"} & {*page.headers} and int(page.headers["content-length"]) == len(page.content)


def test_other_documents_and_refusals_stay_as_they_are(client) -> None:
    assert client.get("/privacy").text == "<html><head></head><body></body></html>"
    assert (client.get("/glossary").status_code, client.get("/glossary").text) == (503, "Streamlit is not ready")
    assert ahead.with_links(b"<html><head></head></html>", "attention") == b"<html><head></head></html>"
    assert client.post("/").status_code == 405
