"""A repository as actions/checkout leaves it for a pull request, and what a job of GitHub's finds."""

import copy
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli_project import Done, Project

from perfgate.cli.ci_bundle import Bundle, Failure, Mark
from perfgate.model import Outcome, Reason, Verdict
from tests.github.github_description import answer_of
from tests.github.github_server import FakeGitHub
from tests.report.report_verdicts import comparison, verdict

KEY = "perfgate.yml"


class Change:
    """main with two commits more than the branch `feature`, which is checked out merged into it."""

    def __init__(self, path: Path) -> None:
        self.project = Project(path)
        self.path = path
        self.parted = self.project.git("rev-parse", "HEAD").strip()
        self.project.git("checkout", "--quiet", "-b", "feature")
        self.project.write("change.txt", "of the pull request")
        self.head = self.project.commit("feature")
        self.project.git("checkout", "--quiet", "main")
        self.project.write("other.txt", "of main")
        self.base = self.project.commit("main moved on")
        self.project.git("checkout", "--quiet", "--detach", "main")
        self.project.git("merge", "--quiet", "--no-ff", "--message", "merge", "feature")
        self.merge = self.project.git("rev-parse", "HEAD").strip()

    def copy(self, path: Path) -> "Change":
        """The same repository at another place, much faster than made anew."""
        shutil.copytree(self.path, path, symlinks=True)
        made = copy.copy(self)
        made.path, made.project = path, copy.copy(self.project)
        made.project.path = path
        return made

    def pull_request(self, github: FakeGitHub, **more: str) -> dict[str, Any]:
        """The payload of its `pull_request` event."""
        number = github.add_pull(head_sha=self.head, base_sha=self.base, **more)  # type: ignore[arg-type]
        return github.pull_request_event(number)


def push_event(before: str, after: str, *, ref: str = "refs/heads/main") -> dict[str, Any]:
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "repository": answer_of("repository", full_name="acme/shop") | {"default_branch": "main"},
    }


def offline(folder: Path, event_name: str, event: Mapping[str, Any], **more: str) -> dict[str, str]:
    """The variables of a job whose GitHub is never asked."""
    folder.mkdir(exist_ok=True)
    return FakeGitHub(url="https://api.github.com").environ(folder, event_name, event, **more)


def unframed(done: Done) -> Done:
    """What a measuring step in GitHub Actions printed, between the lines that stop the runner's commands."""
    frame = re.fullmatch(r"::stop-commands::([0-9a-f]{32})\n(.*)::\1::\n", done.out, re.DOTALL)
    assert frame, done.out
    return replace(done, out=frame[2])


def outputs_of(folder: Path) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT, as the runner reads it."""
    found: dict[str, str] = {}
    lines = iter((folder / "output").read_text().splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        while (each := next(lines)) != delimiter:
            value.append(each)
        found[name] = "\n".join(value)
    return found


def regressed(*, endpoint: str = "GET /items", head_sha: str = "1" * 40) -> Bundle:
    """A bundle of a regression with a mark for it."""
    return bundle_of(
        verdict(
            Outcome.REGRESSED,
            comparison(endpoint, "p50", Outcome.REGRESSED, head=1.8e6, change=0.5, low=0.4, high=0.6),
            comparison(endpoint, "p95"),
        ),
        head_sha,
        exit_code=1,
        marks=(Mark(path="perfgate.yml", line=9, of="comparison", index=0),),
    )


def passing(*, head_sha: str = "1" * 40) -> Bundle:
    return bundle_of(verdict(Outcome.PASS, comparison("GET /items", "p50")), head_sha, exit_code=0)


def inconclusive(*, head_sha: str = "1" * 40) -> Bundle:
    reason = Reason(code="too_noisy", text="the machine was too noisy", remedy="measure on another one")
    found = verdict(
        Outcome.INCONCLUSIVE, comparison("GET /items", "p50", Outcome.INCONCLUSIVE), reasons=(reason,)
    )
    return bundle_of(found, head_sha, exit_code=3)


def failed(*, head_sha: str = "1" * 40) -> Bundle:
    failure = Failure(message="perfgate.yml:3:1: unknown key 'servce'", hint="use one of: service")
    return Bundle(key=KEY, head_sha=head_sha, exit_code=2, failure=failure)


def bundle_of(found: Verdict, head_sha: str, *, exit_code: int, marks: tuple[Mark, ...] = ()) -> Bundle:
    return Bundle(key=KEY, head_sha=head_sha, exit_code=exit_code, verdict=found, marks=marks)


def document_of(folder: Path) -> dict[str, Any]:
    """What bundle.json says, to be changed by hostile hands."""
    document: dict[str, Any] = json.loads((folder / "bundle.json").read_text())
    return document
