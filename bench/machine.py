"""Where a benchmark ran: its CPUs, its description without names of hosts or users, and the results file."""

import datetime
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfgate.target.environment import detect_environment

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
CPUS = sorted(os.sched_getaffinity(0))
SERVICE_CPUS = frozenset(CPUS[:1])
DRIVER_CPUS = frozenset(CPUS[-1:])
ALL_CPUS = frozenset(CPUS)


def settle() -> dict[str, Any]:
    """Describe the machine, move the harness off the driver's CPU, and let signals unwind what is running."""
    if len(CPUS) < 2:
        sys.exit("two CPUs are needed: one for the service, one for the driver")
    described = describe()
    os.sched_setaffinity(0, SERVICE_CPUS)
    # A shell starts what is in the background deaf to SIGINT; tcpdump, which ends by it, would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    return described


def describe() -> dict[str, Any]:
    """The machine, the time and the code, for a results file."""
    machine = {k: v for k, v in asdict(detect_environment()).items() if k != "class_id"}
    return {
        "machine": machine,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--", "perfgate", "bench/*.py")),
    }


def write_results(name: str, content: dict[str, Any]) -> Path:
    """Write bench/results/NAME.json whole, or not at all; of every list, a line an element."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text("{\n" + ",\n".join(_entry(*item) for item in content.items()) + "\n}\n")
    unfinished.replace(path)
    return path


def _entry(key: str, value: Any) -> str:
    if isinstance(value, list) and value:
        lines = ",\n  ".join(json.dumps(element) for element in value)
        return f" {json.dumps(key)}: [\n  {lines}\n ]"
    return f" {json.dumps(key)}: {json.dumps(value)}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
