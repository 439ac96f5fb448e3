"""Histories of every kind, built by hand, that the tests of the HTML look at."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

from perfgate.model import (
    ALL_ENDPOINTS,
    Circle,
    History,
    Metric,
    Past,
    PastCommit,
    PastRun,
    Reason,
    Rise,
    Statistic,
    Step,
)

INSTALL = "pip install 'perfgate[history]'"
_COMMITS = 24


def commits_of(count: int = _COMMITS) -> tuple[PastCommit, ...]:
    return tuple(
        PastCommit(
            sha=f"{number * 7919 * 104729 + 0xA000000000:010x}".ljust(40, "0"),
            at=f"2026-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T00:00:00+00:00",
            on_line=True,
            runs=(PastRun(sha="", run_id=f"run-{number}", source="result", measured_at="", levels={}),),
        )
        for number in range(count)
    )


def past_of(
    endpoint: str,
    statistic: Statistic,
    level: float,
    *,
    factor: Callable[[int], float] = lambda _commit: 1.0,
    steps: tuple[tuple[int, float], ...] = (),
    creep: Rise | None = None,
    count: int = _COMMITS,
) -> Past:
    """A metric with 1 % noise; `steps` are (commit, change), which `factor` has to agree with."""
    rng = random.Random(f"{endpoint} {statistic}")
    values = [level * factor(commit) * (1 + rng.gauss(0, 0.01)) for commit in range(count)]
    missing = 4 if count > 5 else None
    return Past(
        metric=Metric(endpoint=endpoint, statistic=statistic),
        values=tuple(None if place == missing else value for place, value in enumerate(values)),
        changes=(None, *(values[place] / values[place - 1] - 1 for place in range(1, count))),
        level=level * factor(count - 1),
        steps=tuple(
            Step(
                commit=commit,
                before=level * factor(commit - 1),
                after=level * factor(commit),
                change=change,
                p=1e-6,
            )
            for commit, change in steps
        ),
        creep=creep,
    )


def history_of(*metrics: Past, **changes) -> History:
    history = History(
        workload_name="shop",
        circle=Circle(
            number=1,
            runs=24,
            commits=24,
            newest="2026-01-24T00:00:00Z",
            conditions={
                "load_model": "open model, 640 requests a second, two sides interleaved",
                "environment_class": "amd-epyc-7763-4x",
                "workload_digest": "d" * 64,
            },
        ),
        others=(),
        commits=commits_of(max(len(metric.values) for metric in metrics)),
        metrics=metrics,
        searched=True,
        fewest=4,
        max_p=0.001,
        alpha=0.01,
    )
    return replace(history, **changes)


def moved() -> History:
    """A step up and down again at one endpoint, creep at another, errors, CPU, throughput that fell."""

    def slower(commit: int) -> float:
        return 1.305 if 12 <= commit < 20 else 1.0

    def creeping(commit: int) -> float:
        return 1.012 ** min(max(commit - 8, 0), 11)

    def less(commit: int) -> float:
        return 0.88 if commit >= 16 else 1.0

    return history_of(
        *(
            past_of("GET /search", statistic, level, factor=slower, steps=((12, 0.305), (20, -0.234)))
            for statistic, level in (("p50", 1.2e6), ("p95", 6.1e6), ("p99", 8.4e6))
        ),
        past_of(
            "POST /orders", "p50", 2.2e6, factor=creeping, creep=Rise(first=8, last=19, change=0.14, p=1e-5)
        ),
        past_of("POST /orders", "p95", 7.5e6),
        past_of("GET /items/{id}", "p50", 0.8e6),
        past_of("GET /items/{id}", "errors", 0.012),
        past_of("GET /items/{id}", "p95", 3.8e6),
        past_of(ALL_ENDPOINTS, "cpu", 0.82e6),
        past_of(ALL_ENDPOINTS, "throughput", 2400.0, factor=less, steps=((16, -0.12),)),
        left_out=(Reason(code="left_out", text="3 runs: interrupted", remedy="run them again"),),
    )


def still() -> History:
    return history_of(past_of("GET /", "p50", 1e6, count=1), searched=False)


def wide(endpoints: int = 40) -> History:
    return history_of(
        *(
            past_of(f"GET /api/v2/section-{n:02}", statistic, level * (1 + math.log(n)))
            for n in range(1, endpoints + 1)
            for statistic, level in (("p50", 1e6), ("p95", 4e6))
        )
    )


HISTORIES: dict[str, Callable[[], History]] = {"history": moved, "history-still": still, "history-wide": wide}
