"""The unit tests of the components' pure modules, `tests/js/**/*.test.js`, run by Node without a page: here one test a file."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.find_node import ADVICE, find_node, new_enough

ROOT = Path(__file__).resolve().parents[3]
JS = ROOT / "tests" / "js"
FILES = sorted(JS.rglob("*.test.js"))


def failures(report: str) -> list[str]:
    """The failed tests of a TAP report, each with what went wrong; not the groups that they stand in."""
    found = re.findall(r"^ *not ok \d+ - ([^\n]*)\n *---\n(.*?)^ *\.\.\.$", report, re.MULTILINE | re.DOTALL)
    return [f"{name}\n{detail}" for name, detail in found if "failureType: 'subtestsFailed'" not in detail]


def test_every_module_that_needs_no_page_is_tested() -> None:
    assert len(FILES) >= 8


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(JS)).removesuffix(".test.js"))
def test_module(file: Path) -> None:
    found = find_node()
    assert found, ADVICE
    done = subprocess.run(
        [found[0], "--test", "--test-reporter=tap", file], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, "\n".join(failures(done.stdout)) or done.stdout + done.stderr


@pytest.mark.parametrize(
    ("said", "fits"), [("v18.20.0", False), ("v20.18.9", False), ("v20.19.0", True), ("v23.1.0", False), ("v25.0.0", True)]
)
def test_node_must_be_new_enough(said: str, fits: bool, tmp_path: Path) -> None:
    fake = tmp_path / "node"
    fake.write_text(f"#!/bin/sh\necho {said}\n")
    fake.chmod(0o755)
    assert new_enough(fake) is fits
    assert not new_enough(tmp_path / "missing")


def test_a_failed_test_is_named_with_what_went_wrong(tmp_path: Path) -> None:
    node, _ = find_node() or pytest.fail(ADVICE)
    broken = tmp_path / "broken.test.js"
    broken.write_text('require("node:test").test("two and two", () => require("node:assert").strictEqual(2 + 2, 5));\n')
    done = subprocess.run([node, "--test", "--test-reporter=tap", broken], capture_output=True, text=True, encoding="utf-8", timeout=120)
    (found,) = failures(done.stdout)
    assert done.returncode and found.startswith("two and two") and "expected: 5" in found
