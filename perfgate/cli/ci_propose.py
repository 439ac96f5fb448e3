"""`perfgate ci propose-baseline`: what refresh-baseline measured becomes the bot's pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.cli.ci_proposal import Proposal
    from perfgate.config import Config
    from perfgate.git import Repository
    from perfgate.github.run import ActionsRun
    from perfgate.model import Baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; the pull request comes from `branch`."""

    config_path: Path
    workload: Path | None
    folder: Path
    branch: str


def propose(asked: Asked, environ: Mapping[str, str], token: str) -> int:
    """Push the baseline that was measured to a branch, and open or update its pull request.

    Nothing of the project is run or imported: the workload stays unread, as it may be code. What is committed
    is the proposal's baseline, checked and written anew, at the one place where such a baseline belongs.

    Raises:
        UsageError: not on the default branch in GitHub Actions, no token, or a proposal that is refused.
        MeasureError: git or GitHub refused.
    """
    from perfgate.cli.ci_bundle import configuration_key
    from perfgate.cli.ci_proposal import read_proposal
    from perfgate.cli.ci_push import Push, push_file
    from perfgate.cli.ci_refresh import on_default_branch, require_head
    from perfgate.config import load_config
    from perfgate.git import open_repository
    from perfgate.store.baselines import BASELINE
    from perfgate.target.childenv import withhold

    run, target = on_default_branch(environ)
    if not token:
        raise UsageError("no token to push with", "set PERFGATE_CI_TOKEN to ${{ github.token }}")
    if asked.branch == target:
        raise UsageError(f"--branch {target} is the default branch", "name a branch of the bot's own")
    withhold()
    config = load_config(asked.config_path)
    repository = open_repository(config.root)
    require_head(run, repository)
    proposal = read_proposal(asked.folder)
    key = configuration_key(asked.config_path, asked.workload)
    if (proposal.key, proposal.head_sha) != (key, run.sha):
        raise UsageError(
            f"proposal.json is of {proposal.key} at {proposal.head_sha[:12]}, and this step proposes {key} "
            f"at {run.sha[:12]}",
            "give the measuring and the proposing step the same config and workload",
        )
    name = _place(config, repository, proposal.baseline, run.sha)
    push = Push(
        repository=repository,
        parent=run.sha,
        url=f"{run.server_url}/{run.repository}",
        branch=asked.branch,
        message=f"Refresh the performance baseline\n\n{proposal.reason}",
        token=token,
        server_url=run.server_url,
    )
    commit = push_file(push, name, BASELINE.dump(proposal.baseline), environ)
    if commit is None:
        click.echo("the baseline is what it was: nothing to propose")
        return int(ExitCode.OK)
    url = _proposed(asked, run, target, token, proposal)
    click.echo(f"pushed {commit[:10]} to {asked.branch}: {url}")
    _summarize(run, url)
    return int(ExitCode.OK)


def _place(config: Config, repository: Repository, baseline: Baseline, sha: str) -> str:
    """Where the commit's own perfgate.yml keeps this baseline, from the top of the repository."""
    from perfgate.store.baselines import path_for
    from perfgate.store.files import read_bounded
    from perfgate.yamlfile import MAX_BYTES

    committed = repository.file_at(sha, config.path.resolve(), max_bytes=MAX_BYTES)
    here = read_bounded(config.path.resolve(), MAX_BYTES)
    if committed is not None and committed.split() != here.split():
        raise UsageError(
            f"{config.path} is not that of commit {sha[:12]}: it has changed since it was checked out",
            "propose the baseline in the step after the one that measures it",
        )
    path = path_for(config.baselines, baseline.workload_name, baseline.environment.class_id)
    try:
        return path.resolve().relative_to(repository.toplevel.resolve()).as_posix()
    except ValueError:
        raise UsageError(
            f"{path}: a symbolic link leads out of the repository", "remove the link, and measure again"
        ) from None


def _proposed(asked: Asked, run: ActionsRun, target: str, token: str, proposal: Proposal) -> str:
    from perfgate.github.api import Api
    from perfgate.github.baseline_pr import open_or_update

    api = Api(token=token, api_url=run.api_url, repository=run.repository)
    title = f"Refresh the performance baseline of {proposal.key}"
    return open_or_update(api, branch=asked.branch, base=target, title=title, body=_body(proposal))


def _body(proposal: Proposal) -> str:
    """What the reviewers of the pull request have to know; everything that was measured is inert in it."""
    from perfgate.report.inert import code, fenced_text, prose

    runs = f"{proposal.runs} run{'s' if proposal.runs > 1 else ''}"
    told = [
        f"perfgate measured {code(proposal.head_sha[:10])} of {code(proposal.baseline.workload_name)}: "
        f"{runs} were added to the baseline.",
        f"Why: {prose(proposal.reason)}",
        "Merging this accepts the levels below: later commits are held to them.",
        fenced_text(proposal.told)
        if proposal.told
        else f"There is nothing to compare with: {prose(proposal.why_untold)}.",
    ]
    return "\n\n".join(told) + "\n"


def _summarize(run: ActionsRun, url: str) -> None:
    from perfgate.github.commands import append
    from perfgate.report.inert import link

    shown = link("Pull request with the new baseline", url)
    if run.summary_path is not None and shown:
        append(run.summary_path, f"{shown}\n")
