"""The errors perfgate raises when it cannot do its own job, and the exit codes they become.

A failed request, a regression or a missing baseline is a value, never an exception.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a perfgate process answers to the shell; the numbers are a promise to CI scripts."""

    OK = 0
    REGRESSED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INVALID = 4
    BUG = 70
    INTERRUPTED = 130


class PerfgateError(Exception):
    """perfgate cannot go on: `message` says what and where, `hint` says what to do about it."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PerfgateError):
    """What the user gave (a flag, a ref, a file) cannot be used; nothing was measured."""

    exit_code = ExitCode.USAGE


class MeasureError(PerfgateError):
    """The service, the driver, the store or a publisher failed; the measurement did not finish."""

    exit_code = ExitCode.INVALID


class Interrupted(PerfgateError):  # noqa: N818 - the name of what happened, not of a fault
    """The user or the CI system stopped the run; what was measured so far has been kept."""

    exit_code = ExitCode.INTERRUPTED
