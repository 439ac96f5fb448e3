"""What a load test's own file demands of its run, judged for the commands that drive one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfgate.model import LoadSummary, Outcome, Reason, Samples, Workload


def judge_demands(
    workload: Workload, samples: Samples, summary: LoadSummary
) -> tuple[tuple[tuple[Outcome, Reason], ...], tuple[str, ...]]:
    """What breaks the demands, and what to tell besides: those that fail nobody, and apdex."""
    if not workload.ensured.demands and workload.ensured.apdex_ms is None:
        return (), ()
    from perfgate.gate import ensure
    from perfgate.gate.figures import Measured
    from perfgate.load.user import NOT_SENT

    measured = Measured(
        samples=samples,
        passes=summary.passes,
        duration_ns=round(summary.elapsed_s * 1e9),
        unsent=NOT_SENT,
    )
    score = ""
    if workload.ensured.apdex_ms is not None:
        measured = replace(measured, apdex_ms=workload.ensured.apdex_ms)
        score = ensure.describe_apdex(measured)
    judged = ensure.judge(workload.ensured.demands, measured)
    return ensure.breaches_of(judged), (*ensure.told(judged), *((score,) if score else ()))
