"""Hooks and shapes of load tests on the real driver: users that come and go, and ends that are asked for."""

from __future__ import annotations

import os
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from load_plans import load, users
from load_servers import LocalServer, answering

from perfgate.load.engine import drive
from perfgate.load.plan import LoadOutcome
from perfgate.load.pool import drive_together
from perfgate.model import Workload
from perfgate.users.reading import read_users

Run = Callable[..., LoadOutcome]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Workload]:
    def read(text: str) -> Workload:
        path = tmp_path / "locustfile.py"
        path.write_text(textwrap.dedent(text))
        return read_users(path, environ=os.environ)

    return read


@pytest.fixture
def run(read: Callable[[str], Workload]) -> Run:
    def run(text: str, server: LocalServer, *, count: int = 2, ms: int = 900) -> LoadOutcome:
        workload = read(text)
        plan = load(
            server,
            workload.profile or users(count, ms),
            scenarios=(),
            users=workload.users,
            endpoints=workload.endpoints,
            conductor=workload.conductor,
        )
        return drive(plan)

    return run


def counts(outcome: LoadOutcome) -> Counter[str]:
    (samples,) = outcome.samples
    return Counter(samples.endpoints[number] for number in samples.endpoint)


SHAPE = """
from locust import HttpUser, LoadTestShape, constant, events, task

class Quick(HttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        self.client.get("/quick")

class Slow(HttpUser):
    wait_time = constant(600)

    @task
    def look(self):
        self.client.get("/slow")

reached = []

@events.spawning_complete.add_listener
def on_spawned(user_count):
    reached.append(user_count)

@events.quitting.add_listener
def on_quitting(environment, **kw):
    assert reached == [4, 1], reached

class Shape(LoadTestShape):
    def tick(self):
        if self.get_run_time() < 0.9:
            return 4, 50
        if self.get_run_time() < 1.9:
            assert self.get_current_user_count() == 4
            return 1, 50, [Quick]
        assert self.get_current_user_count() == 1
        return None
"""


def test_a_shape_starts_and_stops_users_and_ends_the_load(run: Run):
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        outcome = run(SHAPE, server)
        took_s = time.monotonic() - begun
        assert server.connections == 4
    assert outcome.objections == ()
    assert 1.9 < took_s < 4
    found = counts(outcome)
    assert found["GET /slow"] == 2
    assert found["GET /quick"] > 30
    (samples,) = outcome.samples
    # One user, a request every 50 ms at most.
    assert int((samples.sent_ns > samples.sent_ns.max() - 700_000_000).sum()) <= 15
    assert not [thread for thread in threading.enumerate() if thread.name in ("virtual-user", "load-shape")]


def test_a_shape_that_fails_ends_the_load_and_says_so(run: Run):
    text = SHAPE.replace("return 4, 50", "return 'many'")
    with LocalServer(answering()) as server:
        outcome = run(text, server)
    assert any("the load shape raised" in text for text in outcome.objections)


def test_a_background_greenlet_quits_a_load_that_fails(run: Run):
    text = """
        import gevent, time
        from locust import HttpUser, constant, events, task
        from locust.runners import STATE_CLEANUP, STATE_STOPPED, STATE_STOPPING

        class A(HttpUser):
            wait_time = constant(0.02)

            @task
            def t(self):
                with self.client.get("/", catch_response=True) as answer:
                    answer.failure("no")

        def check(environment):
            while environment.runner.state not in (STATE_CLEANUP, STATE_STOPPED, STATE_STOPPING):
                time.sleep(0.1)
                if environment.runner.stats.total.fail_ratio > 0.2:
                    environment.runner.quit()
                    return

        @events.init.add_listener
        def on_init(environment, **kw):
            gevent.spawn(check, environment)
        """
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        outcome = run(text, server, ms=20_000)
        assert time.monotonic() - begun < 5
    assert counts(outcome)["GET /"] > 1


def test_a_nap_does_not_hold_up_the_end(run: Run):
    text = """
        from time import sleep
        from perfgate import HttpUser, task

        class Sleepy(HttpUser):
            @task
            def nap(self):
                self.client.get("/")
                sleep(600)
        """
    with LocalServer(answering()) as server:
        begun = time.monotonic()
        outcome = run(text, server, ms=300)
        assert time.monotonic() - begun < 2
    assert counts(outcome) == {"GET /": 2}
    assert time.sleep.__module__ == "time"


def test_users_that_wait_for_each_other_go_on_together(run: Run):
    text = """
        from gevent.lock import Semaphore
        from locust import HttpUser, constant, events, task

        everybody = Semaphore()
        everybody.acquire()

        @events.spawning_complete.add_listener
        def on_spawned(**kw):
            everybody.release()

        class A(HttpUser):
            wait_time = constant(600)

            def on_start(self):
                everybody.wait()

            @task
            def t(self):
                self.client.get("/")
        """
    with LocalServer(answering()) as server:
        assert counts(run(text, server, count=3, ms=600)) == {"GET /": 3}


def test_requests_that_a_user_spawns_share_its_connection(run: Run):
    text = """
        from gevent.pool import Pool
        from locust import FastHttpUser, constant, task

        class A(FastHttpUser):
            wait_time = constant(600)

            @task
            def t(self):
                pool = Pool()
                for number in range(10):
                    pool.spawn(self.client.get, f"/{number}")
                pool.join()
        """
    with LocalServer(answering()) as server:
        outcome = run(text, server, count=1, ms=600)
        assert server.connections == 1
    (samples,) = outcome.samples
    assert counts(outcome) == {f"GET /{number}": 1 for number in range(10)}
    assert set(samples.status) == {200}


OBJECTION = """
import logging
from locust import HttpUser, constant, events, task

class A(HttpUser):
    wait_time = constant(0.1)

    @task
    def t(self):
        self.client.get("/")

spawned = []

@events.spawning_complete.add_listener
def on_spawned(user_count, **kw):
    spawned.append(user_count)

@events.quitting.add_listener
def on_quitting(environment, **kw):
    if environment.stats.total.num_requests > 1 and spawned:
        logging.error("Test failed: too many requests")
        environment.process_exit_code = 3
"""


def test_an_exit_code_of_the_file_is_an_objection_with_its_reason(run: Run):
    with LocalServer(answering()) as server:
        outcome = run(OBJECTION, server, ms=400)
    assert outcome.objections == ("the load test set process_exit_code to 3: Test failed: too many requests",)


def test_a_listener_that_fails_is_an_objection(run: Run):
    text = OBJECTION.replace("def on_quitting(environment, **kw):", "def on_quitting():")
    with LocalServer(answering()) as server:
        (text,) = run(text, server, ms=300).objections
    assert text.startswith("listener on_quitting of quitting raised TypeError")


def test_objections_of_all_processes_come_together(tmp_path: Path, read: Callable[[str], Workload]):
    from functools import partial

    read(OBJECTION)
    again = partial(read_users, tmp_path / "locustfile.py", environ=dict(os.environ))
    with LocalServer(answering()) as server:
        plan = load(server, users(2, 500), scenarios=(), users=again().users, endpoints=())
        outcome = drive_together(plan, again, processes=2, pin=False)
    assert outcome.objections == ("the load test set process_exit_code to 3: Test failed: too many requests",)


def test_cookies_are_read_set_and_forgotten_by_the_user(run: Run):
    text = """
        from locust import HttpUser, constant, task

        class A(HttpUser):
            wait_time = constant(600)

            @task
            def t(self):
                self.client.get("/login")
                assert self.client.cookies["csrf"] == "t0ken"
                self.client.cookies.set("mine", "1")
                assert {cookie.name for cookie in self.client.cookies} == {"csrf", "mine"}
                self.client.get("/both")
                del self.client.cookies["mine"]
                self.client.get("/one")
                self.client.cookies.clear()
                self.client.get("/none")
        """
    reply = b"HTTP/1.1 200 OK\r\nSet-Cookie: csrf=t0ken; Path=/\r\nContent-Length: 2\r\n\r\nok"
    with LocalServer(answering(reply)) as server:
        outcome = run(text, server, count=1, ms=400)
        sent = {request.split(b" ")[1]: request.lower() for request in server.requests}
    assert b"cookie: csrf=t0ken; mine=1" in sent[b"/both"]
    assert b"cookie: csrf=t0ken\r\n" in sent[b"/one"]
    assert b"cookie:" not in sent[b"/none"]
    assert set(counts(outcome)) == {"GET /login", "GET /both", "GET /one", "GET /none"}


def test_users_that_wait_past_the_end_do_not_end_the_load_early(run: Run):
    text = """
    from locust import HttpUser, constant, task

    class Slow(HttpUser):
        wait_time = constant(9)

        @task
        def one(self):
            self.client.get("/")
    """
    with LocalServer(answering(b"ok")) as server:
        outcome = run(text, server, count=2, ms=400)
    assert counts(outcome) == {"GET /": 2}
    assert 350e6 < outcome.duration_ns < 2000e6
