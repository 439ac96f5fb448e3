"""Writes every request Locust reports to a file, one short line each, and what else happened to another."""

from __future__ import annotations

import atexit
import json
import logging
import math
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

FLUSH_S = 0.5
MOST_TEXTS = 1000
_OTHERS = "others"
_FROM_USERS = ("locust.user.task", "locust.user.users")
_ABOUT_LOAD = ("--run-time, --users or", "The following option(s) will be ignored")


class Recorder:
    """The listener of `events.request`, and the report of one run.

    A line `[start_s, response_ms, name, status, bytes, error]` is a request; names and errors are numbered,
    and a line `{"name": [TYPE, NAME]}` or `{"error": [CLASS, TEXT]}` comes before the first use of a number.
    """

    def __init__(self, rows: str, report: str) -> None:
        self._rows = Path(rows).open("w", encoding="utf-8", buffering=1 << 16)  # noqa: SIM115 - open until the end
        self._report_path = report
        self._names: dict[tuple[str, str], int] = {}
        self._errors: dict[tuple[str, str], int] = {("", ""): 0}
        self.runner: Any = None
        self.report: dict[str, Any] = {
            "ended": False, "started_s": 0.0, "stopped_s": 0.0, "untimed": 0, "cpu_percent": 0.0,
            "notes": [], "origins": [], "outside": {}, "exceptions": {}, "errors": {}, "warnings": {},
            "unspawned": [],
        }  # fmt: skip

    def listen(self, events: Any) -> None:
        """Add the listeners; they are the first, so those of the file cannot keep anything from them."""
        events.request.add_listener(self.on_request)
        events.user_error.add_listener(self._on_user_error)
        events.init.add_listener(self._on_init)
        events.test_start.add_listener(self._on_test_start)
        events.test_stop.add_listener(self._on_test_stop)
        events.spawning_complete.add_listener(self._on_spawning_complete)
        events.quitting.add_listener(self._on_quitting)
        if hasattr(events, "cpu_warning"):
            events.cpu_warning.add_listener(self._on_cpu_warning)
        atexit.register(self._write_report)

    def on_request(self, **fired: Any) -> None:
        """Take one request down; a custom client may fire it with anything."""
        try:
            spent_ms = float(fired["response_time"])
            begun_s = float(fired.get("start_time") or time.time() - spent_ms / 1000)
        except (KeyError, TypeError, ValueError):
            spent_ms = begun_s = math.nan
        if not (0 <= spent_ms < math.inf and 0 < begun_s < math.inf):
            self.report["untimed"] += 1
            return
        exception = fired.get("exception")
        status = _whole(getattr(fired.get("response"), "status_code", 0))
        length = _whole(fired.get("response_length"))
        key = (str(fired.get("request_type")), str(fired.get("name")))
        name = self._numbered(self._names, "name", key)
        error = self._numbered(self._errors, "error", _described(exception)) if exception else 0
        self._rows.write(f"[{begun_s!r},{spent_ms!r},{name},{status},{length},{error}]\n")

    def watch_log(self, *, steady: bool) -> None:
        """Count logged warnings and errors; a round has its own words on the load."""
        handler = _Counting(self.report, _ABOUT_LOAD if steady else ())
        for name in (None, "locust"):
            logging.getLogger(name).addHandler(handler)

    def _numbered(self, known: dict[tuple[str, str], int], kind: str, key: tuple[str, str]) -> int:
        number = known.get(key)
        if number is None:
            if len(known) >= MOST_TEXTS and key[1] != _OTHERS:
                note = f"more than {MOST_TEXTS} different {kind}s: the rest is counted as {_OTHERS!r}"
                if note not in self.report["notes"]:
                    self.report["notes"].append(note)
                return self._numbered(known, kind, (key[0], _OTHERS))
            number = known[key] = len(known)
            self._rows.write(json.dumps({kind: key}) + "\n")
        return number

    def _on_init(self, **_: Any) -> None:
        gevent = import_module("gevent")

        def flush() -> None:
            while True:
                gevent.sleep(FLUSH_S)
                self._rows.flush()

        gevent.spawn(flush)
        # Importing took time that gevent has not seen: without this a timed run ends that much too early.
        gevent.get_hub().loop.update_now()

    def _on_test_start(self, **_: Any) -> None:
        self.report["started_s"] = self.report["started_s"] or time.time()

    def _on_test_stop(self, **_: Any) -> None:
        self.report["stopped_s"] = time.time()

    def _on_spawning_complete(self, **_: Any) -> None:
        if self.runner is not None:
            counts = self.runner.user_classes_count
            self.report["unspawned"] = [name for name, count in counts.items() if not count]

    def _on_quitting(self, **_: Any) -> None:
        self.report["ended"] = True
        self._write_report()
        # Locust prints its tables from here on; the figures are in the rows.
        logging.getLogger("locust.stats_logger").disabled = True

    def _on_cpu_warning(self, cpu_usage: Any = 0, **_: Any) -> None:
        self.report["cpu_percent"] = max(self.report["cpu_percent"], float(cpu_usage))

    def _on_user_error(self, exception: Any = None, tb: Any = None, **_: Any) -> None:
        kind, text = _described(exception)
        place = [f for f in traceback.extract_tb(tb) if "site-packages" not in f.filename] if tb else []
        where = f" at {place[-1].filename}:{place[-1].lineno}" if place else ""
        count(self.report["exceptions"], f"{kind}: {' '.join(text.split())[:300]}{where}")

    def _write_report(self) -> None:
        self._rows.flush()
        Path(self._report_path).write_text(json.dumps(self.report), encoding="utf-8")


class _Counting(logging.Handler):
    def __init__(self, report: dict[str, Any], left_out: tuple[str, ...]) -> None:
        super().__init__(logging.WARNING)
        self._report, self._left_out = report, left_out

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        if record.name in _FROM_USERS or text.startswith(self._left_out) or "CPU usage" in text:
            return
        if record.exc_info and record.exc_info[1]:
            text = f"{text}: {record.exc_info[1]!r}"
        count(self._report["errors" if record.levelno >= logging.ERROR else "warnings"], text[-500:])


def count(texts: dict[str, int], text: str) -> None:
    """One more of a text, of which no more are kept apart than anybody reads."""
    name = text if text in texts or len(texts) < 100 else _OTHERS
    texts[name] = texts.get(name, 0) + 1


def _described(exception: Any) -> tuple[str, str]:
    if not isinstance(exception, BaseException):
        return "", str(exception)[:500]
    try:
        text = str(exception)[:500]
    except Exception:  # the file's own exceptions may do anything
        text = ""
    return type(exception).__name__, text


def _whole(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
