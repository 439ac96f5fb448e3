"""What a pull request shows where there is no verdict: why perfgate could not measure, and what to do."""

from perfgate.report.comment import CommentContext
from perfgate.report.inert import code, link, prose, sha_code
from perfgate.report.text import clean, shorten

_WIDTH = 1_500
HEADLINE = "perfgate could not measure"


def render_failure(message: str, hint: str, context: CommentContext) -> str:
    """Markdown with nothing active in it, for a comment, a check or a step; never a green word."""
    lines = [f"### ⚠️ {HEADLINE}", "", prose(shorten(clean(message), _WIDTH)) or "It said nothing."]
    if hint:
        lines += ["", f"What to do: {prose(shorten(clean(hint), _WIDTH))}"]
    lines += ["", "Nothing is known about this change: neither that it is slower, nor that it is not."]
    details = [code(context.key)] if context.key else []
    if context.head_sha:
        details.append(f"head {sha_code(context.head_sha)}")
    details.append(link("the run", context.report_url))
    return "\n".join([*lines, "", f"<sub>{' · '.join(filter(None, details))}</sub>"]) + "\n"
