"""What can be told of an Artillery script without running it: files, target, what cannot be measured."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perfgate.drivers.artillery_binary import ArtilleryBinary, find_artillery
from perfgate.errors import UsageError
from perfgate.yamlfile import Document, load_yaml

DIGEST_VERSION = "perfgate artillery 1"
REPORTERS = ("publish-metrics", "slack")
"""Plugins that send to other services than the one measured: they take no part."""

_MODULE = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])(\.{1,2}/[^"'\n]+)\1""")
_ENVIRONMENT = re.compile(r"\{\{\s*\$environment\s*\}\}")
_SUFFIXES = ("", ".js", ".ts", ".mjs", ".cjs", ".json", "/index.js", "/index.ts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtilleryScript:
    """An examined script; `target` is the URL it is written for, if it says one without variables."""

    path: Path
    binary: ArtilleryBinary
    digest: str
    target: str | None
    notes: tuple[str, ...]
    environment: str | None
    environ: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)


def examine(
    path: Path, *, environ: Mapping[str, str], variables: Mapping[str, str], environment: str | None
) -> ArtilleryScript:
    """Read the script and find what belongs to it.

    Raises:
        UsageError: it is no Artillery script, names an environment it has not, or artillery is missing.
        MeasureError: artillery cannot be started.
    """
    document = load_yaml(path)
    configs = tuple(_configs(document, environment))
    if not isinstance(document.data.get("scenarios"), list):
        raise UsageError(f"{path}:1:1: an Artillery script has `scenarios`, this has none", "is it the file?")
    plugins = {name for config in configs for name in config.get("plugins") or ()}
    engines = [s.get("engine", "http") for s in document.data["scenarios"] if isinstance(s, dict)]
    others = tuple(sorted({str(engine) for engine in engines} - {"http"}))
    reporters = tuple(name for name in REPORTERS if name in plugins)
    notes = [f"config.plugins.{name} takes no part: it sends to another service" for name in reporters]
    notes += [
        f"engine {name} runs, but only HTTP requests of the engine http are measured" for name in others
    ]
    if engines and others and "http" not in engines:
        raise UsageError(
            f"{document.where('scenarios')}: no scenario uses the engine http, only {', '.join(others)}",
            "perfgate measures HTTP requests: run this script with artillery itself",
        )
    files = tuple(dict.fromkeys([path, *_files(path, configs, environment, notes)]))
    return ArtilleryScript(
        path=path,
        binary=find_artillery(path, environ),
        digest=_digest(path, files, variables, environment),
        target=_target(configs),
        notes=tuple(notes),
        environment=environment,
        environ=environ,
        variables=variables,
    )


def _configs(document: Document, environment: str | None) -> Iterator[Mapping[str, Any]]:
    config = document.data.get("config")
    config = config if isinstance(config, dict) else {}
    yield config
    if environment is None:
        return
    known = config.get("environments")
    known = known if isinstance(known, dict) else {}
    if environment not in known:
        names = ", ".join(known) or "none"
        raise document.error(
            ("config", "environments"), f"no environment {environment!r}", f"it has: {names}"
        )
    if isinstance(known[environment], dict):
        yield known[environment]


def _target(configs: tuple[Mapping[str, Any], ...]) -> str | None:
    targets = [config["target"] for config in configs if isinstance(config.get("target"), str)]
    if not targets or "{{" in targets[-1] or not urlsplit(targets[-1]).netloc:
        return None
    return str(targets[-1])


def _files(
    path: Path, configs: tuple[Mapping[str, Any], ...], environment: str | None, notes: list[str]
) -> Iterator[Path]:
    for config in configs:
        if isinstance(processor := config.get("processor"), str):
            yield from _modules(path.parent / processor, set())
        payload = config.get("payload")
        for entry in payload if isinstance(payload, list) else [payload]:
            name = entry.get("path") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                continue
            file = path.parent / _ENVIRONMENT.sub(environment or "", name)
            if file.is_file():
                yield file
            else:
                notes.append(
                    f"config.payload {name} is not in the digest: its name is known to Artillery only"
                )


def _modules(module: Path, seen: set[Path]) -> Iterator[Path]:
    found = next((Path(f"{module}{end}") for end in _SUFFIXES if Path(f"{module}{end}").is_file()), None)
    if found is None or found.resolve() in seen:
        return
    seen.add(found.resolve())
    yield found
    for match in _MODULE.finditer(found.read_text(encoding="utf-8", errors="replace")):
        yield from _modules(found.parent / match[2], seen)


def _digest(
    path: Path, files: tuple[Path, ...], variables: Mapping[str, str], environment: str | None
) -> str:
    digest = hashlib.sha256(DIGEST_VERSION.encode())
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\0{os.path.relpath(file, path.parent)}\0{content}".encode(errors="surrogateescape"))
    digest.update(repr((environment, sorted(variables.items()))).encode(errors="surrogateescape"))
    return digest.hexdigest()
