from __future__ import annotations

import contextlib
import gc
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from load_servers import OK, LocalServer, answering, hanging

from perfgate.errors import MeasureError
from perfgate.load import clock
from perfgate.load.address import Address, Timeouts
from perfgate.load.engine import drive
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.watching import Watcher
from perfgate.model import Profile, Ramp, Request, Response, Samples, Scenario, Script, Think

FOREVER_S = 15.0
MS = 1_000_000

Start = Callable[[int], Script]

GET = Request(endpoint=0, method="GET", target="/")


def one_get(seed: int) -> Script:
    yield GET


def plan(
    *servers: LocalServer,
    start: Start = one_get,
    model: str = "closed",
    connections: int = 1,
    rate_rps: float = 0.0,
    warmup_ns: int = 0,
    duration_ns: int = 300 * MS,
    timeout_ns: int = 10_000 * MS,
    **changes,
) -> LoadPlan:
    level = connections if model == "closed" else rate_rps
    defaults = {
        "addresses": tuple(Address(*server.address) for server in servers),
        "scenarios": (Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start),),
        "endpoints": ("/",),
        "profile": Profile(
            executor="constant-vus" if model == "closed" else "constant-arrival-rate",
            vus=connections,
            start=level,
            stages=(Ramp(duration_ns=warmup_ns + duration_ns, target=level),),
        ),
        "max_rate_rps": rate_rps if model == "closed" else 0.0,
        "warmup_ns": warmup_ns,
        "timeouts": Timeouts(timeout_ns),
        "seed": 1,
    }
    return LoadPlan(**(defaults | changes))


def open_plan(*servers: LocalServer, **changes) -> LoadPlan:
    return plan(*servers, **({"model": "open", "connections": 16, "rate_rps": 200.0} | changes))


@pytest.fixture
def base() -> Iterator[LocalServer]:
    with LocalServer(answering()) as server:
        yield server


@pytest.fixture
def head() -> Iterator[LocalServer]:
    with LocalServer(answering()) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    yield
    assert users_alive() == 0
    assert gc.isenabled()


def users_alive() -> int:
    return sum(thread.name == "virtual-user" for thread in threading.enumerate())


def errors_of(samples: Samples) -> set[str]:
    return {samples.errors[number] for number in samples.error}


def response_times_ns(outcome: LoadOutcome) -> list[int]:
    return sorted(ns for s in outcome.samples for ns in (s.last_ns - s.due_ns).tolist())


@pytest.mark.parametrize("connections", [1, 8])
def test_both_sides_of_a_closed_load_get_the_same_couples(connections, base, head):
    outcome = drive(plan(base, head, connections=connections))
    first, second = outcome.samples
    assert len(first.sent_ns) > 0
    assert abs(len(first.sent_ns) - len(second.sent_ns)) <= connections
    assert len(set(first.couple) ^ set(second.couple)) <= connections
    assert len(set(first.couple)) == len(first.couple)
    assert errors_of(first) | errors_of(second) == {""}
    assert (base.connections, head.connections) == (connections, connections)
    assert outcome.lateness_p99_ns == 0
    assert outcome.driver_cpu_ratio > 0
    assert 100 * MS <= outcome.duration_ns < FOREVER_S * 1e9


def test_one_side_alone_can_be_loaded(base):
    (samples,) = drive(plan(base)).samples
    assert len(samples.sent_ns) > 0
    assert set(samples.couple) == {-1}


def test_what_the_warm_up_sent_is_not_among_the_samples(base, head):
    measuring_ns: list[int] = []
    outcome = drive(
        plan(base, head, connections=2, warmup_ns=300 * MS),
        Watcher(on_measuring=lambda: measuring_ns.append(clock.now_ns())),
    )
    for samples, server in zip(outcome.samples, (base, head), strict=True):
        assert 0 < len(samples.sent_ns) < len(server.requests)
        assert samples.sent_ns.min() > measuring_ns[0] - 1_000 * MS
        assert samples.sent_ns.max() - samples.sent_ns.min() < outcome.duration_ns + 300 * MS


def test_it_is_told_when_measuring_begins_and_has_ended(base):
    moments: list[tuple[str, int]] = []

    def tell(what: str) -> Callable[[], None]:
        return lambda: moments.append((what, len(base.requests)))

    drive(
        plan(base, warmup_ns=200 * MS), Watcher(on_measuring=tell("measuring"), on_measured=tell("measured"))
    )
    assert [what for what, _ in moments] == ["measuring", "measured"]
    assert 0 < moments[0][1] < moments[1][1] == len(base.requests)


def test_a_bound_on_the_rate_holds_for_all_users_and_sides_together(base, head):
    drive(plan(base, head, connections=8, rate_rps=100.0, duration_ns=1_000 * MS))
    requests = len(base.requests) + len(head.requests)
    assert 20 < requests <= 100 + 2 * 8


def test_a_pass_that_ends_in_think_time_does_not_turn_into_a_burst(base, head):
    def start(seed: int) -> Script:
        yield GET
        yield Think(duration_ns=400 * MS)

    drive(plan(base, head, start=start, duration_ns=500 * MS))
    assert len(base.requests) == len(head.requests) == 2


@pytest.mark.parametrize("model", ["closed", "open"])
def test_an_endless_pass_ends_with_the_load(model, base, head):
    def start(seed: int) -> Script:
        while True:
            yield GET

    begun = time.monotonic()
    drive(plan(base, head, start=start, model=model, rate_rps=50.0, connections=2))
    assert time.monotonic() - begun < FOREVER_S
    assert len(base.requests) > 0


def test_many_users_get_along_without_errors(base, head):
    outcome = drive(plan(base, head, connections=200, rate_rps=400.0, duration_ns=1_200 * MS))
    for samples in outcome.samples:
        assert errors_of(samples) == {""}
        assert len(samples.sent_ns) > 50


def test_arrivals_of_an_open_load_are_split_at_random_and_their_lateness_recorded(base, head):
    outcome = drive(open_plan(base, head, rate_rps=300.0, duration_ns=1_000 * MS))
    counts = [len(samples.sent_ns) for samples in outcome.samples]
    assert 210 < sum(counts) < 390
    assert abs(counts[0] - counts[1]) <= 1
    due = np.concatenate([samples.due_ns for samples in outcome.samples])
    sides = np.repeat([0, 1], counts)[np.argsort(due)]
    changes = int((sides[1:] != sides[:-1]).sum())
    assert 0.3 < changes / len(sides) < 0.7
    for samples in outcome.samples:
        assert (samples.sent_ns >= samples.due_ns).all()
        assert set(samples.couple) == {-1}
    assert outcome.lateness_p99_ns > 0


def test_the_same_seed_makes_the_same_schedule(base):
    runs = [drive(open_plan(base, seed=seed)).samples[0].due_ns for seed in (5, 5, 6)]
    gaps = [np.diff(np.sort(due)).tolist() for due in runs]
    assert gaps[0] == gaps[1]
    assert gaps[0] != gaps[2]


def test_a_stall_shows_in_the_response_times_of_an_open_load():
    begun = time.monotonic()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            stall_s = begun + 0.3 + 0.8 - time.monotonic()
            if time.monotonic() > begun + 0.3 and stall_s > 0:
                server.over.wait(stall_s)
            peer.sendall(OK)

    with LocalServer(behave) as server:
        outcome = drive(open_plan(server, connections=2, rate_rps=100.0, duration_ns=1_500 * MS))
    times_ns = response_times_ns(outcome)
    service_ns = outcome.samples[0].last_ns - outcome.samples[0].sent_ns
    assert errors_of(outcome.samples[0]) == {""}
    assert times_ns[-1] > 500 * MS
    assert sum(ns > 200 * MS for ns in times_ns) > 30
    assert int((service_ns > 200 * MS).sum()) <= 2
    # The users were busy waiting for the service: that is not the driver's lateness.
    assert outcome.lateness_p99_ns < 150 * MS


def test_a_server_that_hangs_holds_a_closed_load_no_longer_than_its_timeout():
    with LocalServer(hanging) as server:
        begun = time.monotonic()
        outcome = drive(plan(server, connections=4, timeout_ns=400 * MS))
        elapsed = time.monotonic() - begun
    assert errors_of(outcome.samples[0]) == {"timeout"}
    assert elapsed < FOREVER_S


def test_arrivals_that_a_hanging_server_leaves_no_time_for_are_counted_as_not_sent():
    with LocalServer(hanging) as server:
        begun = time.monotonic()
        outcome = drive(open_plan(server, connections=2, rate_rps=500.0, timeout_ns=300 * MS))
        elapsed = time.monotonic() - begun
    (samples,) = outcome.samples
    assert elapsed < FOREVER_S
    assert errors_of(samples) == {"timeout", "not sent"}
    assert 80 < len(samples.sent_ns) < 230
    assert outcome.lateness_p99_ns < 150 * MS


def test_nobody_listening_is_counted_for_every_request():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    outcome = drive(open_plan(addresses=(Address(*address),)))
    assert errors_of(outcome.samples[0]) == {"connection refused"}
    assert outcome.kernel_stamped_ratio == 0.0


@contextlib.contextmanager
def stamping() -> Iterator[None]:
    """The kernel switches stamping on in the background, and late on a busy machine: wait, and keep it on."""
    give_up = time.monotonic() + FOREVER_S
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        assert clock.ask_for_stamps(client)
        client.connect(listener.getsockname())
        peer, _ = listener.accept()
        with peer:
            stamp_ns = 0
            while not stamp_ns and time.monotonic() < give_up:
                peer.sendall(b".")
                _, ancillary, _, _ = client.recvmsg(1, clock.ANCILLARY_BYTES)
                stamp_ns = clock.stamp_of(ancillary)
                time.sleep(0.005)
            yield


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_nearly_every_last_byte_is_stamped_by_the_kernel(base):
    with stamping():
        outcome = drive(plan(base, connections=4, warmup_ns=100 * MS))
    assert 0.5 < outcome.kernel_stamped_ratio <= 1.0


def interrupt() -> None:
    raise KeyboardInterrupt


def never_accepts() -> tuple[list[socket.socket], tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())
    return [listener, *waiting], listener.getsockname()


@pytest.mark.parametrize("model", ["closed", "open"])
@pytest.mark.parametrize("what", ["answers", "hangs", "never accepts", "thinks"])
def test_ctrl_c_ends_the_load_at_once_and_leaves_no_thread(what, model):
    def start(seed: int) -> Script:
        yield Think(duration_ns=1) if what != "thinks" else Think(duration_ns=50_000 * MS)
        yield GET

    sockets, full = never_accepts()
    with LocalServer(hanging if what == "hangs" else answering()) as server:
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            drive(
                plan(
                    addresses=(Address(*(full if what == "never accepts" else server.address)),),
                    start=start,
                    model=model,
                    rate_rps=200.0,
                    connections=20,
                    warmup_ns=300 * MS,
                    duration_ns=60_000 * MS,
                    timeout_ns=60_000 * MS,
                ),
                Watcher(on_measuring=interrupt),
            )
        assert users_alive() == 0
        assert time.monotonic() - begun < FOREVER_S
    for each in sockets:
        each.close()


def breaks(response: Response) -> str:
    raise KeyError("first line\nsecond line" + "x" * 1000)


def sinks(seed: int) -> Script:
    yield GET
    raise RecursionError("too deep")


def asks_breaking(seed: int) -> Script:
    yield Request(endpoint=0, method="GET", target="/", judge=breaks)


@pytest.mark.parametrize(
    ("start", "says"), [(sinks, "RecursionError: too deep"), (asks_breaking, "KeyError: 'first line")]
)
@pytest.mark.parametrize("model", ["closed", "open"])
def test_a_workload_that_breaks_the_driver_is_an_error_in_one_line(model, start, says, base):
    begun = time.monotonic()
    with pytest.raises(MeasureError) as failure:
        drive(plan(base, start=start, model=model, rate_rps=100.0, connections=4, duration_ns=60_000 * MS))
    assert time.monotonic() - begun < FOREVER_S
    assert says in failure.value.message
    assert "\n" not in failure.value.message
    assert len(failure.value.message) < 400


@pytest.mark.parametrize("model", ["closed", "open"])
def test_one_user_that_breaks_ends_the_load_of_all(model, base):
    passes = itertools.count()

    def start(seed: int) -> Script:
        yield GET
        if next(passes) == 3:
            raise RecursionError("too deep")

    begun = time.monotonic()
    with pytest.raises(MeasureError):
        drive(plan(base, start=start, model=model, rate_rps=100.0, connections=4, duration_ns=60_000 * MS))
    assert time.monotonic() - begun < FOREVER_S


def test_a_collector_that_was_off_stays_off(base):
    gc.disable()
    try:
        drive(plan(base, duration_ns=50 * MS))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_setting_the_wall_clock_does_not_stretch_the_load(base, monkeypatch):
    """The one clock nobody lets a test set is replaced; everything else is real."""
    stepped = time.monotonic() + 0.2
    real_ns = time.time_ns

    def set_back_ns() -> int:
        return real_ns() - (3_600_000 * MS if time.monotonic() > stepped else 0)

    monkeypatch.setattr(clock, "now_ns", set_back_ns)
    monkeypatch.setattr(time, "time_ns", set_back_ns)
    begun = time.monotonic()
    outcome = drive(plan(base, rate_rps=50.0, warmup_ns=100 * MS, duration_ns=400 * MS))
    assert time.monotonic() - begun < FOREVER_S
    assert abs(outcome.clock_step_ns + 3_600_000 * MS) < 1_000 * MS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS that is kept")
def test_threads_that_cannot_be_started_are_an_error_with_a_remedy():
    code = """
import resource, threading
from perfgate.errors import MeasureError
from perfgate.load.address import Address, Timeouts
from perfgate.load.engine import drive
from perfgate.load.plan import LoadPlan
from perfgate.model import Profile, Ramp, Request, Scenario

def start(seed):
    yield Request(endpoint=0, method="GET", target="/")

threading.stack_size(64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    drive(LoadPlan(addresses=(Address("127.0.0.1", 1),), endpoints=("/",),
        profile=Profile(executor="constant-vus", vus=100, start=100,
            stages=(Ramp(duration_ns=10**11, target=100),)),
        scenarios=(Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start),),
        max_rate_rps=10.0, timeouts=Timeouts(10**9), seed=1))
except MeasureError as error:
    print(error.message, "|", error.hint, "|", threading.active_count())
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    message, hint, alive = ran.stdout.split("|")
    assert "100 threads" in message
    assert "connections" in hint
    assert alive.strip() == "1"
