"""One real round: what is kept of each side beside its latencies."""

import signal
import sys
from pathlib import Path

import pytest

from perfgate.load.address import Timeouts
from perfgate.measure.round import MeasuredRound, Session, Target, measure_round
from perfgate.model import Placement, Profile, Ramp, Side
from perfgate.target.keeper import Keeper
from perfgate.target.service import ServiceSpec
from perfgate.workload.artillery import read_workload

SERVICE = """
import socket, sys
kept = []
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=16)
while True:
    connection, _ = server.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while connection.recv(65536):
        kept.append(b"x" * int(sys.argv[2]))
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""
WORKLOAD = "config: {target: http://127.0.0.1}\nscenarios:\n  - flow:\n      - get: {url: /home}\n"


def _target(side: Side, leak: int, path: Path) -> Target:
    spec = ServiceSpec(
        argv=(sys.executable, "-S", "-c", SERVICE, "{port}", str(leak)),
        cwd=path,
        env={},
        ready_path="/",
        ready_timeout_ns=10 * 10**9,
        stop_signal=signal.SIGTERM,
        grace_ns=0,
    )
    return Target(side=side, spec=spec)


def _round(
    path: Path, *, more: str = "", max_rate_rps: float = 0.0, skip_think: bool = False
) -> MeasuredRound:
    (path / "load.yml").write_text(WORKLOAD + more)
    with Keeper() as keeper:
        session = Session(
            targets=(_target("base", 1, path), _target("head", 4096, path)),
            workload=read_workload(path / "load.yml", variables={}),
            profile=Profile(
                executor="constant-vus", vus=1, start=1, stages=(Ramp(duration_ns=600_000_000, target=1),)
            ),
            max_rate_rps=max_rate_rps,
            warmup_ns=50_000_000,
            timeouts=Timeouts(10**10, 0, 0),
            seed=1,
            placement=Placement(driver_cpus=(0,), service_cpus=(0,), pinned=False),
            logs=path,
            keeper=keeper,
            skip_think=skip_think,
        )
        return measure_round(session, index=0, stage="screen")


def test_a_side_that_keeps_what_it_was_sent_grows_by_it(tmp_path: Path) -> None:
    base, head = _round(tmp_path).rounds
    assert base.rss_slope_bytes is not None
    assert head.rss_slope_bytes is not None
    assert head.rss_slope_bytes - base.rss_slope_bytes == pytest.approx(4096, rel=0.3)


def test_what_each_service_used_meanwhile_is_kept_on_the_clock_of_the_samples(tmp_path: Path) -> None:
    measured = _round(tmp_path)
    assert [series.round_index for series in measured.series] == [0, 0]
    for series, samples in zip(measured.series, measured.samples, strict=True):
        assert len(series.at_ns) >= 2
        assert series.at_ns.min() > samples.sent_ns.min() - 10**9
        assert series.at_ns.max() < samples.last_ns.max() + 10**9
        assert series.cpu_ns[-1] > series.cpu_ns[0] > 0
        assert set(series.threads) == {1}
        assert series.connections[0] == 1
    assert measured.series[1].rss_bytes[-1] > measured.series[1].rss_bytes[0]


def test_busy_time_and_cpu_are_of_the_measured_requests(tmp_path: Path) -> None:
    for side in _round(tmp_path).rounds:
        assert side.unpaced_connections == 1
        assert side.busy_ns is not None
        assert side.answered > 0
        assert 0 < side.busy_ns < side.duration_ns
        assert side.health.service_cpu_ratio is not None
        assert 0 < side.health.service_cpu_ratio < 2


def test_think_time_and_a_bound_on_the_rate_pace_a_load(tmp_path: Path) -> None:
    thinking = _round(tmp_path, more="      - think: 0.001\n")
    assert [side.unpaced_connections for side in thinking.rounds] == [None, None]
    hurried = _round(tmp_path, more="      - think: 5\n", skip_think=True)
    assert [side.unpaced_connections for side in hurried.rounds] == [1, 1]
    assert all(side.answered > 5 for side in hurried.rounds)
    bounded = _round(tmp_path, max_rate_rps=500.0)
    assert [side.unpaced_connections for side in bounded.rounds] == [None, None]
