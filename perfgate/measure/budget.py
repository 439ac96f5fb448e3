"""Before the first round that counts: the rate found, the pilot run, and the plan made and said."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import UsageError
from perfgate.measure.calibration import PROBE_NS, calibrate, with_rate
from perfgate.measure.history import Alike, PairedRun, earlier_runs
from perfgate.measure.pilot import components, run_pilot
from perfgate.measure.timekeeping import Pace, seconds_text
from perfgate.model import QUANTILES, Metric, Ramp
from perfgate.stats.planning import (
    LEAST_ROUND_S,
    LEAST_ROUNDS,
    MOST_ROUND_S,
    MOST_ROUNDS,
    Freedom,
    Plan,
    best_plan,
    least_s,
)
from perfgate.units import format_duration_ns, format_ratio

if TYPE_CHECKING:
    from perfgate.config import Config, MeasureConfig
    from perfgate.measure.round import Session
    from perfgate.progress import Progress

CLOSING_S = 1.5
"""Kept back for what follows the last round: storing, the tests of both stages, the report."""
_MARGIN = 0.05
"""Planned as not there, because rounds do not always take what the pilot's took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a comparison is to find, from whoever judges it.

    `limits` says of a metric how large a change counts and how large a one may go unseen, as logarithms of
    the ratio; None where the verdict does not wait for it. `alpha` and `power` are the test's.
    """

    limits: Callable[[Metric], tuple[float, float] | None]
    alpha: float
    power: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How to go on: the session with its load and length, how many rounds, and by when."""

    session: Session
    screen_rounds: int
    confirm_rounds: int
    pace: Pace
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is known before anything was started; without a goal the rounds stay as they are."""

    config: Config
    goal: Goal | None
    screen_rounds: int
    confirm_rounds: int
    alike: Alike

    @property
    def budget_ns(self) -> int:
        """The time there is; 0 where it is not bounded."""
        return (self.config.measure.budget_ns or 0) if self.goal is not None else 0


def freedom_of(measuring: MeasureConfig) -> Freedom:
    """What a budget may plan: what perfgate.yml gives no value.

    Raises:
        UsageError: nothing is left to plan.
    """
    fixed = measuring.fixed
    if {"rounds", "round"} <= fixed:
        raise UsageError(
            "measure.rounds and measure.round are fixed, so there is nothing for a budget to plan",
            "remove one of them from perfgate.yml, or the budget",
        )
    most = measuring.max_rounds if "max_rounds" in fixed else MOST_ROUNDS
    length_s = measuring.round_ns / 1e9
    return Freedom(
        rounds=(measuring.rounds, measuring.rounds) if "rounds" in fixed else (LEAST_ROUNDS, most),
        round_s=(length_s, length_s) if "round" in fixed else (LEAST_ROUND_S, MOST_ROUND_S),
    )


def require_room(config: Config) -> None:
    """Refuse a budget that even rounds without any restart cost would not fit into, before anything starts.

    Raises:
        UsageError: it cannot be kept, or there is nothing to plan.
    """
    measuring = config.measure
    if measuring.budget_ns is None:
        return
    freedom = freedom_of(measuring)
    warmup_s = measuring.warmup_ns / 1e9
    pilot_s = 2 * (LEAST_ROUND_S + warmup_s)
    if config.load.calibrate:
        pilot_s += 2 * (PROBE_NS / 1e9 + warmup_s)
    needed_s = (least_s(freedom, warmup_s) + pilot_s + CLOSING_S) / (1 - _MARGIN)
    if needed_s > measuring.budget_ns / 1e9:
        raise _too_short(measuring, freedom, restart_s=0.0, needed_s=needed_s)


def prepare(ready: Preparation, session: Session, progress: Progress) -> Prepared:
    """Find the rate if it is to be found, and plan the rounds if there is a budget.

    Raises:
        UsageError: the budget is too short.
        MeasureError: from a round.
    """
    begun = time.monotonic()
    notes: list[str] = []
    pilots = session.logs / "pilot"
    if ready.config.load.calibrate:
        found = calibrate(_logged(session, pilots), ready.config.load, progress)
        session = with_rate(session, ready.config.load, found.rate)
        notes.append(found.note)
    if not ready.budget_ns or ready.goal is None:
        return Prepared(
            session=session,
            screen_rounds=ready.screen_rounds,
            confirm_rounds=ready.confirm_rounds,
            pace=Pace(),
            notes=tuple(notes),
        )
    plan, words = _plan(ready, ready.goal, _logged(session, pilots), begun, progress)
    for text in words:
        progress.note(text)
    return Prepared(
        session=_of_length(session, plan.round_s),
        screen_rounds=plan.rounds,
        confirm_rounds=plan.rounds,
        pace=Pace(
            round_s=plan.round_s + plan.overhead_s, deadline_s=begun + ready.budget_ns / 1e9 - CLOSING_S
        ),
        notes=(*notes, "; ".join(words)),
    )


def _plan(
    ready: Preparation, goal: Goal, session: Session, begun: float, progress: Progress
) -> tuple[Plan, tuple[str, str]]:
    measuring = ready.config.measure
    freedom = freedom_of(measuring)
    history = earlier_runs(ready.config.store, ready.alike)
    pilot = run_pilot(session, budget_ns=ready.budget_ns, progress=progress)
    overhead_s = pilot.restart_s + measuring.warmup_ns / 1e9
    varying = components(pilot, history, goal.limits, pinned=session.placement.pinned)
    spent_s = time.monotonic() - begun + CLOSING_S
    plan = best_plan(
        varying,
        overhead_s=overhead_s,
        available_s=ready.budget_ns / 1e9 * (1 - _MARGIN) - spent_s,
        freedom=freedom,
        alpha=goal.alpha,
        power=goal.power,
    )
    if plan is None:
        needed_s = (least_s(freedom, overhead_s) + spent_s) / (1 - _MARGIN)
        raise _too_short(measuring, freedom, restart_s=pilot.restart_s, needed_s=needed_s)
    finds = finds_text(plan, _evidence(len(pilot.rounds), history))
    return plan, (plan_text(plan, restart_s=pilot.restart_s), finds)


def plan_text(plan: Plan, *, restart_s: float) -> str:
    """How many rounds, how long they are and what they take."""
    return (
        f"plan: {plan.rounds} rounds of {seconds_text(plan.round_s)} (+ {plan.rounds} to confirm), "
        f"{seconds_text(restart_s)} of restarts each; about {seconds_text(plan.screen_s)}, "
        f"{seconds_text(plan.total_s)} with confirmation"
    )


def finds_text(plan: Plan, evidence: str) -> str:
    """What the plan can find of each statistic, at the worst endpoint."""
    worst: dict[str, float] = {}
    for metric, mde in plan.mde.items():
        worst[metric.statistic] = max(worst.get(metric.statistic, 0.0), math.expm1(mde))
    order = [name for name in (*QUANTILES, "cpu") if name in worst]
    finds = ", ".join(f"{name} ≥ {format_ratio(worst[name])}" for name in order)
    return f"can find {finds} ({evidence})" if finds else "too few requests to say what it can find"


def _evidence(pilots: int, history: Sequence[PairedRun]) -> str:
    stored = f" and {len(history)} stored run{'s' if len(history) > 1 else ''}" if history else ""
    return f"from {pilots} pilot rounds{stored}"


def _too_short(
    measuring: MeasureConfig, freedom: Freedom, *, restart_s: float, needed_s: float
) -> UsageError:
    rounds, length = freedom.rounds[0], format_duration_ns(freedom.round_s[0] * 1e9)
    restarts = f" with {seconds_text(restart_s)} of restarts each" if restart_s else ""
    warmup = f", {format_duration_ns(measuring.warmup_ns)} of warm-up" if measuring.warmup_ns else ""
    return UsageError(
        f"budget {seconds_text((measuring.budget_ns or 0) / 1e9)} is too short: {rounds} rounds of {length}"
        f"{restarts}{warmup}, {rounds} more to confirm and a pilot take "
        f"{seconds_text(math.ceil(needed_s))}",
        f"give it more, at least {math.ceil(needed_s * 1.1)}s, or shorten measure.warmup",
    )


def _of_length(session: Session, round_s: float) -> Session:
    duration_ns = session.warmup_ns + round(round_s * 1e9)
    stages = (Ramp(duration_ns=duration_ns, target=session.profile.start),)
    return replace(session, profile=replace(session.profile, stages=stages))


def _logged(session: Session, folder: Path) -> Session:
    folder.mkdir(parents=True, exist_ok=True)
    return replace(session, logs=folder)
