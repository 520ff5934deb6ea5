"""Starts the app from any folder, or saves a view of a picture as one page: `vit-explainer`, or `python -m vit_explainer`."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from vit_explainer import early
from vit_explainer.door import opening
from vit_explainer.home import home
from vit_explainer.saving import save

SERVER = Path(__file__).with_name("serve.py")
NEEDS = ("streamlit", "plotly")


def port(text: str) -> int:
    """A number that a server can listen on. argparse makes one sentence of the error."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535; got {text}")
    return number


def models(text: str) -> str:
    """A folder that exists, named so that it can be found from elsewhere too; or names of the shelf."""
    path = Path(text).expanduser().resolve()
    if path.is_dir():
        return str(path)
    from vit_core.checkpoints.errors import CheckpointError
    from vit_core.checkpoints.hub import shelf

    try:
        shelf.find(text.replace(",", " ").split())
    except CheckpointError:
        raise argparse.ArgumentTypeError(f"there is no folder {text}, and no such model on the shelf") from None
    return text


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command's options. SystemExit with one sentence where one can't be."""
    parser = argparse.ArgumentParser(
        prog="vit-explainer",
        description="Vision Transformers: From Pixels to Patches, in the browser.",
        epilog="vit-explainer save PICTURE writes a view of a picture as one page: see vit-explainer save --help.",
    )
    parser.add_argument("--port", type=port, help="where the app listens (8501, or the next one that is free)")
    parser.add_argument("--address", help="the address that it listens on (all of this machine's)")
    parser.add_argument("--models", type=models, help="a folder whose models can be chosen besides the bundled one, or names of the shelf")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve the app until it is stopped, or save a view."""
    told = sys.argv[1:] if arguments is None else arguments
    if told[:1] == ["save"]:
        return save(told[1:])
    serve(options(told))


def serve(chosen: argparse.Namespace) -> None:
    """Serve the app until it is stopped."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        sys.exit(f"The app needs {' and '.join(missing)} besides the model: pip install 'vit-explainer[app]'.")
    if chosen.models:
        os.environ["VIT_MODELS"] = chosen.models
    os.chdir(home())  # Streamlit reads its settings, and the page its icon, from the folder that it runs in
    run(SERVER, chosen.port, chosen.address)


def link(address: str | None, port: int) -> str:
    """Where a browser of this machine finds what listens on an address."""
    if address in (None, "", "0.0.0.0", "::"):
        return f"http://localhost:{port}"
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def run(script: Path, port: int | None = None, address: str | None = None, more: Sequence[str] = ()) -> None:
    """Have Streamlit serve this script, with what a start of the app does before Streamlit is there; `more`: options of Streamlit's."""
    early.begin()
    door = None if more else opening.opened(port, address)
    if door is None:
        early.alone()
    else:
        print(f"\n  The app is at {link(address, door.port)}\n", flush=True)
    with early.without_theme():
        from streamlit.web import cli
    if door is not None:
        from vit_explainer.door import handover

        handover.through(door)
    listening = {"--server.port": port, "--server.address": address}
    cli.main(["run", str(script), *(f"{name}={value}" for name, value in listening.items() if value), *more], prog_name="streamlit")


if __name__ == "__main__":
    main()
