"""Begins Locust's own `main` with the listeners and the changes of one order in place."""

from __future__ import annotations

import json
import os
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(order_path: str, arguments: list[str]) -> None:
    """Examine a locustfile or run it, as the order says."""
    order = json.loads(Path(order_path).read_text(encoding="utf-8"))
    sys.argv = [order["locust"], *arguments]
    random.seed(order["seed"])
    # Locust patches the standard library for gevent when it is imported: nothing else may come first.
    locust = import_module("locust")
    if _version(locust) < tuple(order["oldest"]):
        _write(order["report"], {"version": locust.__version__})
        return
    program = import_module("locust.main")
    if order["examine"]:
        _examine(program, order, locust.__version__)
    else:
        _prepare(locust, program, order)
    sys.exit(program.main())


def _examine(program: Any, order: dict[str, Any], version: str) -> None:
    examining = import_module("locust_inside.examining")

    def create_environment(user_classes: list[Any], options: Any, **given: Any) -> None:
        _write(order["report"], examining.examined(version, user_classes, options, given, order))
        os._exit(0)  # what the locustfile registered for the end of a run is not wanted now

    program.create_environment = create_environment
    parser = import_module("locust.argument_parser").LocustArgumentParser
    import_module("locust_inside.options").settle_parser(parser, order, [])


def _prepare(locust: Any, program: Any, order: dict[str, Any]) -> None:
    recording = import_module("locust_inside.recording")
    changes = import_module("locust_inside.changes")
    options = import_module("locust_inside.options")
    recorder = recording.Recorder(order["rows"], order["report"])
    redirect = import_module("locust_inside.redirect").Redirect(order["url"], recorder.report)
    recorder.listen(locust.events)
    parser = import_module("locust.argument_parser").LocustArgumentParser
    options.settle_parser(parser, order, recorder.report["notes"])
    changes.apply(order, redirect, recorder)
    original = program.create_environment
    if hasattr(program, "parse_timespan"):  # Locust reads `10m` here until 2.33, and else with its options
        read = program.parse_timespan
        program.parse_timespan = lambda span: read(span) if isinstance(span, str) else span

    def create_environment(user_classes: list[Any], settled: Any, **given: Any) -> Any:
        changes.settle_load(settled, given, order, recorder.report)
        changes.settle_hosts(user_classes, settled, redirect)
        recorder.watch_log(steady=order["steady"])
        return original(user_classes, settled, **given)

    program.create_environment = create_environment


def _version(locust: Any) -> tuple[int, ...]:
    words = str(getattr(locust, "__version__", "0")).split(".")[:2]
    return tuple(int("".join(c for c in word if c.isdigit()) or 0) for word in words)


def _write(path: str, document: dict[str, Any]) -> None:
    Path(path).write_text(json.dumps(document), encoding="utf-8")
