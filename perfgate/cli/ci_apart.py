"""Keeps the runner of GitHub Actions apart from the code that is measured: its commands and its tokens."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator, Mapping

import click

from perfgate.target.childenv import TOKENS


@contextlib.contextmanager
def apart(environ: Mapping[str, str]) -> Iterator[None]:
    """Let the runner take nothing that is printed meanwhile for a command: names and words are anybody's.

    Says too where the step holds a token. What is measured runs as the same user and can read it, out of the
    environment of this process or of the shell around it, whatever its own environment lacks.
    """
    word = secrets.token_hex(16) if environ.get("GITHUB_ACTIONS") == "true" else ""
    if word:
        click.echo(f"::stop-commands::{word}")
        sys.stdout.flush()
    held = [name for name in TOKENS if environ.get(name)]
    if held:
        click.echo(
            f"warning: {' and '.join(held)} can be read by the code that is measured: "
            "set it only for the step that posts",
            err=True,
        )
    try:
        yield
    finally:
        if word:
            with contextlib.suppress(OSError):  # a pipe that is closed ends the run by itself
                sys.stderr.flush()
                click.echo(f"::{word}::")
