"""What one run measured, and what a baseline holds, as plain tables: numbers without a verdict."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from perfgate.model import ALL_ENDPOINTS
from perfgate.report.text import clean
from perfgate.report.words import value_text

if TYPE_CHECKING:
    from perfgate.model import Metric, Result


def render_levels(result: Result, levels: Mapping[Metric, float]) -> str:
    """A run's metrics, endpoint by endpoint."""
    requests = sum(e.requests for r in result.rounds for e in r.endpoints)
    dropped = sum(bool(r.dropped_because) for r in result.rounds)
    head = (
        f"{clean(result.commit.ref)} ({result.commit.sha[:10]}): {len(result.rounds)} rounds, "
        f"{dropped} dropped, {requests} requests, {clean(result.load_model)}"
    )
    rows = [
        (
            "all endpoints" if m.endpoint == ALL_ENDPOINTS else m.endpoint,
            m.statistic,
            value_text(m.statistic, levels[m]),
        )
        for m in sorted(levels)
    ]
    return f"{head}\n{render_table(('endpoint', 'metric', 'level'), rows)}"


def render_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int = 120,
    left: Collection[int] = (1,),
) -> str:
    """A plain table; the first column is cut where a line would be too long, numbers never are.

    The columns `left` begin at the left as the first does, all others end at the right.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, title in enumerate(header):
        if number == 0:
            table.add_column(title, overflow="ellipsis", no_wrap=True)
        else:
            table.add_column(title, no_wrap=True, justify="left" if number in left else "right")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
