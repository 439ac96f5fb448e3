"""How fast perfgate's driver is beside the load generators its users would otherwise pick.

    .venv/bin/python -m bench.driver [--seconds 5] [--repeats 3] [--only ROW]... [--ten-million]

One core of nginx answers 63 bytes of JSON; every tool has the other core, 32 connections and no pause. The
tools take turns within a repeat, so that a noisy minute does not fall on one of them. A tool that is absent
is "missing", one that made errors is invalid; neither is beaten. Requests/s are the tool's own claim, held
against nginx's count. Ratios are of the same repeat; median, least and most are shown. CPU per request is
the whole process, from its start to its end, over the requests nginx counted; "steady" is without start and
end.

Writes bench/results/driver.json.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

import click

from bench import goals, memory, peers, table
from bench.flatout import TOOLS, Load, Tool
from bench.machine import SERVICE_CPUS, settle, write_results
from bench.measured import run_once
from bench.nginx import Nginx, running_nginx

CONNECTIONS = 32
LONG_RUN_FACTOR = 6
TEN_MILLION = 10_000_000


@click.command()
@click.option("--seconds", default=5.0, help="Length of each run.")
@click.option("--repeats", default=3, help="How often each tool has its turn.")
@click.option("--only", multiple=True, help="Rows whose name contains this; repeatable.")
@click.option("--ten-million", is_flag=True, help="Also one run of ten million samples, for their memory.")
@click.option("--install/--no-install", default=True, help="Install absent peers into .bench.")
def main(*, seconds: float, repeats: int, only: tuple[str, ...], ten_million: bool, install: bool) -> None:
    described = settle()
    tools = [tool for tool in TOOLS if not only or any(word in tool.row for word in only)]
    programs = sorted({tool.program for tool in tools if tool.program})
    found = peers.find([*programs, "nginx"], install=install)
    rows: list[dict[str, Any]] = []
    with running_nginx(SERVICE_CPUS) as one_core:
        for repeat in range(repeats):
            for tool in tools:
                if tool.nginx_cpus:
                    workers = len(tool.nginx_cpus)
                    with running_nginx(tool.nginx_cpus, workers=workers) as shared:
                        row = _turn(tool, found, shared, seconds)
                else:
                    row = _turn(tool, found, one_core, seconds)
                rows.append(row | {"repeat": repeat})
                print(_line(rows[-1]), flush=True)
        kept = _long_runs(tools, found, one_core, seconds, rows, ten_million=ten_million)
    judged = goals.judge_all(rows) + [_judge_memory(entry) for entry in kept]
    settings = {"seconds": seconds, "repeats": repeats, "connections": CONNECTIONS, "only": list(only)}
    versions = {name: peer.version or f"missing: {peer.missing}" for name, peer in found.items()}
    _show(rows, judged, tools, versions)
    content = described | {"settings": settings, "versions": versions, "goals": judged}
    print(f"\n{write_results('driver', content | {'memory': kept, 'runs': rows}).name} written")


def _turn(tool: Tool, found: dict[str, peers.Peer], nginx: Nginx, seconds: float) -> dict[str, Any]:
    peer = found.get(tool.program)
    if peer and peer.missing:
        return {"row": tool.row, "invalid": f"missing: {peer.missing}"}
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        load = Load(url=nginx.url, connections=CONNECTIONS, seconds=seconds, scratch=Path(scratch))
        return run_once(tool, peer.path if peer else "", nginx, load)


def _long_runs(
    tools: list[Tool], found: dict[str, peers.Peer], nginx: Nginx, seconds: float, rows: list[dict[str, Any]],
    *, ten_million: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """perfgate flat out for longer, to see what a sample costs in memory."""
    flat = next((tool for tool in tools if tool.row == "perfgate"), None)
    rates = [row["rps"] for row in goals.valid(rows, "perfgate")]
    if flat is None or not rates:
        return []
    wanted = {"long run": seconds * LONG_RUN_FACTOR}
    if ten_million:
        wanted["ten million"] = TEN_MILLION / statistics.median(rates) * 1.15
    kept = []
    for name, length in wanted.items():
        print(f"memory, {name}: {length:.0f} s flat out", flush=True)
        row = _turn(flat, found, nginx, length)
        found_bytes = None if row["invalid"] else memory.bytes_per_sample(row)
        short = name == "ten million" and (found_bytes or {}).get("samples", 0) < TEN_MILLION
        why = (
            row["invalid"]
            or ("" if found_bytes else "too short to see")
            or ("too few samples" if short else "")
        )
        kept.append({"name": name, "invalid": why, **(found_bytes or {})})
    return kept


def _judge_memory(entry: dict[str, Any]) -> dict[str, Any]:
    numbers = [entry[key] for key in ("by_rss", "by_perfgate") if entry.get(key) is not None]
    values = [] if entry["invalid"] else [max(numbers)]
    judged = goals.judge(goals.MEMORY, values, entry["invalid"])
    return judged | {"goal": f"{goals.MEMORY.name}, {entry['name']} ({entry.get('samples', 0):,} samples)"}


def _line(row: dict[str, Any]) -> str:
    if row["invalid"]:
        return f"{row['row']:22} {row['invalid']}"
    also = f"  ! {row['doubts']}" if row["doubts"] else ""
    return f"{row['row']:22} {row['rps']:9.0f} requests/s {row['cpu_us_per_request']:7.1f} us each{also}"


def _show(
    rows: list[dict[str, Any]], judged: list[dict[str, Any]], tools: list[Tool], versions: dict[str, str]
) -> None:
    lines = []
    for tool in tools:
        counted = goals.valid(rows, tool.row)
        version = versions.get(tool.program, "").split(":")[0]
        if not counted:
            reason = next(row["invalid"] for row in rows if row["row"] == tool.row)
            lines.append([tool.row, version, *[""] * 5, reason[:60]])
            continue
        rates = [row["rps"] for row in counted]
        steady = [row["steady"] for row in counted if row["steady"]]
        spread = f"{min(rates):.0f}-{max(rates):.0f}"
        whole = _median([row["cpu_us_per_request"] for row in counted])
        loaded = _median([entry["cpu_us_per_request"] for entry in steady])
        service = _median([entry["service_cores"] for entry in steady], 2)
        note = next((row["doubts"] for row in counted if row["doubts"]), "")
        lines.append([tool.row, version, _median(rates, 0), spread, whole, loaded, service, note])
    head = ["tool", "version", "requests/s", "least-most", "CPU us/request", "steady", "nginx cores", "note"]
    table.show("Flat out, 32 connections, one core", head, lines)
    shown = [_goal_line(entry) for entry in judged]
    table.show("Goals", ["goal", "wanted", "median", "least-most", "outcome"], shown)


def _median(values: list[float], digits: int = 1) -> str:
    return f"{statistics.median(values):.{digits}f}" if values else ""


def _goal_line(entry: dict[str, Any]) -> list[str]:
    sign = ">=" if entry["at_least"] else "<="
    numbers = ["", ""]
    if entry["values"]:
        numbers = [f"{entry['median']:.2f}", f"{entry['min']:.2f}-{entry['max']:.2f}"]
    wanted = f"{sign} {entry['bound']:g}" if entry["bound"] else ""
    return [entry["goal"], wanted, *numbers, entry["outcome"][:60]]


if __name__ == "__main__":
    main()
