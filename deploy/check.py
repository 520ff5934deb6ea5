"""Checks `deploy/` with the tools of those who run such files, where they are: part of `make lint`. One that is not there is named.

What needs no tool is held by tests/unit/serve/test_deploy.py.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from serve import PLACES, RENDER  # noqa: E402

FOLDERS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), *{str(Path(place).parent) for place in PLACES}])
MANIFESTS = sorted(file for file in (HERE / "kubernetes").glob("*.yaml") if file.name != "kustomization.yaml")
REPLICAS = ("app-1=127.0.0.1:8601", "app-2=127.0.0.1:8602")


@dataclass(frozen=True)
class Check:
    """One tool's look at some files. `does`: what is not checked without it."""

    tool: str
    command: tuple[str | Path, ...]
    does: str


def checks(folder: Path) -> list[Check]:
    """All of them; nginx's settings are written into the folder."""
    settings = folder / "nginx.conf"
    settings.write_text(subprocess.run([RENDER, "127.0.0.1:8080", folder, *REPLICAS], capture_output=True, text=True, check=True).stdout)
    return [
        Check("nginx", ("-t", "-q", "-e", "stderr", "-c", settings), "nginx's settings"),
        Check("hadolint", (HERE / "Dockerfile",), "the Dockerfile"),
        Check("kubernetes-validate", ("--strict", "--quiet", *MANIFESTS), "the fields of the Kubernetes manifests"),
        Check("kubectl", ("kustomize", HERE / "kubernetes"), "that the Kubernetes manifests fit together"),
        Check("shellcheck", (RENDER,), "the script that writes nginx's settings"),
    ]


def run(check: Check) -> str:
    """What the tool says is wrong, or nothing."""
    tool = shutil.which(check.tool, path=FOLDERS)
    if tool is None:
        print(f"deploy: {check.tool} is not installed, so it does not check {check.does}.")
        return ""
    done = subprocess.run([tool, *check.command], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{check.tool}: {done.stdout}{done.stderr}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wrong = [said for check in checks(Path(folder)) if (said := run(check))]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
