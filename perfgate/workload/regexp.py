"""Regular expressions written for JavaScript, compiled for Python."""

from __future__ import annotations

import re

from perfgate.workload.place import Place

_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "u": re.NOFLAG, "g": re.NOFLAG}


def compile_regexp(place: Place, flags: Place | None = None) -> re.Pattern[str]:
    """Compile the regular expression at a place, which holds no template.

    Raises:
        UsageError: Python cannot read it, or a flag is unknown.
    """
    try:
        return compile_pattern(place.text(), read_flags(flags))
    except ValueError as error:
        raise place.fail(str(error), "check it, or escape it with \\") from error


def read_flags(place: Place | None) -> int:
    """The flags of a regular expression, written as letters.

    Raises:
        UsageError: a flag is unknown.
    """
    combined = 0
    for flag in place.text() if place else "":
        if place and flag not in _FLAGS:
            raise place.fail(f"the regexp flag {flag!r} is not supported", f"use some of: {''.join(_FLAGS)}")
        combined |= _FLAGS[flag]
    return combined


def compile_pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    r"""Compile a regular expression; `(?<name>…)` is read as JavaScript does, `\d` and `\w` are ASCII.

    Raises:
        ValueError: Python cannot read it.
    """
    try:
        return re.compile(_NAMED_GROUP.sub("(?P<", source), flags | re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regexp: {' '.join(str(error).split())}") from error
