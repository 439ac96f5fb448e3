"""What a pull request shows where there is no verdict: why perfgate could not measure, and what to do."""

from collections.abc import Sequence

from perfgate.report.comment import CommentContext
from perfgate.report.inert import code, fenced_text, link, prose, sha_code
from perfgate.report.text import clean, shorten

_WIDTH = 1_500
_LOG_LINES = 30
_LOG_WIDTH = 300
_BAR = "  | "
"""What stands before each line that a hint quotes from a log (perfgate.target.logs)."""

HEADLINE = "perfgate could not measure"


def render_failure(message: str, hint: str, context: CommentContext) -> str:
    """Markdown with nothing active in it, for a comment, a check or a step; never a green word."""
    lines = [f"### ⚠️ {HEADLINE}", "", prose(shorten(clean(message), _WIDTH)) or "It said nothing."]
    each = hint.split("\n")
    told = clean(" ".join(line for line in each if not line.startswith(_BAR)))
    if told:
        lines += ["", f"What to do: {prose(shorten(told, _WIDTH))}"]
    lines += _log([line.removeprefix(_BAR) for line in each if line.startswith(_BAR)])
    lines += ["", "Nothing is known about this change: neither that it is slower, nor that it is not."]
    details = [code(context.key)] if context.key else []
    if context.head_sha:
        details.append(f"head {sha_code(context.head_sha)}")
    details.append(link("the run", context.report_url))
    return "\n".join([*lines, "", f"<sub>{' · '.join(filter(None, details))}</sub>"]) + "\n"


def _log(quoted: Sequence[str]) -> list[str]:
    """The last lines of a log as a block; their indentation says what belongs to what."""
    shown = [_indented(line) for line in quoted[-_LOG_LINES:]]
    return ["", fenced_text(shown)] if shown else []


def _indented(line: str) -> str:
    plain = shorten(clean(line), _LOG_WIDTH)
    return " " * min(len(line) - len(line.lstrip(" ")), 16) + plain
