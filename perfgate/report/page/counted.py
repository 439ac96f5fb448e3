"""Failed requests by class and answers by status, of each endpoint over the rounds that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from perfgate.model import SIDES
from perfgate.report.page.axis import sides_of
from perfgate.report.page.points import MOST_CLASSES, NAME_WIDTH
from perfgate.report.text import clean, shorten

if TYPE_CHECKING:
    from perfgate.model import Evidence, Side

Counts = tuple[tuple[str, int, int], ...]


def errors_and_statuses(evidence: Evidence) -> dict[str, tuple[Counts, Counts]]:
    """The counts of every endpoint: error classes, the most frequent first, and statuses in order."""
    errors: dict[str, dict[Side, Counter[str]]] = {}
    statuses: dict[str, dict[Side, Counter[str]]] = {}
    for side, kept in sides_of(evidence).items():
        for each in (e for r in kept.result.rounds if not r.dropped_because for e in r.endpoints):
            for found, counts in ((errors, each.errors), (statuses, each.statuses)):
                sides = found.setdefault(each.endpoint, {"base": Counter(), "head": Counter()})
                sides[side].update(counts)
    return {name: (_worst_first(sides), _by_number(statuses[name])) for name, sides in errors.items()}


def _worst_first(sides: Mapping[Side, Counter[str]]) -> Counts:
    return _table(sides, [name for name, _ in sum(sides.values(), Counter()).most_common()])


def _by_number(sides: Mapping[Side, Counter[str]]) -> Counts:
    return _table(sides, sorted({name for counts in sides.values() for name in counts}))


def _table(sides: Mapping[Side, Counter[str]], names: list[str]) -> Counts:
    """The rows of these names, and one that adds up those that are too many."""
    base, head = (sides[side] for side in SIDES)
    rows = [(shorten(clean(name), NAME_WIDTH), base[name], head[name]) for name in names[:MOST_CLASSES]]
    rest = names[MOST_CLASSES:]
    if rest:
        rows.append((f"{len(rest)} more", sum(base[n] for n in rest), sum(head[n] for n in rest)))
    return tuple(rows)
