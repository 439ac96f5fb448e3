"""A small real service for tests of Locust, and how they run a locustfile against it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from perfgate.drivers.locust import read_locustfile
from perfgate.model.tool import ToolOrder, ToolRun

_PLACES = (
    os.environ.get("PATH", os.defpath),
    str(Path(sys.executable).parent),
    *(
        str(folder / ".bench/venv/bin")
        for folder in (Path(__file__).parents[2], Path(sys.executable).parents[2])
    ),
)
LOCUST = next((found for place in _PLACES if (found := shutil.which("locust", path=place))), None)
NEEDS_LOCUST = pytest.mark.skipif(LOCUST is None, reason="locust is not installed")
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")},
    "PATH": f"{Path(LOCUST or '/').parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
}
STEADY = {"duration_ns": 10**9, "vus": 2}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: no waiting for delayed acknowledgements

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith("/moved"):
            return self._answer(302, b"", Location="/target")
        if self.path.startswith("/away"):
            return self._answer(302, b"", Location="http://other.example.com/target")
        if self.path.startswith("/slow"):
            time.sleep(0.3)
        status = 500 if self.path.startswith("/broken") else 201 if self.command == "POST" else 200
        return self._answer(status, b'{"access_token": "t", "n": 1}', **{"Set-Cookie": "session=1; Path=/"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - http.server looks for these

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
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
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.seen]

    def handle_error(self, *_: Any) -> None:
        pass


def run_locust(folder: Path, file: str, url: str, *, name: str = "locustfile.py", **order: Any) -> ToolRun:
    """Read and run a locustfile; `order` are further fields of the order."""
    path = folder / name
    path.write_text(textwrap.dedent(file))
    variables = order.pop("variables", {})
    environ = {**ENVIRON, **order.pop("environ", {})}
    workload = read_locustfile(path, environ=environ, variables=variables)
    assert workload.tool is not None
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return workload.tool.run(ToolOrder(url=url, folder=out, seed=1, variables=variables, **order))


def user(
    body: str, *, head: str = "", base: str = "HttpUser", then: str = "self.environment.runner.quit()"
) -> str:
    """A locustfile with one user whose only task is the body, and which then stops the test."""
    lines = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    end = f"\n        {then}" if then else ""
    return (
        f"import time\nimport gevent\nfrom locust import *\nfrom locust.exception import *\n"
        f"from locust.contrib.fasthttp import FastHttpUser\n{textwrap.dedent(head)}\n"
        f"class Visitor({base}):\n    host = 'https://api.example.com'\n    @task\n    def visit(self):\n"
        f"{lines}{end}\n"
    )


def endpoints(run: ToolRun) -> list[str]:
    """The endpoint of every request, in the order of the samples."""
    return [run.samples.endpoints[index] for index in run.samples.endpoint]


def errors(run: ToolRun) -> set[str]:
    return {run.samples.errors[index] for index in run.samples.error} - {""}
