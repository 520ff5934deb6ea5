"""Requirements are pinned once, installed as pinned, and cover what the app imports."""

import re
import sys
import tomllib
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
    distribution = {"PIL": "pillow", "sklearn": "scikit-learn"}
    own = {"app", "pages", "published", "ui", "vit_core", "vit_explainer", "vit_figures"}
    used = set().union(*(imported(read(path)) for path in APP_CODE if path.exists()))
    assert not {distribution.get(name, name) for name in used - sys.stdlib_module_names - own} - pins("requirements.txt").keys()


def test_tensors_are_checked_wherever_their_shapes_are_written() -> None:
    """The run-time checks of the tests cover every part of the model that annotates shapes; `config` has one helper that does."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"]
    names = next(option for option in options if "jaxtyping" in option).split("=")[1].split(",")
    covered = {name.removeprefix("vit_core.") for name in names}
    files = [path for path in (ROOT / "vit_core").rglob("*.py") if "from jaxtyping" in path.read_text()]
    written = {path.relative_to(ROOT / "vit_core").with_suffix("").parts[0] for path in files}
    assert written - covered == {"config"}
