"""Writing a report to the file somebody named: all of it or nothing, and never through a link."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

_DEVICES = (Path("/dev"), Path("/proc"))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it; a symbolic link there is replaced, not followed.

    What is no file to be replaced, like a pipe or /dev/stdout, is written to as it is.

    Raises:
        OSError: it cannot be written; what stood there before still does.
    """
    if _is_stream(path):
        path.write_bytes(content)
        return
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    temporary = path.with_name(f".perfgate-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _is_stream(path: Path) -> bool:
    if any(path.absolute().is_relative_to(folder) for folder in _DEVICES):
        return True
    return path.exists() and not path.is_symlink() and not path.is_file() and not path.is_dir()
