"""How many users of which class a shape comes to, what ticks may be, and greenlets that wait."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.model import UserKind
from perfgate.users.exceptions import UnsupportedError
from perfgate.users.greenlets import Greenlet, Group, Timeout, joinall, spawn_later
from perfgate.users.leading import Tick, tick_of, wanted_of
from perfgate.users.locks import Event, Semaphore
from perfgate.users.timespan import parse_timespan


def kind(name: str, weight: float = 1.0, fixed_count: int = 0) -> UserKind:
    return UserKind(name=name, weight=weight, fixed_count=fixed_count, live=lambda port: None)


def test_fixed_counts_come_first_and_weights_share_the_rest():
    kinds = [kind("a", 3), kind("b", 1), kind("one", fixed_count=1)]
    assert wanted_of(kinds, 0) == {"a": 0, "b": 0, "one": 0}
    assert wanted_of(kinds, 1) == {"a": 0, "b": 0, "one": 1}
    assert wanted_of(kinds, 9) == {"a": 6, "b": 2, "one": 1}


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=5), st.integers(0, 200))
def test_every_user_is_of_some_class_and_none_is_far_from_its_share(weights, users):
    kinds = [kind(str(number), weight) for number, weight in enumerate(weights)]
    wanted = wanted_of(kinds, users)
    assert sum(wanted.values()) == users
    for each in kinds:
        assert abs(wanted[each.name] - each.weight / sum(weights) * users) < len(kinds)


@pytest.mark.parametrize(
    "answer", [5, (1,), (1, 2, [], 4), ("1", 2), (True, 1), (-1, 1), (1, 0), (1, float("nan")), (10_001, 1)]
)
def test_a_tick_that_makes_no_sense_is_refused_with_what_it_was(answer):
    with pytest.raises(UnsupportedError) as caught:
        tick_of(answer)
    assert repr(answer) in str(caught.value)


def test_ticks_are_two_or_three_values():
    assert tick_of(None) is None
    assert tick_of((2.4, 0.5)) == Tick(2, 0.5, None)
    assert tick_of([3, 1, [int]]) == Tick(3, 1, (int,))
    assert tick_of((3, 1, None)) == Tick(3, 1, None)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_time_spans_are_read_as_they_are_written(hours, minutes, seconds):
    assert parse_timespan(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
    assert parse_timespan(f"{seconds}") == seconds


@pytest.mark.parametrize("text", ["", "h", "5x", "s5", "1m1h", "-1"])
def test_what_is_no_time_span_is_refused(text):
    with pytest.raises(ValueError, match="no time span"):
        parse_timespan(text)


def test_greenlets_give_back_values_and_exceptions():
    def fail() -> None:
        raise KeyError("x")

    first, second = Greenlet.spawn(lambda: 1), spawn_later(0.01, lambda: 2)
    assert joinall([first, second], timeout=5) == [first, second]
    assert (first.get(), second.get()) == (1, 2)
    failed = Greenlet.spawn(fail)
    with pytest.raises(KeyError):
        failed.get(timeout=5)
    gate = threading.Event()
    waiting = Greenlet.spawn(gate.wait)
    with pytest.raises(Timeout):
        waiting.get(timeout=0.01)
    gate.set()
    waiting.join(5)


def test_a_pool_holds_no_more_than_its_size():
    most, now, lock = [0], [0], threading.Lock()

    def work(number: int) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return number * 2

    pool = Group(2)
    assert pool.map(work, range(6)) == [0, 2, 4, 6, 8, 10]
    assert pool.join(timeout=5)
    assert most[0] <= 2


def test_semaphores_and_events_wait():
    semaphore, event = Semaphore(0), Event()
    assert not semaphore.acquire(timeout=0.01)
    assert not event.wait(0.01)
    Greenlet.spawn(lambda: (semaphore.release(), event.set()))
    assert semaphore.wait(5) == 1
    assert semaphore.acquire(timeout=5)
    assert semaphore.locked()
    assert event.wait(5)


def test_a_timeout_around_code_is_refused():
    with pytest.raises(UnsupportedError, match="Timeout around code"), Timeout(1):
        pass
