"""Locust's options as they are in force: from its arguments, LOCUST_*, locust.conf and pyproject.toml."""

from __future__ import annotations

from typing import Any

_ONE_PROCESS = "perfgate runs Locust headless, in one process"
_LEFT_OUT = (
    ("processes", None, _ONE_PROCESS),
    ("master", False, _ONE_PROCESS),
    ("worker", False, _ONE_PROCESS),
    ("headful", False, _ONE_PROCESS),
    ("class_picker", False, _ONE_PROCESS),
    ("autostart", False, ""),
    ("autoquit", -1, ""),
    ("otel", False, "perfgate sends no telemetry"),
    ("logfile", None, "perfgate keeps the log"),
)
_ROUND_LEAVES_OUT = ("csv_prefix", "html_file", "json", "json_file")


def settle_parser(parser: Any, order: dict[str, Any], notes: list[str]) -> None:
    """Have every parsed set of options be what perfgate can run; what was left out goes to the notes."""
    original = parser.parse_args

    def parse_args(self: Any, *args: Any, **kwargs: Any) -> Any:
        if order["examine"]:
            for action in self._actions:
                action.required = False  # the file's own arguments come with the run
        options = original(self, *args, **kwargs)
        settle(options, order, notes)
        return options

    parser.parse_args = parse_args


def settle(options: Any, order: dict[str, Any], notes: list[str]) -> None:
    """Change the options in place."""
    for name, value, reason in _LEFT_OUT:
        had = getattr(options, name, value)
        if had != value:
            setattr(options, name, value)
            if reason:
                notes.append(f"{name}={had} was left out: {reason}")
    options.headless = True
    options.only_summary = True
    if order["steady"]:
        for name in _ROUND_LEAVES_OUT:
            had = getattr(options, name, None)
            if had:
                setattr(options, name, None)
                notes.append(f"{name}={had} was left out: a round writes no files of its own")
        if not getattr(options, "csv_prefix", None):
            options.stats_history_enabled = False
