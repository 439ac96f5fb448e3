"""`perfgate init`: write the files a project starts with, and say what to do next."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from perfgate.config import CONFIG_NAME, load_config
from perfgate.errors import ExitCode, MeasureError, UsageError
from perfgate.git import open_repository
from perfgate.scaffold import texts
from perfgate.scaffold.guess import Guess, guess_start

_KNOWN_WORKLOADS = (
    texts.WORKLOAD_NAME,
    "load-test.yaml",
    "artillery.yml",
    "artillery.yaml",
    "locustfile.py",
    "load-test.js",
    "load-test.ts",
    "k6.js",
)


_EXAMPLES = """\b
Examples:
  perfgate init
  perfgate init --github
  perfgate init --github --action OWNER/perfgate@v1"""


@click.command(name="init", epilog=_EXAMPLES)
@click.option("--github", is_flag=True, help="Also write the workflows of GitHub Actions that are missing.")
@click.option("--action", metavar="OWNER/NAME@REF", help="The action they use, if not of this very perfgate.")
def command(*, github: bool, action: str | None) -> ExitCode:
    """Write a perfgate.yml and a first workload.

    Both go to the current directory, which should be the one your service is started from. Nothing is
    overwritten: a workload that is there is used, and .gitignore gains one line. With --github a project
    that has a perfgate.yml already gains the workflows alone.
    """
    folder = Path.cwd()
    if action and not github:
        raise UsageError("--action means nothing without --github", "add --github, or drop it")
    if not github:
        _begin(folder)
        return ExitCode.OK
    from perfgate.cli.init_github import action_of, write_workflows

    used = action_of(action)
    open_repository(folder)
    if not os.path.lexists(folder / CONFIG_NAME):
        _begin(folder)
        click.echo("")
    click.echo("\n".join(write_workflows(folder, used)))
    return ExitCode.OK


def _begin(folder: Path) -> None:
    if os.path.lexists(folder / CONFIG_NAME):
        raise UsageError(f"{CONFIG_NAME} exists already", "edit it, or move it away to start afresh")
    if (folder / ".gitignore").is_symlink():
        raise UsageError(".gitignore is a symbolic link, which git does not follow", "make it a file")
    guess = guess_start(folder)
    try:
        done = _write(folder, guess)
    except OSError as error:
        raise MeasureError(f"{error.filename}: {error.strerror}", "make the directory writable") from error
    load_config(folder / CONFIG_NAME)
    click.echo("\n".join([*done, *_remarks(folder, guess)]))


def _write(folder: Path, guess: Guess | None) -> list[str]:
    """Write what is missing, perfgate.yml last, and tell what was done."""
    workload = next((name for name in _KNOWN_WORKLOADS if (folder / name).is_file()), None)
    done = [f"kept  {workload}, which perfgate.yml now names as the workload"] if workload else []
    if workload is None:
        workload = texts.WORKLOAD_NAME
        _create(folder / workload, texts.WORKLOAD)
        done.append(f"wrote {workload}: what is sent to your service")
    schema = folder / texts.SCHEMA_PATH
    schema.parent.mkdir(exist_ok=True)
    schema.write_bytes((files("perfgate") / "perfgate.schema.json").read_bytes())
    ignore = folder / ".gitignore"
    before = ignore.read_bytes() if ignore.exists() else b""
    after = texts.with_ignored(before)
    if after != before:
        ignore.write_bytes(after)
        done.append(f"added {texts.IGNORED} to .gitignore: results stay out of git")
    _create(folder / CONFIG_NAME, texts.config_text(guess, workload))
    return [f"wrote {CONFIG_NAME}: how your service is started and judged", *done]


def _create(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _remarks(folder: Path, guess: Guess | None) -> list[str]:
    if guess:
        start = f"service.command is guessed from {guess.source}; check it."
    else:
        start = f"service.command is a placeholder: write into {CONFIG_NAME} how your service starts."
    remarks, base = ["", start], "main"
    try:
        repository = open_repository(folder)
    except UsageError as error:
        remarks.append(f"perfgate compares commits, so it needs git: {error.message}.")
    else:
        with suppress(UsageError):
            base = repository.default_branch()
    following = ["  perfgate doctor", f"  perfgate compare {base} HEAD"]
    return [*remarks, "", "Next, once these files are committed:", *following]
