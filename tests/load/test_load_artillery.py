"""Artillery's flows against a real service: at the same time, in lockstep, with cookies, before and after."""

from __future__ import annotations

import json
import socket
import textwrap
import threading
import time

import numpy as np
import pytest
from load_plans import MS, arrivals, errors_of, iterations, load, users
from load_servers import LocalServer

from perfgate.errors import MeasureError
from perfgate.load.engine import drive
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.workload.artillery import read_workload


class Shop:
    """A service that keeps what it was asked, and how many requests it had at the same time."""

    def __init__(self, *, slow_s: float = 0.0, status: int = 200) -> None:
        self.slow_s = slow_s
        self.status = status
        self.asked: list[str] = []
        self.cookies: dict[str, str] = {}
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def behave(self, peer: socket.socket, server: LocalServer) -> None:
        while request := server.request(peer):
            lines = request.decode().split("\r\n")
            path = lines[0].split()[1]
            with self._lock:
                self.asked.append(path)
                self._now += 1
                self.most = max(self.most, self._now)
                number = len(self.asked)
            self.cookies[path] = next((line[8:] for line in lines if line.lower().startswith("cookie:")), "")
            if path.startswith("/slow"):
                time.sleep(self.slow_s)
            with self._lock:
                self._now -= 1
            body = json.dumps({"token": f"t{number}", "port": server.address[1]})
            status = self.status if path.startswith("/fail") else 200
            made = "Set-Cookie: sid=made; Path=/\r\n" if path == "/login" else ""
            peer.sendall(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{made}"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )


@pytest.fixture
def drive_file(tmp_path):
    def run(text: str, *servers: LocalServer, how=None, **changes: object) -> LoadOutcome:
        path = tmp_path / "load.yml"
        path.write_text(textwrap.dedent(text))
        workload = read_workload(path)
        plan: LoadPlan = load(
            servers[0],
            how or iterations("shared-iterations", 1, vus=1),
            scenarios=workload.scenarios,
            before=workload.before,
            after=workload.after,
            endpoints=workload.endpoints,
            **changes,
        )
        from dataclasses import replace

        from perfgate.load.address import Address

        return drive(replace(plan, addresses=tuple(Address(*server.address) for server in servers)))

    return run


PARALLEL = """
scenarios:
  - flow:
      - parallel:
          - get: {url: /slow/a}
          - get: {url: /slow/b}
          - loop: [{get: {url: '/slow/c{{ $loopCount }}'}}, {think: 10ms}]
            count: 2
      - get: {url: /end}
"""


def test_branches_are_sent_at_the_same_time(drive_file):
    shop = Shop(slow_s=0.1)
    with LocalServer(shop.behave) as server:
        outcome = drive_file(PARALLEL, server)
    assert sorted(shop.asked[:3]) == ["/slow/a", "/slow/b", "/slow/c0"]
    assert (shop.asked[3:], shop.most) == (["/slow/c1", "/end"], 3)
    assert errors_of(outcome.samples[0]) == {"": 5}


def test_branches_of_an_arrival_are_due_when_it_is(drive_file):
    shop = Shop(slow_s=0.01)
    with LocalServer(shop.behave) as server:
        outcome = drive_file(PARALLEL, server, how=arrivals(30, 300, vus=8, graceful_stop_ns=5_000 * MS))
    samples = outcome.samples[0]
    passes = shop.asked.count("/end")
    assert errors_of(samples) == {"": 5 * passes}
    _, together = np.unique(samples.due_ns, return_counts=True)
    assert (together == 3).sum() == passes >= 8
    assert (samples.sent_ns >= samples.due_ns).all()


def test_no_more_branches_than_the_limit(drive_file):
    shop = Shop(slow_s=0.03)
    with LocalServer(shop.behave) as server:
        drive_file(
            """
            scenarios:
              - flow:
                  - parallel: [{get: {url: /slow}}, {get: {url: /slow}}, {get: {url: /slow}}]
                    limit: 2
            """,
            server,
        )
    assert (len(shop.asked), shop.most) == (3, 2)


def test_branches_of_both_sides_are_couples(drive_file):
    base, head = Shop(slow_s=0.01), Shop(slow_s=0.01)
    with LocalServer(base.behave) as one, LocalServer(head.behave) as other:
        outcome = drive_file(PARALLEL, one, other, how=iterations("shared-iterations", 3, vus=1))
    first, second = outcome.samples
    assert sorted(base.asked) == sorted(head.asked)
    assert np.array_equal(np.sort(first.couple), np.sort(second.couple))
    assert first.couple.min() >= 0
    by_couple = dict(zip(second.couple, second.endpoint, strict=True))
    assert all(by_couple[c] == e for c, e in zip(first.couple, first.endpoint, strict=True))


LOCKSTEP = """
config:
  variables: {city: [Oslo, Lima, Pune, Rome]}
scenarios:
  - flow:
      - loop:
          - get: {url: '/{{ city }}/{{ $randomString(6) }}', probability: 50}
          - get: {url: '/{{ $uuid }}/{{ $randomNumber(1, 99999) }}', ifTrue: $loopCount > 0}
        count: "{{ $randomNumber(1, 4) }}"
      - think: 1ms
        jitter: 50%
"""


def test_both_sides_make_the_same_random_choices(drive_file):
    base, head = Shop(), Shop()
    with LocalServer(base.behave) as one, LocalServer(head.behave) as other:
        drive_file(LOCKSTEP, one, other, how=users(1, 300))
    assert len(set(base.asked)) > 20
    count = min(len(base.asked), len(head.asked)) - 2
    assert base.asked[:count] == head.asked[:count]


def test_a_request_s_cookie_goes_with_later_ones_until_the_service_sets_its_own(drive_file):
    shop = Shop()
    with LocalServer(shop.behave) as server:
        drive_file(
            """
            scenarios:
              - flow:
                  - get: {url: /first, cookie: {sid: mine, lang: de}}
                  - get: {url: /second}
                  - post: {url: /login}
                  - get: {url: /third}
            """,
            server,
        )
    assert [shop.cookies[path] for path in ("/first", "/second", "/third")] == [
        "sid=mine; lang=de",
        "sid=mine; lang=de",
        "sid=made; lang=de",
    ]


def test_a_new_pass_has_no_cookies_of_the_last(drive_file):
    shop = Shop()
    with LocalServer(shop.behave) as server:
        drive_file(
            "scenarios: [{flow: [{get: {url: /a}}, {get: {url: /b, cookie: {x: y}}}, {get: {url: /c}}]}]",
            server,
            how=users(1, 100),
        )
    assert len(shop.asked) > 6
    assert (shop.cookies["/a"], shop.cookies["/c"]) == ("", "x=y")


ONCE = """
before:
  flow: [{post: {url: /setup, capture: {json: $.port, as: port}}}]
after:
  flow: [{post: {url: '/tidy/{{ port }}'}}]
scenarios: [{flow: [{get: {url: '/{{ port }}'}}]}]
"""


def test_before_and_after_are_walked_once_for_each_side(drive_file):
    base, head = Shop(), Shop()
    with LocalServer(base.behave) as one, LocalServer(head.behave) as other:
        outcome = drive_file(ONCE, one, other, how=users(2, 100))
        for shop, server in ((base, one), (head, other)):
            port = server.address[1]
            assert (shop.asked[0], shop.asked[-1]) == ("/setup", f"/tidy/{port}")
            assert set(shop.asked[1:-1]) == {f"/{port}"}
    for side, shop in zip(outcome.samples, (base, head), strict=True):
        assert len(side.sent_ns) == len(shop.asked) - 2


def test_a_failing_before_says_which_request_failed_and_how(drive_file):
    shop = Shop(status=503)
    with LocalServer(shop.behave) as server, pytest.raises(MeasureError) as caught:
        drive_file(ONCE.replace("/setup", "/fail/setup"), server)
    assert caught.value.message.startswith("'before' failed on 127.0.0.1:")
    assert caught.value.message.endswith("POST /fail/setup: status 503")
    assert shop.asked == ["/fail/setup"]


def test_a_failing_after_takes_nothing_from_what_was_measured(drive_file):
    shop = Shop(status=503)
    with LocalServer(shop.behave) as server:
        outcome = drive_file(ONCE.replace("/tidy", "/fail/tidy"), server, how=users(1, 100))
    (objection,) = outcome.objections
    assert objection.startswith("'after' failed on 127.0.0.1:")
    assert "status 503" in objection
    assert len(outcome.samples[0].sent_ns) == len(shop.asked) - 2


def test_a_failure_of_the_script_is_counted_and_does_not_spin(drive_file, tmp_path):
    (tmp_path / "f.py").write_text("def broken(context, events): raise ValueError('x')\n")
    shop = Shop()
    with LocalServer(shop.behave) as server:
        outcome = drive_file(
            "config: {processor: f.js}\nscenarios: [{flow: [{function: broken}, {get: {url: /}}]}]",
            server,
            how=users(1, 200),
        )
    [(error, count)] = errors_of(outcome.samples[0]).items()
    assert error == "processor broken: ValueError"
    assert 1 <= count <= 21
    assert shop.asked == []


def test_an_endless_loop_ends_with_the_load(drive_file):
    shop = Shop()
    began = time.monotonic()
    with LocalServer(shop.behave) as server:
        drive_file(
            "scenarios: [{flow: [{loop: [{get: {url: /}}, {think: 5ms}]}]}]",
            server,
            how=users(1, 150, graceful_stop_ns=50 * MS),
        )
    assert time.monotonic() - began < 3
    assert len(shop.asked) > 5
