"""User classes on the real driver: which kinds there are, how long they live, what they send."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from load_plans import MS, errors_of, load, profile, users
from load_servers import LocalServer, answering

from perfgate.load.address import Address
from perfgate.load.engine import drive
from perfgate.load.lives import kind_of
from perfgate.load.plan import LoadOutcome
from perfgate.model import LoadOver, Port, Request, UserKind
from perfgate.users.reading import read_users

SHOPPERS = """
from locust import HttpUser, between, task


class ApiUser(HttpUser):
    wait_time = between(0.01, 0.03)

    def on_start(self):
        answer = self.client.post("/auth/token", json={"username": "ann", "password": "secret"})
        self.token = answer.json()["access_token"]

    @task(3)
    def list_users(self):
        with self.client.get(
            "/api/users", headers={"Authorization": f"Bearer {self.token}"}, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"Expected 200, got {answer.status_code}")

    @task(1)
    def create_order(self):
        with self.client.post(
            "/api/orders",
            json={"item_id": 1},
            headers={"Authorization": f"Bearer {self.token}"},
            catch_response=True,
        ) as answer:
            if answer.status_code not in (200, 201):
                answer.failure(f"Unexpected status: {answer.status_code}")
"""


def kind(name: str, weight: float = 1.0, *, fixed_count: int = 0, lived: list[str] | None = None) -> UserKind:
    def live(port: Port) -> None:
        if lived is not None:
            lived.append(name)
        number = port.endpoint(f"GET /{name}")
        while not port.is_over():
            exchange = port.exchange(Request(endpoint=0, method="GET", target=f"/{name}"))
            port.record(number, exchange, exchange.error)
            if not port.pause(20 * MS):
                return

    return UserKind(name=name, weight=weight, fixed_count=fixed_count, live=live)


def requests_by_endpoint(outcome: LoadOutcome) -> Counter[str]:
    (samples,) = outcome.samples
    return Counter(samples.endpoints[number] for number in samples.endpoint)


def test_kinds_of_users_share_the_users_by_weight_after_fixed_counts():
    lived: list[str] = []
    kinds = (kind("one", fixed_count=1, lived=lived), kind("a", 3, lived=lived), kind("b", 1, lived=lived))
    with LocalServer(answering()) as server:
        outcome = drive(load(server, users(9, 300), scenarios=(), users=kinds, endpoints=()))
        assert server.connections == 9
    assert Counter(lived) == {"one": 1, "a": 6, "b": 2}
    requests = requests_by_endpoint(outcome)
    assert set(requests) == {"GET /one", "GET /a", "GET /b"}
    assert requests["GET /a"] > requests["GET /b"] > requests["GET /one"] >= 5


@pytest.mark.parametrize("count", range(1, 12))
def test_at_every_number_of_users_the_weights_are_kept_as_well_as_whole_users_can(count):
    kinds = (kind("a", 5), kind("b", 3), kind("c", 2))
    counts = Counter(kind_of(kinds, number).name for number in range(count))
    for each in kinds:
        assert abs(counts[each.name] - count * each.weight / 10) < 1


def test_more_fixed_users_than_there_are_leaves_none_for_the_others():
    kinds = (kind("fixed", fixed_count=5), kind("other"))
    assert [kind_of(kinds, number).name for number in range(6)] == ["fixed"] * 5 + ["other"]


def test_users_come_with_the_ramp_and_end_with_it():
    lived: list[str] = []
    up = profile("ramping-vus", (400, 4), (0, 0), (200, 0), vus=4)
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        drive(load(server, up, scenarios=(), users=(kind("a", lived=lived),), endpoints=()))
        assert time.monotonic() - begun < 1.5
    assert len(lived) == 4


def test_a_seed_repeats_what_users_choose():
    def live(port: Port) -> None:
        number = port.endpoint("GET /")
        for _ in range(20):
            path = f"/{port.rng.randrange(1000)}"
            port.record(number, port.exchange(Request(endpoint=0, method="GET", target=path)), "")

    chosen = UserKind(name="a", weight=1, live=live)

    def sent(seed: int) -> list[bytes]:
        with LocalServer(answering()) as server:
            drive(load(server, users(3, 400), scenarios=(), users=(chosen,), endpoints=(), seed=seed))
            return sorted(request.split(b" ")[1] for request in server.requests)

    assert sent(1) == sent(1) != sent(2)


def shop(peer: socket.socket, server: LocalServer) -> None:
    """An API that wants the token it gave out."""
    while request := server.request(peer):
        method, path = request.split(b" ", 2)[:2]
        known = b"authorization: bearer t0ken" in request.lower()
        if path == b"/auth/token":
            say(peer, 200, {"access_token": "t0ken"})
        elif not known:
            say(peer, 401, {})
        else:
            say(peer, 201 if method == b"POST" else 200, {"ok": True})


def say(peer: socket.socket, status: int, content: object) -> None:
    body = json.dumps(content).encode()
    peer.sendall(
        b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (status, len(body), body)
    )


@pytest.fixture
def run_file(tmp_path: Path) -> Callable[[str, LocalServer, int], LoadOutcome]:
    def run(text: str, server: LocalServer, count: int) -> LoadOutcome:
        path = tmp_path / "locustfile.py"
        path.write_text(textwrap.dedent(text))
        workload = read_users(path, environ=os.environ)
        plan = load(
            server, users(count, 900), scenarios=(), users=workload.users, endpoints=workload.endpoints
        )
        return drive(plan)

    return run


def test_a_locustfile_runs_as_it_is(run_file):
    with LocalServer(shop) as server:
        outcome = run_file(SHOPPERS, server, 5)
        lines = Counter(request.split(b" HTTP")[0] for request in server.requests)
    (samples,) = outcome.samples
    assert set(errors_of(samples)) == {""}
    requests = requests_by_endpoint(outcome)
    assert requests["POST /auth/token"] == 5
    assert {name.encode(): count for name, count in requests.items()} == lines
    assert 1.8 < requests["GET /api/users"] / requests["POST /api/orders"] < 5
    assert set(samples.status) == {200, 201}


def test_an_answer_the_users_do_not_want_is_counted_in_their_words(run_file):
    with LocalServer(
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n" + b'{"access_token": "x"}\n')
    ) as server:
        outcome = run_file(SHOPPERS.replace("!= 200", "!= 418"), server, 2)
    (samples,) = outcome.samples
    errors = errors_of(samples)
    assert errors["Expected 200, got 200"] == requests_by_endpoint(outcome)["GET /api/users"]


def test_users_that_sleep_do_not_outlive_the_load_by_more_than_their_nap(run_file):
    text = """
        import time
        from perfgate import HttpUser, task

        class Sleepy(HttpUser):
            @task
            def nap(self):
                self.client.get("/")
                time.sleep(0.4)
        """
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        run_file(text, server, 3)
        assert time.monotonic() - begun < 2.5
    assert not [thread for thread in threading.enumerate() if thread.name == "virtual-user"]


def test_users_live_once_on_each_side_with_the_same_random_numbers():
    def live(port: Port) -> None:
        number = port.endpoint(f"GET /{port.rng.randrange(3)}")
        for _ in range(20):
            path = f"/{port.rng.randrange(1000)}"
            port.record(number, port.exchange(Request(endpoint=0, method="GET", target=path)), "")

    twin = UserKind(name="a", weight=1, live=live)
    with LocalServer(answering()) as base, LocalServer(answering()) as head:
        plan = load(base, users(3, 700), scenarios=(), users=(twin,), endpoints=())
        plan = replace(plan, addresses=(Address(*base.address), Address(*head.address)))
        outcome = drive(plan)
        asked = [sorted(r.split(b" ")[1] for r in server.requests) for server in (base, head)]
    assert asked[0] == asked[1]
    assert len(asked[0]) == 60
    for samples in outcome.samples:
        assert len(samples.sent_ns) == 60
        assert set(samples.couple.tolist()) == {-1}
    assert outcome.samples[0].endpoints == outcome.samples[1].endpoints


def test_both_sides_together_keep_below_the_bound_on_the_rate():
    def live(port: Port) -> None:
        with contextlib.suppress(LoadOver):
            kind("a").live(port)

    hasty = UserKind(name="a", weight=1, live=live)
    with LocalServer(answering()) as base, LocalServer(answering()) as head:
        plan = load(base, users(2, 1_000), scenarios=(), users=(hasty,), endpoints=(), max_rate_rps=40.0)
        outcome = drive(replace(plan, addresses=(Address(*base.address), Address(*head.address))))
    counts = [len(samples.sent_ns) for samples in outcome.samples]
    assert sum(counts) <= 44
    assert min(counts) >= 5


def test_wait_times_are_left_out_where_think_time_is(tmp_path: Path):
    file = tmp_path / "locustfile.py"
    file.write_text(
        "from locust import HttpUser, between, task\n"
        "class Patient(HttpUser):\n"
        "    wait_time = between(5, 9)\n"
        "    @task\n"
        "    def look(self):\n"
        "        self.client.get('/')\n"
    )
    workload = read_users(file, environ=os.environ)
    assert [each.pauses for each in workload.users] == [True]
    with LocalServer(answering()) as server:
        plan = load(server, users(1, 300), scenarios=(), users=workload.users, endpoints=())
        assert len(drive(plan).samples[0].sent_ns) <= 1
        assert len(drive(replace(plan, skip_think=True)).samples[0].sent_ns) > 5


@pytest.mark.parametrize(
    ("wait", "pauses"),
    [("", False), ("wait_time = constant(0)", False), ("wait_time = constant(0.1)", True)],
)
def test_only_users_that_wait_are_said_to_pause(tmp_path: Path, wait: str, pauses: bool):
    file = tmp_path / "locustfile.py"
    file.write_text(
        "from locust import HttpUser, constant, task\n"
        "class Eager(HttpUser):\n"
        f"    {wait or 'weight = 1'}\n"
        "    @task\n"
        "    def look(self):\n"
        "        self.client.get('/')\n"
    )
    (user,) = read_users(file, environ=os.environ).users
    assert user.pauses is pauses
