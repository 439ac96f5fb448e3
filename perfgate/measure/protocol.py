"""The order of a run: screening rounds, perhaps more of them, perhaps a confirmation on fresh rounds.

What comes next is decided by whoever calls (the gate knows how, measuring does not). A `Recording` keeps
every finished round, so that nothing is lost when the run ends early. Where there is a deadline a stage may
end before its last round, by the clock alone and never below the rounds a verdict needs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfgate.measure.round import MeasuredRound, Session, measure_round
from perfgate.measure.timekeeping import Pace, seconds_text
from perfgate.model import ALL_ENDPOINTS, NextStep, Stage
from perfgate.stats.planning import LEAST_ROUNDS

if TYPE_CHECKING:
    from perfgate.progress import Progress

# A quarter more rounds than planned at most: past that the gate calls the run invalid anyway.
_SPARE_RATIO = 0.25
_ROUNDS_TO_KNOW_THE_PACE = 2

Decide = Callable[[Sequence[MeasuredRound]], NextStep]
Stops = Callable[[Sequence[MeasuredRound]], bool]
"""Asked after every screening round, with all rounds so far: whether to measure no more."""


@dataclass(slots=True)
class Recording:
    """The rounds measured so far; `complete` once all that were wanted are, `aborted` if it was cut short."""

    measured: list[MeasuredRound] = field(default_factory=list)
    complete: bool = False
    aborted: bool = False

    @property
    def valid(self) -> int:
        """How many rounds count."""
        return sum(not m.rounds[0].dropped_because for m in self.measured)


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
    pace: Pace | None = None,
) -> None:
    """Run the protocol, adding each round to `recording` as it is finished.

    A confirmation has as many rounds as were screened, at least `confirm_rounds`: with fewer it would miss
    what the extension has made visible.

    Raises:
        MeasureError: from a round; the rounds before it are in `recording`.
    """
    stages = _Stages(session, recording, progress, pace or Pace())
    progress.phase("screening")
    enough = stages.run(stage="screen", count=screen_rounds, then=confirm_rounds, stops=stops)
    step = decide(recording.measured) if enough else NextStep()
    if step.more_screen_rounds and not step.confirm_endpoints:
        more = stages.extension(step.more_screen_rounds, then=confirm_rounds)
        if more:
            progress.phase("more rounds: too noisy to see the changes that matter")
            confirm_rounds = max(confirm_rounds, recording.valid + more)
            enough = stages.run(stage="screen", count=more, least=0, then=confirm_rounds, stops=stops)
            step = decide(recording.measured) if enough else NextStep()
    if step.confirm_endpoints:
        progress.phase(f"confirming on fresh rounds: {_named(step.confirm_endpoints)}")
        count = max(confirm_rounds, recording.valid)
        stages.run(stage="confirm", count=count, focus=step.confirm_endpoints)
    recording.complete = not recording.aborted


def _named(endpoints: Sequence[str]) -> str:
    return "all endpoints" if ALL_ENDPOINTS in endpoints else ", ".join(endpoints)


class _Stages:
    """Rounds of one stage after another."""

    def __init__(self, session: Session, recording: Recording, progress: Progress, pace: Pace) -> None:
        self._session = session
        self._recording = recording
        self._progress = progress
        self._pace = pace
        self._planned = pace.round_s is not None

    def run(
        self,
        *,
        stage: Stage,
        count: int,
        least: int = LEAST_ROUNDS,
        then: int = 0,
        focus: Sequence[str] = (),
        stops: Stops = never,
    ) -> bool:
        """Measure until `count` rounds are valid. A dropped round is measured again, which favours no side:
        rounds are dropped by what disturbed the machine, never by what was measured. False if too many were
        dropped for a verdict, or the caller has seen enough.

        Time for `then` rounds of confirmation, or the fewest that can confirm, is kept back.
        """
        spare = math.floor(count * _SPARE_RATIO)
        valid = 0
        while valid < count:
            if valid >= least and self._pace.fitting() < 1 + min(then, LEAST_ROUNDS):
                self._progress.note(f"the time is up: {valid} of {count} rounds")
                break
            self._show(valid, count, f"round {valid + 1} of {count}", then)
            reason = self._round(stage, focus)
            if not reason:
                valid += 1
                self._recording.aborted = stops(self._recording.measured)
                if self._recording.aborted:
                    return False
                self._show(valid, count, f"{seconds_text(self._pace.round_s or 0)} a round", then)
                self._say_how_long(valid, count, then)
                continue
            self._progress.note(f"round {len(self._recording.measured)} dropped: {reason}")
            if not spare:
                return False
            spare -= 1
        return True

    def extension(self, wanted: int, *, then: int) -> int:
        """How many more rounds there is time for, with a confirmation by as many as were screened then."""
        free = self._pace.fitting()
        more = int(min(wanted, max(0, min(free - then, (free - self._recording.valid) / 2))))
        if more < wanted:
            self._progress.note(
                f"too noisy to see the changes that matter; there is time for {more} more rounds"
            )
        return more

    def _round(self, stage: Stage, focus: Sequence[str]) -> str:
        """One round, recorded; why it was dropped, if it was."""
        begun = time.monotonic()
        index = len(self._recording.measured)
        measured = measure_round(self._session, index=index, stage=stage, focus=focus)
        self._recording.measured.append(measured)
        self._pace.took(time.monotonic() - begun)
        return measured.rounds[0].dropped_because

    def _show(self, valid: int, count: int, text: str, then: int) -> None:
        left_s, more_s = self._pace.left_s(count - valid), self._pace.left_s(then)
        if then and more_s is not None:
            text += f" ({seconds_text(more_s)} more if it has to confirm)"
        self._progress.update(valid, count, text, left_s=left_s)

    def _say_how_long(self, valid: int, count: int, then: int) -> None:
        """Once, where no plan has said it: how long the rest takes, from the rounds so far."""
        if self._planned or valid < _ROUNDS_TO_KNOW_THE_PACE:
            return
        self._planned = True
        all_s, more_s = self._pace.left_s(count) or 0.0, self._pace.left_s(then) or 0.0
        confirming = f"; {then} more to confirm, should anything look worse, {seconds_text(more_s)}"
        self._progress.note(f"{count} rounds, about {seconds_text(all_s)}" + (confirming if then else ""))
