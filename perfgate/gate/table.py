"""From two results to numbers that can be tested: one row a paired round, one column a metric."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.conditional import throughput_rps, why_absent
from perfgate.gate.effects import d_of, differences
from perfgate.gate.naming import endpoint_name
from perfgate.model import (
    ALL_ENDPOINTS,
    CONDITIONAL,
    MIN_REQUESTS_FOR_P99,
    QUANTILES,
    Metric,
    Outcome,
    Reason,
    Stage,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.gate.policy import Policy
    from perfgate.model import EndpointRound, Result, Round

# Below this many requests no distribution-free 95 % interval of the quantile exists: log(0.025) / log(q).
_MIN_REQUESTS = {"p50": 6, "p95": 72, "p99": MIN_REQUESTS_FOR_P99}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides of one valid round."""

    base: Round
    head: Round


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Metrics of the paired rounds of a stage.

    `base` and `head` are rounds × metrics in the metric's unit, NaN where not measured. `d` says how much
    worse head was (see `gate.effects`). `clipped` marks the columns that are clipped in the test.
    `unmeasured` are the metrics that have too little data, with the reason.
    """

    metrics: tuple[Metric, ...]
    base: NDArray[np.float64]
    head: NDArray[np.float64]
    d: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    unmeasured: tuple[tuple[Metric, Reason], ...]

    @property
    def rounds(self) -> int:
        """How many paired rounds there are."""
        return len(self.d)

    def select(self, metrics: Iterable[Metric]) -> Table:
        """The same rounds with only some of the columns."""
        wanted = set(metrics)
        keep = [index for index, metric in enumerate(self.metrics) if metric in wanted]
        return Table(
            metrics=tuple(self.metrics[index] for index in keep),
            base=self.base[:, keep],
            head=self.head[:, keep],
            d=self.d[:, keep],
            clipped=self.clipped[keep],
            unmeasured=self.unmeasured,
        )


def paired_rounds(base: Result, head: Result, stage: Stage) -> tuple[Pair, ...]:
    """The rounds of a stage that are valid on both sides; a round is dropped whole or not at all."""
    heads = {r.index: r for r in head.rounds if r.stage == stage and not r.dropped_because}
    return tuple(
        Pair(base=r, head=heads[r.index])
        for r in base.rounds
        if r.stage == stage and not r.dropped_because and r.index in heads
    )


def build_table(pairs: Sequence[Pair], policy: Policy, *, keeping: Collection[Metric] = frozenset()) -> Table:
    """The metrics of every endpoint, their geometric means over endpoints, and those of the whole service.

    `keeping` are metrics that a table of earlier rounds had: what has to be confirmed is looked at again,
    though the load should saturate the service a little less this time.
    """
    metrics: list[Metric] = []
    unmeasured: list[tuple[Metric, Reason]] = []
    endpoints = sorted({e.endpoint for p in pairs for side in (p.base, p.head) for e in side.endpoints})
    for metric in _candidates(endpoints):
        if policy.level_of(metric) == "off":
            continue
        kept = metric in keeping and metric.statistic in CONDITIONAL
        absent = None if kept else _why_absent(pairs, metric)
        if absent is None:
            metrics.append(metric)
        elif _deserves_row(metric, policy):
            unmeasured.append((metric, absent))
    metric = Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")
    if policy.level_of(metric) != "off" and any(_cpu_seen(pair) for pair in pairs):
        metrics.append(metric)
    columns = [(metric, *_values(pairs, metric)) for metric in metrics]
    table = _with_means(_assemble(columns, len(pairs), tuple(unmeasured)), policy)
    return _without_gaps(table, policy)


def _candidates(endpoints: Iterable[str]) -> Iterator[Metric]:
    for endpoint in endpoints:
        for quantile in QUANTILES:
            yield Metric(endpoint=endpoint, statistic=quantile)
        yield Metric(endpoint=endpoint, statistic="errors")
    for statistic in sorted(CONDITIONAL):
        yield Metric(endpoint=ALL_ENDPOINTS, statistic=statistic)


def _why_absent(pairs: Sequence[Pair], metric: Metric) -> Reason | None:
    if metric.statistic in QUANTILES:
        return _too_little(pairs, metric)
    return None if metric.statistic == "errors" else why_absent(metric, pairs)


def _deserves_row(metric: Metric, policy: Policy) -> bool:
    """Whether a metric without data is spoken of: always, unless it exists only under some conditions."""
    return metric.statistic not in CONDITIONAL or metric.statistic in policy.asked_for


def _assemble(
    columns: Sequence[tuple[Metric, list[float], list[float]]],
    rounds: int,
    unmeasured: tuple[tuple[Metric, Reason], ...],
) -> Table:
    metrics = tuple(metric for metric, _, _ in columns)
    shape = (len(columns), rounds)
    base = np.array([values for _, values, _ in columns], dtype=np.float64).reshape(shape).T
    head = np.array([values for _, _, values in columns], dtype=np.float64).reshape(shape).T
    d = np.empty_like(base)
    for column, metric in enumerate(metrics):
        d[:, column] = differences(metric, base[:, column], head[:, column])
    errors = np.array([metric.statistic == "errors" for metric in metrics], dtype=bool)
    d[:, errors] = np.nan_to_num(d[:, errors])
    return Table(metrics=metrics, base=base, head=head, d=d, clipped=~errors, unmeasured=unmeasured)


def _with_means(table: Table, policy: Policy) -> Table:
    """Add the geometric mean over endpoints of each quantile: a small slowdown everywhere shows there."""
    missing = {metric.statistic for metric, _ in table.unmeasured}
    metrics, base, head, d = list(table.metrics), [table.base], [table.head], [table.d]
    for statistic in QUANTILES:
        metric = Metric(endpoint=ALL_ENDPOINTS, statistic=statistic)
        keep = [
            i
            for i, m in enumerate(table.metrics)
            if m.statistic == statistic and enters_mean(m, metric, policy)
        ]
        if len(keep) < 2 or statistic in missing or policy.level_of(metric) == "off":
            continue
        metrics.append(metric)
        base.append(np.exp(np.log(table.base[:, keep]).mean(axis=1, keepdims=True)))
        head.append(np.exp(np.log(table.head[:, keep]).mean(axis=1, keepdims=True)))
        d.append(table.d[:, keep].mean(axis=1, keepdims=True))
    extra = np.ones(len(metrics) - len(table.metrics), dtype=bool)
    return Table(
        metrics=tuple(metrics),
        base=np.hstack(base),
        head=np.hstack(head),
        d=np.hstack(d),
        clipped=np.concatenate([table.clipped, extra]),
        unmeasured=table.unmeasured,
    )


def _without_gaps(table: Table, policy: Policy) -> Table:
    """Take out the columns that were measured in too few rounds, and say so of each."""
    measured = np.isfinite(table.d).sum(axis=0)
    enough = measured >= min(policy.min_rounds, max(table.rounds, 1))
    gaps = tuple(
        (
            metric,
            Reason(
                code="too_few_rounds",
                text=f"{_shown(metric.endpoint)} {metric.statistic} could be measured on both sides in "
                f"only {count} of {table.rounds} rounds",
                remedy="lengthen measure.round, or give the scenario more weight",
            ),
        )
        for metric, count, kept in zip(table.metrics, measured, enough, strict=True)
        if not kept and _deserves_row(metric, policy)
    )
    kept = table.select(m for m, keep in zip(table.metrics, enough, strict=True) if keep)
    return replace(kept, unmeasured=(*table.unmeasured, *gaps))


def _shown(endpoint: str) -> str:
    return "all endpoints" if endpoint == ALL_ENDPOINTS else endpoint


def find_endpoint(side: Round, endpoint: str) -> EndpointRound | None:
    """What a side did at an endpoint in this round, None if it sent nothing there."""
    return next((e for e in side.endpoints if e.endpoint == endpoint), None)


def _cpu_seen(pair: Pair) -> bool:
    return pair.base.cpu_ns is not None and pair.head.cpu_ns is not None


def _values(pairs: Sequence[Pair], metric: Metric) -> tuple[list[float], list[float]]:
    return [_value(p.base, metric) for p in pairs], [_value(p.head, metric) for p in pairs]


def _value(side: Round, metric: Metric) -> float:
    if metric.statistic == "cpu":
        requests = sum(e.requests for e in side.endpoints)
        return side.cpu_ns / requests if side.cpu_ns and requests else math.nan
    if metric.statistic == "throughput":
        return throughput_rps(side)
    if metric.statistic == "memory":
        return math.nan if side.rss_slope_bytes is None else side.rss_slope_bytes
    found = find_endpoint(side, metric.endpoint)
    if found is None or not found.requests:
        return math.nan
    if metric.statistic == "errors":
        return found.failed / found.requests
    return found.quantiles_ns.get(metric.statistic, math.nan)


def _succeeded(rounds: Iterable[Round], endpoint: str) -> int:
    found = (find_endpoint(side, endpoint) for side in rounds)
    return sum(e.requests - e.failed for e in found if e is not None)


def _too_little(pairs: Sequence[Pair], metric: Metric) -> Reason | None:
    """Why an endpoint has too few requests for a quantile, or None if it has enough."""
    needed = _MIN_REQUESTS[metric.statistic]
    fewest = min(
        _succeeded((p.base for p in pairs), metric.endpoint),
        _succeeded((p.head for p in pairs), metric.endpoint),
    )
    if fewest < needed:
        return Reason(
            code="too_few_requests",
            text=f"{fewest} answered requests a side to {endpoint_name(metric.endpoint)}, "
            f"{metric.statistic} needs {needed}",
            remedy="lengthen measure.round or give the scenario more weight",
        )
    return None


def log_tolerance(metric: Metric, policy: Policy) -> float:
    """The tolerance in the unit of `Table.d`."""
    return d_of(metric, policy.tolerance_of(metric))


def is_gating(metric: Metric, policy: Policy) -> bool:
    """Whether a metric may fail the pull request; one at level `warn` may not."""
    return policy.level_of(metric) == "error"


def enters_mean(metric: Metric, mean: Metric, policy: Policy) -> bool:
    """Whether an endpoint's metric is part of the mean: what only warns may not fail anybody through it."""
    return is_gating(metric, policy) or not is_gating(mean, policy)


def unmeasured_outcome(metric: Metric, policy: Policy) -> Outcome:
    """A median or CPU without data leaves the question open; a tail without data is said and left out."""
    open_question = metric.statistic in ("p50", "cpu") and is_gating(metric, policy)
    return Outcome.INCONCLUSIVE if open_question else Outcome.NOT_MEASURED
