"""The posting step of `perfgate ci`: a bundle nobody vouches for, on the pull request of GitHub's event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli.ci_bundle import Bundle, Failure, read_bundle
from perfgate.errors import ExitCode, MeasureError, PerfgateError, UsageError

if TYPE_CHECKING:
    from perfgate.github.api import Api
    from perfgate.github.publish import Conclusion, Published
    from perfgate.github.pullrequest import PullRequest
    from perfgate.github.run import ActionsRun

# A run that was cancelled has been overtaken, mostly by one of a newer commit, and one that was skipped or
# waits for a maintainer's approval has not run: none has anything to say about the change.
_SAY_NOTHING = ("cancelled", "skipped", "action_required")
_LET_PASS = ("success", "neutral")
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for. `key` is of the configuration that is posted, `check_id` what `start` gave."""

    folder: Path
    key: str
    inconclusive: Conclusion
    token: str
    start: bool = False
    check_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What GitHub says is reported on.

    `ended` is the conclusion of a measuring workflow that ran before this one, "" where the measurement was
    a step of this very run; `begun` says that it has only begun. `run_id` is that of the workflow, 0 without.
    """

    head_sha: str
    run_url: str
    ended: str
    begun: bool
    of_pull_request: bool
    run_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """What is not where it should be and why, what the step answers with, and what failed.

    The exit code is 0 where check or status tell the verdict.
    """

    notices: tuple[str, ...]
    exit_code: int
    failed: PerfgateError | None


def post(asked: Asked, environ: Mapping[str, str]) -> int:
    """Publish the bundle as comment and check, or say in the step's summary why that is not allowed.

    The exit code is 0 where check or status tell the verdict, else that of the bundle.

    Raises:
        UsageError: no GitHub, no token, an event without a commit, or a bundle that was refused (which the
            check says too).
        MeasureError: GitHub did not answer, or the measuring run left nothing although nobody stopped it.
    """
    from perfgate.github.api import Api
    from perfgate.github.run import read_run

    run = read_run(environ)
    if run is None:
        raise UsageError("this is no job of GitHub Actions: there is nowhere to post to", "see `perfgate ci`")
    if not asked.token:
        raise UsageError(
            "no token to post with", "set PERFGATE_CI_TOKEN to ${{ github.token }}, as the action does"
        )
    subject = _subject(run)
    api = Api(token=asked.token, api_url=run.api_url, repository=run.repository)
    if asked.start or subject.begun:
        return _start(api, run, asked, subject)
    bundle, unusable = _bundle(asked, subject)
    posted = _published(api, run, asked, subject, bundle)
    _tell(run, subject, bundle, posted.notices)
    for error in (unusable, posted.failed):
        if error is not None:
            raise error
    return posted.exit_code


def _start(api: Api, run: ActionsRun, asked: Asked, subject: _Subject) -> int:
    """Show that a measurement is under way; where that is not allowed, nothing is lost."""
    from perfgate.github.commands import append, output_text
    from perfgate.github.publish import start_check
    from perfgate.github.run import is_under_way

    if subject.run_id and not is_under_way(api, subject.run_id):
        click.echo("check not started: the measuring run has ended, or the token may not see it")
        return int(ExitCode.OK)
    check_id = start_check(api, key=asked.key, head_sha=subject.head_sha, details_url=subject.run_url)
    if check_id is not None and run.output_path is not None:
        append(run.output_path, output_text({"check-id": str(check_id)}))
    click.echo("check not started: the token may not" if check_id is None else "check started")
    return int(ExitCode.OK)


def _subject(run: ActionsRun) -> _Subject:
    from perfgate.cli.ci_events import reported_sha

    if run.event_name == "pull_request_target":
        raise UsageError(
            "perfgate does not post on pull_request_target, where measuring would run a fork's code",
            "post on workflow_run: `perfgate init --github` writes both workflows",
        )
    if run.event_name != "workflow_run":
        return _Subject(
            head_sha=reported_sha(run),
            run_url=run.run_url,
            ended="",
            begun=False,
            of_pull_request=run.event_name == "pull_request",
        )
    measured = run.event.get("workflow_run")
    measured = measured if isinstance(measured, dict) else {}
    sha, number = measured.get("head_sha"), measured.get("id")
    if not isinstance(sha, str) or not _SHA.fullmatch(sha) or not isinstance(number, int):
        raise UsageError("the event names no run that was measured", "run this on workflow_run")
    return _Subject(
        head_sha=sha,
        run_url=f"{run.server_url}/{run.repository}/actions/runs/{number}",
        run_id=number,
        ended=str(measured.get("conclusion") or "unknown"),
        begun=run.event.get("action") != "completed",
        of_pull_request=measured.get("event") == "pull_request",
    )


def _bundle(asked: Asked, subject: _Subject) -> tuple[Bundle, PerfgateError | None]:
    """The bundle, or one that says why there is none that can be believed, and that as an error."""
    try:
        found = read_bundle(asked.folder)
        if found is not None:
            _require_same(found, asked, subject)
            return found, None
    except UsageError as error:
        return _unusable(
            asked, f"what the measuring run left was refused: {error.message}", error.hint
        ), error
    ended = f" (it ended as: {subject.ended})" if subject.ended else ""
    hint = "see its log: it was stopped, or failed before perfgate could say why"
    missing = MeasureError(f"the measuring run left no report{ended}", hint)
    return _unusable(asked, missing.message, hint), None if subject.ended in _SAY_NOTHING else missing


def _require_same(found: Bundle, asked: Asked, subject: _Subject) -> None:
    if found.key != asked.key:
        raise UsageError(
            f"bundle.json is of the configuration {found.key}, and this step posts {asked.key}",
            "give the measuring and the posting step the same config and workload",
        )
    if found.head_sha != subject.head_sha and (found.head_sha or found.verdict):
        raise UsageError(
            f"bundle.json is of commit {found.head_sha[:12]}, and this event of {subject.head_sha[:12]}",
            "let the workflow that measures upload what it has measured itself",
        )


def _unusable(asked: Asked, message: str, hint: str) -> Bundle:
    return Bundle(
        key=asked.key,
        head_sha="",
        exit_code=int(ExitCode.INVALID),
        failure=Failure(message=message, hint=hint),
    )


def _published(api: Api, run: ActionsRun, asked: Asked, subject: _Subject, bundle: Bundle) -> _Posted:
    """Post the check whatever becomes of the comment."""
    from perfgate.cli.ci_words import publication_of, withheld
    from perfgate.github.errors import ApiError
    from perfgate.github.publish import PublishError, publish

    found, unfound = _pull_request(api, run)
    notices: tuple[str, ...] = (f"No comment: {unfound.message}. {unfound.hint}.",) if unfound else ()
    errors = [unfound]
    publication = publication_of(
        bundle,
        head_sha=subject.head_sha,
        pull_request=found.number if found is not None and subject.ended not in _SAY_NOTHING else None,
        inconclusive=asked.inconclusive,
        report_url=subject.run_url,
    )
    if subject.of_pull_request and publication.conclusion in _LET_PASS:
        shared = _shared(api, subject.head_sha, found)
        if shared is not None:
            publication = withheld(publication, shared)
            notices = (*notices, f"No pass: {shared.message}. {shared.hint}.")
            errors.append(shared)
    failed = [each for each in errors if isinstance(each, ApiError) and not each.refused]
    try:
        published = publish(api, publication, check_id=asked.check_id)
    except PublishError as error:
        published, failed = error.published, [error]
        notices = (*notices, error.message)
    _say_where(published)
    untold = int(ExitCode.OK if publication.conclusion in _LET_PASS else ExitCode.INVALID)
    return _Posted(
        notices=(*notices, *published.notices),
        exit_code=int(ExitCode.OK) if published.told else bundle.exit_code or untold,
        failed=failed[0] if failed else None,
    )


def _pull_request(api: Api, run: ActionsRun) -> tuple[PullRequest | None, PerfgateError | None]:
    """The open one whose head was measured, and why it could not be told."""
    from perfgate.github.pullrequest import find_pull_request

    try:
        return find_pull_request(api, run), None
    except PerfgateError as error:
        return None, error


def _shared(api: Api, head_sha: str, own: PullRequest | None) -> PerfgateError | None:
    """Why nothing may pass: the check is the commit's, and another pull request has it too."""
    from perfgate.github.errors import ApiError
    from perfgate.github.pullrequest import others_of_the_head

    try:
        others = others_of_the_head(api, head_sha, own)
    except ApiError as error:
        return None if error.refused else error
    if not others:
        return None
    numbers = " and ".join(others[:5])
    return MeasureError(
        f"commit {head_sha[:10]} is the head of {numbers} as well, and what passes for one base need not for "
        "another",
        "close all but one of these pull requests, or push another commit to it, and run this again",
    )


def _say_where(published: Published) -> None:
    for what, url in (("comment", published.comment_url), ("check", published.check_url)):
        if url:
            click.echo(f"{what}: {url}")


def _tell(run: ActionsRun, subject: _Subject, bundle: Bundle, notices: Sequence[str]) -> None:
    """Outputs and summary of the step. A measuring step of the same run has written the verdict already."""
    from perfgate.cli.ci_record import tell_step
    from perfgate.cli.ci_words import notice_lines, step_summary
    from perfgate.github.commands import notice

    for text in notices:
        click.echo(notice("notice", text, title="perfgate"))
    alone = bool(subject.ended)
    summary = step_summary(bundle, report_url=subject.run_url, notices=notices)
    tell_step(run, bundle, report=None, summary=summary if alone else notice_lines(notices))
