"""The lines of perfgate.yml that decided: thresholds that were breached, limits that were passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfgate.cli.ci_bundle import MAX_MARKS, Mark
from perfgate.errors import PerfgateError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.git import Repository
    from perfgate.github.publish import Annotation
    from perfgate.model import Commit, Comparison, Reason, Verdict
    from perfgate.yamlfile import Document, KeyPath

_BREACHED = ("threshold_breached", "threshold_without_data", "aborted_on_threshold")
_TITLE_WIDTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One version of perfgate.yml, with its lines and where each threshold stands in it."""

    document: Document
    lines: tuple[str, ...]
    thresholds: dict[str, int]

    def text(self, line: int) -> str:
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""


def marks_of(verdict: Verdict, config: Config, repository: Repository, base: Commit) -> tuple[Mark, ...]:
    """At most `MAX_MARKS` lines of the checkout's perfgate.yml, thresholds first.

    The base commit's file judges. Where the checkout says something else at the same key, there is no such
    line to point at, and the mark is at line 1.
    """
    try:
        here = _read(config.path, config.path.read_bytes())
        path = config.path.resolve().relative_to(repository.toplevel.resolve()).as_posix()
    except (PerfgateError, OSError, ValueError):
        return ()
    judged = _on_base(config, repository, base) or here
    marks = [
        Mark(path=path, line=_line_here(line, other, judged, here), of=of, index=index)
        for of, index, line, other in (*_thresholds(verdict, judged, here), *_limits(verdict, judged, here))
    ]
    return tuple(marks[:MAX_MARKS])


def annotation_of(mark: Mark, verdict: Verdict) -> Annotation:
    """What is written at a mark; only the verdict has a say in it."""
    from perfgate.github.publish import Annotation
    from perfgate.model import Outcome
    from perfgate.report.headline import effect
    from perfgate.report.text import shorten
    from perfgate.report.words import endpoint_text, reason_text, size_text

    if mark.of == "reason":
        reason = verdict.reasons[mark.index]
        title, message, fails = f"{verdict.outcome}: a threshold", reason_text(reason), True
    else:
        found = verdict.comparisons[mark.index]
        statistic = found.metric.statistic
        title = f"{found.outcome}: {shorten(endpoint_text(found.metric), 80)} {statistic}"
        message = f"{effect(found)}; up to {size_text(statistic, found.tolerance)} is let pass"
        if found.outcome == Outcome.INCONCLUSIVE and found.reasons:
            message = reason_text(found.reasons[0])
        fails = found.outcome == Outcome.REGRESSED
    return Annotation(
        path=mark.path,
        line=mark.line,
        level="failure" if fails else "warning",
        title=shorten(title, _TITLE_WIDTH),
        message=message,
    )


Found = tuple[Any, int, int, int]
"""Of what, which one, its line in the file that judged and its line in the checkout's."""


def _thresholds(verdict: Verdict, judged: _File, here: _File) -> Iterator[Found]:
    for index, reason in enumerate(verdict.reasons):
        source = _source_of(reason, judged) if reason.code in _BREACHED else None
        if source is not None:
            yield "reason", index, judged.thresholds[source], here.thresholds.get(source, 1)


def _source_of(reason: Reason, judged: _File) -> str | None:
    """The threshold a reason speaks of: its text quotes the threshold as it is written."""
    quoted = [source for source in judged.thresholds if f" {source} " in f" {reason.text} "]
    return max(quoted, key=len, default=None)


def _limits(verdict: Verdict, judged: _File, here: _File) -> Iterator[Found]:
    from perfgate.model import Outcome
    from perfgate.report.words import worst_first

    wanted = {Outcome.REGRESSED: "tolerance"}
    if verdict.outcome == Outcome.INCONCLUSIVE:
        wanted[Outcome.INCONCLUSIVE] = "require"
    places = {id(each): index for index, each in enumerate(verdict.comparisons)}
    for found in worst_first(verdict.comparisons):
        if found.outcome in wanted and found.level == "error":
            keys = _keys_of(found, wanted[found.outcome], judged.document)
            yield "comparison", places[id(found)], judged.document.line(*keys), here.document.line(*keys)


def _keys_of(found: Comparison, section: str, document: Document) -> KeyPath:
    """Where a limit of a metric is written: at the last endpoint that matches, else for all of them."""
    from perfgate.gate.policy import Rule

    gate = document.data.get("gate")
    endpoints = gate.get("endpoints") if isinstance(gate, dict) else None
    rules: dict[str, Any] = endpoints if isinstance(endpoints, dict) else {}
    for glob in reversed(rules):
        limits = rules[glob].get(section) if isinstance(rules[glob], dict) else None
        stated = isinstance(limits, dict) and found.metric.statistic in limits
        if stated and Rule(endpoint=glob).matches(found.metric.endpoint):
            return "gate", "endpoints", glob, section, found.metric.statistic
    return "gate", section, found.metric.statistic


def _line_here(line: int, other: int, judged: _File, here: _File) -> int:
    return other if judged.text(line) == here.text(other) else 1


def _on_base(config: Config, repository: Repository, base: Commit) -> _File | None:
    from perfgate.yamlfile import MAX_BYTES

    try:
        content = repository.file_at(base.sha, config.path.resolve(), max_bytes=MAX_BYTES)
        return _read(config.path, content) if content is not None else None
    except PerfgateError:
        return None


def _read(path: Path, content: bytes) -> _File:
    from perfgate.config import parse_stated
    from perfgate.gate.threshold_syntax import parse_threshold
    from perfgate.yamlfile import parse_yaml

    thresholds = {}
    for text in parse_stated(path, content).thresholds:
        try:
            source = parse_threshold(text.metric, text.expression).source
        except ValueError:
            continue
        thresholds[source] = int(text.where.rsplit(":", 2)[1])
    lines = tuple(content.decode("utf-8", "replace").splitlines())
    return _File(document=parse_yaml(path, content), lines=lines, thresholds=thresholds)
