"""The project as others install it: its wheel, built from a copy with the tools at hand, and unpacked as an installation would be."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app.py", "assets", "pages", "published", "ui", "vit_core", "vit_explainer", "vit_figures", ".streamlit")
ABOUT = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.pyc")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def build(folder: Path) -> Path:
    """The wheel, built below `folder`: nothing is fetched, and nothing is written beside the sources."""
    source, out = folder / "source", folder / "wheel"
    source.mkdir()
    for name in (*PARTS, *ABOUT):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=NOT_SOURCE)
        else:
            shutil.copy(ROOT / name, source)
    done = subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return out / done.stdout.splitlines()[-1]


def unpack(wheel: Path, folder: Path) -> Path:
    """The folder with the wheel's contents, as in `site-packages`."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder
