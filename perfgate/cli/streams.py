"""Standard streams that are closed, or that nobody reads any more."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO


def replace_closed() -> None:
    """Make a standard stream that was closed (`>&-`) the null device: the next file opened would be it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the end


def discard(stream: TextIO) -> None:
    """Send to the null device what is still written to a stream whose reader is gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
