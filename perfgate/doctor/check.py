"""The outcome of one question the doctor asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfgate.errors import PerfgateError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report.

    `warn` means perfgate works, but noisier or less surely; `fail` means it cannot measure here.
    `remedy` is empty only for `ok`.
    """

    name: str
    status: Literal["ok", "warn", "fail"]
    text: str
    remedy: str = ""


def failed(name: str, error: PerfgateError) -> Check:
    """The check that an error of perfgate's own answers."""
    return Check(name=name, status="fail", text=error.message, remedy=error.hint)


def not_checked(name: str, because: str) -> Check:
    """A check that could not be made, because another one failed."""
    return Check(name=name, status="warn", text="not checked", remedy=f"{because} first")
