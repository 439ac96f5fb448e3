"""Event hooks in Locust's words: who wants to know, and what they are told when something happens."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from perfgate.model import Exchange, Port
from perfgate.users.current import here
from perfgate.users.exceptions import STEERING, UnsupportedError
from perfgate.users.failing import endpoint_name, error_class

Handler = TypeVar("Handler", bound=Callable[..., Any])

NEVER_FIRED = {
    "report_to_master": "there is no master",
    "worker_report": "there are no workers",
    "worker_connect": "there are no workers",
    "heartbeat_sent": "there are no workers",
    "heartbeat_received": "there is no master",
    "reset_stats": "there is no web UI, and figures are not reset",
    "cpu_warning": "perfgate watches the CPU itself and says so in its report",
    "usage_monitor": "perfgate watches the CPU itself and says so in its report",
}
"""Hooks a file may have listeners for that nobody calls here, and why."""

_MAX_PROBLEMS = 20
_log = logging.getLogger("perfgate.users")


class EventHook:
    """Something that happens, and those who want to know."""

    def __init__(self) -> None:
        self._handlers: list[Callable[..., Any]] = []
        self.name = "event"
        self.problems: list[str] = []

    def add_listener(self, handler: Handler) -> Handler:
        """Have a function called, with keyword arguments, whenever this happens; also a decorator."""
        self._handlers.append(handler)
        return handler

    def remove_listener(self, handler: Callable[..., Any]) -> None:
        """Have it called no more."""
        self._handlers.remove(handler)

    def fire(self, *, reverse: bool = False, **told: Any) -> None:
        """Call everybody; one that fails is logged, and the others are called all the same."""
        self.tell(told, reverse=reverse)

    def tell(self, told: dict[str, Any], *, reverse: bool = False) -> None:
        """As `fire`, with the arguments in a mapping."""
        for handler in self._handlers[::-1] if reverse else list(self._handlers):
            try:
                handler(**told)
            except STEERING:
                raise
            except Exception as error:
                self._note(handler, error)

    @contextmanager
    def measure(
        self, request_type: str, name: str, response_length: int = 0, context: Any = None
    ) -> Iterator[dict[str, Any]]:
        """Time a block, and fire this event with it; an exception in the block is what went wrong."""
        began_s = time.perf_counter()
        meta: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        try:
            yield meta
        except Exception as error:
            meta["exception"] = error
        finally:
            meta["response_time"] = (time.perf_counter() - began_s) * 1000
            self.fire(**meta)

    def _note(self, handler: Callable[..., Any], error: Exception) -> None:
        name = getattr(handler, "__name__", type(handler).__name__)
        text = f"listener {name} of {self.name} raised {error_class(error)}"
        if text not in self.problems and len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(text)
            _log.error("%s\n%s", text, "".join(traceback.format_exception(error)).rstrip())


class RequestHook(EventHook):
    """The event of a request; to fire it is to count a request a client of the file's own has sent."""

    def __init__(self) -> None:
        super().__init__()
        self.anywhere: Port | Any = None

    def fire(self, *, reverse: bool = False, **told: Any) -> None:
        """Count a request, and tell who listens.

        Raises:
            TypeError, ValueError: arguments that make no request.
        """
        self._count(told)
        self.tell(told, reverse=reverse)

    def _count(self, told: dict[str, Any]) -> None:
        for name in ("request_type", "name", "response_time"):
            if name not in told:
                raise TypeError(f"events.request.fire() needs {name}=")
        port = here.port or self.anywhere
        if port is None:
            raise UnsupportedError("events.request.fire() before the load", "fire it while users run")
        took_ns = round(float(told["response_time"] or 0) * 1e6)
        started_s = told.get("start_time")
        sent_ns = round(started_s * 1e9) if started_s else time.time_ns() - took_ns
        problem = told.get("exception")
        error = error_class(problem) if problem else ""
        length = int(told.get("response_length") or 0)
        # What is no HTTP has no status; a whole answer is known by one, so success is given that of HTTP.
        status = getattr(told.get("response"), "status_code", None) or (0 if error else 200)
        last_ns = sent_ns + took_ns
        exchange = Exchange(sent_ns, 0, last_ns, status, length, error, stamped=False, response=None)
        named = endpoint_name(str(told["request_type"]), str(told["name"]))
        port.record(port.endpoint(named), exchange, error)


class LegacyHook(EventHook):
    """`request_success` or `request_failure` of Locust before 2.0: a part of what `request` tells."""

    def __init__(self, request: RequestHook, *, of_failures: bool) -> None:
        super().__init__()
        self._request = request
        self._of_failures = of_failures

    def add_listener(self, handler: Handler) -> Handler:
        """Have a function called with the arguments there were then."""
        keys = ("request_type", "name", "response_time", "response_length", "exception")[
            : 4 + self._of_failures
        ]

        def told_in_part(**told: Any) -> None:
            if (told.get("exception") is not None) == self._of_failures:
                handler(**{key: told.get(key) for key in keys})

        told_in_part.__name__ = getattr(handler, "__name__", type(handler).__name__)
        self._request.add_listener(told_in_part)
        return handler

    def fire(self, *, reverse: bool = False, **told: Any) -> None:
        """Count a request, and tell everybody who listens to requests."""
        self._request.fire(reverse=reverse, **{"exception": None, **told})


class Events:
    """Every hook of Locust's, by its name."""

    def __init__(self) -> None:
        self.request = RequestHook()
        self.request_success = LegacyHook(self.request, of_failures=False)
        self.request_failure = LegacyHook(self.request, of_failures=True)
        self.user_error = EventHook()
        self.spawning_complete = EventHook()
        self.init = EventHook()
        self.init_command_line_parser = EventHook()
        self.test_start = EventHook()
        self.test_stopping = EventHook()
        self.test_stop = EventHook()
        self.quitting = EventHook()
        self.quit = EventHook()
        for name in NEVER_FIRED:
            setattr(self, name, EventHook())
        for name, hook in self.hooks().items():
            hook.name = name

    def hooks(self) -> dict[str, EventHook]:
        """All hooks by name, with those the file has added."""
        return {name: hook for name, hook in vars(self).items() if isinstance(hook, EventHook)}

    def problems(self) -> list[str]:
        """What went wrong in listeners, in sentences without a full stop."""
        return [text for hook in self.hooks().values() for text in hook.problems]

    def __getattr__(self, name: str) -> EventHook:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"events has no {name!r}; a hook of your own is made with: events.{name} = EventHook()"
        )
