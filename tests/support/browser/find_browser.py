"""Finds the Chromium or Chrome that the browser tests drive; run with `--install`, installs Debian's Chromium where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_BUNDLES = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")
ADVICE = "No Chromium or Chrome found; install one (Debian and Ubuntu: apt-get install chromium) or set CHROME to its path."


def find_browser() -> Path | None:
    """The first browser that starts: `CHROME` if set (and then no other), a command on the path, a macOS application."""
    if chosen := os.environ.get("CHROME"):
        candidates = [shutil.which(chosen)]
    else:
        folders = (Path("/Applications"), Path.home() / "Applications")
        bundles = [str(folder / bundle) for folder in folders for bundle in MAC_BUNDLES]
        candidates = [shutil.which(name) for name in (*COMMANDS, *bundles)]
    return next((Path(path) for path in candidates if path and starts(path)), None)


def starts(path: str) -> bool:
    """Whether the program answers `--version`: some distributions ship a `chromium-browser` that only names a package to install."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_chromium() -> None:
    """Installs Debian's package, where apt-get exists and may be run without a password; otherwise does nothing."""
    if not shutil.which("apt-get"):
        return
    as_root: list[str] = []
    if os.geteuid() != 0:
        as_root = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run([*as_root, "true"], capture_output=True).returncode:
            return
    print("Installing Chromium for the browser tests.", flush=True)
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    for step in (["update"], ["install", "-y", "chromium"]):
        done = subprocess.run([*apt, *step], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            return


def main() -> int:
    browser = find_browser()
    if browser is None and "--install" in sys.argv[1:] and not os.environ.get("CHROME"):
        install_chromium()
        browser = find_browser()
    if browser is None:
        chosen = os.environ.get("CHROME")
        print(f"CHROME is set to {chosen!r}, which does not start; set it to a Chromium or Chrome." if chosen else ADVICE, file=sys.stderr)
        return 1
    print(f"Browser: {browser}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
