from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from perfgate.target import service as target_service
from perfgate.target.keeper import Keeper
from perfgate.target.service import Service, ServiceSpec

SERVER = str(Path(__file__).with_name("example_server.py"))


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    with Keeper() as keeper:
        yield keeper


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., ServiceSpec]:
    def build(mode: str, **changes: object) -> ServiceSpec:
        values: dict[str, object] = {
            "argv": (sys.executable, "-S", SERVER, mode, "{port}"),
            "cwd": tmp_path,
            "env": {},
            "ready_path": "/health",
            "ready_timeout_ns": 10_000_000_000,
            "stop_signal": signal.SIGTERM,
            "grace_ns": 5_000_000_000,
        }
        return ServiceSpec(**(values | changes))

    return build


@pytest.fixture
def start(
    spec: Callable[..., ServiceSpec], keeper: Keeper, tmp_path: Path
) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def begin(mode: str, *, cpus: tuple[int, ...] | None = None, **changes: object) -> Service:
        service = target_service.start(
            spec(mode, **changes),
            side="head",
            cpus=cpus,
            log_path=tmp_path / f"{len(started)}.log",
            keeper=keeper,
        )
        started.append(service)
        return service

    yield begin
    target_service.stop_all(started)


@pytest.fixture
def carriers() -> Callable[[str], list[psutil.Process]]:
    """Who lives with this text in the environment, found without perfgate's help."""

    def find(marker: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("PERFGATE_SERVICE") == marker:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    return find


@pytest.fixture
def all_up(eventually: Callable[..., None]) -> Callable[[Path, int], None]:
    """Waits until a server's processes have said so many times that they are where they should be."""

    def wait(log: Path, times: int) -> None:
        eventually(lambda: log.exists() and log.read_text().count("up\n") == times)

    return wait


@pytest.fixture
def eventually() -> Callable[..., None]:
    def wait(condition: Callable[[], object], *, timeout_s: float = 10.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.01)

    return wait
