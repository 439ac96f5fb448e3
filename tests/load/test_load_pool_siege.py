"""Several processes share a load, and when one of them dies or somebody stops it none is left."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pool_workloads
import pytest
from load_servers import LocalServer, answering, hanging

from perfgate.errors import MeasureError
from perfgate.load.address import Address, Timeouts
from perfgate.load.plan import LoadPlan
from perfgate.load.pool import drive_together
from perfgate.load.watching import Watcher
from perfgate.model import Profile, Ramp

MS = 1_000_000
FOREVER_S = 20.0


def plan(server: LocalServer, *, duration_ns: int = 300 * MS, users: int = 4, **changes) -> LoadPlan:
    ramp = Ramp(duration_ns=duration_ns, target=users)
    defaults = {
        "addresses": (Address(*server.address),),
        "profile": Profile(executor="constant-vus", vus=users, start=users, stages=(ramp,)),
        "timeouts": Timeouts(30_000 * MS),
        "max_rate_rps": 200.0,
        "seed": 1,
    }
    return LoadPlan(**(defaults | changes))


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def kill_one() -> None:
    pid = multiprocessing.active_children()[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_the_rows_of_all_processes_come_together():
    with LocalServer(answering()) as server:
        outcome = drive_together(plan(server), pool_workloads.one_get, processes=2)
        assert len(outcome.samples[0].error) == len(server.requests) > 10
    assert set(outcome.samples[0].error) == {0}


@pytest.mark.parametrize("behave", [answering(), hanging], ids=["answers", "hangs"])
def test_a_process_that_is_killed_while_loading_ends_the_load(behave):
    with LocalServer(behave) as server:
        begun = time.monotonic()
        with pytest.raises(MeasureError, match="a driver process died"):
            drive_together(
                plan(server, duration_ns=60_000 * MS),
                pool_workloads.one_get,
                processes=2,
                watcher=Watcher(on_measuring=kill_one),
            )
        assert time.monotonic() - begun < FOREVER_S


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (pool_workloads.cannot_be_read, "no such workload"),
        (pool_workloads.breaks, "a driver process died"),
        (pool_workloads.dies, "a driver process died"),
        (pool_workloads.sinks, "RecursionError: too deep"),
    ],
)
def test_a_process_that_cannot_take_part_ends_the_load(read, says):
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        with pytest.raises(MeasureError, match=says):
            drive_together(plan(server, duration_ns=60_000 * MS), read, processes=2)
        assert time.monotonic() - begun < FOREVER_S


def test_ctrl_c_ends_all_processes_though_the_server_hangs():
    with LocalServer(hanging) as server:
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            drive_together(
                plan(server, duration_ns=60_000 * MS),
                pool_workloads.one_get,
                processes=2,
                watcher=Watcher(on_measuring=interrupt),
            )
        assert time.monotonic() - begun < FOREVER_S


def of_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, belongs_to = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(belongs_to) == session and state != "Z":
                found.append(int(entry.name))
    return found


def to_all(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)


def to_one(number: signal.Signals) -> Callable[[int], None]:
    return lambda pid: os.kill(pid, number)


def start_command(folder: Path, server: LocalServer) -> subprocess.Popen[bytes]:
    (folder / "load.yml").write_text("scenarios:\n  - flow:\n      - get:\n          url: /\n")
    host, port = server.address
    arguments = ["run", "load.yml", "--target", f"http://{host}:{port}", "--vus", "4", "--processes", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "perfgate", *arguments, "--duration", "60s", "--max-rate", "100/s"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + FOREVER_S
    while not true() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert true()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("moment", "send", "code"),
    [
        ("loading", to_all, 130),
        ("loading", to_one(signal.SIGTERM), 130),
        ("loading", to_one(signal.SIGKILL), -signal.SIGKILL),
        ("starting", to_all, 130),
        ("starting", to_one(signal.SIGTERM), 130),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL", "early Ctrl-C", "early SIGTERM"],
)
def test_stopping_the_command_leaves_no_process_and_no_traceback(moment, send, code, tmp_path):
    with LocalServer(answering()) as server:
        running = start_command(tmp_path, server)
        # Itself, the helper of multiprocessing, and then its first worker.
        wait_until(lambda: len(of_session(running.pid)) >= 3)
        if moment == "loading":
            wait_until(lambda: len(server.requests) >= 20)
        time.sleep(0.05)  # which finds a starting worker in the midst of its imports
        send(running.pid)
        _, said = running.communicate(timeout=FOREVER_S)
        wait_until(lambda: not of_session(running.pid))
    # An interrupt amid one of Python's own `exec` ends it by SIGINT at last, which a shell calls 130, too.
    assert running.returncode in ((code, -signal.SIGINT) if code == 130 else (code,)), said
    assert b"Traceback" not in said
