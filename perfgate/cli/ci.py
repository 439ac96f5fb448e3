"""`perfgate ci`: what a CI job calls to measure a change, to post what came out, to refresh the baseline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, output
from perfgate.cli.profile import duration
from perfgate.config import CONFIG_NAME
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.github.publish import Conclusion

FOLDER = Path(".perfgate/ci")
_EXAMPLES = """\b
Examples:
  perfgate ci
  perfgate ci --budget 60s -o junit=perfgate.xml
  perfgate ci --base origin/main
  perfgate ci post
  perfgate ci refresh-baseline && perfgate ci propose-baseline

\b
Without --base it asks GitHub Actions, GitLab CI and Buildkite by their own variables which commits are
meant; anywhere else HEAD is held to its merge-base with the default branch. It needs the whole history.
The options of action.yml arrive as PERFGATE_CI_CONFIG, _WORKLOAD, _BASE, _BUDGET, _REPORT_PATH and so on."""

_config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=CONFIG_NAME,
    show_default=True,
    envvar="PERFGATE_CI_CONFIG",
    help="The configuration file.",
)
_workload_option = click.option(
    "--workload",
    type=click.Path(path_type=Path),
    envvar="PERFGATE_CI_WORKLOAD",
    help="Use this workload instead.",
)
_bundle_option = click.option(
    "--bundle",
    "folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    envvar="PERFGATE_CI_REPORT_PATH",
    help="The folder of bundle.json, report.html and summary.md, or of a baseline's proposal.json.",
)


@click.group(invoke_without_command=True, epilog=_EXAMPLES)
@_config_option
@_workload_option
@click.option(
    "--base", metavar="REF", envvar="PERFGATE_CI_BASE", help="The base, whatever the CI system says."
)
@click.option("--head", metavar="REF", help="The head, instead of the commit that is checked out.")
@click.option(
    "--budget",
    "budget_ns",
    callback=duration,
    metavar="TIME",
    envvar="PERFGATE_CI_BUDGET",
    help="The time it may take, builds aside, like 60s.",
)
@_bundle_option
@options.quiet_option
@output.output_option
@click.pass_context
def command(
    context: click.Context,
    *,
    config_path: Path,
    workload: Path | None,
    base: str | None,
    head: str | None,
    budget_ns: int | None,
    folder: Path,
    quiet: bool,
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    """Judge the change that a CI job is about, and write what its pull request shows.

    That is a folder with bundle.json (the verdict as data), report.html and summary.md. The exit code is the
    verdict's. Where nothing could be measured the bundle says why, and `perfgate ci post` says it on the
    pull request.
    """
    from perfgate.cli.ci_measure import Asked, measure

    if context.invoked_subcommand is not None:
        _refuse_misplaced(context)
        return int(ExitCode.OK)
    asked = Asked(
        config_path=config_path,
        workload=workload,
        base=base,
        head=head,
        budget_ns=budget_ns,
        folder=folder,
        outputs=outputs,
        quiet=quiet,
    )
    return measure(asked, os.environ)


@command.command(epilog="Example:\n  perfgate ci post --bundle downloaded/")
@_config_option
@_workload_option
@_bundle_option
@click.option(
    "--inconclusive",
    type=click.Choice(("neutral", "failure")),
    default="neutral",
    show_default=True,
    envvar="PERFGATE_CI_INCONCLUSIVE",
    help="What the check says where the measurement cannot tell.",
)
@click.option("--start", is_flag=True, help="Only show that a measurement has begun.")
@click.option("--check-id", type=click.IntRange(1), envvar="PERFGATE_CI_CHECK_ID", help="What --start gave.")
def post(
    *,
    config_path: Path,
    workload: Path | None,
    folder: Path,
    inconclusive: Conclusion,
    start: bool,
    check_id: int | None,
) -> int:
    """Post a bundle to the pull request that GitHub's event is about: comment, check and annotations.

    Nothing in the bundle is believed but its numbers and names, which are checked and rendered anew. The
    token is read from PERFGATE_CI_TOKEN, else GITHUB_TOKEN. The exit code tells the verdict only where
    neither check nor commit status may: they tell it otherwise.
    """
    from perfgate.cli.ci_bundle import configuration_key
    from perfgate.cli.ci_post import Asked
    from perfgate.cli.ci_post import post as post_bundle

    asked = Asked(
        folder=folder,
        key=configuration_key(config_path, workload),
        inconclusive=inconclusive,
        token=_token(),
        start=start,
        check_id=check_id,
    )
    return post_bundle(asked, os.environ)


@command.command(
    name="refresh-baseline",
    epilog='Example:\n  perfgate ci refresh-baseline --runs 5 --reason "weekly"',
)
@_config_option
@_workload_option
@_bundle_option
@click.option("--reason", default="refreshed by CI", show_default=True, help="Why; recorded in the file.")
@click.option("--runs", type=click.IntRange(1, 20), default=10, show_default=True, help="How many to add.")
@options.quiet_option
def refresh_baseline(
    *, config_path: Path, workload: Path | None, folder: Path, reason: str, runs: int, quiet: bool
) -> int:
    """Update the baseline on the default branch, and leave it for `perfgate ci propose-baseline`.

    Does what `perfgate baseline update` does, and writes proposal.json into the folder of --bundle. It
    needs no token and should be given none: what is measured could read it.
    """
    from perfgate.cli.ci_refresh import Asked, refresh

    if not reason.strip():
        raise UsageError("--reason is empty", "say why the baseline changes: its reviewers will ask")
    asked = Asked(
        config_path=config_path,
        workload=workload,
        reason=reason.strip(),
        runs=runs,
        folder=folder,
        quiet=quiet,
    )
    return refresh(asked, os.environ)


@command.command(
    name="propose-baseline", epilog="Example:\n  perfgate ci propose-baseline --branch bot/baseline"
)
@_config_option
@_workload_option
@_bundle_option
@click.option("--branch", default="perfgate/baseline", show_default=True, help="Where it is pushed to.")
def propose_baseline(*, config_path: Path, workload: Path | None, folder: Path, branch: str) -> int:
    """Propose the baseline that `perfgate ci refresh-baseline` measured as a pull request.

    Commits the file as the bot to a branch of its own, and opens a pull request, or updates the one that is
    open. Runs nothing of the project. The token is read from PERFGATE_CI_TOKEN, else GITHUB_TOKEN.
    """
    from perfgate.cli.ci_propose import Asked, propose

    asked = Asked(config_path=config_path, workload=workload, folder=folder, branch=branch)
    return propose(asked, os.environ, _token())


def _refuse_misplaced(context: click.Context) -> None:
    """Options of the measurement before a subcommand would be lost without a word."""
    for name in context.params:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                f"an option stands before {context.invoked_subcommand!r}, where it means nothing",
                f"write it after: perfgate ci {context.invoked_subcommand} --help",
            )


def _token() -> str:
    return os.environ.get("PERFGATE_CI_TOKEN") or os.environ.get("GITHUB_TOKEN") or ""
