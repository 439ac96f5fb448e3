"""The verdict as JUnit XML, for the viewers of tests in GitLab, Jenkins, Buildkite and others.

All three count `failure` and `error` as failed and show `skipped` as harmless. So what is open or cannot be
used is an `error`, and only a single metric that was not measured is `skipped`: the first test case is the
verdict itself and fails with it, whatever its metrics are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal
from xml.etree import ElementTree as ET

from perfgate.model import Comparison, Outcome, Reason, Verdict
from perfgate.report.distinct import distinct_names
from perfgate.report.headline import headline
from perfgate.report.text import clean
from perfgate.report.words import (
    both_text,
    commit_text,
    facts_text,
    is_number,
    reason_text,
    remedy_text,
    row_of,
    worst_first,
)

_CLASS = "perfgate"
_Kind = Literal["failure", "error", "skipped", ""]
_KINDS: dict[Outcome, _Kind] = {
    Outcome.REGRESSED: "failure",
    Outcome.THRESHOLD_BREACHED: "failure",
    Outcome.INVALID: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NOT_MEASURED: "skipped",
    Outcome.IMPROVED: "",
    Outcome.PASS: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    group: str
    name: str
    outcome: Outcome
    message: str
    lines: Sequence[str]
    seconds: float = 0.0


def render_junit(verdict: Verdict) -> str:
    """One test case for the verdict, one for each of its reasons, and one for each metric, worst first."""
    cases = _numbered([_verdict_case(verdict), *_reason_cases(verdict), *_metric_cases(verdict)])
    kinds = Counter(_KINDS[case.outcome] for case in cases)
    seconds = f"{verdict.elapsed_s if is_number(verdict.elapsed_s) else 0.0:.3f}"
    counts = {"tests": str(len(cases)), "failures": str(kinds["failure"]), "errors": str(kinds["error"])}
    root = ET.Element("testsuites", {"name": "perfgate", **counts, "time": seconds})
    name = f"perfgate {clean(verdict.workload_name)}".strip()
    suite = ET.SubElement(
        root, "testsuite", {"name": name, **counts, "skipped": str(kinds["skipped"]), "time": seconds}
    )
    properties = ET.SubElement(suite, "properties")
    for side, commit in (("base", verdict.base), ("head", verdict.head)):
        ET.SubElement(properties, "property", {"name": side, "value": commit_text(commit)})
    for case in cases:
        _add(suite, case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _verdict_case(verdict: Verdict) -> _Case:
    return _Case(
        group=_CLASS,
        name="verdict",
        outcome=verdict.outcome,
        message=headline(verdict),
        lines=(facts_text(verdict), f"reproduce: {clean(verdict.reproduce)}"),
        seconds=verdict.elapsed_s if is_number(verdict.elapsed_s) else 0.0,
    )


def _reason_cases(verdict: Verdict) -> Iterator[_Case]:
    """Thresholds and whatever else made the verdict what it is; the reasons of a PASS fail nothing."""
    for reason in verdict.reasons:
        text = reason_text(reason)
        yield _Case(
            group=_CLASS,
            name=f"{clean(reason.code)}: {text}",
            outcome=verdict.outcome,
            message=text,
            lines=_reason_lines([reason])[1:],
        )


def _metric_cases(verdict: Verdict) -> Iterator[_Case]:
    ordered = worst_first(verdict.comparisons)
    names = distinct_names(c.metric for c in ordered)
    for comparison in ordered:
        row = row_of(comparison)
        yield _Case(
            group=names[comparison.metric.endpoint],
            name=comparison.metric.statistic,
            outcome=comparison.outcome,
            message=f"{row.verdict}: {row.change}",
            lines=_metric_lines(comparison),
        )


def _metric_lines(comparison: Comparison) -> list[str]:
    row = row_of(comparison)
    numbers = f"{both_text(row.base, row.head)}, change {row.change}, adjusted p {row.p}, MDE {row.mde}"
    return [numbers, *_reason_lines(comparison.reasons)]


def _reason_lines(reasons: Sequence[Reason]) -> list[str]:
    lines = []
    for reason in reasons:
        remedy = remedy_text(reason)
        lines += [reason_text(reason), *([f"→ {remedy}"] if remedy else [])]
    return lines


def _numbered(cases: Sequence[_Case]) -> list[_Case]:
    """The cases, none with the name of another: GitLab shows the first of a name alone."""
    taken: set[tuple[str, str]] = set()
    numbered = []
    for case in cases:
        tries = (case.name if number == 1 else f"{case.name} ({number})" for number in count(1))
        name = next(name for name in tries if (case.group, name) not in taken)
        taken.add((case.group, name))
        numbered.append(replace(case, name=name))
    return numbered


def _add(suite: ET.Element, case: _Case) -> None:
    attributes = {"classname": case.group, "name": case.name, "time": f"{case.seconds:.3f}"}
    element = ET.SubElement(suite, "testcase", attributes)
    if kind := _KINDS[case.outcome]:
        result = ET.SubElement(element, kind, {"message": case.message, "type": str(case.outcome)})
        result.text = "\n".join((case.message, *case.lines))
