"""What goes wrong in the code of a user: its error class, its record, and a traceback the first time."""

from __future__ import annotations

import logging
import re
import time
import traceback
from typing import TYPE_CHECKING, Any

from perfgate.model import Exchange
from perfgate.users.current import here
from perfgate.users.exceptions import UnsupportedError

if TYPE_CHECKING:
    from perfgate.model import Port

MAX_ERROR_CHARS = 80
MAX_NAME_CHARS = 200
MAX_SHOWN = 20
MIN_WAIT_AFTER_FAILURE_NS = 10_000_000
"""A user that fails before it sends anything must not spin and take the processor from the service."""

_UNSHOWABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_log = logging.getLogger("perfgate.users")
_shown: set[tuple[str, str]] = set()


def error_class(reason: Any) -> str:
    """The text of a `failure` as an error class: one line, at most 80 characters, never empty."""
    text = _one_line(str(reason))
    if isinstance(reason, Exception):
        text = f"{type(reason).__name__}: {text}" if text else type(reason).__name__
    return _cut(text, MAX_ERROR_CHARS) or "failure"


def endpoint_name(method: str, name: str) -> str:
    """What a request is counted under: its method, and its name on one line of bounded length."""
    if len(name) < MAX_NAME_CHARS and name.isascii() and name.isprintable():
        return f"{method} {name}"
    return f"{method} {_cut(_one_line(name), MAX_NAME_CHARS)}"


def unsent(error: str) -> Exchange:
    """An exchange that never took place."""
    return Exchange(time.time_ns(), 0, 0, 0, 0, error, stamped=False, response=None)


def record_exception(port: Port, place: str, error: BaseException) -> None:
    """Count an exception that left the user's code under "task PLACE"; log the first of its kind."""
    kind = type(error).__name__
    text = error.error_class if isinstance(error, UnsupportedError) else f"exception {kind}"
    text = _cut(_one_line(text), MAX_ERROR_CHARS)
    port.record(port.endpoint(endpoint_name("task", place)), unsent(text), text)
    user = here.user
    if user is not None:
        hook = user.environment.events.user_error
        hook.fire(user_instance=user, exception=error, tb=error.__traceback__)
    if (place, text) not in _shown and len(_shown) < MAX_SHOWN:
        _shown.add((place, text))
        _log.error("task %s: %s", place, "".join(traceback.format_exception(error)).rstrip())


def _one_line(text: str) -> str:
    return _UNSHOWABLE.sub(" ", text[:4096]).strip()


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
