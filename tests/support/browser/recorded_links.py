"""What a link shows: read from the open page, compared, and recorded in `recorded_links.json`.

`python -m tests.support.browser.recorded_links [page …]` opens every link of `recorded_links.json` (or those of the pages
named) on two fresh servers, in opposite orders, and writes down what a person sees both times. A new link is an entry
`{"link": "/page?…"}` there.
`test_recorded_links.py` opens the same links and expects the same.
"""

import difflib
import json
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser.find_browser import ADVICE, find_browser
from tests.support.browser.pages import Motion, Pages
from tests.support.browser.server import CHROMIUM_FLAGS, Server, open_app

LINKS = Path(__file__).with_name("recorded_links.json")
VARIES = "(varies)"  # stands for what was not the same both times
CALM = 1.5  # seconds without a change, then the recorder takes a page for finished
LONGEST = 240.0  # seconds that the recorder waits for that
POLL = 0.1

Seen = dict[str, Any]
Recorded = dict[str, list[Seen]]
"""For each page its links, each `{"link": …, "seen": …}`."""

BUSY = '[data-testid="stProgress"], [data-testid="stApp"]:not([data-test-script-state="notRunning"])'
UNDER_WAY = re.compile(r"\d+ (of \d+ ways measured)")  # measuring takes long, and what it finds is never the same: it is not waited for
DURATION = re.compile(r"\d[\d.,]* (ms|s)\b")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-−+]?\d+)?")
TINY = re.compile(r"e[-−]")
RELATIVE = 2e-3  # two machines sum in different orders: a number with decimals may be off by this share, or by two of its last place

# Everything visible that says what is shown: of Streamlit's own page, and of every component by itself, in the order of the page.
# A component that has many of a kind (144 heads, 196 patches) tells how many, the first few, and the last.
READ = r"""
() => {
  const FEW = 8;
  const tidy = (text) => (text ?? "").replace(/[\s\u2009\u202f\u00a0]+/g, " ").trim();
  const shown = (node) => node.checkVisibility({ visibilityProperty: true });
  const few = (texts) => (texts.length > FEW + 2 ? [...texts.slice(0, FEW), `… ${texts.length} in all, the last: ${texts.at(-1)}`] : texts);
  const find = (root, selector) => [...root.querySelectorAll(selector)].filter(shown);
  const words = (node) => {
    const copy = node.cloneNode(true);
    for (const formula of copy.querySelectorAll(".katex")) {
      formula.replaceWith(` ${formula.querySelector("annotation")?.textContent ?? ""} `);
    }
    for (const other of copy.querySelectorAll('style, script, [data-testid$="Icon"], [data-testid="stIconMaterial"]')) other.remove();
    for (const part of copy.querySelectorAll("p, div, dt, dd, li, td, th, h2, h3, h4, br, button, label, strong")) part.before(" ");
    return tidy(copy.textContent);
  };
  const named = (node) => node.getAttribute("aria-label") || (node.labels?.[0] ? words(node.labels[0]) : node.textContent) || node.title;
  const name = (node) => tidy(named(node));
  const group = (node) => tidy(node.closest("[role=radiogroup], [role=tablist], [role=group], [role=listbox]")?.getAttribute("aria-label"));
  const within = (node) => (group(node) && group(node) !== name(node) ? `${group(node)}: ${name(node)}` : name(node));

  const CHOSEN = "[aria-checked=true], [aria-selected=true], [aria-pressed=true], [aria-current]:not([aria-current=false]), input:checked";
  const SET = "input:not([type=checkbox], [type=radio], [type=file]), select, [role=slider]:not(input)";
  const option = (node) => node.selectedOptions?.[0]?.textContent ?? node.value;
  const value = (node) => tidy(node.getAttribute("aria-valuetext") ?? option(node) ?? node.getAttribute("aria-valuenow"));
  const choices = (root) => ({
    chosen: few(find(root, CHOSEN).map(within)),
    set: few(find(root, SET).map((node) => `${name(node)}: ${value(node)}`)),
  });
  const component = (root) => ({
    headings: few(find(root, "h2, h3, h4, figcaption, caption").map(words)),
    said: few(find(root, "[role=status], [aria-live]:not([aria-live=off])").map(words).filter(Boolean)),
    labels: few(find(root, "[aria-label]").filter((node) => !node.matches("button, input, select, a")).map(name)),
    ...choices(root),
    facts: few(find(root, "dl").map(words)),
    rows: find(root, "tr").length,
    drawings: find(root, "canvas, svg, .plotted-drawing").filter((node) => !node.parentNode.closest?.(".plotted-drawing")).length,
  });
  const without = (part) => Object.fromEntries(Object.entries(part).filter(([, found]) => (Array.isArray(found) ? found.length : found)));

  const roots = [];
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.matches(".vit") && shown(one)) roots.push(one);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  const main = document.querySelector('[data-testid="stMain"]');
  const side = document.querySelector('[data-testid="stSidebar"]');
  const strip = (root) => root.querySelector('[role=group][aria-label="What is shown"]');
  const own = (selector) => find(main, selector).filter((node) => !node.closest(".vit"));
  return {
    title: words(main.querySelector("h1") ?? main.cloneNode()),
    lead: words(main.querySelector("h1 + p") ?? main.cloneNode()),
    strip: roots.filter(strip).flatMap((root) => [...strip(root).children].filter(shown).map(words)).filter(Boolean),
    notices: own('[data-testid="stAlert"]').map(words),
    headings: own("h2, h3").map(words),
    said: own("[role=status]").map(words),
    page: without(choices(main)),
    sidebar: without(choices(side ?? main.cloneNode())),
    explained: own("[role=tabpanel]").map(words),
    components: roots.filter((root) => !strip(root)).map((root) => without(component(root))).filter((part) => Object.keys(part).length),
  };
}
"""


def look(page: Page) -> Seen:
    """What a person sees now: the address, and the page in words, without durations and how far a measurement is."""
    text = json.dumps(page.evaluate(READ), ensure_ascii=False)
    found = json.loads(UNDER_WAY.sub(r"… \1", DURATION.sub(r"… \1", text)))
    parts = urlsplit(page.url)
    return {"address": {"path": parts.path, **dict(sorted(parse_qsl(parts.query, keep_blank_values=True)))}, **found}


def alike(one: str, other: str) -> bool:
    """Whether two texts are the same but for the rounding of numbers with decimals."""
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    return all(near(a, b) for a, b in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True))


def near(one: str, other: str) -> bool:
    """Whether two written numbers are the same but for rounding: equal without decimals, both nil with exponents below 0."""
    if one == other or (TINY.search(one) and TINY.search(other)):
        return True
    if "." not in one or "." not in other:
        return False
    a, b = float(one.replace("−", "-")), float(other.replace("−", "-"))
    last = 0.0 if "e" in one + other else 10.0 ** -min(len(text.split(".")[1]) for text in (one, other))
    return abs(a - b) <= max(RELATIVE * max(a, b), 2.001 * last)


def common(one: Any, other: Any) -> Any:
    """What two readings of a page have in common; `VARIES` stands where they differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: common(one.get(key), other.get(key)) for key in one | other}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [common(*pair) for pair in zip(one, other, strict=True)]
    if isinstance(one, str) and isinstance(other, str):
        return one if alike(one, other) else VARIES
    return one if one == other else VARIES


def aligned(recorded: Any, found: Any) -> Any:
    """What was found, as it was recorded wherever that makes no difference."""
    if recorded == VARIES:
        return VARIES
    if isinstance(recorded, dict) and isinstance(found, dict):
        both = {key: aligned(recorded.get(key), found.get(key)) for key in recorded | found}
        return {key: value for key, value in both.items() if value is not None}
    if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
        return [aligned(*pair) for pair in zip(recorded, found, strict=True)]
    same = isinstance(recorded, str) and isinstance(found, str) and alike(recorded, found)
    return recorded if same else found


def lines(value: Any, name: str = "") -> Iterator[str]:
    """A reading as lines for people: where it stands, then what."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, part in items:
            yield from lines(part, f"{name} › {key}" if name else str(key))
    else:
        yield from textwrap.wrap(f"{name}: {value}", 140, subsequent_indent="    ") or [f"{name}:"]


def differences(recorded: Seen, found: Seen) -> str:
    """What has changed, as a diff; empty if nothing has."""
    as_recorded = aligned(recorded, found)
    if as_recorded == recorded:  # without making lines of all of it
        return ""
    old, new = list(lines(recorded)), list(lines(as_recorded))
    return "\n".join(difflib.unified_diff(old, new, "recorded", "found", lineterm="", n=1))


def settled(page: Page) -> Seen:
    """What is seen once nothing changes any more and nothing is computed, measurements apart."""
    deadline, since, seen = time.monotonic() + LONGEST, time.monotonic(), look(page)
    while time.monotonic() < deadline:
        time.sleep(POLL)
        now = look(page)
        computes = page.locator(BUSY).count() and not page.get_by_text(UNDER_WAY).count()
        if now != seen or computes:
            since, seen = time.monotonic(), now
        elif time.monotonic() - since >= CALM:
            return seen
    raise TimeoutError(f"{page.url} did not come to rest within {LONGEST:g} s")


def motion_on(name: str) -> Motion:
    """Less motion is asked for where a page plays by itself: the story on the first one."""
    return "reduce" if name == "overview" else "no-preference"


def readings(browser: Browser, links: Recorded) -> dict[str, Seen]:
    """What every link shows on a fresh server, page by page; the links of a page share a browser context, as in the test."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "server.log")
        try:
            for name, entries in links.items():
                pages = Pages(browser)
                page = pages(reduced_motion=motion_on(name))
                for entry in entries:
                    found[entry["link"]] = settled(open_app(page, server.url + entry["link"]))
                    print(entry["link"], flush=True)
                problems = pages.errors
                pages.close()
                if problems:
                    raise RuntimeError("\n".join(problems))
        finally:
            server.stop()
    return found


def recorded_links() -> Recorded:
    """The fixture."""
    return json.loads(LINKS.read_text())


def main(names: list[str]) -> int:
    """Record the links of some pages, or of all."""
    executable = find_browser()
    if executable is None:
        print(ADVICE, file=sys.stderr)
        return 1
    kept = recorded_links()
    links = {name: entries for name, entries in kept.items() if name in names or not names}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        one, other = readings(browser, links), readings(browser, dict(reversed(links.items())))
        browser.close()
    for entries in links.values():
        for entry in entries:
            entry["seen"] = common(one[entry["link"]], other[entry["link"]])
    LINKS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
