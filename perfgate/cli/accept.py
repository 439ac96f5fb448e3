"""`perfgate accept`: write a decision on a slowdown into the file that its reviewers see."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import options, project
from perfgate.cli.acceptances import today
from perfgate.cli.late import known_endpoints
from perfgate.cli.loadtest import load_test_options
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfgate.model import Acceptance, Metric

_EXAMPLES = """\b
Examples:
  perfgate accept "GET /search" p50 --up-to 12% --reason "ranks better (#412)" --expires 2027-01-31
  perfgate accept "*" cpu --up-to 8% --reason "compresses now" --expires 2027-01-31
  perfgate accept --list"""


@click.command(epilog=_EXAMPLES)
@click.argument("endpoint", required=False)
@click.argument("metric", required=False)
@click.option("--up-to", metavar="SIZE", help="The largest change that passes, like 12%, or 1KB of memory.")
@click.option("--reason", metavar="TEXT", help="Why; recorded for the reviewers and shown in reports.")
@click.option("--expires", metavar="DATE", help="The last day it holds, like 2027-01-31; a year at most.")
@click.option("--list", "listed", is_flag=True, help="Show what is accepted, and for how long still.")
@options.config_option
@options.workload_option
@load_test_options
def command(
    *,
    endpoint: str | None,
    metric: str | None,
    up_to: str | None,
    reason: str | None,
    expires: str | None,
    listed: bool,
    config_path: Path,
    workload: Path | None,
    **test: Any,
) -> int:
    """Accept a slowdown of one metric, up to a bound and until a day.

    ENDPOINT is the name of an endpoint in reports, or "*" for what all of them share (their
    means, CPU, throughput, memory).
    METRIC is p50, p95, p99 or errors of an endpoint. The decision goes into accepted.yml beside the
    baselines, which is committed with the change and reviewed with it; the same endpoint and metric again
    replaces it.
    """
    given = {
        "ENDPOINT": endpoint,
        "METRIC": metric,
        "--up-to": up_to,
        "--reason": reason,
        "--expires": expires,
    }
    if listed:
        extra = [name for name, value in given.items() if value is not None]
        if extra:
            raise UsageError(f"--list only shows: {', '.join(extra)} means nothing with it", "drop one")
        return _list(project.open_project(config_path, workload, **test))
    missing = [name for name, value in given.items() if value is None]
    if missing or endpoint is None or metric is None or up_to is None or reason is None or expires is None:
        raise UsageError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            "every acceptance says what, up to how much, why and until when; see `perfgate accept --help`",
        )
    opened = project.open_project(config_path, workload, **test)
    which = _metric(opened, endpoint, metric)
    entry = _entry(opened, which, up_to=up_to, reason=reason, expires=expires)
    return _save(opened, which, entry)


def _save(opened: project.Project, which: Metric, entry: Acceptance) -> int:
    from perfgate.gate.acceptance import size_text
    from perfgate.report.text import clean
    from perfgate.store.accepted import accepted_path, load_accepted, save_accepted

    entries = load_accepted(accepted_path(opened.config.baselines))
    before = entries.get(which)
    path = save_accepted(opened.config.baselines, {**entries, which: entry})
    name = clean(f"{which.endpoint} {which.statistic}")
    click.echo(f"accepted: {name} up to {size_text(which.statistic, entry.up_to)} until {entry.expires}")
    if before is not None:
        bound = size_text(which.statistic, before.up_to)
        why = clean(f"{before.reason}, by {before.author}")
        click.echo(f"replaced: up to {bound} until {before.expires}: {why}")
    click.echo(f"wrote {path}: commit it with the change, for its reviewers")
    return int(ExitCode.OK)


def _metric(opened: project.Project, endpoint: str, name: str) -> Metric:
    """The metric that is meant.

    Raises:
        UsageError: the workload has no such endpoint, the endpoint no such metric, or it fails nobody.
    """
    from perfgate.cli.rulecheck import require_endpoint
    from perfgate.gate.acceptance import statistics_of
    from perfgate.model import ALL_ENDPOINTS, STATISTICS, Metric
    from perfgate.yamlfile import nearest

    known = known_endpoints(opened.workload)
    if endpoint != ALL_ENDPOINTS and known is not None:
        require_endpoint(endpoint, known)
    valid = statistics_of(endpoint)
    found = next((each for each in valid if each == name), None)
    if found is None and name in STATISTICS:
        elsewhere = "of each endpoint: name one" if endpoint == ALL_ENDPOINTS else 'of the whole service: "*"'
        raise UsageError(f"{name} is not measured of {endpoint!r}", f"it is {elsewhere}")
    if found is None:
        near = nearest(name, valid)
        raise UsageError(
            f"there is no metric {name!r}" + (f", did you mean {near!r}?" if near else ""),
            f"use one of: {', '.join(valid)}",
        )
    metric = Metric(endpoint=endpoint, statistic=found)
    level = opened.policy.level_of(metric)
    if level != "error":
        raise UsageError(
            f"{endpoint} {name} is at level {level}: it fails nobody, so there is nothing to accept",
            "see gate.level and gate.endpoints in perfgate.yml",
        )
    return metric


def _entry(opened: project.Project, metric: Metric, *, up_to: str, reason: str, expires: str) -> Acceptance:
    from perfgate.git import open_repository
    from perfgate.model import Acceptance
    from perfgate.report.text import clean
    from perfgate.store.accepted import MAX_TEXT

    words = " ".join(reason.split())
    if not words:
        raise UsageError("--reason is empty", "say why the slowdown is accepted: its reviewers will ask")
    if len(words) > MAX_TEXT or not words.isprintable():
        raise UsageError("--reason cannot be used", f"write plain text of at most {MAX_TEXT} characters")
    return Acceptance(
        up_to=_bound(opened, metric, up_to),
        reason=words,
        expires=_day(expires).isoformat(),
        author=clean(open_repository(opened.config.root).author())[:MAX_TEXT],
        date=today().isoformat(),
    )


def _bound(opened: project.Project, metric: Metric, text: str) -> float:
    from perfgate.config.statistics import parse_change
    from perfgate.gate.acceptance import size_text
    from perfgate.store.accepted import MAX_BOUND

    try:
        bound = parse_change(metric.statistic, text)
    except ValueError as error:
        what, _, hint = str(error).partition(": ")
        raise UsageError(f"--up-to: {what}", hint) from error
    tolerance = opened.policy.tolerance_of(metric)
    if bound <= tolerance:
        raise UsageError(
            f"--up-to {text} accepts nothing: {size_text(metric.statistic, tolerance)} is tolerated anyway",
            "name a larger bound",
        )
    if bound > MAX_BOUND[metric.statistic == "memory"]:
        raise UsageError(f"--up-to {text} is out of range", "write at most 1000%, or 1000MB of memory")
    return bound


def _day(text: str) -> datetime.date:
    from perfgate.gate.acceptance import MAX_DAYS

    try:
        day = datetime.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=datetime.UTC).date()
    except ValueError as error:
        raise UsageError(f"--expires {text!r} is not a day", "write it as 2027-01-31") from error
    latest = today() + datetime.timedelta(days=MAX_DAYS)
    if day < today():
        raise UsageError(f"--expires {text} is past", f"name a day from {today()} to {latest}")
    if day > latest:
        raise UsageError(
            f"--expires {text} is more than a year ahead",
            f"name a day up to {latest}: whoever decided has to look again",
        )
    return day


def _list(opened: project.Project) -> int:
    from perfgate.gate.acceptance import size_text
    from perfgate.report.levels import render_table
    from perfgate.report.text import clean, shorten
    from perfgate.store.accepted import accepted_path, load_accepted

    path = accepted_path(opened.config.baselines)
    entries = load_accepted(path)
    if not entries:
        click.echo(f"nothing is accepted ({path})")
        return int(ExitCode.OK)
    rows = [
        (
            m.endpoint,
            m.statistic,
            size_text(m.statistic, e.up_to),
            _left(e),
            f"{shorten(clean(e.reason), 36)}, by {shorten(clean(e.author), 24)}",
        )
        for m, e in sorted(entries.items(), key=lambda pair: pair[0])
    ]
    click.echo(clean(str(path)))
    click.echo(render_table(("endpoint", "metric", "up to", "holds", "why"), rows), nl=False)
    _show_outdated(opened, entries)
    return int(ExitCode.OK)


def _left(entry: Acceptance) -> str:
    from perfgate.gate.acceptance import days_left

    days = days_left(entry, today())
    if days < 0:
        return f"EXPIRED {entry.expires}"
    return f"{days} day{'' if days == 1 else 's'} more" if days else "today only"


def _show_outdated(opened: project.Project, entries: Mapping[Metric, Acceptance]) -> None:
    from perfgate.gate.acceptance import Accepted, outdated
    from perfgate.report.text import clean

    accepted = Accepted(entries=entries, today=today())
    for reason in outdated(accepted, known_endpoints(opened.workload), opened.policy):
        click.echo(clean(f"! {reason.text}: {reason.remedy}"))
