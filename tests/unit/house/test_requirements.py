"""Requirements are pinned once, installed as pinned, and cover what the app imports."""

import re
import sys
from importlib.metadata import version

from tests.support.source import APP_CODE, ROOT, imported, read


def pins(name: str) -> dict[str, str]:
    """Package to version, of one requirements file; an AssertionError names a line that is not `package==version`."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if not line or line == "-r requirements.txt":
            continue
        match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==(\d[A-Za-z0-9.]*)", line)
        assert match, f"{name}: {line!r} is not pinned with =="
        assert match[1] not in found, f"{name}: {match[1]} stands there twice"
        found[match[1]] = match[2]
    return found


def test_requirements_are_pinned_once():
    app, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert app and dev
    assert not app.keys() & dev.keys()
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()


def test_installed_versions_are_the_pinned_ones():
    wanted = pins("requirements.txt") | pins("requirements-dev.txt")
    installed = {name: version(name).split("+")[0] for name in wanted}
    assert installed == wanted


def test_requirements_cover_the_imports():
    distribution = {"PIL": "pillow"}
    own = {"app", "pages", "published", "ui", "vit_core", "vit_explainer"}
    used = set().union(*(imported(read(path)) for path in APP_CODE if path.exists()))
    assert not {distribution.get(name, name) for name in used - sys.stdlib_module_names - own} - pins("requirements.txt").keys()
