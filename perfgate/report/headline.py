"""The verdict in one sentence: what happened to which metric, or why nothing can be said and what to do."""

from perfgate.model import STATISTICS, Comparison, Outcome, Statistic, Verdict
from perfgate.report.text import shorten
from perfgate.report.words import (
    both_text,
    endpoint_text,
    interval_texts,
    is_number,
    mde_text,
    reason_text,
    remedy_text,
    severity,
    size_text,
    value_text,
    worst_first,
)

_NAME_WIDTH = 60
_BY_REASON = {
    Outcome.INCONCLUSIVE: "the measurement cannot tell",
    Outcome.INVALID: "the measurement cannot be used",
    Outcome.THRESHOLD_BREACHED: "a threshold was breached",
}


def headline(verdict: Verdict) -> str:
    """The verdict as one sentence, beginning with its outcome; clean, never escaped for any surface."""
    return f"{verdict.outcome}: {_sentence(verdict)}."


def told_by_headline(verdict: Verdict) -> int:
    """How many of the verdict's reasons (from the first) the headline already says in full."""
    return 1 if verdict.reasons and not _leads(verdict) and verdict.outcome != Outcome.PASS else 0


def effect(comparison: Comparison) -> str:
    """What happened to one metric: `GET /items p50 is 46.2 % slower`, `POST /items fails 1.0 pp more`."""
    metric, change = comparison.metric, comparison.change
    name = shorten(endpoint_text(metric), _NAME_WIDTH)
    if not is_number(change):
        return _unsized(comparison, name)
    size, worse = size_text(metric.statistic, change), comparison.is_worse
    match metric.statistic:
        case "errors":
            return f"{name} fails {size} {'more' if worse else 'less'}"
        case "cpu":
            return f"{name}: CPU per request is {size} {'higher' if worse else 'lower'}"
        case "throughput":
            return f"{name}: throughput is {size} {'lower' if worse else 'higher'}"
        case "memory":
            return f"{name}: memory grows by {size} {'more' if worse else 'less'}"
        case _:
            return f"{name} {metric.statistic} is {size} {'slower' if worse else 'faster'}"


def _sentence(verdict: Verdict) -> str:
    leads = _leads(verdict)
    if leads:
        first = max(leads, key=severity)
        others = len(leads) - 1
        more = f", and {others} more metric{'s' if others > 1 else ''}" if others else ""
        return f"{effect(first)}{_evidence(first)}{more}"
    if verdict.outcome == Outcome.PASS:
        return _passed(verdict)
    if verdict.reasons:
        remedy = remedy_text(verdict.reasons[0])
        return reason_text(verdict.reasons[0]) + (f"; {_continued(remedy)}" if remedy else "")
    return _BY_REASON.get(verdict.outcome, "no metric stands out")


def _continued(sentence: str) -> str:
    """The sentence after a semicolon; a name in capitals keeps them."""
    return sentence[0].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _leads(verdict: Verdict) -> list[Comparison]:
    if verdict.outcome not in (Outcome.REGRESSED, Outcome.IMPROVED):
        return []
    return [c for c in worst_first(verdict.comparisons) if c.outcome == verdict.outcome]


def _evidence(comparison: Comparison) -> str:
    statistic = comparison.metric.statistic
    parts = []
    if is_number(comparison.base) and is_number(comparison.head):
        base, head = value_text(statistic, comparison.base), value_text(statistic, comparison.head)
        parts.append(both_text(base, head))
    if all(map(is_number, (comparison.low, comparison.high, comparison.confidence))):
        low, high = interval_texts(comparison)
        parts.append(f"{comparison.confidence * 100:g} % interval {low} … {high}")
    return f" ({', '.join(parts)})" if parts else ""


def _unsized(comparison: Comparison, name: str) -> str:
    subject = f"{name} {comparison.metric.statistic}"
    if comparison.reasons:
        return f"{subject}: {reason_text(comparison.reasons[0])}"
    return f"{subject} got {'worse' if comparison.outcome == Outcome.REGRESSED else 'better'}"


def _passed(verdict: Verdict) -> str:
    """No change was found, and which would have been: never that both sides are equal."""
    if not verdict.comparisons and verdict.reasons:
        return reason_text(verdict.reasons[0])
    found = [text for statistic in STATISTICS if (text := _detectable(verdict, statistic))]
    sentence = f"{_subject(verdict)} was found to be slower or to fail more"
    if found:
        sentence += f"; changes of {', '.join(found)} would have been found"
    unmeasured = sum(c.outcome == Outcome.NOT_MEASURED for c in verdict.comparisons)
    if unmeasured:
        sentence += f" ({unmeasured} of {len(verdict.comparisons)} metrics could not be measured)"
    return sentence


def _subject(verdict: Verdict) -> str:
    """What nothing was found of: neither what was accepted nor what only warns is denied."""
    accepted = sum(c.accepted is not None for c in verdict.comparisons)
    some = (
        f"{accepted} accepted slowdown{'s' if accepted > 1 else ''}, and nothing else"
        if accepted
        else "nothing"
    )
    warned = any(reason.code == "worse_at_level_warn" for reason in verdict.warnings)
    return f"{some} that may fail the change" if warned else some


def _detectable(verdict: Verdict, statistic: Statistic) -> str:
    mdes = [c.mde for c in verdict.comparisons if c.metric.statistic == statistic and is_number(c.mde)]
    return f"{statistic} {mde_text(statistic, max(mdes))}" if mdes else ""
