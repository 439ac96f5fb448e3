"""A verdict's page and a history as one HTML file each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

from perfgate.model import SIDES, History
from perfgate.report.html import data, pasts
from perfgate.report.html.document import write
from perfgate.report.html.forest import forest_of
from perfgate.report.html.frames import has_values, rows
from perfgate.report.html.numbers import times
from perfgate.report.html.quantiles import quantile_rows
from perfgate.report.html.words import headline_text, sentence
from perfgate.report.page.model import EndpointView, Page
from perfgate.report.text import clean
from perfgate.report.words import WORST_FIRST

MOST_BYTES = 2_000_000
"""A page opens at once on a phone, and every artifact store takes it."""

_CUT, _MOST_CUTS = 0.75, 20
_FOREST_ROWS = 30
_SEARCHABLE = 8
_TABLE_ROWS = 12
_SHORT_TABLE_ROWS = 4
_MANY = 50
_MOST_OPEN_ROUNDS = 16


def render_page(page: Page) -> str:
    """The page of a verdict as one self-contained HTML file.

    It needs no network, shows the verdict and every number without JavaScript, and names from outside are
    text in it and nothing else. Where it would have more than `MOST_BYTES` it says how much it leaves out.
    """
    for cuts in range(_MOST_CUTS + 1):
        text = _written(_part(page, _CUT**cuts))
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def _part(page: Page, share: float) -> Page:
    """The worst endpoints and metrics of a page: a share of them, one and thirty at least."""
    endpoints = page.endpoints[: max(int(len(page.endpoints) * share), 1)]
    forest = page.forest[: max(int(len(page.forest) * share), _FOREST_ROWS)]
    left_out = len(page.forest) - len(forest)
    note = f"{left_out} more metrics are not drawn, or the file would be too large; the JSON report has them"
    return replace(
        page,
        endpoints=endpoints,
        endpoints_left_out=page.endpoints_left_out + len(page.endpoints) - len(endpoints),
        forest=forest,
        notes=(*page.notes, note) if left_out else page.notes,
    )


def _written(page: Page) -> str:
    numbers = data.data_of(page)
    return write(
        "report.jinja",
        "report.js",
        data.compact(numbers),
        page=page,
        forest=forest_of(page.forest),
        first_rows=_FOREST_ROWS,
        endpoints=[_endpoint(page, each, numbers["endpoints"][each.anchor]) for each in page.endpoints],
        anchors={each.anchor for each in page.endpoints},
        searchable=len(page.endpoints) > _SEARCHABLE,
        service=rows(data.service_frame(page.series), _TABLE_ROWS),
        **_sentences(page),
        counts=_counts(page),
        series=[each for each in page.series if any(curve.x for curve in each.curves.values())],
        interval=data.interval_of(page).capitalize(),
        health=list(dict.fromkeys(name for each in page.rounds for name in each.health)),
        ends=times({place_s for each in page.rounds for place_s in (each.start_s, each.end_s)}),
        alone=not _has_base(page),
        sides=SIDES if _has_base(page) else ("head",),
        fold_rounds=len(page.rounds) > _MOST_OPEN_ROUNDS,
    )


def _sentences(page: Page) -> dict[str, Any]:
    """All that the page says in sentences, in which names stay as they are."""
    names = _names(page)

    def written(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(sentence(text, names), sentence(remedy, names)) for text, remedy in pairs]

    return {
        "headline": headline_text(page.headline, page.outcome, names),
        "reasons": written(pair for pair in page.reasons if pair[0].rstrip(". ") not in page.headline),
        "warnings": written(page.warnings),
        "notes": [sentence(note, names) for note in page.notes],
        "dropped": [
            sentence(f"Round {each.number} was dropped: {each.dropped_because}", names)
            for each in page.rounds
            if each.dropped_because
        ],
    }


def _names(page: Page) -> frozenset[str]:
    """What sentences may begin with and people chose: endpoints, and what was compared by which driver."""
    endpoints = {row.endpoint for row in page.forest} | {each.name for each in page.endpoints}
    return frozenset(endpoints | {value for _, value in page.facts})


def render_history(history: History, *, limit: int, install: str) -> str:
    """The newest `limit` commits of a history as one self-contained HTML file.

    `install` is the command that installs what finds change points.
    """
    shown = pasts.views_of(history, limit)
    moves = pasts.moves_of(history, shown)
    first = moves[0].moved[0].view if moves else next(iter(shown), None)
    return write(
        "history.jinja",
        "history.js",
        pasts.data_of(history, shown, limit),
        name=clean(history.workload_name) or "(no name)",
        head=pasts.head_of(history, limit),
        moves=moves,
        looked=history.searched and len(history.commits) >= history.fewest,
        opened=first.endpoint if first else "",
        endpoints=[(name, list(group)) for name, group in groupby(shown, key=lambda view: view.endpoint)],
        searchable=len({view.endpoint for view in shown}) > _SEARCHABLE,
        commits=pasts.commits_of(history, limit),
        notes=pasts.notes_of(history, install),
    )


def _endpoint(page: Page, endpoint: EndpointView, numbers: dict[str, Any]) -> dict[str, Any]:
    """What the template of an endpoint needs besides its view: the tables behind its charts."""
    many, time = len(page.endpoints) > _MANY, numbers["time"]
    return {
        "view": endpoint,
        "quantiles": quantile_rows(endpoint),
        "times": rows(time, _SHORT_TABLE_ROWS if many else _TABLE_ROWS),
        "charts": {name: has_values(frame) for name, frame in numbers.items()}
        | {kind: has_values(time, mark) for kind, mark in (("latency", "_p"), ("throughput", "_rate"))},
        "worst": endpoint.rows[0].outcome if endpoint.rows else "NOT_MEASURED",
    }


def _has_base(page: Page) -> bool:
    """Whether base was measured beside head; a check measures head alone and compares it with a baseline."""
    curves = (each.ecdf for each in page.endpoints)
    return not page.rounds or any("base" in each for each in (*curves, *(r.requests for r in page.rounds)))


def _counts(page: Page) -> list[tuple[str, int]]:
    """How many metrics came out how, the worst first."""
    found = Counter(row.outcome.partition(",")[0] for row in page.forest)
    return [(outcome, found[outcome]) for outcome in WORST_FIRST if found[outcome]]
