"""`perfgate convert`: a HAR recording or an OpenAPI document becomes a starting workload."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.interchange.draft import Draft

MAX_WORKLOAD_BYTES = 1 << 20

_EXAMPLES = """\b
Examples:
  perfgate convert shop.har -o load-test.yml
  perfgate convert shop.har --host api.example.com --no-think -o load-test.yml
  perfgate convert openapi.yaml -o load-test.yml
  perfgate convert openapi.json --all --target http://127.0.0.1:8000 -o load-test.yml
  perfgate run load-test.yml --target http://127.0.0.1:8000 --vus 1 --iterations 1

\b
Secrets are never copied: they become {{ $env.NAME }}, and stderr names the variables to set."""
_HAR_ONLY = ("host", "include_static", "no_think")
_OPENAPI_ONLY = ("every", "seed")


@click.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Instead of stdout.")
@click.option("--target", metavar="URL", help="Write this as the target, instead of what the file says.")
@click.option(
    "--host", metavar="HOST", help="HAR: only requests to this host; the most frequent one unless given."
)
@click.option("--include-static", is_flag=True, help="HAR: images, styles, scripts and fonts too.")
@click.option("--no-think", is_flag=True, help="HAR: without the pauses between requests.")
@click.option(
    "--all", "every", is_flag=True, help="OpenAPI: operations that write too, not only GET and HEAD."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    metavar="N",
    help="OpenAPI: fixes generated values.",
)
@click.pass_context
def command(
    context: click.Context, /, *, file: Path, output: Path | None, target: str | None, **given: Any
) -> int:
    """Turn a HAR recording or an OpenAPI document into a starting workload.

    The workload is YAML in Artillery's schema. What was left out, and why, stands in its comments and on
    stderr. FILE is a HAR 1.2 (.har), or OpenAPI 3.0, 3.1 or Swagger 2.0 (JSON or YAML).
    """
    from perfgate.interchange.draftyaml import write_draft

    if output is not None and not output.parent.is_dir():
        raise UsageError(f"-o {str(output)!r}: {output.parent} is not a folder", "create it first")
    named = {
        name for name in given if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    draft = _draft(file, target, named, given)
    text = write_draft(draft)
    if len(text.encode()) > MAX_WORKLOAD_BYTES:
        raise UsageError(
            f"the workload of {draft.requests} requests would be larger than 1 MiB, more than perfgate reads",
            "record less at once, or convert fewer operations",
        )
    if output is None:
        click.echo(text, nl=False)
    else:
        from perfgate.store.atomic import write_atomically

        write_atomically(output, text.encode(), within=output.parent)
    for note in draft.notes:
        _say(note)
    if output is not None:
        _say(f"written: {output}; try it with: perfgate run {output} --vus 1 --iterations 1")
    return int(ExitCode.OK)


def _draft(file: Path, target: str | None, named: set[str], given: dict[str, Any]) -> Draft:
    from perfgate.interchange.documents import read_document
    from perfgate.interchange.har import is_har
    from perfgate.interchange.harconvert import draft_of_har
    from perfgate.interchange.openapiconvert import draft_of_openapi, is_openapi

    document = read_document(file)
    if is_har(document):
        _refuse_options(named, _OPENAPI_ONLY, "an OpenAPI document", "a HAR recording")
        draft = draft_of_har(
            document,
            file.name,
            host=given["host"],
            include_static=given["include_static"],
            think=not given["no_think"],
        )
    elif is_openapi(document):
        _refuse_options(named, _HAR_ONLY, "a HAR recording", "an OpenAPI document")
        draft = draft_of_openapi(document, file.name, every=given["every"], seed=given["seed"])
    else:
        raise UsageError(
            f"{file}: neither a HAR recording nor an OpenAPI document",
            "a HAR has log.entries, an OpenAPI document says openapi: 3.x or swagger: '2.0'",
        )
    return draft if target is None else _with_target(draft, target)


def _with_target(draft: Draft, target: str) -> Draft:
    from dataclasses import replace

    from perfgate.interchange.openapiservers import NO_HOST

    if not target.startswith(("http://", "https://")):
        raise UsageError(f"--target {target!r} is not a URL", "write it like http://127.0.0.1:8000")
    notes = tuple(note for note in draft.notes if not note.startswith(NO_HOST))
    return replace(draft, target=target, notes=notes)


def _refuse_options(named: set[str], foreign: tuple[str, ...], theirs: str, this: str) -> None:
    flags = {"every": "--all", "include_static": "--include-static", "no_think": "--no-think"}
    for name in foreign:
        if name in named:
            raise UsageError(f"{flags.get(name, f'--{name}')} is for {theirs}, and this is {this}", "drop it")


def _say(text: str) -> None:
    click.echo("".join(c if c.isprintable() else repr(c)[1:-1] for c in text), file=sys.stderr)
