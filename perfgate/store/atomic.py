"""Writing a file so that a reader sees all of it or none of it, whatever happens in between."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from perfgate.errors import MeasureError
from perfgate.store.names import shown

TEMPORARY_PREFIX = ".perfgate-"
TEMPORARY_SUFFIX = ".tmp"

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CANNOT_SYNC_A_FOLDER = {errno.EINVAL, errno.ENOTSUP}


def write_atomically(path: Path, content: bytes, *, within: Path) -> None:
    """Write a file: a temporary file beside it, fsync, rename over it, fsync of the folder.

    Folders are made where missing. The file's folder must lie inside `within` once symbolic links are
    resolved: a link somebody committed must not send the write elsewhere. The temporary file is gone
    afterwards, also on Ctrl-C; only a killed process leaves one, and readers know its name.

    Raises:
        MeasureError: the disk is full, the folder cannot be written, or it lies outside `within`.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not folder.resolve().is_relative_to(within.resolve()):
            raise MeasureError(
                f"cannot write {shown(path)}: a symbolic link leads out of {shown(within)}",
                "remove the link; perfgate writes only inside its own folders",
            )
        _write_and_rename(path, content)
        _sync_folder(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError: what resolve() calls a loop of links
        raise _failure(path, error) from error


def _write_and_rename(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_A_FOLDER:
            raise
    finally:
        os.close(descriptor)


def _failure(path: Path, error: OSError | RuntimeError) -> MeasureError:
    number = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(number) if number else shown(error)
    hint = (
        f"free some space for {shown(path.parent)}, or raise its quota or file size limit"
        if number in _NO_ROOM
        else f"make {shown(path.parent)} a folder that perfgate may write to"
    )
    return MeasureError(f"cannot write {shown(path)}: {reason}", hint)


def require_writable(root: Path) -> None:
    """Make sure now that results can be kept later: after minutes of measuring is too late to find out.

    Raises:
        MeasureError: nothing can be written there.
    """
    probe = root / f"{TEMPORARY_PREFIX}writable{TEMPORARY_SUFFIX}"
    write_atomically(probe, b"", within=root)
    probe.unlink(missing_ok=True)
