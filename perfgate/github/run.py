"""Reads what GitHub Actions says of this run: its variables, its event file, and whether one has ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfgate.errors import UsageError
from perfgate.github.checked import base_address, commit_sha, inside, ref_name, repository_name, word
from perfgate.github.errors import ApiError
from perfgate.github.plain import plain

if TYPE_CHECKING:
    from perfgate.github.api import Api

MAX_EVENT_BYTES = 32 << 20  # GitHub's own limit of a payload is 25 MB
_TORN = "run the job again; GitHub writes this file before the job's first step"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsRun:
    """One job's run: names are checked, `event` is the event's payload as it came, {} where there is none.

    `workflow`, `job` and `actor` are for people: one line each, but anybody's words.
    """

    repository: str
    event_name: str
    sha: str
    ref: str
    api_url: str
    server_url: str
    run_id: str
    run_attempt: str
    workflow: str
    job: str
    actor: str
    event: Mapping[str, Any]
    output_path: Path | None
    summary_path: Path | None

    @property
    def run_url(self) -> str:
        """The page of this run."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}/attempts/{self.run_attempt}"


def read_run(environ: Mapping[str, str]) -> ActionsRun | None:
    """The run this process is part of, None outside GitHub Actions.

    Raises:
        UsageError: a variable is missing or not what its name promises, or the event file cannot be used.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    event_path = environ.get("GITHUB_EVENT_PATH")
    return ActionsRun(
        repository=repository_name(environ.get("GITHUB_REPOSITORY"), "GITHUB_REPOSITORY"),
        event_name=word(environ.get("GITHUB_EVENT_NAME"), "GITHUB_EVENT_NAME"),
        sha=commit_sha(environ.get("GITHUB_SHA"), "GITHUB_SHA"),
        ref=ref_name(environ.get("GITHUB_REF"), "GITHUB_REF"),
        api_url=base_address(environ.get("GITHUB_API_URL"), "GITHUB_API_URL"),
        server_url=base_address(environ.get("GITHUB_SERVER_URL"), "GITHUB_SERVER_URL"),
        run_id=word(environ.get("GITHUB_RUN_ID"), "GITHUB_RUN_ID"),
        run_attempt=word(environ.get("GITHUB_RUN_ATTEMPT") or "1", "GITHUB_RUN_ATTEMPT"),
        workflow=plain(environ.get("GITHUB_WORKFLOW", "")),
        job=plain(environ.get("GITHUB_JOB", "")),
        actor=plain(environ.get("GITHUB_ACTOR", "")),
        event=_read_event(Path(event_path)) if event_path else {},
        output_path=_path(environ.get("GITHUB_OUTPUT")),
        summary_path=_path(environ.get("GITHUB_STEP_SUMMARY")),
    )


def is_under_way(api: Api, run_id: int) -> bool:
    """Whether a run of a workflow has not ended; no where the token may not ask.

    Events of its beginning and its end may arrive in the wrong order, and nobody would ever complete a check
    that is begun after the end.

    Raises:
        ApiError: GitHub failed, or did not answer.
    """
    try:
        status = inside(api.get(f"/repos/{api.repository}/actions/runs/{run_id}"), "status")
    except ApiError as error:
        if error.refused:
            return False
        raise
    return isinstance(status, str) and status != "completed"


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _read_event(path: Path) -> Mapping[str, Any]:
    where = f"GITHUB_EVENT_PATH {plain(path)}"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_EVENT_BYTES + 1)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{where}: cannot be read: {plain(error)}", _TORN) from error
    if len(content) > MAX_EVENT_BYTES:
        raise UsageError(f"{where}: larger than {MAX_EVENT_BYTES >> 20} MiB", _TORN)
    try:
        event = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {plain(error)}", _TORN) from error
    if not isinstance(event, dict):
        raise UsageError(f"{where}: not an object", _TORN)
    return event
