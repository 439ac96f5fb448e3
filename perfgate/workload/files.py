"""Files a workload names: read whole at load, from inside the workload's folder only."""

from __future__ import annotations

from pathlib import Path

from perfgate.errors import UsageError
from perfgate.workload.place import Place
from perfgate.yamlfile import shown

MAX_BYTES = 64 << 20


def path_beside(place: Place, noun: str) -> Path:
    """The file whose path, relative to the workload, stands at `place`; `noun` says what it is.

    Raises:
        UsageError: it is missing, or outside the workload's folder.
    """
    written = place.text()
    folder = place.document.path.parent
    try:
        path = (folder / written).resolve()
        if Path(written).is_absolute() or not path.is_relative_to(folder.resolve()):
            raise place.fail(
                f"the {noun} {shown(written)!r} is outside the workload's folder",
                "move the file beside the workload",
            )
        if not path.is_file():
            raise place.fail(
                f"the {noun} {shown(written)!r} is not a file", "paths are relative to the workload file"
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(place, noun, error) from error
    return path


def read_beside(place: Place, noun: str) -> bytes:
    """The bytes of such a file.

    Raises:
        UsageError: it is missing, outside the workload's folder, unreadable or larger than 64 MiB.
    """
    try:
        with path_beside(place, noun).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(place, noun, error) from error
    if len(raw) > MAX_BYTES:
        raise place.fail(f"the {noun} {shown(place.text())!r} is larger than 64 MiB", "send a sample of it")
    return raw


def _unreadable(place: Place, noun: str, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or str(error)
    return place.fail(
        f"the {noun} {shown(place.text())!r} cannot be read: {shown(reason)}",
        "check the path and its permissions",
    )
