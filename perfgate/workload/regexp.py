"""Regular expressions written for JavaScript, compiled for Python."""

from __future__ import annotations

import re

from perfgate.workload.place import Place

_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "u": re.NOFLAG, "g": re.NOFLAG}


def compile_regexp(place: Place, flags: Place | None = None) -> re.Pattern[str]:
    r"""Compile a regular expression; `(?<name>…)` is read as JavaScript does, `\d` and `\w` are ASCII.

    Raises:
        UsageError: Python cannot read it, or a flag is unknown.
    """
    combined = re.ASCII
    for flag in flags.text() if flags else "":
        if flags and flag not in _FLAGS:
            raise flags.fail(f"the regexp flag {flag!r} is not supported", f"use some of: {''.join(_FLAGS)}")
        combined |= _FLAGS[flag]
    source = place.text()
    if "{{" in source:
        raise place.fail("a template in a regexp is not supported", "write the regexp out")
    try:
        return re.compile(_NAMED_GROUP.sub("(?P<", source), combined)
    except (re.error, RecursionError, OverflowError) as error:
        raise place.fail(
            f"not a regexp: {' '.join(str(error).split())}", "check it, or escape it with \\"
        ) from error
