"""Finding the program Artillery, asking for its version, and the environment it runs in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfgate.errors import MeasureError, UsageError

INSTALL = "npm install -g artillery"
PRELOAD = Path(__file__).with_name("artillery_js") / "preload.cjs"

OLDEST = 2
"""The first major version whose workers are threads that load the hooks."""

_ANSWER_S = 60.0
_VERSION = re.compile(r"^\s*(?:Artillery|artillery)[:/ ]+v?(\d+)(\.\d+\S*)", re.M)
_LEFT_OUT = re.compile(
    r"ARTILLERY_CLOUD\w*|ARTILLERY_TELEMETRY\w*|ARTILLERY_TEST_RUN_ID|CUSTOM_REPORTERS|WORKERS|LOCAL_WORKER_ID"
    r"|WORKER_ID|HTTPS?_PROXY|https?_proxy|NODE_V8_COVERAGE|DEBUG"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtilleryBinary:
    """The program and its version, as `2.0.21`."""

    path: str
    version: str


def find_artillery(script: Path, environ: Mapping[str, str]) -> ArtilleryBinary:
    """The artillery on PATH, or else that of node_modules in the script's folder or above.

    Raises:
        UsageError: there is none, it is too old, or what is called artillery is something else.
        MeasureError: it does not answer.
    """
    folders = [str(folder / "node_modules" / ".bin") for folder in script.absolute().parents]
    path = os.pathsep.join([environ.get("PATH", os.defpath), *folders])
    found = shutil.which("artillery", path=path)
    if found is None:
        raise UsageError("artillery is not installed", INSTALL)
    version = _packaged(Path(found)) or _answered(found, environ)
    if int(version.split(".")[0]) < OLDEST:
        raise UsageError(f"Artillery {version} is too old: perfgate needs {OLDEST}", INSTALL)
    return ArtilleryBinary(path=found, version=version)


def _packaged(program: Path) -> str | None:
    # Starting Artillery takes seconds, its package says the same.
    try:
        package = json.loads((program.resolve().parent.parent / "package.json").read_text(encoding="utf-8"))
        version = str(package["version"]) if package["name"] == "artillery" else ""
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if re.match(r"\d+\.\d", version) else None


def _answered(found: str, environ: Mapping[str, str]) -> str:
    try:
        answer = subprocess.run(
            [found, "version"],
            env=artillery_environ(environ)[0],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MeasureError(f"artillery version did not answer within {_ANSWER_S:.0f} s", INSTALL) from error
    except OSError as error:
        raise MeasureError(f"{found} cannot be started: {error.strerror}", INSTALL) from error
    match = _VERSION.search(answer.stdout)
    if match is None:
        raise UsageError(f"{found} does not say that it is Artillery", INSTALL)
    return f"{match[1]}{match[2]}"


def artillery_environ(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The environment without what would report elsewhere or go through a proxy, and what was left out."""
    kept = {name: value for name, value in environ.items() if not _LEFT_OUT.fullmatch(name)}
    notes = tuple(f"{name} of the environment was left out" for name in sorted(set(environ) - set(kept)))
    quiet = {"ARTILLERY_DISABLE_TELEMETRY": "true", "NO_COLOR": "1", "FORCE_COLOR": "0"}
    return kept | quiet | {"NO_UPDATE_NOTIFIER": "1"}, notes


def preloaded(environ: Mapping[str, str], order: Path) -> dict[str, str]:
    """The environment in which Node.js loads perfgate's hooks before Artillery."""
    quoted = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    options = f'{environ.get("NODE_OPTIONS", "")} --require "{quoted}"'.strip()
    return {**environ, "NODE_OPTIONS": options, "PERFGATE_ARTILLERY_ORDER": str(order)}
