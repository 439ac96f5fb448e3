"""Spans of time as Locust writes them: seconds, or `1h20m`."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def parse_timespan(time_str: str) -> int:
    """Seconds of a text like `20`, `20s`, `3m` or `1h20m30s`.

    Raises:
        ValueError: it is no such text.
    """
    found = _SPAN.fullmatch(time_str or "")
    if not found or not any(found.groups()):
        raise ValueError(f"{time_str!r} is no time span: write 20, 20s, 3m, 2h or 1h20m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
