"""Names of endpoints for formats that take two of one name for the same thing."""

from collections.abc import Callable, Iterable
from itertools import count

from perfgate.model import Metric
from perfgate.report.text import shorten
from perfgate.report.words import endpoint_text

_WIDTH = 200


def distinct_names(metrics: Iterable[Metric], written: Callable[[str], str] = str) -> dict[str, str]:
    """Every endpoint as a report shows it, numbered where two would read the same.

    That can be once they are clean and short enough, or once they are `written` as the format asks. The
    numbers do not depend on the order of the metrics, so that the next run has the same names.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for metric in sorted(metrics):
        if metric.endpoint not in names:
            shown = written(shorten(endpoint_text(metric), _WIDTH))
            tries = (shown if number == 1 else f"{shown} ({number})" for number in count(1))
            names[metric.endpoint] = next(name for name in tries if name not in taken)
            taken.add(names[metric.endpoint])
    return names
