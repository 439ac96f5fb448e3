"""Checks every name, number and address that comes from an event or the environment: all may be hostile."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from perfgate.errors import UsageError
from perfgate.github.plain import plain

_HINT = "run `perfgate ci` in GitHub Actions, or unset GITHUB_ACTIONS elsewhere"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NOT_IN_REFS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|/$|^[-/.]|^@$")
_PAGE = re.compile(r"https?://[\x21-\x7e]{1,2000}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_MAX_REF_CHARACTERS = 1024


def repository_name(value: object, where: str) -> str:
    """OWNER/NAME of a repository.

    Raises:
        UsageError: it is nothing GitHub would give that name.
    """
    return _matching(_REPOSITORY, value, where, "a repository OWNER/NAME")


def commit_sha(value: object, where: str) -> str:
    """A full commit SHA: 40 hexadecimal digits, or 64.

    Raises:
        UsageError: it is anything else.
    """
    return _matching(_SHA, value, where, "a full commit SHA")


def word(value: object, where: str) -> str:
    """A name or number of ASCII letters, digits, `_`, `.` and `-`.

    Raises:
        UsageError: it is anything else.
    """
    return _matching(_WORD, value, where, "a single word")


def ref_name(value: object, where: str) -> str:
    """A ref or branch that git itself accepts and that no command line takes for an option.

    Raises:
        UsageError: git would refuse it, or it begins with `-`.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_REF_CHARACTERS or _NOT_IN_REFS.search(value):
        raise _refusal(value, where, "a ref git accepts")
    return value


def number(value: object, where: str) -> int:
    """The number of a pull request.

    Raises:
        UsageError: it is no whole number from 1 on.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 53:
        raise _refusal(value, where, "a number from 1 on")
    return value


def base_address(value: object, where: str) -> str:
    """An https address that paths can be appended to, without `/` at its end; http on loopback alone.

    Raises:
        UsageError: another scheme, a login, a query or a fragment in it, or no address at all.
    """
    text = value if isinstance(value, str) and value.isascii() and value.isprintable() else ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refusal(value, where, "an address") from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not secure or re.search(r"[@?#\\ ]", text):
        raise _refusal(value, where, "an https address without login and query")
    return text.rstrip("/")


def page_address(answer: object) -> str:
    """Where people see what GitHub answered with, "" where that is no web address."""
    address = inside(answer, "html_url")
    return address if isinstance(address, str) and _PAGE.fullmatch(address) else ""


def inside(document: object, path: str) -> Any:
    """What stands at a dotted path in a JSON document, None where there is nothing."""
    for key in path.split("."):
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _matching(pattern: re.Pattern[str], value: object, where: str, kind: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _refusal(value, where, kind)
    return value


def _refusal(value: object, where: str, kind: str) -> UsageError:
    if value is None or value == "":
        return UsageError(f"{where} is missing: it should be {kind}", _HINT)
    return UsageError(f"{where} is not {kind}: {plain(value, 80)!r}", _HINT)
