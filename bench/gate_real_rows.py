"""One run of bench.gate_real as a row: what the verdict said, and whether that was right. Pure."""

from collections.abc import Mapping
from typing import Any

from bench.gate_real_cells import Cell, is_changed, is_false, main_metric

RESULTS = ("found", "passed", "inconclusive", "invalid", "error", "wrong")
"""What a run can come to. `found`: red for what was changed. `wrong`: red, but only for something that was
not, so that without a change every red is wrong. `passed`: green, which is right if nothing was changed.
"""


def row_of(cell: Cell, verdict: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a verdict as `compare -o json=` writes it."""
    regressed = [c for c in verdict["comparisons"] if c["outcome"] == "REGRESSED"]
    false_alarms = [_named(c) for c in regressed if is_false(_metric(c), cell)]
    return {
        "service": cell.service.name,
        "change": cell.change.name,
        "result": _result(cell, verdict["outcome"], regressed),
        "outcome": verdict["outcome"],
        "regressed": [_kept(c) for c in regressed],
        "false_alarms": false_alarms,
        "changed": _main(cell, verdict),
        "rounds": verdict["rounds_measured"],
        "dropped": verdict["rounds_dropped"],
        "reasons": sorted({reason["code"] for reason in verdict["reasons"]}),
    }


def row_of_failure(cell: Cell, why: str) -> dict[str, Any]:
    """The row of a run that gave no verdict."""
    return {
        "service": cell.service.name, "change": cell.change.name, "result": "error", "outcome": "error",
        "regressed": [], "false_alarms": [], "changed": None, "rounds": 0, "dropped": 0, "reasons": [],
        "error": why,
    }  # fmt: skip


def _result(cell: Cell, outcome: str, regressed: list[Mapping[str, Any]]) -> str:
    if outcome in ("REGRESSED", "THRESHOLD_BREACHED"):
        return "found" if any(is_changed(_metric(c), cell) for c in regressed) else "wrong"
    return {"INCONCLUSIVE": "inconclusive", "INVALID": "invalid"}.get(outcome, "passed")


def _main(cell: Cell, verdict: Mapping[str, Any]) -> dict[str, Any] | None:
    """The comparison of the metric whose change is known in size, found or not."""
    wanted = main_metric(cell)
    found = [c for c in verdict["comparisons"] if _metric(c) == wanted]
    return {"outcome": found[0]["outcome"], **_kept(found[0])} if found else None


def _kept(comparison: Mapping[str, Any]) -> dict[str, Any]:
    names = {"change": "change", "low": "low", "high": "high", "p": "p_adjusted", "mde": "mde"}
    numbers = {short: _rounded(comparison[name]) for short, name in names.items()}
    return {"metric": _named(comparison), "base": comparison["base"], **numbers}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _metric(comparison: Mapping[str, Any]) -> tuple[str, str]:
    return comparison["metric"]["endpoint"], comparison["metric"]["statistic"]


def _named(comparison: Mapping[str, Any]) -> str:
    return " ".join(_metric(comparison))
