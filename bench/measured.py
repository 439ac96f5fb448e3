"""One run of one tool against nginx, held to counts that are not the tool's own."""

import itertools
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import children
from bench.flatout import Load, Tool
from bench.nginx import Nginx

TICK_S = 0.5
OTHERS_TOO_MANY_CORES = 0.1


@dataclass(frozen=True)
class Tick:
    """What was so at one moment of a run."""

    at_s: float
    requests: int
    driver_cpu_s: float
    service_cpu_s: float
    driver_rss_bytes: int
    machine_busy_s: float


def run_once(tool: Tool, path: str, nginx: Nginx, load: Load) -> dict[str, Any]:
    """The row of one run; `invalid` says why it counts for nothing, "" if it does count."""
    ticks: list[Tick] = []
    before = nginx.requests()
    log, answer = load.scratch / "log", load.scratch / "stdout"
    with answer.open("wb") as stdout, children.child(
        tool.command(path, load), cpus=tool.cpus, env=tool.env(load), log=log, stdout=stdout
    ) as running:  # fmt: skip
        usage = running.wait(
            load.seconds * 2 + 60, tick=lambda: ticks.append(_look(running.pid, nginx, before)), every=TICK_S
        )
    counted = nginx.requests() - before
    row: dict[str, Any] = {"row": tool.row, "counted": counted, "exit_code": usage.exit_code}
    if usage.timed_out or usage.exit_code not in tool.exit_codes:
        why = "ran too long" if usage.timed_out else f"exit code {usage.exit_code}"
        return row | {"invalid": f"{why}: {_last_words(log, answer)}"}
    try:
        report = tool.read(answer.read_text(), load)
        row |= {"own": asdict(report), "rps": report.requests / report.seconds}
    except Exception as error:
        # Somebody else's report can be broken in any way, and the other tools are still to be measured.
        return row | {"invalid": f"no report: {error!r} {_last_words(log, answer)}"}
    row |= {
        "cpu_us_per_request": usage.cpu_s / counted * 1e6 if counted else 0.0,
        "rss_max_bytes": usage.rss_max_bytes,
        "steady": _steady(ticks),
        "ticks": [list(asdict(tick).values()) for tick in ticks],
        "invalid": f"{report.errors} errors" if report.errors else "" if counted else "nothing was sent",
    }
    row["doubts"] = _doubts(row, report.requests)
    return row


def _look(pid: int, nginx: Nginx, before: int) -> Tick:
    return Tick(
        at_s=time.monotonic(),
        requests=nginx.requests() - before,
        driver_cpu_s=children.cpu_seconds(pid),
        service_cpu_s=nginx.cpu_seconds(),
        driver_rss_bytes=children.rss_bytes(pid),
        machine_busy_s=children.machine_busy_seconds(),
    )


def busy(ticks: list[Tick]) -> list[Tick]:
    """The ticks while requests came at more than half the usual pace, without the first half second."""
    pairs = list(itertools.pairwise(ticks))
    rates = [(b.requests - a.requests) / (b.at_s - a.at_s) for a, b in pairs]
    if not any(rates):
        return []
    usual = statistics.median(rate for rate in rates if rate > 0)
    inside = [i for i, rate in enumerate(rates) if rate > usual / 2]
    return ticks[inside[0] + 1 : inside[-1] + 2]


def _steady(ticks: list[Tick]) -> dict[str, float] | None:
    """Rates between the first and the last busy tick: no start-up, no ramp, no writing of reports."""
    chosen = busy(ticks)
    if len(chosen) < 2 or chosen[-1].requests == chosen[0].requests:
        return None
    first, last = chosen[0], chosen[-1]
    requests, seconds = last.requests - first.requests, last.at_s - first.at_s
    driver_s, service_s = last.driver_cpu_s - first.driver_cpu_s, last.service_cpu_s - first.service_cpu_s
    return {
        "seconds": seconds,
        "rps": requests / seconds,
        "cpu_us_per_request": driver_s / requests * 1e6,
        "driver_cores": driver_s / seconds,
        "service_cores": service_s / seconds,
        "other_cores": (last.machine_busy_s - first.machine_busy_s - driver_s - service_s) / seconds,
    }


def _doubts(row: dict[str, Any], own_requests: int) -> str:
    """Where the tool's numbers and nginx's differ by more than a tenth, and whether others took CPU time."""
    found = []
    if abs(own_requests - row["counted"]) > 0.1 * row["counted"]:
        found.append(f"says {own_requests} requests, nginx counted {row['counted']}")
    steady = row["steady"]
    if steady and abs(row["rps"] - steady["rps"]) > 0.1 * steady["rps"]:
        found.append(f"says {row['rps']:.0f} requests/s, nginx saw {steady['rps']:.0f}")
    if steady and steady["other_cores"] > OTHERS_TOO_MANY_CORES:
        found.append(f"others took {steady['other_cores']:.2f} cores")
    return "; ".join(found)


def _last_words(*files: Path) -> str:
    text = " ".join(file.read_text(errors="replace") for file in files if file.exists())
    return " ".join(text.split())[-300:].replace(str(Path.cwd()), ".")
