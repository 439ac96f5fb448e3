"""The order of a run under a deadline: stages end by the clock, and never below what a verdict needs."""

from __future__ import annotations

import numpy as np
import pytest
from measured_rounds import measured

from perfgate.measure import protocol
from perfgate.measure.protocol import Recording, finish_after_screening, measure
from perfgate.measure.timekeeping import Pace
from perfgate.model import NextStep

CONFIRM = NextStep(confirm_endpoints=("GET /",))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Heard:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.notes: list[str] = []
        self.left: list[float | None] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        self.left.append(left_s)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        """Nothing was opened."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that each round moves by 2 s."""
    clock, rng = Clock(), np.random.default_rng(1)

    def one_round(session, *, index, stage, focus=()):
        clock.now += 2.0
        return measured(rng, index=index, requests=5)

    monkeypatch.setattr(protocol, "measure_round", one_round)
    monkeypatch.setattr(protocol.time, "monotonic", clock)
    return clock


def run(
    clock: Clock, *, deadline_s: float, decide=finish_after_screening, screen=13, confirm=13, expected=2.0
):
    recording, heard, seen = Recording(), Heard(), []

    def deciding(rounds):
        seen.append(len(rounds))
        return decide(rounds)

    measure(
        None,
        recording,
        screen_rounds=screen,
        confirm_rounds=confirm,
        decide=deciding,
        progress=heard,
        pace=Pace(round_s=expected, deadline_s=deadline_s, clock=clock),
    )
    assert recording.complete
    return seen, len(recording.measured), heard


def test_what_was_planned_is_measured(clock: Clock) -> None:
    seen, rounds, heard = run(clock, deadline_s=52, decide=lambda _: CONFIRM)
    assert (seen, rounds) == ([13], 26)
    assert heard.left[0] == 26
    assert not heard.notes


def test_slow_rounds_leave_time_to_confirm(clock: Clock) -> None:
    seen, rounds, heard = run(clock, deadline_s=40, decide=lambda _: CONFIRM, expected=1.5)
    assert seen == [12]
    assert rounds == 20
    assert clock.now <= 40
    assert "the time is up: 12 of 13 rounds" in heard.notes


def test_eight_rounds_and_eight_to_confirm_are_measured_whatever_the_clock_says(clock: Clock) -> None:
    seen, rounds, _ = run(clock, deadline_s=3, decide=lambda _: CONFIRM)
    assert (seen, rounds) == ([8], 16)


@pytest.mark.parametrize(("deadline_s", "more"), [(1000, 13), (60, 2), (52, 0)])
def test_an_extension_only_as_far_as_a_confirmation_of_as_many_rounds_still_fits(
    clock: Clock, deadline_s: float, more: int
) -> None:
    answers = iter([NextStep(more_screen_rounds=13), CONFIRM])
    seen, rounds, _ = run(clock, deadline_s=deadline_s, decide=lambda _: next(answers))
    assert seen == ([13, 13 + more] if more else [13])
    assert rounds == (2 * (13 + more) if more else 13)
    assert clock.now <= deadline_s


def test_without_a_plan_the_time_is_said_after_two_rounds(clock: Clock) -> None:
    recording, heard = Recording(), Heard()
    measure(
        None,
        recording,
        screen_rounds=13,
        confirm_rounds=13,
        decide=finish_after_screening,
        progress=heard,
    )
    assert heard.notes == ["13 rounds, about 26 s; 13 more to confirm, should anything look worse, 26 s"]
    assert heard.left[0] is None
    assert heard.left[-1] == 0
