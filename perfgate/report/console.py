"""A page of text in memory: wrapped to a width, no number parted from its unit, nothing read as markup."""

import io
import re
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from perfgate.model import Outcome, Reason
from perfgate.report.words import reason_text, remedy_text

STYLES = {
    Outcome.REGRESSED: "bold red",
    Outcome.THRESHOLD_BREACHED: "bold red",
    Outcome.INVALID: "bold magenta",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.IMPROVED: "green",
    Outcome.NOT_MEASURED: "dim",
    Outcome.PASS: "green",
}
_GLUE = "\ue000"  # private use, so it cannot be part of any clean text
_BELONGS_TOGETHER = re.compile(
    r"(?<=\d) (?=%|(?:pp|ns|µs|ms|s|min|h|B|kB|MB|GB)\b)"  # a number and its unit
    r"|(?<=≥) | (?=[→…·] )"
)
_MOST_REASONS = 10


def new_console(width: int, *, color: bool) -> Console:
    """A console that writes to memory and takes nothing from the environment."""
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )


def written(console: Console) -> str:
    """Everything printed to the console so far."""
    if not isinstance(console.file, io.StringIO):
        raise TypeError("the console of a report writes to memory")
    return console.file.getvalue()


def print_reasons(console: Console, reasons: Sequence[tuple[str, Reason]], bullet: str) -> None:
    """Each reason on its own, and what to do once for neighbours that ask for the same."""
    shown = reasons[:_MOST_REASONS]
    for remedy, group in groupby(shown, key=lambda pair: remedy_text(pair[1])):
        for subject, reason in group:
            text = reason_text(reason)
            print_wrapped(console, f"{subject}: {text}" if subject else text, lead=bullet)
        if remedy:
            print_wrapped(console, remedy, lead="  → ")
    if len(reasons) > len(shown):
        print_wrapped(
            console, f"and {len(reasons) - len(shown)} more like these in the JSON report", lead=bullet
        )


def print_wrapped(console: Console, text: str, *, lead: str = "", style: str = "") -> None:
    """The text wrapped, every line after the first as far in as the first; no number parts from its unit."""
    glued = Text(_BELONGS_TOGETHER.sub(_GLUE, text))
    for number, line in enumerate(glued.wrap(console, console.width - len(lead))):
        indent = " " * len(lead) if number else lead
        console.print(Text(indent + line.plain.replace(_GLUE, " "), style=style))
