"""The service behind the wrapper as perfgate starts, watches and stops it."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from perfgate.errors import MeasureError
from perfgate.target.inject.mode import parse_injection
from perfgate.target.inject.spec import wrapped
from perfgate.target.service import Service, check_alive, stop, wait_ready


@pytest.fixture
def start_wrapped(start: Callable[..., Service], spec: Callable[..., object]) -> Callable[..., Service]:
    def begin(mode: str, injected: str = "1ms", **changes: object) -> Service:
        made = wrapped(spec(mode, **changes), parse_injection(injected))
        return start(mode, **(changes | {"argv": made.argv}))

    return begin


def get(service: Service, path: str = "/") -> bytes:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_service_gets_a_port_of_its_own_in_word_and_environment(start_wrapped, tmp_path):
    wait_ready(service := start_wrapped("facts"))
    assert get(service).endswith(b"ok")
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["argv"][-1] == facts["environ"]["PORT"] != str(service.port)
    assert len(facts["environ"]["PORT"]) == 5
    assert not facts["session"]  # it stays in the group that perfgate signals


def test_the_services_own_python_settings_do_not_reach_the_wrapper(start_wrapped, tmp_path):
    (tmp_path / "socket.py").write_text("raise SystemExit('imported from the service')")
    (tmp_path / "perfgate").mkdir()
    (tmp_path / "perfgate" / "__init__.py").write_text("raise SystemExit('imported from the service')")
    command = (sys.executable, "-I", "-S", str(Path(__file__).with_name("example_server.py")), "ok", "{port}")
    wait_ready(start_wrapped("ok", argv=command, env={"PYTHONPATH": str(tmp_path)}))


def test_stopping_ends_wrapper_and_service(start_wrapped, carriers):
    wait_ready(service := start_wrapped("workers"))
    assert len(carriers(service.group.marker)) == 4
    stop(service)
    assert not carriers(service.group.marker)


def test_a_slow_stop_gets_its_grace(start_wrapped):
    wait_ready(service := start_wrapped("slow-stop"))
    stop(service)
    assert service.log_path.read_text().count("flushed") == 1


def test_a_service_that_dies_is_reported_with_its_own_status(start_wrapped, eventually):
    wait_ready(service := start_wrapped("ok"))
    get(service, "/die")
    eventually(lambda: service.group.exit_status() is not None)
    with pytest.raises(MeasureError, match="exit status 7"):
        check_alive(service, during="round 1")


def test_a_lost_port_is_tried_again(start_wrapped):
    wait_ready(service := start_wrapped("port-taken"))
    assert get(service).endswith(b"ok")


def test_a_service_that_listens_elsewhere_is_told_so(start_wrapped):
    service = start_wrapped("elsewhere", ready_timeout_ns=500_000_000)
    with pytest.raises(MeasureError) as caught:
        wait_ready(service)
    assert f"not on {service.port}: use {{port}} or $PORT" in caught.value.hint
