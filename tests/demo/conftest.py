"""The demo's repository, made once, and the shop of any of its branches on a free port."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perfgate.demo.repository import create_repository


@dataclass
class RunningShop:
    process: subprocess.Popen[bytes]
    port: int
    scratch: Path

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def ask(self, method: str, target: str, body: Any = None) -> tuple[int, Any]:
        text = body if isinstance(body, str | None) else json.dumps(body)
        self.connection.request(method, target, text)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def stop(self, signum: int = signal.SIGTERM) -> int:
        self.connection.close()
        self.process.send_signal(signum)
        return self.process.wait(timeout=10)


Start = Callable[[str], RunningShop]


def branch_directory(repository: Path, branch: str, directory: Path) -> Path:
    """The files of a branch, in a new directory."""
    target = directory / branch
    target.mkdir()
    files = subprocess.run(["git", "archive", branch], cwd=repository, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], input=files, cwd=target, check=True)
    return target


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "shop"
    create_repository(path)
    return path


@pytest.fixture
def start(repository: Path, tmp_path: Path) -> Iterator[Start]:
    shops: list[RunningShop] = []

    def start_shop(branch: str) -> RunningShop:
        # Not under tmp_path: that is kept after the test, and its cleaning is what some tests look at.
        scratch = Path(tempfile.mkdtemp(prefix="test-shop-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "shop"],
            cwd=branch_directory(repository, branch, tmp_path),
            env={**os.environ, "PORT": str(port), "TMPDIR": str(scratch)},
        )
        shop = RunningShop(process, port, scratch)
        shops.append(shop)
        _wait_until_ready(shop)
        return shop

    yield start_shop
    for shop in shops:
        shop.connection.close()
        if shop.process.poll() is None:
            shop.process.kill()
            shop.process.wait()
        for left in sorted(shop.scratch.rglob("*"), reverse=True):
            left.unlink() if left.is_file() else left.rmdir()
        shop.scratch.rmdir()


def _wait_until_ready(shop: RunningShop) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert shop.process.poll() is None, "the shop ended before it was ready"
        try:
            assert shop.ask("GET", "/health") == (200, {"status": "ok"})
        except ConnectionRefusedError:
            shop.connection.close()
            time.sleep(0.01)
        else:
            return
    pytest.fail("the shop was not ready within 10 s")
