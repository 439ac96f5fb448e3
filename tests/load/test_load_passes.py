"""Passes are counted by how they ended, and numbered where their order matters."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from load_plans import GET, arrivals, iterations, load, scenario, users
from load_servers import LocalServer, answering, reset
from pool_workloads import numbered

from perfgate.load.address import Address
from perfgate.load.engine import drive
from perfgate.load.pool import drive_together
from perfgate.model import Passes, Profile, Request, Scenario, Script


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(answering()) as running:
        yield running


def fails(seed: int) -> Script:
    yield GET
    return False


def in_order(name: str = "s") -> Scenario:
    """Passes that send their own number."""

    def start_nth(seed: int, nth: int) -> Script:
        yield Request(endpoint=0, method="GET", target=f"/{nth}")

    return replace(scenario(name=name), start_nth=start_nth)


def numbers_sent(server: LocalServer) -> list[int]:
    return [int(request.split(b" ")[1][1:]) for request in server.requests]


def test_passes_are_counted_by_scenario_and_end(server):
    plan = load(
        server,
        iterations("shared-iterations", 40, vus=4),
        scenarios=(scenario(name="fine"), scenario(fails, name="short")),
    )
    passes = drive(plan).passes
    assert passes["fine"].failed == passes["short"].completed == 0
    assert passes["fine"].completed + passes["short"].failed == 40


@pytest.mark.parametrize("fixed", [(), (GET,)])
def test_a_pass_without_an_answer_has_failed(fixed):
    def one_answer(seed: int) -> Script:
        answer = yield GET
        return answer is not None

    with LocalServer(lambda peer, _: reset(peer)) as server:
        plan = load(server, users(1, 60), scenarios=(replace(scenario(one_answer), fixed=fixed),))
        came = drive(plan)
    assert came.passes == {"s": Passes(completed=0, failed=len(came.samples[0].error))}


def test_a_pass_that_the_end_cuts_off_is_not_counted(server):
    def endless(seed: int) -> Script:
        while True:
            yield GET

    assert drive(load(server, users(2, 60), start=endless)).passes == {}


@pytest.mark.parametrize(
    "how", [users(1, 80), arrivals(200, 100, vus=4), iterations("shared-iterations", 20, vus=1)]
)
def test_passes_get_the_next_number_each(server, how: Profile):
    drive(load(server, how, scenarios=(in_order(),)))
    sent = numbers_sent(server)
    assert sorted(sent) == list(range(len(sent)))
    assert len(sent) > 5


def test_both_sides_of_a_couple_have_the_same_number():
    with LocalServer(answering()) as base, LocalServer(answering()) as head:
        addresses = tuple(Address(*server.address) for server in (base, head))
        drive(load(None, users(2, 80), scenarios=(in_order(),), addresses=addresses))
        sent = [sorted(numbers_sent(server)) for server in (base, head)]
    assert sent[0] == sent[1] == list(range(len(sent[0])))


def test_processes_share_the_numbers(server):
    plan = load(server, users(2, 300), scenarios=(), endpoints=("/",))
    drive_together(plan, numbered, processes=2, pin=False)
    sent = numbers_sent(server)
    assert len(set(sent)) == len(sent)
    assert {number % 2 for number in sent} == {0, 1}
