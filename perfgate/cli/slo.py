"""Thresholds of perfgate.yml held against what is stored of a result's requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfgate.cli.project import Project
    from perfgate.gate.abort import Abort
    from perfgate.measure.round import MeasuredRound
    from perfgate.model import Outcome, Reason, Result


def stopping(abort: Abort) -> Callable[[Sequence[MeasuredRound]], bool]:
    """Hold each new round of head (the last side) against the thresholds that end a measurement."""

    def stops(measured: Sequence[MeasuredRound]) -> bool:
        valid_ns = (m.rounds[-1].duration_ns for m in measured if not m.rounds[-1].dropped_because)
        return bool(abort) and abort.add(measured[-1].samples[-1], sum(valid_ns))

    return stops


def slo_reasons(opened: Project, head: Result) -> tuple[tuple[Outcome, Reason], ...]:
    """What head breaks, from its valid screening rounds (confirmation ran another mix of requests).

    Raises:
        UsageError: the raw samples are missing or torn.
    """
    if not opened.thresholds:
        return ()
    from perfgate.gate.slo import breaches, without_requests
    from perfgate.store.results import path_of
    from perfgate.store.samples import load_samples, samples_path

    path = path_of(opened.config.store, head)
    if head.is_imported and not samples_path(path).exists():
        return without_requests()
    numbers, samples = load_samples(path)
    screen = [r for r in head.rounds if r.stage == "screen" and not r.dropped_because]
    return breaches(opened.thresholds, samples, numbers, screen)
