"""Which format a file is in, told by its content, and its reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from perfgate.errors import UsageError
from perfgate.interchange import (
    actionbench,
    gobench,
    h2load,
    hdrlog,
    hdrtext,
    hey,
    jmeter,
    k6,
    k6summary,
    locustlog,
    locuststats,
    oha,
    pytestbench,
    reports,
    vegeta,
)
from perfgate.interchange.imported import Imported, Shown, with_usable_names
from perfgate.interchange.source import Source

Read = Imported | Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the command line a reader may need: the commit, and the unit of values that have none."""

    sha: str = ""
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format by the name that forces it; `is_summary` ones are only shown.

    One of `text` (the beginning), `line` (the first line as JSON) and `document` (all of it as JSON) tells
    whether a file is of it. `remedy` is for a file that is said to be of it and is not.
    """

    name: str
    title: str
    read: Callable[[Source, Any, Asked], Read]
    is_summary: bool = False
    text: Callable[[str], bool] | None = None
    line: Callable[[Any], bool] | None = None
    document: Callable[[Any], bool] | None = None
    remedy: str = "drop --format to have the content looked at"


def _by_lines(read: Callable[[Source], Read]) -> Callable[[Source, Any, Asked], Read]:
    return lambda source, _document, _asked: read(source)


def _whole(read: Callable[[Any, Source], Read]) -> Callable[[Source, Any, Asked], Read]:
    return lambda source, document, _asked: read(document, source)


FORMATS = (
    Format(name="k6-json", title="k6 --out json", read=_by_lines(k6.read_k6_json), line=k6.is_k6_json),
    Format(name="k6-csv", title="k6 --out csv", read=_by_lines(k6.read_k6_csv), text=k6.is_k6_csv),
    Format(
        name="locust-csv",
        title="Locust requests, CSV",
        read=_by_lines(locustlog.read_locust_csv),
        text=locustlog.is_locust_csv,
        remedy=locustlog.HEADER_REMEDY,
    ),
    Format(
        name="locust-jsonl",
        title="Locust requests, JSON lines",
        read=_by_lines(locustlog.read_locust_json),
        line=lambda first: isinstance(first, dict) and locustlog.is_locust_names(list(first)),
    ),
    Format(
        name="locust-json",
        title="locust --json",
        read=_whole(locuststats.read_locust_stats),
        document=locuststats.is_locust_stats,
    ),
    Format(
        name="vegeta-json",
        title="vegeta encode --to json",
        read=_by_lines(vegeta.read_vegeta_json),
        line=vegeta.is_vegeta_json,
    ),
    Format(
        name="vegeta-csv",
        title="vegeta encode --to csv",
        read=_by_lines(vegeta.read_vegeta_csv),
        text=vegeta.is_vegeta_csv,
    ),
    Format(
        name="h2load",
        title="h2load --log-file",
        read=_by_lines(h2load.read_h2load_log),
        text=h2load.is_h2load_log,
    ),
    Format(name="oha-csv", title="oha CSV", read=_by_lines(oha.read_oha_csv), text=oha.is_oha_csv),
    Format(name="hey-csv", title="hey -o csv", read=_by_lines(hey.read_hey_csv), text=hey.is_hey_csv),
    Format(
        name="jmeter-csv",
        title="JMeter CSV (JTL)",
        read=_by_lines(jmeter.read_jmeter_csv),
        text=jmeter.is_jmeter_csv,
        remedy=jmeter.HEADER_REMEDY,
    ),
    Format(
        name="hdr-text",
        title="wrk2 --latency, HdrHistogram text",
        read=lambda source, _document, asked: hdrtext.read_hdr_text(source, asked.unit),
        text=hdrtext.is_hdr_text,
    ),
    Format(
        name="hdr-log",
        title="HdrHistogram interval log",
        read=lambda source, _document, asked: hdrlog.read_hdr_log(source, asked.unit),
        text=hdrlog.is_hdr_log,
    ),
    Format(
        name="go-bench",
        title="go test -bench text",
        read=_by_lines(gobench.read_go_benchmark),
        text=gobench.is_go_benchmark,
    ),
    Format(
        name="pytest-benchmark",
        title="pytest-benchmark JSON",
        read=_whole(pytestbench.read_pytest_benchmark),
        document=pytestbench.is_pytest_benchmark,
    ),
    Format(
        name="action-data",
        title="github-action-benchmark data.js",
        read=lambda source, document, asked: actionbench.read_action_data(document, source, asked.sha),
        document=actionbench.is_action_data,
    ),
    Format(
        name="action-entries",
        title="github-action-benchmark custom entries",
        read=_whole(actionbench.read_action_entries),
        document=actionbench.is_action_entries,
    ),
    Format(
        name="k6-summary",
        title="k6 summary",
        read=_whole(k6summary.show_k6_summary),
        is_summary=True,
        document=k6summary.is_k6_summary,
    ),
    Format(
        name="artillery",
        title="Artillery report",
        read=_whole(reports.show_artillery),
        is_summary=True,
        document=reports.is_artillery,
    ),
    Format(
        name="autocannon",
        title="autocannon JSON",
        read=_whole(reports.show_autocannon),
        is_summary=True,
        document=reports.is_autocannon,
    ),
    Format(
        name="bombardier",
        title="bombardier JSON",
        read=_whole(reports.show_bombardier),
        is_summary=True,
        document=reports.is_bombardier,
    ),
    Format(
        name="oha-json",
        title="oha JSON",
        read=_whole(oha.show_oha_json),
        is_summary=True,
        document=oha.is_oha_json,
    ),
    Format(
        name="vegeta-report",
        title="vegeta report JSON",
        read=_whole(vegeta.show_vegeta_report),
        is_summary=True,
        document=vegeta.is_vegeta_report,
    ),
    Format(
        name="locust-stats",
        title="Locust _stats.csv",
        read=_by_lines(locuststats.show_locust_stats_csv),
        is_summary=True,
        text=locuststats.is_locust_stats_csv,
    ),
    Format(name="ab", title="ab text", read=_by_lines(reports.show_ab), is_summary=True, text=reports.is_ab),
    Format(
        name="wrk",
        title="wrk text",
        read=_by_lines(reports.show_wrk),
        is_summary=True,
        text=lambda head: reports.is_wrk(head) and not hdrtext.is_hdr_text(head),
    ),
    Format(
        name="hey",
        title="hey text",
        read=_by_lines(reports.show_hey_text),
        is_summary=True,
        text=reports.is_hey_text,
    ),
)
NAMES = tuple(each.name for each in FORMATS)


def read_file(source: Source, asked: Asked, *, name: str | None = None) -> Read:
    """What a file says, in the format named or the one that its content shows.

    Raises:
        UsageError: no format or more than one fits, or the file is broken.
    """
    read = _read(source, asked, name)
    return with_usable_names(read) if isinstance(read, Imported) else read


def _read(source: Source, asked: Asked, name: str | None) -> Read:
    _refuse_by_name(source)
    if name is not None:
        forced = next(each for each in FORMATS if each.name == name)
        document = source.document(actionbench.PREFIX) if forced.document else None
        if not _fits(forced, source, document):
            source.refuse(f"not what {forced.title} looks like", forced.remedy)
        return forced.read(source, document, asked)
    document = None
    found = [each for each in FORMATS if each.text and each.text(source.head)]
    if not found and source.head.lstrip().startswith(("{", "[", "window.")):
        found, document = _of_json(source)
    if len(found) > 1:
        names = " and ".join(each.name for each in found)
        source.refuse(f"it could be {names}", "say which with --format NAME")
    if not found:
        _unknown(source)
    return found[0].read(source, document, asked)


def _fits(wanted: Format, source: Source, document: Any) -> bool:
    if wanted.text:
        return wanted.text(source.head)
    if wanted.line:
        return wanted.line(_first_line(source))
    return wanted.document is not None and wanted.document(document)


def _first_line(source: Source) -> Any:
    try:
        return json.loads(source.first_line())
    except (ValueError, RecursionError):
        return None


def _of_json(source: Source) -> tuple[list[Format], Any]:
    first = _first_line(source)
    found = [each for each in FORMATS if each.line and each.line(first)]
    if found:
        return found, None
    document = source.document(actionbench.PREFIX)
    return [each for each in FORMATS if each.document and each.document(document)], document


def _refuse_by_name(source: Source) -> None:
    """Formats that people have and perfgate does not read, each with what to give instead.

    Raises:
        UsageError: the file is in one of them.
    """
    head = source.head.lstrip()
    if source.raw_head.startswith((b"\xff\xfe", b"\xfe\xff")):
        source.refuse("UTF-16 text, as the > of PowerShell writes it", "write it as UTF-8")
    if vegeta.is_gob(source.raw_head):
        source.refuse("vegeta's binary encoding", "give text: vegeta encode --to json results.bin > run.json")
    if head.startswith("<") and ("<testResults" in head or "<httpSample" in head or "<?xml" in head):
        source.refuse(
            "XML, as JMeter writes it when told to",
            "write CSV: run JMeter with -Jjmeter.save.saveservice.output_format=csv",
        )
    if head.startswith('{"Time"') or head.startswith('{"Action"'):
        source.refuse("go test -json: its events are not read", "give text: go test -bench . > bench.txt")


def _unknown(source: Source) -> NoReturn:
    raise UsageError(
        f"{source}: no format that perfgate knows",
        f"there are {', '.join(NAMES)}; force one with --format NAME",
    )
