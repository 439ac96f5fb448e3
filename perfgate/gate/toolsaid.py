"""What another project's tool says against a run, as reasons of its outcome."""

from __future__ import annotations

from perfgate.model import Outcome, Reason, ToolReport


def objections(report: ToolReport | None) -> tuple[tuple[Outcome, Reason], ...]:
    """Every threshold the tool saw broken; an exit code that says failure without one counts as one."""
    if report is None:
        return ()
    found = [
        Reason(
            code="threshold_breached",
            text=f"{report.tool}: {each.metric}: {each.expression}"
            + (f" (it was {each.value:g})" if each.value is not None else ""),
            remedy="make the service faster, or change the threshold in the load test",
        )
        for each in report.thresholds
        if not each.ok
    ]
    if report.exit_code and not found:
        last = f": {report.last_lines[-1].strip()}" if report.last_lines else ""
        found.append(
            Reason(
                code="tool_failed",
                text=f"{report.tool} ended with exit code {report.exit_code}{last}",
                remedy="see what it says: the load test itself fails the run",
            )
        )
    return tuple((Outcome.THRESHOLD_BREACHED, reason) for reason in found)
