"""Reading a file that anyone may have put there: bounded, regular, and never through a symbolic link."""

import errno
import os
import stat
from pathlib import Path

from perfgate.errors import UsageError
from perfgate.store.names import shown

# O_NONBLOCK: opening a named pipe must not wait for somebody to write into it
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """All bytes of a regular file of at most `max_bytes`.

    Raises:
        UsageError: missing, unreadable, too large, a symbolic link, or no regular file.
    """
    try:
        with open(path, "rb", opener=_open_regular) as file:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        number = error.errno if isinstance(error, OSError) else None
        if number == errno.ELOOP:
            raise UsageError(
                f"{shown(path)}: a symbolic link", "name the file itself; perfgate does not follow links here"
            ) from error
        reason = os.strerror(number) if number else shown(error)
        raise UsageError(
            f"{shown(path)}: cannot be read: {reason}", "check the path and who may read it"
        ) from error
    if len(content) > max_bytes:
        raise UsageError(
            f"{shown(path)}: larger than {max_bytes >> 20} MiB",
            "perfgate writes no file this large; remove it",
        )
    return content


def _open_regular(name: str, _flags: int) -> int:
    descriptor = os.open(name, _FLAGS)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise ValueError("not a regular file")
