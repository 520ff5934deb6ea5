"""Links that were recorded once open the same views: the address, the strip, the notices, and what every component says and has chosen."""

import time

import pytest

from tests.support.browser.recorded_links import POLL, Seen, differences, look, motion_on, recorded_links
from tests.support.browser.server import open_app

PATIENCE = 90.0  # seconds that the links of one page may take together, after their runs, until they show what was recorded
AT_LEAST = 3.0

RECORDED = recorded_links()


def until_alike(page, recorded: Seen, deadline: float) -> str:
    """What differs from the record, once nothing does or the deadline has passed. Only what is new is compared."""
    seen: Seen = {}
    found = ""
    while True:
        if (now := look(page)) != seen:
            seen, found = now, differences(recorded, now)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(POLL)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_links_open_the_same_views(name: str, server, page) -> None:
    tab, changed, spent = page(reduced_motion=motion_on(name)), [], 0.0
    for entry in RECORDED[name]:
        open_app(tab, server.url + entry["link"])
        start = time.monotonic()
        found = until_alike(tab, entry["seen"], start + max(AT_LEAST, PATIENCE - spent))
        spent += time.monotonic() - start
        if found:
            changed.append(f"{entry['link']}\n{found}")
    assert not changed, "\n\n" + "\n\n".join(changed)
