"""Parts of a page that wait for something: each ends its own looking alone, and none is left with the notice that it waits."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.server import open_app

APP = Path(__file__).resolve().parents[2] / "support" / "browser" / "apps" / "parts_app.py"
PARTS, SECONDS = 10, 2.0


def test_parts_that_are_due_together_end_one_by_one(fresh_server, page) -> None:
    """They look ten times a second each, so that Streamlit runs several at once, and ends runs early for newer ones."""
    server, tab = fresh_server(script=APP, options=("--browser.gatherUsageStats=false",)), page()
    ends = [0.4 + SECONDS * part / PARTS for part in range(PARTS)]
    open_app(tab, f"{server.url}/?ends={','.join(f'{end:.2f}' for end in ends)}")
    expect(tab.get_by_text(re.compile(r"^part \d$"))).to_have_count(PARTS)
    expect(tab.locator(".vit-waiting")).to_have_count(0, timeout=20_000)
