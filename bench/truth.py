"""How true the latencies are that perfgate and other load generators report: the wire is the judge.

    .venv/bin/python -m bench.truth [--seconds 20] [--only TOOL]... [--rates 200,1000,4000]

Each tool sends at a fixed rate to a service with a known mix of latencies while tcpdump records the
packets. The service has the first CPU, the tool the last, which in half of the cases it shares with a
process that spins. The service time of a request is from its first packet to the last of its answer; the
tool's p50, p99 and p99.9 are held against those of all the requests on the wire. A case in which the
capture lost packets is void.

Writes bench/results/truth.json. Needs root or CAP_NET_RAW for tcpdump. With every tool it takes three
quarters of an hour.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from bench import children, peers, verdicts, wire
from bench.flatout import Load
from bench.machine import DRIVER_CPUS, SERVICE_CPUS, settle, write_results
from bench.openloop import OPEN_TOOLS, OpenTool, exact, off_by

SUSTAINED = 0.95
_SPIN = "while True: pass"


@dataclass(frozen=True)
class Case:
    """One situation every tool is put in."""

    rate: float
    connections: int
    busy: bool

    def __str__(self) -> str:
        return f"{self.rate:g}/s, {self.connections} conn., {'busy' if self.busy else 'quiet'}"


def _numbers(_context: click.Context, _parameter: click.Parameter, text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


@click.command()
@click.option("--seconds", default=20.0, help="Length of each run.")
@click.option("--only", multiple=True, help="Tools whose name contains this; repeatable.")
@click.option("--rates", default="200,1000,4000", callback=_numbers, help="Requests/s, with commas.")
@click.option("--connections", default="16,64", callback=_numbers, help="Connections, with commas.")
@click.option("--install/--no-install", default=True, help="Install absent peers into .bench.")
def main(
    *, seconds: float, only: tuple[str, ...], rates: list[int], connections: list[int], install: bool
) -> None:
    described = settle()
    tools = [tool for tool in OPEN_TOOLS if not only or any(word in tool.name for word in only)]
    found = peers.find([*sorted({t.program for t in tools if t.program}), "tcpdump"], install=install)
    cases = [Case(r, c, busy) for busy in (False, True) for r in rates for c in connections]
    versions = {name: peer.version or f"missing: {peer.missing}" for name, peer in found.items()}
    settings = {"seconds": seconds, "rates": rates, "connections": connections, "only": list(only)}
    described |= {"settings": settings, "versions": versions}
    runs: list[dict[str, Any]] = []
    for case in cases:
        for tool in tools:
            runs.append(_run(tool, found.get(tool.program), case, seconds))
            print(verdicts.line(runs[-1]), flush=True)
            # After every run: three quarters of an hour are long enough to be cut short.
            path = write_results("truth", described | {"verdicts": verdicts.judge(runs), "runs": runs})
    verdicts.show(runs, verdicts.judge(runs))
    print(f"\n{path.name} written")


def _run(tool: OpenTool, peer: peers.Peer | None, case: Case, seconds: float) -> dict[str, Any]:
    row: dict[str, Any] = {"tool": tool.name, "label": str(case), "case": asdict(case), "void": ""}
    if peer and peer.missing:
        return row | {"void": f"missing: {peer.missing}"}
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as folder:
        scratch = Path(folder)
        port = children.free_port()
        load = Load(f"http://127.0.0.1:{port}", case.connections, seconds, scratch)
        capture, usage, others = _drive(tool, peer.path if peer else "", case, load, port)
        if usage.timed_out or usage.exit_code not in tool.exit_codes:
            said = " ".join((scratch / "log").read_text(errors="replace").split())[-300:]
            return row | {"void": f"{'ran too long' if usage.timed_out else usage.exit_code}: {said}"}
        try:
            claim = tool.read((scratch / "stdout").read_text(), load)
        except Exception as error:
            # Somebody else's report can be broken in any way, and the other tools are still to be measured.
            return row | {"void": f"no report: {error!r}"}
    if not len(capture.service_ns):
        return row | {"void": "nothing on the wire"}
    truth = exact(capture.service_ns)
    span_s = float(capture.started_ns[-1] - capture.started_ns[0]) / 1e9
    achieved = len(capture.service_ns) / span_s / case.rate if span_s else 0.0
    return row | {
        "wire_ns": truth,
        "claimed_ns": claim.quantiles_ns,
        "error": off_by(claim.quantiles_ns, capture.service_ns),
        "wire_requests": len(capture.service_ns),
        "claimed_requests": claim.requests,
        "claimed_errors": claim.errors,
        "unanswered": capture.unanswered,
        "achieved": achieved,
        "sustained": achieved >= SUSTAINED,
        "verdict": claim.verdict,
        "cpu_s": usage.cpu_s,
        "other_cores": others,
        "void": capture.fault(),
    }


def _drive(
    tool: OpenTool, path: str, case: Case, load: Load, port: int
) -> tuple[wire.Capture, children.Usage, float]:
    """Let the tool run while the wire is recorded; also the cores that others took meanwhile."""
    with ExitStack() as stack:
        serve = [sys.executable, "-m", "bench.mixed_service", str(port)]
        log = load.scratch / "service.log"
        helpers = [stack.enter_context(children.child(serve, cpus=SERVICE_CPUS, log=log)).pid]
        children.await_port(port)
        capture = stack.enter_context(wire.capturing(port, load.scratch))
        helpers.append(capture.pid)
        if case.busy:
            spin = [sys.executable, "-c", _SPIN]
            helpers.append(stack.enter_context(children.child(spin, cpus=DRIVER_CPUS)).pid)
        stdout = stack.enter_context((load.scratch / "stdout").open("wb"))
        command, env = tool.command(path, load, case.rate), tool.env(load, case.rate)
        begun, before = time.monotonic(), _foreign_seconds(helpers)
        running = stack.enter_context(
            children.child(command, cpus=DRIVER_CPUS, env=env, log=load.scratch / "log", stdout=stdout)
        )
        usage = running.wait(load.seconds * 2 + 60)
        foreign_s = _foreign_seconds(helpers) - before - usage.cpu_s
        others = foreign_s / (time.monotonic() - begun)
    return capture, usage, others


def _foreign_seconds(helpers: list[int]) -> float:
    """CPU time of everything on this machine but these processes."""
    return children.machine_busy_seconds() - sum(map(children.cpu_seconds, helpers))


if __name__ == "__main__":
    main()
