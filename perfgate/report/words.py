"""How one metric is written: value, change, interval, p, detectable effect, and the order of rows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeGuard

from perfgate.model import (
    ALL_ENDPOINTS,
    STATISTICS,
    Commit,
    Comparison,
    Metric,
    Outcome,
    Reason,
    Statistic,
    Verdict,
)
from perfgate.report.text import clean, shorten
from perfgate.units import (
    bytes_unit,
    format_duration_ns,
    format_per_request,
    format_rate,
    format_ratio,
)

NONE = "–"
ACCEPTED = "accepted"
WARN_ONLY = "warn only"
MDE_MEANING = "MDE: the smallest change that would have been found 4 times in 5"
_NOTES = (ACCEPTED, WARN_ONLY, "")
_REASON_WIDTH = 600
_NAMED = 4
_END = 50
_UNSAID = Reason(code="not_measured", text="there are no values on both sides")
WORST_FIRST: tuple[Outcome, ...] = (
    Outcome.REGRESSED,
    Outcome.THRESHOLD_BREACHED,
    Outcome.INVALID,
    Outcome.INCONCLUSIVE,
    Outcome.IMPROVED,
    Outcome.NOT_MEASURED,
    Outcome.PASS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison as text, ready for any surface: clean, but neither shortened nor escaped."""

    endpoint: str
    metric: str
    base: str
    head: str
    change: str
    p: str
    mde: str
    outcome: Outcome
    note: str = ""

    @property
    def verdict(self) -> str:
        """The outcome, and what is special about it: `PASS, accepted`."""
        return f"{self.outcome}, {self.note}" if self.note else str(self.outcome)


def note_text(comparison: Comparison) -> str:
    """What is special about an outcome: that it was decided on, or that it cannot fail anybody."""
    if comparison.accepted is not None:
        return ACCEPTED
    return WARN_ONLY if comparison.level == "warn" else ""


def worst_first(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Comparisons by outcome, worst first (accepted ones first of their kind), then by change and metric.

    Where no change was found its size says nothing, and those of an endpoint stay together.
    """
    return sorted(
        comparisons,
        key=lambda c: (
            WORST_FIRST.index(c.outcome),
            _NOTES.index(note_text(c)),
            0.0 if c.outcome == Outcome.PASS else -severity(c),
            c.metric.endpoint,
            STATISTICS.index(c.metric.statistic),
        ),
    )


def severity(comparison: Comparison) -> float:
    """How many tolerances large the change is, so that 1 pp of errors outranks 10 % of p50."""
    if not (is_number(comparison.change) and is_number(comparison.tolerance)):
        return 0.0
    return abs(comparison.change) / max(comparison.tolerance, 1e-9)


def rows(verdict: Verdict) -> list[Row]:
    """The verdict's table, worst first."""
    return [row_of(comparison) for comparison in worst_first(verdict.comparisons)]


def row_of(comparison: Comparison) -> Row:
    """One comparison as text."""
    statistic = comparison.metric.statistic
    return Row(
        endpoint=endpoint_text(comparison.metric),
        metric=statistic,
        base=_short(value_text(statistic, comparison.base)),
        head=_short(value_text(statistic, comparison.head)),
        change=change_text(comparison),
        p=p_text(comparison.p_adjusted),
        mde=_short(mde_text(statistic, comparison.mde)),
        outcome=comparison.outcome,
        note=note_text(comparison),
    )


def endpoint_text(metric: Metric) -> str:
    """The endpoint's name, or what stands for all of them."""
    return "all endpoints" if metric.endpoint == ALL_ENDPOINTS else clean(metric.endpoint) or "(no name)"


def value_text(statistic: Statistic, value: float | None) -> str:
    """A value in the metric's unit: `1.20 ms`, `812/s`, `0.40 %`, or – where there is none."""
    if not is_number(value):
        return NONE
    match statistic:
        case "errors":
            return "<0.01 %" if 0 < value < 0.00005 else format_ratio(value)
        case "memory":
            return format_per_request(value)
        case "throughput":
            return format_rate(value)
        case _:
            return format_duration_ns(value)


def both_text(base: str, head: str) -> str:
    """The values of both sides, the unit once where they share it: `1.20 → 1.75 ms`."""
    if base == head == NONE:
        return NONE
    value, _, unit = base.rpartition(" ")
    return f"{value if value and head.endswith(f' {unit}') else base} → {head}"


def size_text(statistic: Statistic, size: float) -> str:
    """The size of a change without its direction: `46.2 %`, `1.0 pp` (percentage points) for errors."""
    if statistic == "memory":
        return format_per_request(abs(size))
    return _in_points(statistic, format_ratio(abs(size)))


def signed_text(statistic: Statistic, change: float | None) -> str:
    """A change with its sign: `+46.2 %`, `-1.0 pp`, `+1.02 kB/request`, or – where there is none."""
    return _signed(statistic, change, change)


def change_text(comparison: Comparison) -> str:
    """A change and its interval, the unit once: `+46.2 % [+44.1, +48.0]`."""
    statistic = comparison.metric.statistic
    change = signed_text(statistic, comparison.change)
    if not (is_number(comparison.low) and is_number(comparison.high)):
        return change
    low, high = interval_texts(comparison)
    return f"{change} [{low.split()[0]}, {high.split()[0]}]"


def interval_texts(comparison: Comparison) -> tuple[str, str]:
    """Both ends of the interval, in the unit of the change itself."""
    statistic, like = comparison.metric.statistic, comparison.change
    return _signed(statistic, comparison.low, like), _signed(statistic, comparison.high, like)


def _signed(statistic: Statistic, change: float | None, like: float | None) -> str:
    if not is_number(change):
        return NONE
    if statistic == "memory":
        return format_per_request(change, signed=True, unit=bytes_unit(like if is_number(like) else change))
    text = format_ratio(change, signed=True)
    return _in_points(statistic, "0.00 %" if text[1:] == "0.00 %" else text)


def p_text(p: float | None) -> str:
    """An adjusted p, with the digits a decision needs: `<0.0001`, `0.0403`, `0.25`."""
    if not is_number(p):
        return NONE
    if p < 0.0001:
        return "<0.0001"
    return f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def mde_text(statistic: Statistic, mde: float | None) -> str:
    """The smallest change that would have been found: `≥ 2.4 %`."""
    return f"≥ {size_text(statistic, mde)}" if is_number(mde) else NONE


def reason_text(reason: Reason) -> str:
    """What a reason says, without a full stop so that it can stand in a sentence."""
    return shorten(clean(reason.text), _REASON_WIDTH).rstrip(". ")


def remedy_text(reason: Reason) -> str:
    """What a reason asks for, without a full stop; empty where nothing can be done."""
    return shorten(clean(reason.remedy), _REASON_WIDTH).rstrip(". ")


def doubts(verdict: Verdict) -> list[tuple[str, Reason]]:
    """What single comparisons have to say and the verdict has not said, each kind of reason once.

    Each comes with whom it concerns, or "" where its text names the endpoint itself. The reasons of the
    verdict stand for every comparison that has one of the same code.
    """
    said = {reason.code for reason in (*verdict.reasons, *verdict.warnings)}
    concerned: dict[str, list[tuple[Metric, Reason]]] = {}
    for comparison in worst_first(verdict.comparisons):
        for reason in comparison.reasons:
            if reason.code not in said:
                concerned.setdefault(reason.code, []).append((comparison.metric, reason))
    return [_doubt(found) for found in concerned.values()]


def unmeasured(verdict: Verdict) -> list[tuple[str, Reason]]:
    """What could not be measured and why: each kind of reason once, with the metrics it is about.

    Where a reason names its only metric itself, "" stands in place of the metrics.
    """
    kinds: dict[str, list[Comparison]] = {}
    for comparison in worst_first(verdict.comparisons):
        if comparison.outcome == Outcome.NOT_MEASURED:
            code = comparison.reasons[0].code if comparison.reasons else _UNSAID.code
            kinds.setdefault(code, []).append(comparison)
    return [_unmeasured(found) for found in kinds.values()]


def measured_text(verdict: Verdict) -> str:
    """How much was measured: rounds, requests, time."""
    rounds = f"{verdict.rounds_measured} {'round' if verdict.rounds_measured == 1 else 'rounds'} measured"
    dropped = f", {verdict.rounds_dropped} dropped" if verdict.rounds_dropped else ""
    return f"{rounds}{dropped} · {verdict.requests:,} requests · {elapsed_text(verdict.elapsed_s)}"


def facts_text(verdict: Verdict) -> str:
    """What was done, in one line: rounds, requests, time, commits and workload."""
    return " · ".join(
        (
            measured_text(verdict),
            f"base {commit_text(verdict.base)} → head {commit_text(verdict.head)}",
            f"workload {shorten(clean(verdict.workload_name), 40)}",
        )
    )


def head_text(head: Commit, head_sha: str) -> str:
    """Head as people know it: of GitHub's merge commit, which is HEAD there, the head that was merged."""
    merged = head.ref == "HEAD" and head.sha != head_sha != ""
    return commit_text(replace(head, ref=f"{clean(head_sha)[:10]} as merged in") if merged else head)


def commit_text(commit: Commit) -> str:
    """A commit as people know it: its ref, ten digits of its SHA, and whether the tree was dirty."""
    sha, ref = clean(commit.sha)[:10], shorten(clean(commit.ref), 40)
    name = sha if not ref or commit.sha.startswith(commit.ref) else f"{ref} {sha}"
    return f"{name} (dirty)" if commit.dirty else name


def elapsed_text(seconds: float) -> str:
    """A wall-clock time as people say it: `58 s`, `1 min 58 s`, `2 h 3 min`."""
    if not is_number(seconds):
        return NONE
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def is_number(value: float | None) -> TypeGuard[float]:
    """Whether there is a value at all: not None, not NaN, not infinite."""
    return value is not None and math.isfinite(value)


def _unmeasured(found: list[Comparison]) -> tuple[str, Reason]:
    """The first reason of a kind, and every metric it is about, the first few by name."""
    reason = found[0].reasons[0] if found[0].reasons else _UNSAID
    names = [endpoint_text(comparison.metric) for comparison in found]
    if len(found) == 1 and _is_named(names[0], reason):
        return "", reason
    subjects = [
        f"{shorten(name, 60)} {comparison.metric.statistic}"
        for name, comparison in zip(names[:_NAMED], found, strict=False)
    ]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(subjects) + more, reason


def _doubt(found: list[tuple[Metric, Reason]]) -> tuple[str, Reason]:
    """The first reason of a kind, with how many other metrics have one like it."""
    metric, reason = found[0]
    name = endpoint_text(metric)
    subject = "" if _is_named(name, reason) else f"{shorten(name, 60)} {metric.statistic}"
    others = len(found) - 1
    if others:
        more = f"{others} more metric{'s' if others > 1 else ''} likewise"
        reason = replace(reason, text=f"{reason.text} (and {more})")
    return subject, reason


def _is_named(name: str, reason: Reason) -> bool:
    """Whether a reason names an endpoint itself; of a long name it has the ends only."""
    text = clean(reason.text)
    return name[:_END] in text and name[-_END:] in text


def _short(text: str) -> str:
    """What a cell need not say because the change beside it does."""
    return text.removesuffix("/request")


def _in_points(statistic: Statistic, percent: str) -> str:
    return percent.replace("%", "pp") if statistic == "errors" else percent
