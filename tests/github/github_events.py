"""What a step of GitHub Actions sees: its variables, its files and the payload of its event."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.github.github_description import answer_of

TOKEN = "ghs_0123456789abcdefSECRET"


class Events:
    """The events of a GitHub that holds pull requests."""

    url: str
    repository: str
    pulls: list[dict[str, Any]]

    def pull_request_event(self, number: int) -> dict[str, Any]:
        """The payload of a `pull_request` event."""
        (pull,) = (one for one in self.pulls if one["number"] == number)
        repository = answer_of("repository", full_name=self.repository)
        return {"action": "synchronize", "number": number, "pull_request": pull, "repository": repository}

    def workflow_run_event(self, number: int, *, event: str = "pull_request") -> dict[str, Any]:
        """The payload of a `workflow_run` event for the run that measured a pull request.

        As on GitHub `pull_requests` is empty where the pull request comes from a fork.
        """
        (pull,) = (one for one in self.pulls if one["number"] == number)
        head = pull["head"]
        same = head["repo"]["full_name"] == self.repository
        ends = {side: {"ref": pull[side]["ref"], "sha": pull[side]["sha"]} for side in ("head", "base")}
        run = {
            "id": 77,
            "event": event,
            "conclusion": "success",
            "head_sha": head["sha"],
            "head_branch": head["ref"],
            "head_repository": {"full_name": head["repo"]["full_name"], "owner": head["user"]},
            "pull_requests": [{"number": number, **ends}] if same else [],
        }
        return {
            "action": "completed",
            "workflow_run": run,
            "repository": answer_of("repository", full_name=self.repository),
        }

    def environ(self, folder: Path, event_name: str, event: Mapping[str, Any], **more: str) -> dict[str, str]:
        """The variables of a step in GitHub Actions; its files are in `folder`."""
        path = folder / "event.json"
        path.write_text(json.dumps(event))
        for name in ("output", "step_summary"):
            (folder / name).touch()
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": "c" * 40,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_API_URL": self.url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW": "performance",
            "GITHUB_JOB": "measure",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "step_summary"),
            "GITHUB_TOKEN": TOKEN,
        } | more
