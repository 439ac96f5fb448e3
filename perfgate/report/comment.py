"""A verdict as GitHub Markdown: the comment of a pull request, the summary of a check and of a step.

Whoever opens a pull request names its branches and endpoints, so no text from the verdict may become
markup, a mention, a reference or a link (see `inert`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from perfgate.model import Commit, Outcome, Verdict
from perfgate.report.accepting import LONGEST, UNTIL, WHY, accept_commands, is_perfgate_command
from perfgate.report.bounded import bullets, within
from perfgate.report.commentrows import tables
from perfgate.report.headline import headline, told_by_headline
from perfgate.report.inert import code, fenced, link, prose, sha_code
from perfgate.report.text import clean, shorten
from perfgate.report.words import MDE_MEANING, doubts, measured_text, unmeasured

MAX_CHARACTERS = 60_000
"""Below GitHub's 65 536; widths and budgets here add up to less even if every character is escaped."""

_MARKS = {
    Outcome.PASS: "🟢",
    Outcome.IMPROVED: "🟢",
    Outcome.REGRESSED: "🔴",
    Outcome.THRESHOLD_BREACHED: "🔴",
    Outcome.INCONCLUSIVE: "🟡",
    Outcome.INVALID: "🟣",
}
_HEADLINE_WIDTH = 600
_HEADLINE_LENGTH = 3_000
_REASON_WIDTH = 300
_REASONS_BUDGET = 8_000
_UNMEASURED_BUDGET = 5_000
_DOUBT_WIDTH = 200
_TOLD_BUDGET = 4_000
_DOUBTS_BUDGET = 5_000
_NAME_WIDTH = 60
_COMMANDS = 5
_NOTICE_WIDTH = 600
_NOTICES = 20
_TOLD = {
    "accepted",
    "policy_of_base",
    "policy_of_checkout",
    "no_base_policy",
    "base_policy_unreadable",
    "conditions_changed",
    "worse_at_level_warn",
    "unpaired",
}
"""What a reviewer has to decide on, or was decided for them: never folded away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentContext:
    """What a comment says beside the verdict.

    `key` names the configuration, `head_sha` the head of the pull request (which need not be the commit that
    was measured), `report_url` the run that has the whole report as an artifact: only a plain https URL is
    linked. With `accept` it says how to accept a regression.
    """

    key: str
    head_sha: str
    report_url: str = ""
    accept: bool = True


def render_comment(verdict: Verdict, context: CommentContext) -> str:
    """The comment: sentence, what moved and a picture of it, why, what was not measured, how to go on.

    It has fewer than `MAX_CHARACTERS` characters; what is left out for that is counted in the text.
    """
    return _joined([[_heading(verdict)], *_body(verdict, context)])


def render_check_summary(verdict: Verdict, context: CommentContext) -> str:
    """The same without the sentence, which is a check's title; as short as the comment."""
    return _joined(_body(verdict, context))


def render_step_summary(verdict: Verdict, context: CommentContext, notices: Sequence[str] = ()) -> str:
    """The same for the page of a workflow's run, after `notices` of what could not be posted elsewhere."""
    shown = [f"- {prose(shorten(clean(notice), _NOTICE_WIDTH))}" for notice in notices[:_NOTICES]]
    return _joined([[_heading(verdict)], shown, *_body(verdict, context)])


def _joined(blocks: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _heading(verdict: Verdict) -> str:
    sentence = headline(verdict)
    inert = prose(shorten(sentence, _HEADLINE_WIDTH))
    if len(inert) > _HEADLINE_LENGTH:
        inert = prose(shorten(sentence, _HEADLINE_WIDTH // 4))
    return f"### {_MARKS[verdict.outcome]} {inert}"


def _body(verdict: Verdict, context: CommentContext) -> list[list[str]]:
    moved, others = tables(verdict)
    return [
        *moved,
        _reasons(verdict),
        _unmeasured(verdict),
        *others,
        *_warnings(verdict),
        [_facts(verdict, context)],
        _reproduce(verdict.reproduce),
        *(_accept(verdict) if context.accept else ()),
        _footer(context, explained=bool(verdict.comparisons)),
    ]


def _reasons(verdict: Verdict) -> list[str]:
    untold = verdict.reasons[told_by_headline(verdict) :]
    return within(bullets((("", reason) for reason in untold), _REASON_WIDTH), _REASONS_BUDGET, "reasons")


def _unmeasured(verdict: Verdict) -> list[str]:
    lines = within(bullets(unmeasured(verdict), _DOUBT_WIDTH), _UNMEASURED_BUDGET, "reasons")
    return ["**Not measured**", "", *lines] if lines else []


def _warnings(verdict: Verdict) -> Iterator[list[str]]:
    """What a reviewer has to know in the open, every other doubt folded away."""
    told = (("", r) for r in verdict.warnings if r.code in _TOLD)
    yield within(bullets(told, _REASON_WIDTH), _TOLD_BUDGET, "warnings")
    measured = tuple(c for c in verdict.comparisons if c.outcome != Outcome.NOT_MEASURED)
    rest = [("", r) for r in verdict.warnings if r.code not in _TOLD]
    rest += doubts(replace(verdict, comparisons=measured))
    if rest:
        yield ["<details>", f"<summary>{len(rest)} warning{'s' if len(rest) > 1 else ''}</summary>"]
        yield within(bullets(rest, _DOUBT_WIDTH), _DOUBTS_BUDGET, "warnings")
        yield ["</details>"]


def _facts(verdict: Verdict, context: CommentContext) -> str:
    workload = prose(f"workload {shorten(clean(verdict.workload_name), _NAME_WIDTH)}")
    merged = verdict.head.ref == "HEAD" and verdict.head.sha != context.head_sha != ""
    merge_of = f"{sha_code(context.head_sha)} as merged in " if merged else ""
    commits = f"base {_commit(verdict.base)} → head {merge_of}{_commit(verdict.head)}"
    return f"{prose(measured_text(verdict))} · {commits} · {workload}"


def _commit(commit: Commit) -> str:
    ref = shorten(clean(commit.ref), _NAME_WIDTH)
    named = f"{prose(ref)} " if ref not in {"", "HEAD"} and not commit.sha.startswith(commit.ref) else ""
    return f"{named}{sha_code(commit.sha)}{' (dirty)' if commit.dirty else ''}"


def _reproduce(command: str) -> list[str]:
    """The command, if it is one of perfgate: whoever wrote the verdict must not make others run another."""
    shown = clean(command)
    if not shown:
        return []
    if not is_perfgate_command(shown):
        return ["The command to reproduce this is no plain command of perfgate, so it is not shown here."]
    if len(shown) > LONGEST:
        return ["The command to reproduce this is too long for a comment; the terminal report has it."]
    return ["Reproduce it:", "", fenced(shown)]


def _accept(verdict: Verdict) -> Iterator[list[str]]:
    regressed = sum(c.outcome == Outcome.REGRESSED for c in verdict.comparisons)
    if not regressed:
        return
    shown = accept_commands(verdict)[:_COMMANDS]
    if shown:
        what = "Accept it" if regressed == 1 else "Accept them, each a decision of its own"
        yield [
            f"{what}, with {WHY} and {UNTIL} filled in, and commit the file it writes:",
            "",
            fenced(*shown),
        ]
    left_out = regressed - len(shown)
    if left_out:
        what = f"{left_out} {'more ' if shown else ''}{'regression' if left_out == 1 else 'regressions'}"
        yield [f"{what} without a command here (too many, or none to write): see `perfgate accept --help`."]


def _footer(context: CommentContext, *, explained: bool) -> list[str]:
    key = shorten(clean(context.key), _NAME_WIDTH)
    parts = [
        MDE_MEANING if explained else "",
        code(key) if key else "",
        f"head {sha_code(context.head_sha)}" if context.head_sha else "",
    ]
    parts.append(link("the whole report, an artifact of the run", context.report_url))
    said = " · ".join(part for part in parts if part)
    return [f"<sub>{said}</sub>"] if said else []
