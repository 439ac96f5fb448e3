"""Which of Locust's own arguments a user may pass on."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.errors import UsageError

_LOAD = ("-u", "--users", "-r", "--spawn-rate", "-t", "--run-time")
_NEVER = {
    "-f": "perfgate names the locustfile",
    "--locustfile": "perfgate names the locustfile",
    "-H": "perfgate says where the service is",
    "--host": "perfgate says where the service is",
    "--master": "perfgate runs Locust in one process",
    "--worker": "perfgate runs Locust in one process",
    "--processes": "perfgate runs Locust in one process",
    "--headful": "perfgate runs Locust without its web UI",
    "-l": "nothing would be run",
    "--list": "nothing would be run",
    "-h": "nothing would be run",
    "--help": "nothing would be run",
    "-V": "nothing would be run",
    "--version": "nothing would be run",
    "--show-task-ratio": "nothing would be run",
    "--show-task-ratio-json": "nothing would be run",
}


def check_arguments(arguments: Sequence[str], *, steady: bool) -> None:
    """Refuse what contradicts the order; in a `steady` round also what says how much load there is.

    Raises:
        UsageError: there is such an argument.
    """
    for word in arguments:
        name = word.split("=", 1)[0] if word.startswith("--") else word[:2]
        if name in _NEVER:
            raise UsageError(f"locust argument {word}: {_NEVER[name]}", "leave it out")
        if steady and name in _LOAD:
            raise UsageError(
                f"locust argument {word}: a round says itself how much load there is",
                "leave it to `perfgate run`",
            )
