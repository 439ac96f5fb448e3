"""How a project starts its service, where its files plainly say so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from perfgate.config.commands import CommandError, split_command

_MAX_BYTES = 1 << 20
_WEB = re.compile(r"^web:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_PORT = re.compile(r"\$PORT\b|\$\{PORT(?::-[^}]*)?\}")
_PYTHON_APP = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(Flask|FastAPI|Starlette)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A start command, the build steps before it, and the `source` (a file) that suggested them.

    `command` is text for `service.command`, or a list of words where only a shell can run it.
    """

    command: str | list[str]
    source: str
    build: tuple[str, ...] = ()


def guess_start(folder: Path) -> Guess | None:
    """The first guess among Procfile, package.json, manage.py and the usual Python files, if any fits."""
    return _procfile(folder) or _package_json(folder) or _django(folder) or _python_app(folder)


def _procfile(folder: Path) -> Guess | None:
    match = _WEB.search(_read(folder / "Procfile"))
    if match is None or not match[1].isprintable():
        return None
    command = _PORT.sub("{port}", match[1])
    try:
        split_command(command)
    except CommandError:
        return Guess(command=["sh", "-c", match[1]], source="Procfile")
    return Guess(command=command, source="Procfile")


def _package_json(folder: Path) -> Guess | None:
    try:
        package = json.loads(_read(folder / "package.json") or "null")
    except (ValueError, RecursionError):
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict) or "start" not in scripts:
        return None
    install = "npm ci" if (folder / "package-lock.json").is_file() else "npm install"
    build = (install, "npm run build") if "build" in scripts else (install,)
    return Guess(command="npm start", source="package.json", build=build)


def _django(folder: Path) -> Guess | None:
    if "django" not in _read(folder / "manage.py"):
        return None
    return Guess(command="python manage.py runserver --noreload {host}:{port}", source="manage.py")


def _python_app(folder: Path) -> Guess | None:
    for name in ("app", "main", "wsgi", "asgi"):
        match = _PYTHON_APP.search(_read(folder / f"{name}.py"))
        if match is None:
            continue
        app, framework = match.groups()
        if framework == "Flask":
            command = f"flask --app {name}:{app} run --host {{host}} --port {{port}}"
        else:
            command = f"uvicorn {name}:{app} --host {{host}} --port {{port}}"
        return Guess(command=command, source=f"{name}.py")
    return None


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
