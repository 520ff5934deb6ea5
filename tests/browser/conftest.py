"""Fixtures of the browser tests: `browser`, `pool`, `server`, `fresh_server`, `page`."""

# Fixtures, and a hook.
from tests.support.browser.fixtures import browser, fresh_server, page, pool, pytest_runtest_makereport, server  # noqa: F401
