"""Text from outside as GitHub Markdown that reads as written and does nothing."""

import re
from collections.abc import Sequence

from perfgate.report.text import clean

_MARKUP = re.compile(r"[&<>`|*_~\[\]\\#@$]|^[-+=]")
_ORDERED_LIST = re.compile(r"^(\d+)\.(?=\s|$)")
_ACTIVE = re.compile(r"[@#](?=\S)|:(?=//|[\w+-])|www(?=\.)|\bGH(?=-)", re.IGNORECASE)
_COMMIT = re.compile(r"(?<![a-z0-9])[0-9a-f]{7,64}(?![a-z0-9])", re.IGNORECASE)
_TOO_SHORT_FOR_A_COMMIT = re.compile(".{1,6}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHOWN_DIGITS = 10
_LINKED = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%!$&'*+,;=:@/?#-]*)?")
_LONGEST_URL = 500
_ZERO_WIDTH_SPACE = "\u200b"


def prose(text: str) -> str:
    """The text with no markup, mention, reference, commit, emoji code, formula or automatic link left in it.

    Entities alone are not enough: GitHub looks for mentions, links and formulas after it has decoded them. A
    zero-width space takes the first two apart, and a tag around each dollar sign (as GitHub's documentation
    advises) the third.
    """
    without_commits = _COMMIT.sub(_in_pieces, clean(text))
    taken_apart = _ACTIVE.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, without_commits)
    entities = _MARKUP.sub(_entity, taken_apart)
    return _ORDERED_LIST.sub(r"\1&#46;", entities)


def _in_pieces(match: re.Match[str]) -> str:
    return _ZERO_WIDTH_SPACE.join(_TOO_SHORT_FOR_A_COMMIT.findall(match[0]))


def _entity(match: re.Match[str]) -> str:
    entity = f"&#{ord(match[0])};"
    return f"<span>{entity}</span>" if match[0] == "$" else entity


def numeral(text: str) -> str:
    """Numbers of perfgate's own making: only `<0.01 %` and very many digits could be taken for markup."""
    return _COMMIT.sub(_in_pieces, text.replace("<", "&lt;"))


def code(text: str) -> str:
    """The text as inline code, also inside a table."""
    return f"<code>{prose(text)}</code>"


def sha_code(sha: str) -> str:
    """The first digits of a commit as inline code, which GitHub neither links nor takes apart when copied."""
    return f"<code>{sha[:_SHOWN_DIGITS]}</code>" if _SHA.fullmatch(sha) else code(sha[:_SHOWN_DIGITS])


def link(text: str, url: str) -> str:
    """A link with a text of perfgate's own; empty unless the URL is a plain https one."""
    return f"[{text}]({url})" if len(url) <= _LONGEST_URL and _LINKED.fullmatch(url) else ""


def fenced(*lines: str) -> str:
    """Lines of text as a code block that their own backticks cannot close."""
    shown = [clean(line) for line in lines]
    return fenced_text(shown)


def fenced_text(lines: Sequence[str]) -> str:
    """The same of lines that are clean already and keep their spaces."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((fence, *lines, fence))
