"""What ships is whole: models small and plain, pictures credited, nothing left unfinished, continuous integration can be run."""

import os
import re

from tests.support.browser.find_browser import find_browser
from tests.support.source import PARTS, ROOT

MODEL_BYTES = 45 * 10**6  # two models and three moments; `bundle.MOST_BYTES`
MODEL_FILES = {".safetensors", ".json", ".md", ".csv", ".png", ".svg"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".svg"}
OWN_TEXT = {".py", ".js", ".mjs", ".css", ".toml", ".md", ".txt", ".csv", ""}
OWN_FOLDERS = (*PARTS, "assets/components", "deploy", "tests", ".streamlit", ".ci")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")


def test_nothing_is_left_unfinished():
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in OWN_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path for path in files if path.suffix in OWN_TEXT and path.name != ".git" and "__pycache__" not in path.parts]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not found


def test_models_are_small_and_plain():
    files = [path for path in (ROOT / "vit_core" / "data" / "models").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MODEL_BYTES
    assert not [path.name for path in files if path.suffix not in MODEL_FILES]


def test_every_picture_is_credited():
    folder = ROOT / "assets" / "images"
    pictures = [path.name for path in folder.rglob("*") if path.suffix.lower() in PICTURES]
    credits = (folder / "CREDITS.md").read_text(encoding="utf-8") if pictures else ""
    assert not [name for name in pictures if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", credits)]


def test_the_browser_that_chrome_names_is_the_only_candidate(monkeypatch, tmp_path):
    monkeypatch.setenv("CHROME", str(tmp_path / "missing"))
    assert find_browser() is None
    fake = tmp_path / "chrome"
    fake.write_text("#!/bin/sh\nexit 0\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CHROME", str(fake))
    assert find_browser() == fake
    fake.write_text("#!/bin/sh\nexit 1\n")
    assert find_browser() is None


def test_ci_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
