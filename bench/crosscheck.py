"""The same load test by perfgate natively and by the tool it was written for, against one service.

    .venv/bin/python -m bench.crosscheck [--minutes 6] [--delay-ms 20]

The two take turns on `bench/services/api`, which answers after a known time. They have to agree on the mix
of requests, within what chance allows (a chi-squared test of the counts by endpoint), and on the p50 of each
endpoint within 5 %, over all turns. What is left between the p50s is the tools' own time: Locust counts until
its event loop comes round, Artillery from where Node begins to write. Writes bench/results/crosscheck.json.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
from scipy.stats import chi2_contingency

from bench import peers, table
from bench.machine import DRIVER_CPUS, ROOT, SERVICE_CPUS, settle, write_results

_SEEDS = ROOT / "tests/seeds"
_PORT = 18_431
_LOADS = {
    "locustfile.py": ("locust", ("--vus", "40"), ("--vus", "40")),
    "load-test.yml": ("artillery", ("--rate", "20/s"), ("--vus", "20")),
}
_WITHIN = 0.05
_LEAST_P = 0.01


@click.command()
@click.option("--minutes", default=6.0, help="No turn begins after this time.")
@click.option("--seconds", default=10, help="The length of one load.")
@click.option("--delay-ms", default=20.0, help="How long the service waits before it answers.")
@click.option("--only", help="This file alone.")
def main(*, minutes: float, seconds: int, delay_ms: float, only: str | None) -> None:
    described = settle()
    tools = peers.find(["locust", "artillery"], install=True)
    path = os.pathsep.join([*{str(Path(peer.path).parent) for peer in tools.values() if peer.path}])
    until = time.monotonic() + minutes * 60
    rows: list[dict[str, Any]] = []
    with _service(delay_ms) as url:
        while time.monotonic() < until:
            for file, (tool, native, through) in _LOADS.items():
                if only in (None, file):
                    for driver, load in (("native", native), (tool, through)):
                        rows += _once(file, driver, [*load, "--duration", f"{seconds}s"], url, path)
    lines = [_line(rows, file, name) for file in _LOADS for name in _endpoints(rows, file)]
    head = ("endpoint", "tool", "turns", "native p50 ms", "tool p50 ms", "native / tool", "agrees within 5 %")
    table.show(f"p50 of a service that waits {delay_ms:g} ms", head, lines)
    mixes = [_mix(rows, file) for file in _LOADS if _endpoints(rows, file)]
    table.show("Mix of requests", ("file", "native", "tool", "p", "agrees (p >= 0.01)"), mixes)
    versions = {name: peer.version for name, peer in tools.items()}
    write_results("crosscheck", {**described, "tools": versions, "delay_ms": delay_ms, "loads": rows})


@contextmanager
def _service(delay_ms: float) -> Iterator[str]:
    text = (ROOT / "bench/services/api/service.py").read_text()
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        program = Path(scratch) / "service.py"
        program.write_text(text.replace("DELAY_S = 0.0", f"DELAY_S = {delay_ms / 1000}"))
        url = f"http://127.0.0.1:{_PORT}"
        argv = [*_on(SERVICE_CPUS), sys.executable, "-S", str(program)]
        with subprocess.Popen(argv, env=os.environ | {"PORT": str(_PORT)}) as running:
            try:
                _await(f"{url}/ready")
                yield url
            finally:
                running.terminate()


def _on(cpus: frozenset[int]) -> tuple[str, ...]:
    return ("taskset", "--cpu-list", ",".join(str(cpu) for cpu in sorted(cpus)))


def _await(url: str) -> None:
    for _ in range(100):
        try:
            with urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the service did not start")


def _once(file: str, driver: str, load: list[str], url: str, path: str) -> list[dict[str, Any]]:
    """One load, a row an endpoint."""
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        written = Path(scratch) / "load.json"
        argv = [
            *_on(DRIVER_CPUS),
            sys.executable,
            "-m",
            "perfgate",
            "run",
            str(_SEEDS / file),
            "--target",
            url,
            "-q",
        ]
        argv += ["--driver", driver, *load, "-o", f"json={written}"]
        env = os.environ | {"PATH": os.pathsep.join([path, os.environ["PATH"]]), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        if not written.exists():
            raise SystemExit(f"{file} by {driver}: {done.stderr.strip()[-500:]}")
        report = json.loads(written.read_text())
    print(f"{file:14} {driver:10} {report['requests']:6} requests, {report['failed']} failed", flush=True)
    return [
        {
            "file": file,
            "driver": driver,
            "endpoint": endpoint["name"],
            "requests": endpoint["requests"],
            "failed": endpoint["failed"],
            "p50_ns": (endpoint["service_time_ns"] or {}).get("p50"),
        }
        for endpoint in report["endpoints"]
    ]


def _endpoints(rows: list[dict[str, Any]], file: str) -> list[str]:
    return sorted({row["endpoint"] for row in rows if row["file"] == file})


def _line(rows: list[dict[str, Any]], file: str, endpoint: str) -> list[str]:
    tool = _LOADS[file][0]
    ours, theirs = (_p50s_ms(rows, file, endpoint, driver) for driver in ("native", tool))
    if not ours or not theirs:
        return [endpoint, tool, "0", "-", "-", "-", "no: one of the two has not sent it"]
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=False)]
    middle = statistics.median(ratios)
    return [
        endpoint,
        tool,
        str(len(ratios)),
        f"{statistics.median(ours):.2f}",
        f"{statistics.median(theirs):.2f}",
        f"{middle:.3f} ({min(ratios):.3f}-{max(ratios):.3f})",
        "yes" if abs(middle - 1) <= _WITHIN else "NO",
    ]


def _p50s_ms(rows: list[dict[str, Any]], file: str, endpoint: str, driver: str) -> list[float]:
    wanted = (file, endpoint, driver)
    mine = [row for row in rows if (row["file"], row["endpoint"], row["driver"]) == wanted]
    return [row["p50_ns"] / 1e6 for row in mine if row["p50_ns"]]


def _mix(rows: list[dict[str, Any]], file: str) -> list[str]:
    tool, names = _LOADS[file][0], _endpoints(rows, file)
    counts = [
        [sum(r["requests"] for r in rows if (r["driver"], r["endpoint"]) == (d, name)) for name in names]
        for d in ("native", tool)
    ]
    p = float(chi2_contingency(counts).pvalue)
    shares = [" ".join(f"{count / max(sum(row), 1):.1%}" for count in row) for row in counts]
    return [file, *shares, f"{p:.3f}", "yes" if p >= _LEAST_P else "NO"]


if __name__ == "__main__":
    main()
