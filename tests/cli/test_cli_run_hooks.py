"""`perfgate run FILE` of load tests with hooks, tags and shapes: what counts, and the exit code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_service import RunningService

from perfgate.cli.main import main

BRIEF = ("--vus", "2", "--duration", "300ms", "-q")
TAGGED = """
from locust import HttpUser, constant, events, tag, task

@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--city", env_var="SHOP_CITY", choices=["Oslo", "Lima"], default="Lima")

class Reader(HttpUser):
    wait_time = constant(0.05)

    @tag("fast")
    @task
    def read(self):
        print("reading")
        self.client.get("/" + self.environment.parsed_options.city)

    @tag("slow")
    @task
    def wait_long(self):
        self.client.get("/slow")

    @task
    def plain(self):
        self.client.get("/plain")
"""
SHAPE = """
from locust import HttpUser, LoadTestShape, constant, task

class Reader(HttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/")

class Short(LoadTestShape):
    def tick(self):
        return (2, 10) if self.get_run_time() < 0.5 else None
"""
STRICT = """
import logging

@events.quitting.add_listener
def judge(environment, **kw):
    logging.error("too slow by far")
    environment.process_exit_code = 1
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(text: str, *arguments: str) -> tuple[int, str, str]:
        (tmp_path / "locustfile.py").write_text(text)
        code = main(["run", "locustfile.py", *arguments])
        captured = capsys.readouterr()
        return code, " ".join(captured.out.split()), captured.err

    return run


def test_tasks_are_chosen_by_tags(run: Run, service):
    code, out, err = run(TAGGED, "--target", service.url, *BRIEF, "--tags", "fast", "--tags", "slow")
    assert code == 0, err
    assert set(service.paths) == {"/Lima", "/slow"}
    assert "reading" in err
    assert "reading" not in out
    service.sent.clear()
    run(TAGGED, "--target", service.url, *BRIEF, "--exclude-tags", "slow")
    assert set(service.paths) == {"/Lima", "/plain"}
    service.sent.clear()
    run(TAGGED, "--target", service.url, *BRIEF, "-e", "LOCUST_TAGS=slow")
    assert set(service.paths) == {"/slow"}
    code, _, err = run(TAGGED, "--target", service.url, *BRIEF, "--tags", "none")
    assert code == 2
    assert "no task has the tags asked for" in err


def test_arguments_of_the_file_get_their_values_from_variables(run: Run, service):
    run(TAGGED, "--target", service.url, *BRIEF, "--tags", "fast", "-e", "SHOP_CITY=Oslo")
    assert set(service.paths) == {"/Oslo"}
    service.sent.clear()
    run(TAGGED, "--target", service.url, *BRIEF, "--tags", "fast", "-e", "city=Oslo")
    assert set(service.paths) == {"/Oslo"}
    code, _, err = run(TAGGED, "--target", service.url, *BRIEF, "-e", "city=Rome")
    assert code == 2
    assert "Rome" in err


def test_an_exit_code_the_file_sets_fails_the_run_with_its_reason(run: Run, service):
    code, out, _ = run(TAGGED + STRICT, "--target", service.url, *BRIEF)
    assert code == 1
    assert "THRESHOLD_BREACHED" in out
    assert "the load test set process_exit_code to 1: too slow by far" in out


def test_a_shape_decides_unless_flags_do(run: Run, service):
    begun = time.monotonic()
    code, out, err = run(SHAPE, "--target", service.url, "-q")
    assert code == 0, err
    assert time.monotonic() - begun < 4
    assert "users as the shape in the file says" in out
    assert "not replayed" not in out
    assert len(service.paths) > 10
    _, out, _ = run(SHAPE, "--target", service.url, *BRIEF)
    assert "the load shape does not count, because flags say how much load" in out


@pytest.mark.parametrize("flag", [("--processes", "2"), ("--max-rate", "10/s"), ("--vus", "3")])
def test_what_a_shape_cannot_be_led_with_is_refused(run: Run, service, flag):
    code, _, err = run(SHAPE, "--target", service.url, "-q", *flag)
    assert code == 2
    assert f"{flag[0]} does not go together with the load shape in the file" in err


def test_tags_are_for_files_that_have_them(run: Run, tmp_path, capsys):
    (tmp_path / "load.yml").write_text("scenarios: []\n")
    assert main(["run", str(tmp_path / "load.yml"), "--tags", "a"]) == 2
    assert "--tags" in capsys.readouterr().err


XMLRPC = """
import time
from xmlrpc.client import ServerProxy
from locust import User, constant, task

class Client(ServerProxy):
    def __init__(self, host, request_event):
        super().__init__(host)
        self._request_event = request_event

    def __getattr__(self, name):
        call = ServerProxy.__getattr__(self, name)

        def wrapper(*arguments):
            meta = {"request_type": "xmlrpc", "name": name, "start_time": time.time(), "response_length": 0,
                    "response": None, "context": {}, "exception": None}
            began = time.perf_counter()
            try:
                meta["response"] = call(*arguments)
            except Exception as error:
                meta["exception"] = error
            meta["response_time"] = (time.perf_counter() - began) * 1000
            self._request_event.fire(**meta)
            return meta["response"]

        return wrapper

class RpcUser(User):
    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = Client(self.host, environment.events.request)

class Clock(RpcUser):
    host = "http://rpc.example:1/"
    wait_time = constant(0.05)

    @task
    def ask(self):
        assert self.client.double(21) == 42
"""


def test_a_client_of_the_files_own_is_counted_and_led_to_the_target(run: Run):
    import threading
    from xmlrpc.server import SimpleXMLRPCServer

    with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
        server.register_function(lambda number: number * 2, "double")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        code, out, err = run(
            XMLRPC, "--target", f"http://127.0.0.1:{server.server_address[1]}", "--vus", "1", *BRIEF[2:]
        )
        server.shutdown()
        thread.join()
    assert code == 0, err
    assert "xmlrpc double" in out
    assert "Clock has a client of its own" in out
