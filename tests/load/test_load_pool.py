"""One load from several processes: the same totals, one set of names, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from load_plans import MS, arrivals, errors_of, iterations, load, users
from load_servers import LocalServer, answering

from perfgate.cli.loadtest import read_load_test
from perfgate.errors import MeasureError
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.pool import drive_together
from perfgate.load.raw import LoadStopped, outcome
from perfgate.load.watching import Watcher
from perfgate.model import Profile, Workload

PATIENCE_S = 20.0
YAML = """
scenarios:
  - flow:
      - get: {url: "/a", name: a}
  - flow:
      - get: {url: "/b", name: b, expect: {statusCode: 418}}
"""


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(answering()) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def read(tmp_path: Path) -> Callable[[], Workload]:
    path = tmp_path / "load.yml"
    path.write_text(YAML)
    return partial(read_load_test, path, {})


def plan_of(read: Callable[[], Workload], server: LocalServer, how: Profile, **changes) -> LoadPlan:
    return load(server, how, **({"scenarios": (), "endpoints": read().endpoints} | changes))


def by_endpoint(came: LoadOutcome) -> Counter[str]:
    (samples,) = came.samples
    return Counter(samples.endpoints[number] for number in samples.endpoint)


def test_shared_iterations_are_split_exactly_and_every_row_comes_back(server, read):
    plan = plan_of(read, server, iterations("shared-iterations", 101, vus=5))
    came = drive_together(plan, read, processes=2)
    (samples,) = came.samples
    assert len(samples.sent_ns) == len(server.requests) == len(came.sending_ns) == 101
    requests = by_endpoint(came)
    assert set(requests) == {"a", "b"}
    assert errors_of(samples) == {"": requests["a"], "expect statusCode": requests["b"]}
    assert (samples.status == 200).all()
    assert (np.diff(samples.sent_ns) >= 0).all()
    assert came.driver_cpu_ns > 0


def test_a_seed_sends_the_same_requests_from_however_many_processes(server, read):
    def sent(processes: int) -> Counter[str]:
        plan = plan_of(read, server, iterations("shared-iterations", 60, vus=4), seed=7)
        return by_endpoint(drive_together(plan, read, processes=processes))

    assert sent(1) == sent(2)


def test_arrivals_are_dealt_out_so_that_each_comes_once_and_when_it_is_due(server, read):
    plan = plan_of(read, server, arrivals(200, 500, vus=6, arrivals="even"))
    (samples,) = drive_together(plan, read, processes=2).samples
    due_ns = np.sort(samples.due_ns)
    assert len(due_ns) == 100
    assert np.allclose(np.diff(due_ns), 5 * MS, atol=MS)


def test_a_long_schedule_is_drawn_before_the_load_begins_and_nothing_is_late(server, read):
    def interrupt_soon(requests: int) -> None:
        if requests > 20:
            raise KeyboardInterrupt

    # Drawing a million arrivals takes longer than the head start of the workers.
    plan = plan_of(read, server, arrivals(100, 10_000_000, vus=4, arrivals="even"))
    with pytest.raises(LoadStopped) as stopped:
        drive_together(plan, read, processes=2, watcher=Watcher(on_tick=interrupt_soon))
    (samples,) = outcome(stopped.value.raw, plan).samples
    assert np.median(samples.sent_ns - samples.due_ns) < 100 * MS


def test_every_process_has_its_share_of_the_users_and_of_the_bound(server, read):
    plan = plan_of(read, server, users(5, 800), max_rate_rps=100.0)
    ticks: list[int] = []
    came = drive_together(plan, read, processes=2, watcher=Watcher(on_tick=ticks.append))
    assert server.connections == 5
    assert 50 <= len(came.samples[0].sent_ns) <= 86
    # While they work, not only at the end.
    assert any(0 < tick < ticks[-1] for tick in ticks)
    assert ticks[-1] == len(server.requests)


def test_more_processes_than_users_are_not_started(server, read):
    plan = plan_of(read, server, iterations("per-vu-iterations", 3, vus=1))
    assert len(drive_together(plan, read, processes=4).samples[0].sent_ns) == 3


def test_a_workload_that_a_worker_cannot_read_is_the_error_it_would_be_here(server, read, tmp_path):
    plan = plan_of(read, server, users(2, 60_000))
    (tmp_path / "load.yml").write_text("scenarios: 7\n")
    with pytest.raises(MeasureError, match=r"load\.yml"):
        drive_together(plan, read, processes=2)
    assert server.requests == []


def kill_one() -> None:
    victim = multiprocessing.active_children()[0]
    assert victim.pid
    os.kill(victim.pid, signal.SIGKILL)


def test_a_worker_that_is_killed_ends_the_load_of_all(server, read):
    begun = time.monotonic()
    with pytest.raises(MeasureError, match="a driver process died"):
        drive_together(
            plan_of(read, server, users(4, 60_000)), read, processes=2, watcher=Watcher(on_measuring=kill_one)
        )
    assert time.monotonic() - begun < PATIENCE_S


def test_ctrl_c_brings_back_what_every_worker_has_measured(server, read):
    def interrupt_soon(requests: int) -> None:
        if requests > 40:
            raise KeyboardInterrupt

    plan = plan_of(read, server, users(4, 60_000), max_rate_rps=200.0)
    with pytest.raises(LoadStopped) as stopped:
        drive_together(plan, read, processes=2, watcher=Watcher(on_tick=interrupt_soon))
    (samples,) = outcome(stopped.value.raw, plan).samples
    assert 40 < len(samples.sent_ns) <= len(server.requests)
    # Of both: one alone would have half the users.
    assert len(server.requests) - len(samples.sent_ns) <= 4
    assert stopped.value.raw.wall_ns < PATIENCE_S * 1e9


PARENT = """
import sys
from functools import partial
from pathlib import Path
from perfgate.cli.loadtest import read_load_test
from perfgate.load.address import Address, Timeouts
from perfgate.load.plan import LoadPlan
from perfgate.load.pool import drive_together
from perfgate.model import Profile, Ramp

if __name__ == "__main__":
    read = partial(read_load_test, Path(sys.argv[1]), {})
    drive_together(
        LoadPlan(
            addresses=(Address("127.0.0.1", int(sys.argv[2])),),
            endpoints=read().endpoints,
            profile=Profile(
                executor="constant-vus", vus=2, start=2, stages=(Ramp(duration_ns=60 * 10**9, target=2),)
            ),
            timeouts=Timeouts(10**9),
            max_rate_rps=50.0,
            seed=1,
        ),
        read,
        processes=2,
    )
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the parent-death signal")
def test_workers_die_with_a_parent_that_is_killed(server, read, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "load.yml"), str(server.address[1])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert eventually(lambda: len(server.requests) > 5)
    parent.kill()
    parent.wait()
    assert eventually(lambda: not connected(server))


def connected(server: LocalServer) -> bool:
    """Whether anybody still sends."""
    before = len(server.requests)
    time.sleep(0.2)
    return len(server.requests) > before


def eventually(holds: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + PATIENCE_S
    while not (held := holds()) and time.monotonic() < give_up:
        threading.Event().wait(0.05)
    return held
