"""What the server measures of itself, for Prometheus: on a port of its own, so that whoever sees the app need not see this.

`VIT_METRICS=9109` serves it on this machine alone, `VIT_METRICS=0.0.0.0:9109` on all its addresses. The format is Prometheus' text format,
version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

KIND = "text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """One family: its name without the prefix, kind, what it says, and values by label (a pair, or none)."""

    name: str
    kind: str
    help: str
    values: dict[tuple[str, str] | None, float]


class Sessions:
    """ASGI middleware that counts the tabs that are connected."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass it on; a websocket is counted as long as it is open."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        from ui.work.counts import counts

        counts.add("sessions")
        counts.add("sessions_opened")
        try:
            await self.app(scope, receive, send)
        finally:
            counts.add("sessions", -1)


def memory() -> float:
    """Bytes of this process that are in memory: on Linux now, elsewhere the most so far."""
    if sys.platform == "linux":
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def metrics() -> Iterator[Metric]:
    """All families as they are now."""
    from ui.work import cached
    from ui.work.counts import counts
    from ui.work.turns import turns
    from vit_explainer import warm

    def one(name: str, kind: str, help: str, value: float) -> Metric:
        return Metric(name, kind, help, {None: value})

    yield one("ready", "gauge", "1 once the bundled model has answered.", float(warm.done.is_set()))
    yield one("sessions", "gauge", "Tabs that are connected.", counts.of("sessions"))
    yield one("sessions_opened_total", "counter", "Tabs that have been connected.", counts.of("sessions_opened"))
    yield one("turns_taken", "gauge", "Runs of pages and of the model that are computing.", turns.taken)
    yield one("turns_waiting", "gauge", "Runs that wait for a core.", len(turns.line))
    yield one("turns_total", "counter", "Runs that have had a core.", turns.given)
    yield one("turns_wait_seconds_total", "counter", "Seconds for which runs have waited for a core.", turns.waited)
    yield one("turns_given_up_total", "counter", "Runs that were asked anew before it was their turn.", turns.given_up)
    yield one("forwards_total", "counter", "Forward passes for pages.", counts.of("forwards"))
    yield one("forward_seconds_total", "counter", "Seconds of these forward passes.", counts.of("forward_seconds"))
    yield one("uploads_total", "counter", "Pictures that were brought and could be read.", counts.of("uploads"))
    yield one("uploads_refused_total", "counter", "Pictures that were brought and could not be read.", counts.of("uploads_refused"))
    stores = {name: getattr(cached.stores(), name) for name in ("models", "traces", "payloads")}
    for name, kind, help, what in (
        ("cache_bytes", "gauge", "Bytes that are kept.", "bytes"),
        ("cache_bound_bytes", "gauge", "Bytes that may be kept.", "bound"),
        ("cache_hits_total", "counter", "Values that were there when they were asked for.", "hits"),
        ("cache_misses_total", "counter", "Values that had to be made.", "misses"),
    ):
        yield Metric(name, kind, help, {("store", store): float(getattr(kept, what)) for store, kept in stores.items()})
    yield one("memory_bytes", "gauge", "Bytes of this process in memory.", memory())


def text() -> str:
    """All of it, as Prometheus reads it."""
    lines = []
    for metric in metrics():
        name = f"vit_explainer_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for label, value in metric.values.items():
            lines.append(f'{name}{{{label[0]}="{label[1]}"}} {value:.12g}' if label else f"{name} {value:.12g}")
    return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    """Answers `GET /metrics`; says nothing in the log, as addresses of who asks would stand there."""

    def do_GET(self) -> None:
        """The numbers, or 404."""
        found = self.path.split("?")[0] == "/metrics"
        body = text().encode() if found else b"Only /metrics is here.\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", KIND)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def place(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """Where it is served, if at all. ValueError with one sentence for what is no such place."""
    told = environment.get("VIT_METRICS", "").strip()
    if not told:
        return None
    host, _, port = told.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"VIT_METRICS must be a port, or an address and a port, such as 9109 or 0.0.0.0:9109; got “{told[:40]}”.")
    return host or "127.0.0.1", int(port)


def serve(where: tuple[str, int]) -> ThreadingHTTPServer:
    """Answer there until the process ends. OSError if the port is taken."""
    server = ThreadingHTTPServer(where, Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
