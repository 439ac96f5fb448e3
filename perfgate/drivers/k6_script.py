"""A k6 script examined before it is run: k6's own judgement, its effective options, its files and digest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfgate.drivers.k6_binary import K6Binary, k6_environ
from perfgate.drivers.k6_source import check_imports, origins, without_comments
from perfgate.errors import UsageError

DIGEST_VERSION = "k6/1"
SCRIPT_SUFFIXES = (".js", ".ts", ".mjs", ".cjs", ".mts")
_MAX_FILE_BYTES = 16 << 20
_LOCAL = "file/"
_OVER_NETWORK = "https/"
_NOT_LOAD = ("hosts", "totalDuration", "maxVUs")
_UNKNOWN = re.compile(r'unknown field "([^"]+)"')
_REMOTE = re.compile(r"https?://\S+?(?=\\?\")")


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Script:
    """A script k6 accepts; `options` are the effective ones, `files` all local ones, itself first."""

    path: Path
    binary: K6Binary
    environ: Mapping[str, str]
    variables: Mapping[str, str]
    options: Mapping[str, Any]
    files: tuple[Path, ...]
    digest: str
    origins: tuple[str, ...]


def examine(
    path: Path, binary: K6Binary, *, environ: Mapping[str, str], variables: Mapping[str, str]
) -> K6Script:
    """Let k6 load the script once without running it.

    Raises:
        UsageError: k6 does not accept it, or it uses what perfgate cannot redirect; with k6's own text.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file", "name a k6 script")
    source = _text(path)
    check_imports(path, source)
    asking = _Asking(shown=path, source=source, binary=binary, environ=environ, variables=variables)
    with tempfile.TemporaryDirectory(prefix="perfgate-k6-") as folder:
        options = json.loads(asking.ask(Path(folder), "inspect", "--execution-requirements"))
        files, remote = _files(path.absolute(), asking, Path(folder))
    sources = {file: _text(file) for file in files if file.suffix in SCRIPT_SUFFIXES}
    for file, text in sources.items():
        check_imports(file, text)
    # Where the service is does not change what it is asked.
    load = {name: value for name, value in options.items() if name not in _NOT_LOAD}
    asked = {name: value for name, value in variables.items() if "://" not in value}
    return K6Script(
        path=path.absolute(),
        binary=binary,
        environ=dict(environ),
        variables=dict(variables),
        options=options,
        files=files,
        digest=_digest(path.absolute(), files, [load, asked, remote]),
        origins=origins(sources),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Questions to k6 about one script; `shown` is the script as the user named it."""

    shown: Path
    source: str
    binary: K6Binary
    environ: Mapping[str, str]
    variables: Mapping[str, str]

    def ask(self, folder: Path, *words: str) -> str:
        # The user's own k6 configuration would change the options, and with them the digest. `k6 run` takes
        # one virtual user where the script names none; `k6 inspect` takes none and then refuses.
        config = folder / "config.json"
        config.write_text('{"vus": 1}', encoding="utf-8")
        common = ["--config", str(config), "--log-format", "json", "--no-color", "--include-system-env-vars"]
        given = [word for name, value in self.variables.items() for word in ("-e", f"{name}={value}")]
        environ, _ = k6_environ(self.environ, steady=False)
        command = [*words, *common, *given, str(self.shown.absolute())]
        answer = self.binary.ask(command, environ=environ, folder=Path.cwd())
        _refuse(self.shown, self.source, answer.returncode, answer.stderr)
        return answer.stdout


def _files(path: Path, asking: _Asking, folder: Path) -> tuple[tuple[Path, ...], dict[str, str]]:
    archive = folder / "script.tar"
    asking.ask(folder, "archive", "-O", str(archive))
    names, remote = [], {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.startswith(_LOCAL):
                names.append(member.name)
            elif member.name.startswith(_OVER_NETWORK) and (content := tar.extractfile(member)) is not None:
                remote[member.name] = hashlib.sha256(content.read()).hexdigest()
    found = [Path("/" + name.removeprefix(_LOCAL)) for name in names]
    # Archives hide home directories (/home/nobody): a file that is not there is looked for beside the script.
    real = {file if file.is_file() else _unhidden(file, path) for file in found} - {path}
    return (path, *sorted(file for file in real if file is not None)), remote


def _unhidden(file: Path, script: Path) -> Path | None:
    parts = file.parts
    if len(parts) > 3 and parts[2] == "nobody" and script.parts[1:2] == parts[1:2]:
        real = Path(*script.parts[:3], *parts[3:])
        return real if real.is_file() else None
    return None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise UsageError(
                f"{path}: larger than {_MAX_FILE_BYTES >> 20} MiB", "move its data to other files"
            )
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a k6 script that can be read") from error


def _digest(path: Path, files: tuple[Path, ...], known: list[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256(DIGEST_VERSION.encode())
    for file in files:
        with file.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        digest.update(f"\0{os.path.relpath(file, path.parent)}\0{content}".encode(errors="surrogateescape"))
    for words in known:
        digest.update(json.dumps(words, sort_keys=True).encode())
    return digest.hexdigest()


def _refuse(path: Path, source: str, code: int, stderr: str) -> None:
    for line in stderr.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"level": "error" if code else "info", "msg": line}
        text = f"{entry.get('msg', '')} {entry.get('error', '')}".strip()
        if "unknown field" in text or (code and entry.get("level") == "error"):
            raise UsageError(f"{path}{_place(text, source)}: k6 says: {_one_line(text)}", _hint(text))
    if code:
        last = stderr.strip().splitlines()[-1:] or ["nothing"]
        raise UsageError(
            f"{path}: k6 does not accept it (exit {code}): {last[0]}", "does `k6 inspect` accept it?"
        )


def _place(text: str, source: str) -> str:
    unknown = _UNKNOWN.search(text)
    key = unknown and re.search(rf"\b{re.escape(unknown[1])}\b", without_comments(source))
    if not key:
        return ""
    return (
        f":{source.count(chr(10), 0, key.start()) + 1}:{key.start() - source.rfind(chr(10), 0, key.start())}"
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip()).replace("file://", "")[:600]


def _hint(text: str) -> str:
    if "couldn't be retrieved" in text or "couldn't retrieve" in text:
        remote = _REMOTE.search(text)
        name = remote[0] if remote else "the module"
        return f"k6 loads {name} over the network: save it beside the script and import that file"
    if "unknown field" in text:
        return "k6 ignores options it does not know, perfgate does not: correct or remove it"
    return "correct the script; `k6 inspect FILE` says the same"
