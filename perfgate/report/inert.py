"""Text from outside as GitHub Markdown that reads as written and does nothing."""

import re

from perfgate.report.text import clean

_MARKUP = re.compile(r"[&<>`|*_~\[\]\\#@$]|^[-+=]")
_ORDERED_LIST = re.compile(r"^(\d+)\.(?=\s|$)")
_ACTIVE = re.compile(r"[@#](?=\S)|:(?=//|\w)|www(?=\.)|\bGH(?=-)", re.IGNORECASE)
_ZERO_WIDTH_SPACE = "\u200b"


def prose(text: str) -> str:
    """The text with no markup, mention, reference, emoji code or automatic link left in it.

    Entities alone are not enough: GitHub looks for mentions and links after it has decoded them, so a
    zero-width space takes those apart.
    """
    taken_apart = _ACTIVE.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, clean(text))
    entities = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", taken_apart)
    return _ORDERED_LIST.sub(r"\1&#46;", entities)


def code(text: str) -> str:
    """The text as inline code, also inside a table."""
    return f"<code>{prose(text)}</code>"


def fenced(text: str) -> str:
    """One line of text as a code block that its own backticks cannot close."""
    line = clean(text)
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{line}\n{fence}"
