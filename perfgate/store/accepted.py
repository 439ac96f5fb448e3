"""The file of accepted slowdowns: YAML that people review, written whole and read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as calendar_day
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError, model_validator

from perfgate.config.kinds import Kind, Line, Whole, refuse
from perfgate.config.refusals import first_error
from perfgate.config.schema import Section
from perfgate.config.statistics import StatisticName, change_text, parse_change
from perfgate.model import STATISTICS, Acceptance, Metric, Statistic
from perfgate.store.atomic import write_atomically
from perfgate.store.files import read_bounded
from perfgate.yamlfile import MAX_BYTES, parse_yaml

ACCEPTED_NAME = "accepted.yml"
MAX_TEXT = 500
"""The longest reason and author, in characters: it stands in reports."""

MAX_BOUND = (10.0, 1e9)
"""The largest change that may be accepted: a ratio, or bytes per request for memory."""

_HEADING = """\
# Slowdowns that were decided on, for whoever reviews this change: `perfgate accept` writes this file.
# A regression within its bound passes until the day named, and every report shows it.
"""


def _bounded(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise refuse(f"{len(value)} characters are too many", f"say it in {MAX_TEXT}")
    return value


class _Text(Line):
    """One line of text with something in it."""

    def read(self, value: Any) -> str:
        return _bounded(super().read(value))


@dataclass(frozen=True, slots=True)
class _Day(Kind):
    """A day of the calendar, as the text it is written as."""

    def read(self, value: Any) -> str:
        try:
            if isinstance(value, str) and calendar_day.fromisoformat(value).isoformat() == value:
                return value
        except ValueError:
            pass
        raise refuse(f"{str(value)[:40]!r} is not a day", "write it as 2030-01-31")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


_Words = Annotated[str, _Text(r".*\S.*", "search ranks better now (#412)")]


class _Entry(Section):
    endpoint: Annotated[str, Line(r".+", "GET /items")]
    metric: Annotated[str, StatisticName(STATISTICS)]
    up_to: Annotated[str, _Text(r".*\S.*", "12%")]
    reason: _Words
    expires: Annotated[str, _Day()]
    author: _Words
    date: Annotated[str, _Day()]

    @model_validator(mode="after")
    def _bounded_in_its_unit(self) -> _Entry:
        try:
            bound = parse_change(cast(Statistic, self.metric), self.up_to)
        except ValueError as error:
            what, _, hint = str(error).partition(": ")
            raise refuse(what, hint, "up_to") from error
        if not 0 < bound <= MAX_BOUND[self.metric == "memory"]:
            raise refuse(
                f"{self.up_to} is out of range", "write a bound above 0, at most 1000% or 1000MB", "up_to"
            )
        return self


class _File(Section):
    schema_version: Annotated[int, Whole(1, 1)]
    accepted: list[_Entry] = Field(default=[])

    @model_validator(mode="after")
    def _once_each(self) -> _File:
        seen = set()
        for index, entry in enumerate(self.accepted):
            if (entry.endpoint, entry.metric) in seen:
                raise refuse(
                    f"{entry.endpoint} {entry.metric} stands twice",
                    "remove one of the two",
                    *("accepted", index),
                )
            seen.add((entry.endpoint, entry.metric))
        return self


def accepted_path(baselines: Path) -> Path:
    """Where accepted slowdowns are kept: beside the baselines, which are reviewed like them."""
    return baselines / ACCEPTED_NAME


def load_accepted(path: Path) -> dict[Metric, Acceptance]:
    """Every accepted slowdown in a file; none where there is no file.

    Raises:
        UsageError: it cannot be read, or something in it cannot be used; the message begins with
            `file:line:column`.
    """
    if not path.exists() and not path.is_symlink():
        return {}
    return parse_accepted(path, read_bounded(path, MAX_BYTES))


def parse_accepted(path: Path, content: bytes) -> dict[Metric, Acceptance]:
    """The same for content that was read elsewhere; `path` is what errors call it.

    Raises:
        UsageError: see `load_accepted`.
    """
    document = parse_yaml(path, content)
    try:
        file = _File.model_validate(document.data)
    except ValidationError as error:
        raise first_error(document, error, _File) from error
    return {
        Metric(endpoint=entry.endpoint, statistic=cast(Statistic, entry.metric)): Acceptance(
            up_to=parse_change(cast(Statistic, entry.metric), entry.up_to),
            reason=entry.reason,
            expires=entry.expires,
            author=entry.author,
            date=entry.date,
        )
        for entry in file.accepted
    }


def save_accepted(baselines: Path, entries: Mapping[Metric, Acceptance]) -> Path:
    """Write the file anew, sorted by endpoint and metric, and return its path.

    Raises:
        UsageError: an entry breaks the format, such as an endpoint whose name cannot be printed.
        MeasureError: it cannot be written.
    """
    path = accepted_path(baselines)
    content = dump_accepted(entries)
    parse_accepted(path, content)
    write_atomically(path, content, within=baselines)
    return path


def dump_accepted(entries: Mapping[Metric, Acceptance]) -> bytes:
    """The content of the file."""
    ordered = sorted(entries, key=lambda m: (m.endpoint, STATISTICS.index(m.statistic)))
    items = "".join(_item(metric, entries[metric]) for metric in ordered) or " []\n"
    return f"{_HEADING}schema_version: 1\naccepted:{items}".encode()


def _item(metric: Metric, entry: Acceptance) -> str:
    lines = {
        "endpoint": _quoted(metric.endpoint),
        "metric": metric.statistic,
        "up_to": change_text(metric.statistic, entry.up_to),
        "reason": _quoted(entry.reason),
        "expires": entry.expires,
        "author": _quoted(entry.author),
        "date": entry.date,
    }
    return "\n  - " + "\n    ".join(f"{key}: {value}" for key, value in lines.items()) + "\n"


def _quoted(text: str) -> str:
    # JSON's quoting is YAML's; what cannot be printed is escaped, the rest stays readable.
    return json.dumps(text, ensure_ascii=not text.isprintable())
