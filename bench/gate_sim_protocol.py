"""The gate's own code on imaginary rounds: screening, extension, confirmation, verdict; and what came of it.

Nothing of the decision is written again here: `next_step` and `judge` are what `perfgate compare` calls, in
the order of `perfgate.measure.protocol.measure`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.gate_sim_model import ENDPOINTS, NOTHING, Change, Machine, Noise, sides, slower
from perfgate.gate.decide import Circumstances, judge
from perfgate.gate.policy import Policy
from perfgate.gate.screen import next_step
from perfgate.gate.table import Pair
from perfgate.model import (
    ALL_ENDPOINTS,
    LATENCY_DEFINITION,
    QUANTILES,
    Commit,
    Comparison,
    Environment,
    Metric,
    NextStep,
    Outcome,
    Placement,
    Result,
    Round,
    Side,
    Stage,
    Verdict,
)

_NOW = Circumstances(elapsed_s=0.0, reproduce="")
_ENVIRONMENT = Environment(
    cpu_model="imaginary",
    cores=2,
    architecture="x86_64",
    kernel="Linux",
    cgroup_cpu="max",
    cgroup_memory="max",
    interpreter="CPython",
    class_id="imaginary",
)

MoreRounds = Callable[[int, Stage, tuple[str, ...]], list[tuple[Round, Round]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """How a run went: at which look something was flagged (0: never), and what was measured."""

    flagged_at: int
    screen_rounds: int
    confirm_rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one simulated pull request came to.

    `found` and `false` are the kinds of rows called regressed that truly got worse, and that did not: "p50",
    "mean p50" (over endpoints), "cpu", "errors", "new error class". `missed` are those that pass although
    their true change exceeds their requirement. `covered` counts by statistic how many intervals
    were given and how many held the true change. `mde` is what is stated for p50 of the first endpoint.
    """

    outcome: str
    spent: Spent
    found: tuple[str, ...]
    false: tuple[str, ...]
    missed: tuple[str, ...]
    covered: dict[str, tuple[int, int]]
    improved: int
    mde: float | None


def simulate(noise: Noise, change: Change | None, policy: Policy, seed: tuple[int, ...]) -> Record:
    """One pull request. Without a change given: one of exactly the MDE stated by a run without a change."""
    if change is None:
        stated = simulate(noise, NOTHING, policy, (*seed, 1)).mde
        change = slower(stated or 0.0, "p50")
    machine = Machine(noise, change, np.random.default_rng(seed))
    verdict, spent = run(machine.rounds, policy, seed[-1])
    return record(verdict, spent, change)


def run(more: MoreRounds, policy: Policy, seed: int) -> tuple[Verdict, Spent]:
    """Measure (ask `more` for rounds) as `perfgate.measure.protocol` does, and judge."""

    def decide() -> NextStep:
        return next_step([Pair(base=base, head=head) for base, head in pairs], policy, seed)

    pairs = more(policy.screen_rounds, "screen", ())
    step, looks = decide(), 1
    if step.more_screen_rounds and not step.confirm_endpoints:
        pairs += more(step.more_screen_rounds, "screen", ())
        step, looks = decide(), 2
    screened = len(pairs)
    if step.confirm_endpoints:
        focus = () if ALL_ENDPOINTS in step.confirm_endpoints else step.confirm_endpoints
        pairs += more(max(policy.confirm_rounds, screened), "confirm", focus)
    both = sides(pairs)
    verdict = judge(_result("base", both["base"], seed), _result("head", both["head"], seed), policy, _NOW)
    return verdict, Spent(
        flagged_at=looks if step.confirm_endpoints else 0,
        screen_rounds=screened,
        confirm_rounds=len(pairs) - screened,
    )


def record(verdict: Verdict, spent: Spent, change: Change) -> Record:
    """What is counted of a verdict, knowing the truth."""
    found, false, missed = [], [], []
    covered: dict[str, tuple[int, int]] = {}
    for row in verdict.comparisons:
        truth = true_change(row.metric, change)
        if row.outcome is Outcome.REGRESSED:
            (found if truth > 0 else false).append(_kind(row))
        if row.outcome is Outcome.PASS and truth > row.requirement:
            missed.append(_kind(row))
        if row.low is not None and row.high is not None:
            given, held = covered.get(row.metric.statistic, (0, 0))
            inside = row.low - 1e-12 <= truth <= row.high + 1e-12
            covered[row.metric.statistic] = (given + 1, held + inside)
    first = next(row for row in verdict.comparisons if row.metric == _FIRST)
    return Record(
        outcome=verdict.outcome.value,
        spent=spent,
        found=tuple(found),
        false=tuple(false),
        missed=tuple(missed),
        covered=covered,
        improved=sum(row.outcome is Outcome.IMPROVED for row in verdict.comparisons),
        mde=first.mde,
    )


_FIRST = Metric(endpoint=ENDPOINTS[0], statistic="p50")


def true_change(metric: Metric, change: Change) -> float:
    """By how much a metric really changed, in the unit of `Comparison.change`."""
    if metric.statistic == "errors":
        return change.errors if metric.endpoint == ENDPOINTS[-1] else 0.0
    if metric.statistic == "cpu":
        return math.expm1(change.cpu)
    logs = change.log_ratio[:, QUANTILES.index(metric.statistic)]
    if metric.endpoint == ALL_ENDPOINTS:
        return math.expm1(float(logs.mean()))
    return math.expm1(float(logs[ENDPOINTS.index(metric.endpoint)]))


def _kind(row: Comparison) -> str:
    if any(reason.code == "new_error_class" for reason in row.reasons):
        return "new error class"
    if row.metric.endpoint == ALL_ENDPOINTS and row.metric.statistic != "cpu":
        return f"mean {row.metric.statistic}"
    return row.metric.statistic


def _result(side: Side, rounds: tuple[Round, ...], seed: int) -> Result:
    return Result(
        schema_version=1,
        tool_version="0",
        run_id="simulated",
        side=side,
        started_at="2026-01-02T03:04:05Z",
        status="complete",
        commit=Commit(sha=("a" if side == "base" else "b") * 40, ref=side),
        workload_name="imaginary",
        workload_digest="d" * 64,
        load_model="closed model",
        seed=seed,
        environment=_ENVIRONMENT,
        placement=Placement(driver_cpus=(1,), service_cpus=(0,), pinned=True),
        clock_source="kernel receive timestamps",
        latency_definition=LATENCY_DEFINITION,
        restarts=True,
        rounds=rounds,
    )
