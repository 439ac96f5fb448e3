"""What a tool said itself, as lines for a report."""

from __future__ import annotations

from perfgate.model import ToolReport
from perfgate.report.text import clean, shorten

_WIDTH = 100
_MOST = 12


def tool_lines(report: ToolReport) -> list[str]:
    """Its thresholds, checks, own metrics and errors, a dozen of each; none where it said nothing."""
    lines = [
        f"threshold {'held' if t.ok else 'BROKEN'}: {t.metric}: {t.expression}"
        + (f" ({t.value:g})" if t.value is not None else "")
        for t in report.thresholds[:_MOST]
    ]
    lines += [f"check {c.name}: {c.passes:,} passed, {c.fails:,} failed" for c in report.checks[:_MOST]]
    lines += [
        f"{m.kind} {m.name}: {', '.join(f'{name} {value:g}' for name, value in m.values.items())}"
        for m in report.metrics[:_MOST]
    ]
    lines += [f"error {count:,} × {text}" for text, count in list(report.errors.items())[:_MOST]]
    more = sum(
        max(0, len(kind) - _MOST)
        for kind in (report.thresholds, report.checks, report.metrics, tuple(report.errors))
    )
    lines += [f"and {more} more in the JSON report"] if more else []
    if not lines and not report.exit_code:
        return []
    heads = [f"{report.tool} ended with exit code {report.exit_code}:"]
    return [shorten(clean(line), _WIDTH) for line in (*heads, *lines)]
