from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from load_servers import LocalServer

from perfgate.load.address import Address, Timeouts
from perfgate.load.client import Client
from perfgate.load.connection import Connection
from perfgate.load.names import Names
from perfgate.load.plan import LoadPlan
from perfgate.load.recorder import Recorder
from perfgate.load.running import Running
from perfgate.load.samples import by_side, joined
from perfgate.load.user import VirtualUser
from perfgate.model import Profile, Ramp, Request, Response, Samples, Scenario, Script, Think

Start = Callable[[int], Script]
TIMEOUT_NS = 20_000_000_000
HOUR_NS = 3_600_000_000_000


class Noting(Running):
    """A load whose users note their pauses instead of waiting them out."""

    pauses: list[int]

    def pause(self, duration_ns: int, until_ns: int) -> bool:
        self.pauses.append(duration_ns)
        return not self.is_over


@dataclass
class World:
    """Two servers that note in which order requests reach them, and users that send to them."""

    servers: tuple[LocalServer, ...]
    order: list[tuple[int, str]] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    may_send: bool = True

    def __post_init__(self) -> None:
        self._stack = contextlib.ExitStack()
        addresses = tuple(Address(*server.address) for server in self.servers)
        ramps = (Ramp(duration_ns=HOUR_NS, target=1),)
        self._plan = LoadPlan(
            addresses=addresses,
            profile=Profile(executor="constant-vus", vus=1, start=1, stages=ramps),
            timeouts=Timeouts(TIMEOUT_NS),
            seed=1,
        )
        self.running = Noting(
            plan=self._plan, start_ns=time.monotonic_ns(), wall_ahead_ns=0, endpoints=Names(("/",), most=1)
        )
        self.running.pauses = self.pauses
        self._recorder = Recorder(self.running.errors)

    def user(self, *starts: Start, seed: int = 1, min_gap_ns: int = 0) -> VirtualUser:
        clients = [Client(Connection(address, self._plan.timeouts)) for address in self._plan.addresses]
        for client in clients:
            self._stack.callback(client.close)
        self.running.plan = replace(self._plan, scenarios=weighed(starts))
        user = VirtualUser(self.running, clients, self._recorder, seed=seed, min_gap_ns=min_gap_ns)
        if not self.may_send:
            user.until_ns = 0
        return user

    def samples(self) -> tuple[Samples, ...]:
        rows = joined([self._recorder.rows], since_ns=0)
        return by_side(rows, errors=self.running.errors.names(), endpoints=("/",), sides=2)

    def targets(self, side: int) -> list[str]:
        return [target for at, target in self.order if at == side]

    def close(self) -> None:
        self._stack.close()


def weighed(starts: tuple[Start, ...]) -> tuple[Scenario, ...]:
    """Scenarios of which the first has three times the weight of each other one."""
    return tuple(
        Scenario(name="s", weight=3.0 if number == 0 else 1.0, endpoints=frozenset({0}), start=start)
        for number, start in enumerate(starts)
    )


@pytest.fixture
def world() -> Iterator[World]:
    order: list[tuple[int, str]] = []

    def noting(side: int):
        def behave(peer, server) -> None:
            while request := server.request(peer):
                target = request.split()[1].decode()
                order.append((side, target))
                if target in ("/drop", f"/drop-only-{side}"):
                    return
                status = 500 if target.startswith("/fail") else 200
                body = str(side).encode()
                peer.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 1\r\n\r\n%s" % (status, body))

        return behave

    with LocalServer(noting(0)) as base, LocalServer(noting(1)) as head:
        world = World(servers=(base, head), order=order)
        yield world
        world.close()


def get(target: str, **changes) -> Request:
    return Request(**({"endpoint": 0, "method": "GET", "target": target} | changes))


def random_targets(seed: int) -> Script:
    rng = random.Random(seed)
    for _ in range(3):
        yield get(f"/{rng.getrandbits(32)}")


def test_both_sides_get_the_same_requests_in_random_order(world: World):
    user = world.user(random_targets)
    for _ in range(40):
        assert user.walk_both() is True
    base, head = world.targets(0), world.targets(1)
    assert base == head
    assert len(base) == len(set(base)) == 120
    firsts = [world.order[i][0] for i in range(0, 240, 2)]
    assert all({a[0], b[0]} == {0, 1} and a[1] == b[1] for a, b in zip(*[iter(world.order)] * 2, strict=True))
    assert 30 < sum(firsts) < 90


def test_the_two_requests_of_a_couple_share_a_number_of_their_own(world: World):
    user = world.user(random_targets)
    for _ in range(5):
        user.walk_both()
    base, head = world.samples()
    assert base.couple.tolist() == head.couple.tolist() == list(range(15))
    assert (base.sent_ns >= base.due_ns).all()
    assert (base.last_ns >= base.first_ns).all()


def test_the_same_seed_does_the_same_again_and_another_does_not(world: World):
    walks = []
    for seed in (1, 1, 2):
        begun = len(world.order)
        user = world.user(random_targets, random_targets, seed=seed)
        for _ in range(10):
            user.walk_both()
        walks.append(world.order[begun:])
    assert walks[0] == walks[1]
    assert walks[0] != walks[2]


def test_scenarios_are_chosen_by_weight(world: World):
    def named(name: str) -> Start:
        def start(seed: int) -> Script:
            yield get(name)

        return start

    user = world.user(named("/often"), named("/seldom"))
    for _ in range(200):
        user.walk_both()
    assert 120 < world.targets(0).count("/often") < 180


def test_think_time_is_waited_for_once_for_both_sides(world: World):
    def start(seed: int) -> Script:
        answer = yield Think(duration_ns=5)
        assert answer is None
        yield get("/")
        yield Think(duration_ns=7)

    world.user(start).walk_both()
    assert [pause for pause in world.pauses if pause] == [5, 7]
    assert len(world.order) == 2


def test_sides_that_think_differently_wait_for_the_longer(world: World):
    def start(seed: int) -> Script:
        answer = yield get("/")
        assert answer is not None
        yield Think(duration_ns=100 if answer.body == b"0" else 900)
        yield get("/after")

    world.user(start).walk_both()
    assert [pause for pause in world.pauses if pause] == [900]
    assert world.targets(0) == world.targets(1) == ["/", "/after"]


def test_a_side_whose_script_ends_early_leaves_the_other_to_finish_alone(world: World):
    def start(seed: int) -> Script:
        answer = yield get("/1")
        assert answer is not None
        if answer.body == b"1":
            return
        yield get("/2")
        yield get("/3")

    world.user(start).walk_both()
    assert world.targets(0) == ["/1", "/2", "/3"]
    assert world.targets(1) == ["/1"]
    base, head = world.samples()
    assert base.couple.tolist() == [0, -1, -1]
    assert head.couple.tolist() == [0]


def test_a_side_that_thinks_while_the_other_sends_is_no_couple(world: World):
    def start(seed: int) -> Script:
        answer = yield get("/1")
        assert answer is not None
        if answer.body == b"1":
            thought = yield Think(duration_ns=3)
            assert thought is None
        answer = yield get("/2")
        assert answer is not None
        yield get("/3")

    world.user(start).walk_both()
    assert world.targets(0) == world.targets(1) == ["/1", "/2", "/3"]
    base, head = world.samples()
    assert base.couple.tolist() == [0, -1, 1]
    assert head.couple.tolist() == [0, 1, -1]


def test_the_script_is_sent_the_answer_or_none_when_no_whole_one_came(world: World):
    answers: list[Response | None] = []

    def start(seed: int) -> Script:
        answers.append((yield get("/fail")))
        answers.append((yield get("/drop")))
        answers.append((yield Think(duration_ns=1)))
        answers.append((yield get("/unsendable", headers=(("x", "\n"),))))
        answers.append((yield get("/")))

    world.user(start).walk_one(0, 1)
    assert [answer and answer.status for answer in answers] == [500, None, None, None, 200]
    base, head = world.samples()
    assert [base.errors[n] for n in base.error] == ["status 500", "closed early", "unsendable request", ""]
    assert len(head.sent_ns) == 0


def test_a_failure_on_one_side_does_not_stop_the_other(world: World):
    def start(seed: int) -> Script:
        answer = yield get("/drop-only-1")
        yield get("/after" if answer else "/sorry")

    world.user(start).walk_both()
    assert world.targets(0) == ["/drop-only-1", "/after"]
    assert world.targets(1) == ["/drop-only-1", "/sorry"]


def endless(seed: int) -> Script:
    while True:
        yield get("/")


@pytest.mark.parametrize("start", [endless, random_targets], ids=["endless", "short"])
def test_no_request_leaves_when_the_load_is_over(start: Start, world: World):
    world.may_send = False
    assert world.user(start).walk_both() is False
    assert world.order == []


def test_an_abandoned_load_ends_an_endless_pass_and_records_no_more(world: World):
    user = world.user(endless)
    thread = threading.Thread(target=user.walk_both)
    thread.start()
    while len(world.order) < 20:
        time.sleep(0.001)
    world.running.abandon()
    thread.join(10.0)
    assert not thread.is_alive()
    base, head = world.samples()
    assert len(base.sent_ns) + len(head.sent_ns) <= len(world.order)


def test_what_comes_back_after_the_load_was_abandoned_is_not_recorded(world: World):
    def start(seed: int) -> Script:
        yield get("/1")
        yield get("/2", judge=lambda _: world.running.abandon() or "")
        yield get("/3")

    world.user(start).walk_both()
    base, head = world.samples()
    assert (len(base.sent_ns), len(head.sent_ns)) == (1, 1)
    assert "/3" not in world.targets(0) + world.targets(1)


def test_a_pass_on_one_side_owes_its_first_request_and_ends_with_the_load_after_it(world: World):
    world.may_send = False
    world.user(endless).walk_one(1, due_ns=5)
    assert world.order == [(1, "/")]
    _, head = world.samples()
    assert head.due_ns.tolist() == [5]
    assert head.couple.tolist() == [-1]


def test_only_the_first_request_of_a_pass_was_due_with_its_arrival(world: World):
    world.user(random_targets).walk_one(1, due_ns=5)
    _, head = world.samples()
    assert head.due_ns[0] == 5
    assert (head.due_ns[1:] >= head.last_ns[:-1]).all()


def test_thinking_before_the_first_request_is_no_lateness(world: World):
    def start(seed: int) -> Script:
        yield Think(duration_ns=70)
        yield get("/")

    world.user(start).walk_one(0, due_ns=1000)
    base, _ = world.samples()
    assert base.due_ns.tolist() == [1070]


def test_a_missed_arrival_counts_as_an_error_of_its_first_request(world: World):
    def start(seed: int) -> Script:
        yield Think(duration_ns=70)
        yield get("/", endpoint=3)

    world.user(start).miss(1, due_ns=1000)
    base, head = world.samples()
    assert len(base.sent_ns) == 0
    assert [head.errors[n] for n in head.error] == ["not sent"]
    assert (head.endpoint.tolist(), head.due_ns.tolist(), head.last_ns.tolist()) == ([3], [1000], [0])
    assert world.order == []


def test_a_bounded_user_waits_before_a_couple_and_never_inside_it(world: World):
    gap_ns = 10_000_000_000
    user = world.user(random_targets, min_gap_ns=gap_ns)
    user.walk_both()
    assert len(world.pauses) == 3
    assert world.pauses[0] <= 2 * gap_ns
    assert all(1.5 * gap_ns < pause <= 2 * gap_ns for pause in world.pauses[1:])
    assert len(world.order) == 6


def test_bounded_users_do_not_begin_in_step(world: World):
    gap_ns = 10_000_000_000
    for seed in range(20):
        world.user(random_targets, seed=seed, min_gap_ns=gap_ns).walk_both()
    first_waits = world.pauses[::3]
    assert max(first_waits) > 1.2 * gap_ns
    assert min(first_waits) < 0.8 * gap_ns
    assert len(set(first_waits)) == 20


def test_think_time_counts_towards_the_bound(world: World):
    def start(seed: int) -> Script:
        yield get("/1")
        yield Think(duration_ns=50_000_000_000)
        yield get("/2")

    world.user(start, min_gap_ns=1_000_000_000).walk_both()
    assert world.pauses[1] == 50_000_000_000
