"""A locustfile examined before it is run: Locust's judgement, its users and hosts, its files and digest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfgate.drivers.locust_binary import INSTALL, OLDEST, UPGRADE, LocustBinary
from perfgate.drivers.locust_imports import with_late_imports
from perfgate.errors import MeasureError, UsageError

LAUNCHER = Path(__file__).with_name("locust_launcher.py")
_DIGEST_VERSION = "locust/1"
_ANSWER_S = 120.0
_MAX_FILE_BYTES = 16 << 20
_ENDS_ITSELF = re.compile(r"\.quit\(")
_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)', re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustFile:
    """A file Locust accepts; `files` are its own and the local modules it imports, itself first.

    `hosts` are those of its users as they write them, `shape` the name of its LoadTestShape if it has one,
    and `ends_itself` says that its code can end a run.
    """

    path: Path
    binary: LocustBinary
    version: str
    environ: Mapping[str, str]
    files: tuple[Path, ...]
    digest: str
    users: tuple[str, ...]
    hosts: tuple[str, ...]
    shape: str | None
    ends_itself: bool


def examine(
    path: Path, binary: LocustBinary, *, environ: Mapping[str, str], variables: Mapping[str, str]
) -> LocustFile:
    """Let Locust import the file once without running it.

    Raises:
        UsageError: the file cannot be read, Locust is too old or does not accept it; with Locust's own text.
        MeasureError: Locust does not answer.
    """
    _check(path)
    path = path.absolute()
    merged = {**environ, **variables}
    answer = _ask(path, binary, merged)
    own = [path.resolve(), *(Path(name) for name in answer["files"])]
    files = with_late_imports(own, (path.resolve().parent, Path.cwd()))
    sources = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    known = [_configured(Path.cwd()), {"tags": answer["tags"], "users": answer["users"]}]
    known.append({name: value for name, value in variables.items() if "://" not in value})
    return LocustFile(
        path=path,
        binary=binary,
        version=answer["version"],
        environ=merged,
        files=files,
        digest=_digest(path.resolve(), files, known),
        users=tuple(answer["users"]),
        hosts=tuple(answer["hosts"]),
        shape=answer["shape"],
        ends_itself=any(_ENDS_ITSELF.search(source) for source in sources),
    )


def _check(path: Path) -> None:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise UsageError(f"{path}: larger than {_MAX_FILE_BYTES >> 20} MiB", "name a locustfile")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a locustfile that can be read") from error


def _ask(path: Path, binary: LocustBinary, environ: Mapping[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="perfgate-locust-") as name:
        report, order = Path(name) / "report.json", Path(name) / "order.json"
        asked = {
            "examine": True,
            "steady": False,
            "report": str(report),
            "locust": binary.path,
            "oldest": OLDEST,
            "seed": 0,
            "folders": [str(path.parent), str(Path.cwd())],
        }
        order.write_text(json.dumps(asked), encoding="utf-8")
        words = [*binary.python, str(LAUNCHER), str(order), "-f", str(path), "--headless"]
        said = _answered(words, environ)
        if not report.exists():
            raise _refused(path, said)
        answer: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if "users" not in answer:
        wanted = ".".join(map(str, OLDEST))
        raise UsageError(f"locust {answer['version']} is too old: perfgate needs {wanted}", UPGRADE)
    return answer


def _answered(words: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        answer = subprocess.run(
            words,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MeasureError(
            f"locust did not answer within {_ANSWER_S:.0f} s", "does the locustfile import without end?"
        ) from error
    except OSError as error:
        raise MeasureError(f"{words[0]} cannot be started: {error.strerror}", INSTALL) from error
    return answer.stdout


def _refused(path: Path, said: str) -> UsageError:
    """What Locust said against the file, at the last line of the user's that led to it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1][:500] if lines else "nothing"
    if "No module named 'locust'" in said:
        return UsageError(f"{path}: the Python of the locust script has no module locust", INSTALL)
    own = [match for match in _FRAME.finditer(said) if Path(match[1]).is_relative_to(path.parent)]
    place = f"{own[-1][1]}:{own[-1][2]}" if own else str(path)
    hint = "correct what Locust says; `locust -f FILE --list` says the same"
    if last.startswith("ModuleNotFoundError"):
        hint = "install it beside Locust, in the same environment"
    return UsageError(f"{place}: locust says: {last}", hint)


def _configured(folder: Path) -> dict[str, Any]:
    """The options of locust.conf and pyproject.toml, which change what is sent."""
    found: dict[str, Any] = {}
    conf, project = folder / "locust.conf", folder / "pyproject.toml"
    if conf.is_file():
        found["locust.conf"] = conf.read_text(encoding="utf-8", errors="replace")
    if project.is_file():
        try:
            table = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {}).get("locust")
        except (ValueError, AttributeError):
            table = None
        if table:
            found["pyproject.toml"] = table
    return found


def _digest(path: Path, files: tuple[Path, ...], known: Sequence[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256(_DIGEST_VERSION.encode())
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\0{os.path.relpath(file, path.parent)}\0{content}".encode(errors="surrogateescape"))
    for words in known:
        digest.update(json.dumps(words, sort_keys=True, default=str).encode())
    return digest.hexdigest()
