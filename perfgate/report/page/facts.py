"""What was compared and how much was done for it, as names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.report.text import clean, shorten
from perfgate.report.words import commit_text, elapsed_text, head_text

if TYPE_CHECKING:
    from perfgate.model import Evidence, Verdict

_WIDTH = 300


def facts_of(verdict: Verdict, evidence: Evidence | None, head_sha: str) -> tuple[tuple[str, str], ...]:
    """The facts there are; what only a result knows is left out where there is none."""
    dropped = f", {verdict.rounds_dropped} dropped" if verdict.rounds_dropped else ""
    facts = {
        "base": commit_text(verdict.base),
        "head": head_text(verdict.head, head_sha),
        "workload": verdict.workload_name,
        "rounds": f"{verdict.rounds_measured} measured{dropped}",
        "requests": f"{verdict.requests:,}",
        "elapsed": elapsed_text(verdict.elapsed_s),
    }
    if evidence is not None:
        result = evidence.head.result
        facts |= {
            "workload digest": result.workload_digest[:12],
            "load": result.load_model,
            "driver": result.tool.tool if result.tool is not None else "perfgate",
            "seed": str(result.seed),
            "clock": result.clock_source,
            "latency": result.latency_definition,
            "started at": result.started_at,
            "run": result.run_id,
        }
    return tuple((name, shorten(clean(value), _WIDTH)) for name, value in facts.items() if clean(value))
