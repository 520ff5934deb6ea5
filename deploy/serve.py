"""Serves the app from several processes of this machine, behind nginx: `make serve WORKERS=2`. Ends with all of them on Ctrl-C."""

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from vit_explainer.__main__ import models, port  # noqa: E402

RENDER = HERE / "nginx" / "render"
ADVICE = (
    "Several processes need nginx in front of them, and there is none here: install it (Debian: apt-get install nginx-light), "
    "or start one process with make app."
)
PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx")
DIRECT = build_opener(ProxyHandler({}))
CALM = 1.0  # seconds before a replica that ended is started again: one that cannot start does not keep the machine busy


def find_nginx() -> str | None:
    """Where nginx is: on the path, or where systems keep it for their operators."""
    return shutil.which("nginx") or next((place for place in PLACES if os.access(place, os.X_OK)), None)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def workers(text: str) -> int:
    """How many processes. argparse makes one sentence of the error."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError(f"the number of processes is 1 to 64; got {text}")
    return number


@dataclass
class Replica:
    """One process of the app. `common` is what all are told in the environment."""

    name: str
    common: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def start(self) -> None:
        command = [sys.executable, "-m", "vit_explainer", "--port", str(self.port), "--address", "127.0.0.1"]
        self.process = subprocess.Popen(command, cwd=HERE.parent, env=self.common | {"VIT_REPLICA": self.name}, start_new_session=True)

    def ready(self) -> bool:
        """Whether its model has answered."""
        try:
            with DIRECT.open(f"http://{self.address}/ready", timeout=5) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        if self.process is not None and not self.ended:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def environment(count: int) -> dict[str, str]:
    """What all replicas are told: one secret, so that what one has signed holds for the others; the cores shared out between them."""
    threads = str(max(1, (os.cpu_count() or 1) // count))
    usual = {"OMP_NUM_THREADS": threads, "VIT_CORES": threads, "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32)}
    return usual | os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"}


def settings(listen: str, folder: Path, replicas: list[Replica]) -> Path:
    """nginx's settings, written into the folder."""
    told = [RENDER, listen, folder, *(f"{replica.name}={replica.address}" for replica in replicas)]
    file = folder / "nginx.conf"
    file.write_text(subprocess.run(told, capture_output=True, text=True, check=True).stdout)
    return file


def serve(nginx: str, listen: str, count: int) -> None:
    """Serve until this process is told to end; a replica that ends is started again."""
    common = environment(count)
    replicas = [Replica(str(number), common) for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(prefix="vit-explainer-") as folder:
        file = settings(listen, Path(folder), replicas)
        front = None
        try:
            for replica in replicas:
                replica.start()
            while not any(replica.ready() for replica in replicas):
                if all(replica.ended for replica in replicas):
                    sys.exit("The app does not start: what it said stands above.")
                time.sleep(0.1)
            front = subprocess.Popen([nginx, "-e", "stderr", "-p", folder, "-c", str(file)], start_new_session=True)
            print(f"{count} processes of the app, behind nginx, at http://{listen if ':' in listen else f'localhost:{listen}'}", flush=True)
            while front.poll() is None:
                time.sleep(CALM)
                for replica in replicas:
                    if replica.ended:
                        print(f"Process {replica.name} ended and is started again.", flush=True)
                        replica.start()
            sys.exit(f"nginx ended with status {front.returncode}.")
        finally:
            if front is not None and front.poll() is None:
                front.terminate()
                front.wait()
            for replica in replicas:
                replica.stop()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Several processes of the app on this machine, behind nginx.")
    parser.add_argument("--workers", type=workers, default=os.cpu_count() or 1, help="how many (one for each core)")
    parser.add_argument("--port", type=port, default=8501, help="where people come in (8501)")
    parser.add_argument("--address", default="", help="the address that it listens on (all of this machine's)")
    parser.add_argument("--models", type=models, help="as of vit-explainer")
    told = parser.parse_args(arguments)
    nginx = find_nginx()
    if nginx is None:
        sys.exit(ADVICE)
    if told.models:
        os.environ["VIT_MODELS"] = told.models
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        serve(nginx, f"{told.address}:{told.port}" if told.address else str(told.port), told.workers)


if __name__ == "__main__":
    main()
