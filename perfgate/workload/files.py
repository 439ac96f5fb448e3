"""Files a workload names: read whole at load, from inside its folder, or its repository, only."""

from __future__ import annotations

from pathlib import Path

from perfgate.errors import UsageError
from perfgate.workload.place import Place
from perfgate.yamlfile import shown

MAX_BYTES = 64 << 20


def reach_of(workload: Path) -> tuple[Path, str]:
    """The folder whose files a workload may name, and what to call it: its repository's, or its own."""
    folder = workload.resolve().parent
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each, "repository"
    return folder, "folder"


def path_beside(place: Place, noun: str) -> Path:
    """The file whose path, relative to the workload, stands at `place`; `noun` says what it is.

    Raises:
        UsageError: it is missing, or outside the workload's folder and repository.
    """
    written = place.text()
    folder = place.document.path.parent
    try:
        path = (folder / written).resolve()
        reach, called = reach_of(place.document.path)
        if Path(written).is_absolute() or not path.is_relative_to(reach):
            raise place.fail(
                f"the {noun} {shown(written)!r} is outside the workload's {called}",
                "move the file beside the workload, or keep both in one git repository",
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
        UsageError: it is missing, outside the workload's reach, unreadable or larger than 64 MiB.
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
