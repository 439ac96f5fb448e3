"""What of Locust's and of its neighbours perfgate does not have, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

REAL = "run the file by Locust itself: driver: locust"
_LEGACY = "this is Locust before 1.0; write"
_LIBRARY = f"perfgate runs the file itself (perfgate run FILE); or {REAL}"

_MODULES = {
    "locust.contrib.csv_request_logger": "perfgate keeps every request itself: -o json=FILE",
    "locust.contrib": f"perfgate speaks HTTP only; {REAL}",
    "locust.main": _LIBRARY,
    "locust.web": f"there is no web UI; {REAL}",
    "locust.rpc": f"one process leads its own users; {REAL}",
    "locust.dispatch": f"perfgate decides which users begin; {REAL}",
    "locust.html": "perfgate has reports of its own: -o markdown=FILE",
    "locust.input_events": f"there are no keys to press while the load runs; {REAL}",
    "locust.opentelemetry": f"perfgate sends no traces; {REAL}",
    "locust.util": REAL,
    "locust.pytestplugin": "write the test as a task of a user class",
    "locust.test": REAL,
    "locust": f"docs/reference/users.md lists what there is; {REAL}",
    "gevent": f"users are threads here; {REAL}",
    "locust_plugins": REAL,
    "locust_cloud": REAL,
    "locustio": REAL,
    "geventhttpclient": f"it needs gevent; use FastHttpUser, or {REAL}",
    "grpc.experimental.gevent": f"users are threads here, not greenlets; {REAL}",
}
_REFUSED = ("locust_plugins", "locust_cloud", "geventhttpclient", "grpc.experimental.gevent")

_NAMES = {
    "HttpLocust": f"{_LEGACY} HttpUser, and tasks = [...] for task_set",
    "Locust": f"{_LEGACY} User, and tasks = [...] for task_set",
    "FastHttpLocust": f"{_LEGACY} FastHttpUser",
    "TaskSequence": f"{_LEGACY} SequentialTaskSet",
    "seq_task": f"{_LEGACY} @task in a SequentialTaskSet",
    "WebUI": f"there is no web UI; {REAL}",
    "PytestUser": "write the test as a task of a user class",
    "StatsCSV": "perfgate writes its own figures: -o json=FILE",
    "StatsCSVFileWriter": "perfgate writes its own figures: -o json=FILE",
    "stats_printer": "perfgate reports by itself",
    "stats_history": "perfgate keeps every request itself",
    "print_stats": "perfgate reports by itself",
    "print_error_report": "perfgate reports by itself",
    "print_percentile_stats": "perfgate reports by itself",
    "setup_logging": "logging.basicConfig(level=...) does it",
    "RequestStats": "environment.stats is there",
    "UsersDispatcher": f"perfgate decides which users begin; {REAL}",
}
_CALLABLE = {
    "locust.stats": (
        *("stats_printer", "stats_history", "print_stats", "print_error_report", "print_percentile_stats"),
    ),
    "locust.log": ("setup_logging",),
}
"""What files import for the part of them that Locust does not run: only a call is refused."""


class NotProvidedError(ImportError):
    """Something of Locust's, or that needs Locust, which perfgate does not have."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def no_name(module: str, name: str) -> NotProvidedError:
    """The error for a name that a stand-in does not have."""
    hint = _NAMES.get(name) or reason_against(f"{module}.{name}")[0]
    return NotProvidedError(f"{module} has no {name!r} in perfgate", hint)


def refused_when_called(module: str) -> dict[str, Callable[..., NoReturn]]:
    """Functions of a module that may be imported, and say when they are called that they are not there."""

    def refusing(name: str) -> Callable[..., NoReturn]:
        def refuse(*_: object, **__: object) -> NoReturn:
            raise no_name(module, name)

        return refuse

    return {name: refusing(name) for name in _CALLABLE[module]}


def no_module(name: str) -> NotProvidedError:
    """The error for a module there is no stand-in of."""
    return NotProvidedError(f"there is no {name} in perfgate", *reason_against(name))


def is_refused(name: str) -> bool:
    """Whether a module that may be installed cannot be used in a load test."""
    return any(name == each or name.startswith(f"{each}.") for each in _REFUSED)


def reason_against(name: str) -> tuple[str]:
    """What to do without a module, by the nearest of its parents that has a reason."""
    while name not in _MODULES and "." in name:
        name = name.rpartition(".")[0]
    return (_MODULES.get(name, REAL),)
