"""Turning a command as people write it into an argument list, without a shell.

What only a shell could do is refused by name, because running the words literally would do something else
than was meant.
"""

import re
import shlex
from pathlib import Path

from perfgate.errors import UsageError

# One alternative per thing a shell treats specially, longest operators first. Which of them count depends on
# whether double quotes are open: inside, operators and single quotes are plain text.
_SHARED = (
    r"""(?P<escaped>\\.) | (?P<quote>") | (?P<substitution>\$\(|`) | (?P<variable>\$(?:\w+|\{[^}]*\}))"""
)
_INSIDE = re.compile(_SHARED, re.VERBOSE | re.DOTALL)
_OUTSIDE = re.compile(
    _SHARED + r"""| (?P<literal>'[^']*') | (?P<operator>&&|\|\||>>|<<|[|;&<>()\n])""", re.VERBOSE | re.DOTALL
)
PLACEHOLDER = "./your-service --port {port}"
"""What `perfgate init` writes where no file says how the service starts."""

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class CommandError(ValueError):
    """A command cannot be run without a shell; `hint` is the remedy."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def split_command(text: str) -> tuple[str, ...]:
    """The argument list of a command line.

    Raises:
        CommandError: the text is empty, has an unclosed quote, or needs a shell.
    """
    text = text.strip()
    _refuse_shell(text)
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise CommandError(f"{error}".lower(), "close the quote, or write the command as a list") from error
    if not words or not words[0]:
        raise CommandError("an empty command", "write the program and its arguments")
    if _ASSIGNMENT.match(words[0]):
        raise CommandError(
            f"{words[0]!r} sets a variable, which only a shell does", "put the variable under service.env"
        )
    if "\0" in text:
        raise CommandError("a command with a NUL character", "remove it")
    return words


def require_own(command: tuple[str, ...], path: Path) -> None:
    """Refuse the placeholder as the service.command of the perfgate.yml at `path`.

    Raises:
        UsageError: it is still there.
    """
    if command == split_command(PLACEHOLDER):
        raise UsageError(
            f"{path}: service.command is still the placeholder that perfgate init wrote",
            "write there how your service starts, like python -m shop --port {port}",
        )


def _refuse_shell(text: str) -> None:
    quoted, start = False, 0
    while match := (_INSIDE if quoted else _OUTSIDE).search(text, start):
        kind, found, start = match.lastgroup, match[0], match.end()
        if kind == "quote":
            quoted = not quoted
        elif kind in ("substitution", "operator"):
            raise _needs_shell("a line break" if found == "\n" else found)
        elif kind == "variable":
            name = found.strip("${}")
            hint = "write {port}" if name == "PORT" else f"write its value, or sh -c '… {found} …'"
            raise CommandError(f"{found} is not replaced, because no shell runs the command", hint)


def _needs_shell(found: str) -> CommandError:
    return CommandError(
        f"{found} needs a shell, and perfgate runs commands without one",
        "write build steps as a list, quote it if it is meant literally, or write sh -c '…' yourself",
    )
