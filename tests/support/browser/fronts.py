"""What stands in front of two servers: nginx with the project's own settings where there is one, and a forwarder that needs nothing."""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from deploy.serve import find_nginx, free_port
from deploy.serve import settings as nginx_settings
from tests.support.browser.server import PATIENCE, Server


class Behind:
    """A server, as nginx's settings name it."""

    def __init__(self, name: str, server: Server) -> None:
        self.name, self.address = name, urlsplit(server.url).netloc


class Nginx:
    """nginx in front of servers that were told their names as VIT_REPLICA."""

    def __init__(self, folder: Path, servers: dict[str, Server]) -> None:
        nginx, port = find_nginx(), free_port()
        assert nginx is not None
        self.url = f"http://127.0.0.1:{port}"
        file = nginx_settings(f"127.0.0.1:{port}", folder, [Behind(*named) for named in servers.items()])
        self.process = subprocess.Popen([nginx, "-e", "stderr", "-p", str(folder), "-c", str(file)], start_new_session=True)
        wait_for_port(port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


class Forwarder:
    """Carries every connection to the first of the servers that takes it."""

    def __init__(self, _: Path, servers: dict[str, Server]) -> None:
        self.ports = [urlsplit(server.url).port for server in servers.values()]
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self.let_in, daemon=True).start()

    def let_in(self) -> None:
        with suppress(OSError):  # until the door is closed
            while True:
                client, _ = self.door.accept()
                threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        for port in self.ports:
            with suppress(OSError):
                server = socket.create_connection(("127.0.0.1", port), timeout=5)
                server.settimeout(None)
                threading.Thread(target=pump, args=(client, server), daemon=True).start()
                pump(server, client)
                return
        client.close()

    def stop(self) -> None:
        self.door.close()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Bytes from one to the other, until either is gone; then both are."""
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def wait_for_port(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port} after {seconds:.0f} s.")


FRONTS: dict[str, type[Nginx] | type[Forwarder]] = {"forwarder": Forwarder} | ({"nginx": Nginx} if find_nginx() else {})
"""What this machine can put in front; the forwarder always, so that no test rests on an installed nginx alone."""


def kill(server: Server) -> None:
    """At once, with no time to say good-bye."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def back(tab: Page, finished: int) -> None:
    """Waits until the page is with a server again, and has been run by it."""
    tab.wait_for_function(
        """(before) => {
          const app = document.querySelector('[data-testid="stApp"]');
          return app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
            && window.__runs.finished > before && !document.querySelector('[data-stale="true"]');
        }""",
        arg=finished,
        timeout=PATIENCE,
    )


def replica_of(tab: Page) -> str:
    """The name that the server wrote into the browser's cookie."""
    return next(cookie["value"] for cookie in tab.context.cookies() if cookie["name"] == "vit_replica")
