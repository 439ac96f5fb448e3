"""The words of a bundle, rendered anew by perfgate's own renderers: for comments, checks and steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.model import Outcome

if TYPE_CHECKING:
    from perfgate.cli.ci_bundle import Bundle
    from perfgate.errors import PerfgateError
    from perfgate.github.publish import Conclusion, Publication
    from perfgate.report.comment import CommentContext

_CONCLUSIONS: dict[Outcome, Conclusion] = {
    Outcome.PASS: "success",
    Outcome.IMPROVED: "success",
    Outcome.REGRESSED: "failure",
    Outcome.THRESHOLD_BREACHED: "failure",
    Outcome.INVALID: "action_required",
}


def conclusion_of(bundle: Bundle, inconclusive: Conclusion) -> Conclusion:
    """What the check says; `inconclusive` is the choice of whoever set the gate up."""
    if bundle.verdict is None:
        return "action_required"
    return _CONCLUSIONS.get(bundle.verdict.outcome, inconclusive)


def publication_of(
    bundle: Bundle,
    *,
    head_sha: str,
    pull_request: int | None,
    inconclusive: Conclusion,
    report_url: str,
) -> Publication:
    """What is posted: `head_sha` and `pull_request` are GitHub's words, never the bundle's."""
    from perfgate.cli.ci_marks import annotation_of
    from perfgate.github.publish import Publication
    from perfgate.report.comment import render_check_summary, render_comment
    from perfgate.report.failure import HEADLINE, render_failure
    from perfgate.report.headline import headline

    context = _context(bundle, head_sha, report_url)
    verdict, failure = bundle.verdict, bundle.failure
    if verdict is not None:
        title, comment = headline(verdict), render_comment(verdict, context)
        summary = render_check_summary(verdict, context)
    else:
        title = HEADLINE
        comment = summary = render_failure(
            failure.message if failure else "", failure.hint if failure else "", context
        )
    return Publication(
        key=bundle.key,
        head_sha=head_sha,
        pull_request=pull_request,
        title=title,
        comment=comment,
        summary=summary,
        conclusion=conclusion_of(bundle, inconclusive),
        annotations=tuple(annotation_of(mark, verdict) for mark in bundle.marks) if verdict else (),
        details_url=report_url,
    )


def withheld(publication: Publication, why: PerfgateError) -> Publication:
    """The same without the pass it tells of, and above all why."""
    from perfgate.report.inert import prose

    told = f"**Not passed:** {prose(why.message)}. What to do: {prose(why.hint)}.\n\n"
    return replace(
        publication,
        title=f"Not passed: {why.message}",
        comment=told + publication.comment,
        summary=told + publication.summary,
        conclusion="action_required",
    )


def step_summary(bundle: Bundle, *, report_url: str, notices: Sequence[str] = ()) -> str:
    """Markdown for the page of the run, after what could not be posted elsewhere."""
    from perfgate.report.comment import render_step_summary
    from perfgate.report.failure import render_failure

    context = _context(bundle, bundle.head_sha, report_url)
    if bundle.verdict is not None:
        return render_step_summary(bundle.verdict, context, notices)
    failure = bundle.failure
    rendered = render_failure(failure.message if failure else "", failure.hint if failure else "", context)
    return "\n".join(filter(None, (notice_lines(notices), rendered)))


def notice_lines(notices: Sequence[str]) -> str:
    """What could not be posted, as Markdown; empty where everything was."""
    from perfgate.report.inert import prose

    return "".join(f"- {prose(notice)}\n" for notice in notices)


def _context(bundle: Bundle, head_sha: str, report_url: str) -> CommentContext:
    from perfgate.report.comment import CommentContext

    return CommentContext(key=bundle.key, head_sha=head_sha, report_url=report_url)
