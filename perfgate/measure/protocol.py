"""The order of a run: screening rounds, perhaps more of them, perhaps a confirmation on fresh rounds.

What comes next is decided by whoever calls (the gate knows how, measuring does not). A `Recording` keeps
every finished round, so that nothing is lost when the run ends early.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfgate.measure.round import MeasuredRound, Session, measure_round
from perfgate.model import ALL_ENDPOINTS, NextStep, Stage

if TYPE_CHECKING:
    from perfgate.progress import Progress

# A quarter more rounds than planned at most: past that the gate calls the run invalid anyway.
_SPARE_RATIO = 0.25

Decide = Callable[[Sequence[MeasuredRound]], NextStep]
Stops = Callable[[Sequence[MeasuredRound]], bool]
"""Asked after every screening round, with all rounds so far: whether to measure no more."""


@dataclass(slots=True)
class Recording:
    """The rounds measured so far; `complete` once all that were wanted are, `aborted` if it was cut short."""

    measured: list[MeasuredRound] = field(default_factory=list)
    complete: bool = False
    aborted: bool = False


def finish_after_screening(_: Sequence[MeasuredRound]) -> NextStep:
    """For a run of one side: there is nothing to decide."""
    return NextStep()


def never(_: Sequence[MeasuredRound]) -> bool:
    """For a measurement that nothing ends early."""
    return False


def measure(
    session: Session,
    recording: Recording,
    *,
    screen_rounds: int,
    confirm_rounds: int,
    decide: Decide,
    stops: Stops = never,
    progress: Progress,
) -> None:
    """Run the protocol, adding each round to `recording` as it is finished.

    Raises:
        MeasureError: from a round; the rounds before it are in `recording`.
    """
    progress.phase("screening")
    enough = _rounds(session, recording, progress, stage="screen", count=screen_rounds, stops=stops)
    step = decide(recording.measured) if enough else NextStep()
    if step.more_screen_rounds and not step.confirm_endpoints:
        progress.phase("more rounds: too noisy to see the changes that matter")
        enough = _rounds(
            session, recording, progress, stage="screen", count=step.more_screen_rounds, stops=stops
        )
        step = decide(recording.measured) if enough else NextStep()
    if step.confirm_endpoints:
        progress.phase(f"confirming on fresh rounds: {_named(step.confirm_endpoints)}")
        _rounds(
            session,
            recording,
            progress,
            stage="confirm",
            count=confirm_rounds,
            focus=step.confirm_endpoints,
        )
    recording.complete = not recording.aborted


def _named(endpoints: Sequence[str]) -> str:
    return "all endpoints" if ALL_ENDPOINTS in endpoints else ", ".join(endpoints)


def _rounds(
    session: Session,
    recording: Recording,
    progress: Progress,
    *,
    stage: Stage,
    count: int,
    focus: Sequence[str] = (),
    stops: Stops = never,
) -> bool:
    """Measure until `count` rounds are valid. A dropped round is measured again, which favours no side:
    rounds are dropped by what disturbed the machine, never by what was measured. False if too many were
    dropped for a verdict, or the caller has seen enough.
    """
    spare = math.floor(count * _SPARE_RATIO)
    valid = 0
    while valid < count:
        progress.update(valid, count, f"round {valid + 1} of {count}")
        begun = time.monotonic()
        index = len(recording.measured)
        measured = measure_round(session, index=index, stage=stage, focus=focus)
        recording.measured.append(measured)
        reason = measured.rounds[0].dropped_because
        if not reason:
            valid += 1
            recording.aborted = stops(recording.measured)
            if recording.aborted:
                return False
            progress.update(valid, count, f"{time.monotonic() - begun:.1f} s a round")
            continue
        progress.note(f"round {index + 1} dropped: {reason}")
        if not spare:
            return False
        spare -= 1
    return True
