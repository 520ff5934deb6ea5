"""The project as others install it: what the wheel holds, that it works from another folder, and the command that starts the app."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import wheel
from tests.support.wheel import ROOT
from vit_explainer import __main__ as command

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
ONLY_IN_A_CLONE = {"assets/screenshot.png"}  # the README's picture
NOTEBOOK = """
import sys
from pathlib import Path
import vit_core
from published import evidence
from vit_core.train.evaluate import GALLERY
model = vit_core.load()
image = vit_core.open_image(GALLERY / "chelsea.jpg")
trace = model(vit_core.preprocess(image, model, image_size=224), patch_size=16)
assert tuple(trace.attn_weights(8).shape) == (1, 12, 197, 197), trace.attn_weights(8).shape
assert vit_core.cost.macs(model.config, image_size=384).total > 0 and evidence.claims()
assert {Path(module.__file__).is_relative_to(sys.argv[1]) for module in (vit_core, evidence)} == {True}
print(trace.top_k(1)[0][0])
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    return wheel.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(built, tmp_path_factory) -> Path:
    return wheel.unpack(built, tmp_path_factory.mktemp("site"))


def pins(name: str) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return {canonicalize_name(package): version for package, version in (line.split("==") for line in lines if "==" in line)}


def sources() -> set[str]:
    """Every file of the parts, as its path in the project."""
    files = [ROOT / "app.py", *(file for part in wheel.PARTS for file in (ROOT / part).rglob("*") if file.is_file())]
    return {file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts} - ONLY_IN_A_CLONE


def test_the_wheel_holds_every_file_of_the_parts_and_no_other(built) -> None:
    with zipfile.ZipFile(built) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    at_the_top = ("vit_core/", "vit_figures/", "published/", "vit_explainer/")
    assert names == {name if name.startswith(at_the_top) else f"vit_explainer/{name}" for name in sources()}


def test_the_notebook_example_runs_from_another_folder(site, tmp_path) -> None:
    environment = {"PYTHONPATH": str(site), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-P", "-c", NOTEBOOK, str(site)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_command_starts_the_app_that_lies_beside_it(site, tmp_path) -> None:
    found = "from vit_explainer import __main__ as m; print(m.home())"
    for path, folder in ((site, site / "vit_explainer"), (ROOT, ROOT)):
        done = subprocess.run(
            [sys.executable, "-P", "-c", found], cwd=tmp_path, env={"PYTHONPATH": str(path)}, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.strip() == str(folder.resolve()), done.stderr
    assert PROJECT["scripts"] == {"vit-explainer": "vit_explainer.__main__:main"}


def test_the_command_hands_on_what_it_is_told(monkeypatch, tmp_path) -> None:
    from streamlit.web import cli

    told = []
    monkeypatch.setattr(cli, "main", lambda arguments, prog_name: told.append((arguments, Path.cwd())))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIT_MODELS", "")
    (tmp_path / "mine").mkdir()
    command.main(["--port", "8600", "--address", "127.0.0.1", "--models", "mine"])
    assert told == [(["run", str(command.SERVER), "--server.port=8600", "--server.address=127.0.0.1"], ROOT)]
    assert command.os.environ["VIT_MODELS"] == str(tmp_path / "mine")
    command.main([])
    assert told[1][0] == ["run", str(command.SERVER)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "0"], "a port is a number from 1 to 65535; got 0"),
        (["--port", "²"], "a port is a number from 1 to 65535; got ²"),
        (["--models", "nowhere"], "there is no folder nowhere, and no such model on the shelf"),
        (["--speed"], "unrecognized arguments: --speed"),
    ],
)
def test_the_command_answers_bad_input_with_a_sentence(arguments, sentence, capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.options(arguments)
    assert capsys.readouterr().err.splitlines()[-1].endswith(sentence)


def test_the_command_takes_names_of_the_shelf() -> None:
    assert command.options(["--models", "dino-s8, registers"]).models == "dino-s8, registers"


def test_without_the_apps_packages_the_command_names_them(monkeypatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs streamlit and plotly besides the model: pip install 'vit-explainer\[app\]'"):
        command.main([])


def test_the_versions_of_the_package_are_the_tested_ones() -> None:
    tested = pins("requirements.txt") | pins("requirements-dev.txt")
    lists = [PROJECT["dependencies"], *EXTRAS.values()]
    wanted = [one for one in (Requirement(text) for part in lists for text in part) if one.name != PROJECT["name"]]
    assert not [str(one) for one in wanted if not one.specifier.contains(tested[canonicalize_name(one.name)])]
    assert {canonicalize_name(one.name) for one in wanted} >= pins("requirements.txt").keys()


@cache
def distributions() -> Mapping[str, list[str]]:
    """Which installed distributions bring a module of that name; slow to find out."""
    return packages_distributions()


def needed(*folders: str) -> set[str]:
    """The distributions that the Python of these folders imports."""
    trees = [ast.parse(file.read_text()) for folder in folders for file in (ROOT / folder).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    own = {"app", "deploy", "pages", "published", "tests", "ui", "vit_core", "vit_explainer", "vit_figures"}
    tops = {name.split(".")[0] for name in names} - sys.stdlib_module_names - own
    return {canonicalize_name(distributions()[top][0]) for top in tops}


def test_the_extras_cover_the_imports() -> None:
    core, app, figures, train, test = (
        {canonicalize_name(Requirement(text).name) for text in part}
        for part in (PROJECT["dependencies"], EXTRAS["app"], EXTRAS["figures"], EXTRAS["train"], EXTRAS["test"])
    )
    assert needed("vit_core", "published") <= core | train
    assert needed("vit_core", "published", "ui", "pages", "vit_figures") <= core | app | train
    assert needed("vit_figures") <= core | figures
    assert needed("tests") <= core | app | train | test | {"packaging", "setuptools"}  # which pytest and torch bring


LAZY = """
import sys
import vit_core
print("torch" in sys.modules, set(vit_core.__all__) <= set(dir(vit_core)))
from vit_core.presets import specs
from vit_core import ViTTrace, load
print("ViT-B/16" in vit_core.presets, all(getattr(vit_core, name) is not None for name in vit_core.__all__), "torch" in sys.modules)
print(vit_core.analysis.__name__, ViTTrace.__module__, load is vit_core.load, hasattr(vit_core, "nothing"))
"""


def test_the_public_names_are_there_and_pytorch_comes_with_the_first_that_needs_it():
    said = subprocess.run([sys.executable, "-c", LAZY], cwd=ROOT, capture_output=True, text=True, timeout=250, check=True).stdout
    assert said.splitlines() == ["False True", "True True True", "vit_core.analysis vit_core.trace True False"]
