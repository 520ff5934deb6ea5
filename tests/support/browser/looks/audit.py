"""The audit of accessibility: axe-core, which `package.json` pins, run in the page."""

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.browser.server import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = ["color-contrast"]  # what another theme can change
RUN = """
async (rules) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  const told = (id, { target, html }) => `${id}: ${target.flat().at(-1)} ${html.slice(0, 160)}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}
"""


@cache
def axe(path: Path = AXE) -> str:
    """The audit's script."""
    if not path.is_file():
        pytest.fail("axe-core is missing: `make lint` installs the packages of package.json.", pytrace=False)
    return path.read_text(encoding="utf-8")


def audit(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds wrong, by all of its rules or by some: rule, element, and its HTML."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe())
    return page.evaluate(RUN, rules)
