"""Every tool flat out on a closed model: how it is started, and what its own report says it did."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine import ALL_CPUS, DRIVER_CPUS

LOADS = Path(__file__).parent / "loads"
# Artillery calls home even with its telemetry off; a proxy that is not there keeps that on loopback.
ARTILLERY_AT_HOME = {"ARTILLERY_DISABLE_TELEMETRY": "true", "HTTPS_PROXY": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Load:
    """What a tool is to do, and where it may leave its files."""

    url: str
    connections: int
    seconds: float
    scratch: Path

    @property
    def port(self) -> str:
        return self.url.rsplit(":", 1)[1]

    @property
    def duration(self) -> str:
        return f"{self.seconds:g}s"

    @property
    def whole_seconds(self) -> str:
        return str(max(1, round(self.seconds)))


@dataclass(frozen=True)
class Report:
    """A tool's own account: requests answered, over how long, and how many went wrong."""

    requests: int
    seconds: float
    errors: int
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """One row of the benchmark; `program` is the peer it needs, "" for what is in this repository.

    `nginx_cpus`: nginx has a worker on each of these CPUs, shared with the driver, not one on the first CPU.
    """

    row: str
    program: str
    command: Callable[[str, Load], list[str]]
    read: Callable[[str, Load], Report]
    env: Callable[[Load], dict[str, str]] = lambda _: {}
    cpus: frozenset[int] = DRIVER_CPUS
    nginx_cpus: frozenset[int] | None = None
    exit_codes: tuple[int, ...] = (0,)


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    return float(match[1]) if match else 0.0


def _wrk(path: str, load: Load) -> list[str]:
    return [path, "-t1", f"-c{load.connections}", f"-d{load.whole_seconds}s", load.url + "/"]


def _read_wrk(out: str, _: Load) -> Report:
    requests = int(_number(r"(\d+) requests in", out))
    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    errors = sum(map(int, socket_errors.groups())) if socket_errors else 0
    errors += int(_number(r"Non-2xx or 3xx responses: (\d+)", out))
    return Report(requests, requests / _number(r"Requests/sec:\s+([\d.]+)", out), errors)


def _hey(path: str, load: Load) -> list[str]:
    return [path, "-z", load.duration, "-c", str(load.connections), load.url + "/"]


def _read_hey(out: str, _: Load) -> Report:
    statuses = {s: int(n) for s, n in re.findall(r"\[(\d+)\]\s+(\d+) responses", out)}
    failed = sum(int(n) for n in re.findall(r"^\s+\[(\d+)\]\s", out.partition("Error distribution")[2], re.M))
    total = _number(r"Requests/sec:\s+([\d.]+)", out) * _number(r"Total:\s+([\d.]+) secs", out)
    errors = failed + sum(n for status, n in statuses.items() if status != "200")
    return Report(round(total), _number(r"Total:\s+([\d.]+) secs", out), errors)


def _autocannon(path: str, load: Load) -> list[str]:
    return [path, "-c", str(load.connections), "-d", load.whole_seconds, "-j", "-n", load.url + "/"]


def _read_autocannon(out: str, _: Load) -> Report:
    said = json.loads(out[out.index("{") :])
    errors = said["errors"] + said["timeouts"] + said["non2xx"] + said["mismatches"]
    return Report(said["requests"]["total"], said["duration"], errors)


def _k6(path: str, load: Load) -> list[str]:
    summary = ["--summary-export", str(load.scratch / "k6.json")]
    given = {"TARGET": load.url + "/", "VUS": load.connections, "SECONDS": load.seconds}
    told = [text for name, value in given.items() for text in ("-e", f"{name}={value}")]
    return [path, "run", "--no-usage-report", "-q", "-a", "", *summary, *told, str(LOADS / "k6.js")]


def _read_k6(_: str, load: Load) -> Report:
    return read_k6_summary(load.scratch / "k6.json")


def read_k6_summary(path: Path) -> Report:
    """The summary of k6, which k9 writes too; `passes` of http_req_failed are the failed ones."""
    metrics = json.loads(path.read_text())["metrics"]
    count, rate = metrics["http_reqs"]["count"], metrics["http_reqs"]["rate"]
    return Report(int(count), count / rate, int(metrics["http_req_failed"]["passes"]))


def _k9(path: str, load: Load) -> list[str]:
    plan = load.scratch / "k9.yml"
    options = {"vus": load.connections, "duration": load.duration, "discardResponseBodies": True}
    flow = [{"request": {"url": load.url + "/"}}]
    plan.write_text(json.dumps({"options": options, "flows": {"default": flow}}))
    return [path, "run", "-q", "--summary-export", str(load.scratch / "k9.json"), str(plan)]


def _read_k9(_: str, load: Load) -> Report:
    return read_k6_summary(load.scratch / "k9.json")


def _locust(user: str) -> Callable[[str, Load], list[str]]:
    def command(path: str, load: Load) -> list[str]:
        users = ["-u", str(load.connections), "-r", str(load.connections), "-t", f"{load.whole_seconds}s"]
        quiet = ["--headless", "--only-summary", "--loglevel", "ERROR", "--json-file"]
        locustfile = str(LOADS / "locust_users.py")
        return [path, "-f", locustfile, *users, *quiet, str(load.scratch / "locust"), "-H", load.url, user]

    return command


def _read_locust(_: str, load: Load) -> Report:
    (entry,) = json.loads((load.scratch / "locust.json").read_text())
    seconds = entry["last_request_timestamp"] - entry["start_time"]
    return Report(entry["num_requests"], seconds, entry["num_failures"])


def _artillery(path: str, load: Load) -> list[str]:
    script = load.scratch / "artillery.yml"
    phases = [{"duration": 1, "arrivalCount": load.connections}]
    config = {"target": load.url, "phases": phases, "processor": str(LOADS / "artillery.js")}
    flow = [{"loop": [{"get": {"url": "/"}}], "whileTrue": "more"}]
    script.write_text(json.dumps({"config": config, "scenarios": [{"flow": flow}]}))
    return [path, "run", "-q", "-o", str(load.scratch / "artillery.json"), str(script)]


def _read_artillery(_: str, load: Load) -> Report:
    said = json.loads((load.scratch / "artillery.json").read_text())["aggregate"]
    counters = said["counters"]
    bad = {name: n for name, n in counters.items() if re.search(r"^errors\.|^http\.codes\.(?!200)", name)}
    errors = sum(bad.values()) + counters.get("vusers.failed", 0)
    return Report(counters["http.responses"], (said["lastMetricAt"] - said["firstMetricAt"]) / 1000, errors)


def _perfgate(workload: str, *extra: str) -> Callable[[str, Load], list[str]]:
    def command(_: str, load: Load) -> list[str]:
        return perfgate_command(str(LOADS / workload), load, *extra)

    return command


def perfgate_command(workload: str, load: Load, *extra: str) -> list[str]:
    """`perfgate run` of this tree, with everything it sends in the report: no warm-up is left out."""
    asked = ["--target", load.url, "--vus", str(load.connections), "--duration", load.duration]
    report = ["--warmup", "0s", "--seed", "1", "-o", f"json={load.scratch / 'perfgate.json'}", "-q"]
    return [sys.executable, "-m", "perfgate", "run", workload, *asked, *report, *extra]


def read_perfgate(_: str, load: Load) -> Report:
    said = json.loads((load.scratch / "perfgate.json").read_text())
    errors = sum(said["errors"].values()) + said["dropped"]
    kept = {name: said.get(name) for name in ("verdict", "driver", "service_time_ns")}
    return Report(said["requests"], said["elapsed_s"], errors, kept)


def _bare_loop(_: str, load: Load) -> list[str]:
    what = [load.port, str(load.connections), str(load.seconds)]
    return [sys.executable, str(LOADS / "bare_loop.py"), *what]


def _read_bare_loop(out: str, _: Load) -> Report:
    said = json.loads(out)
    return Report(said["requests"], said["seconds"], said["errors"])


def _artillery_env(load: Load) -> dict[str, str]:
    # Its users arrive over the first second, and the clock of artillery.js starts before they do.
    return ARTILLERY_AT_HOME | {"BENCH_SECONDS": str(load.seconds + 1)}


def _own(row: str, workload: str, *extra: str, **placed: Any) -> Tool:
    # 4 is INVALID, which a driver that runs flat out may well say of itself.
    command = _perfgate(workload, *extra)
    return Tool(row, "", command, read_perfgate, exit_codes=(0, 4), **placed)


TOOLS = [
    Tool("wrk", "wrk", _wrk, _read_wrk),
    Tool("hey", "hey", _hey, _read_hey),
    Tool("k9", "k9", _k9, _read_k9),
    Tool("autocannon", "autocannon", _autocannon, _read_autocannon),
    Tool("k6", "k6", _k6, _read_k6),
    Tool("Locust FastHttpUser", "locust", _locust("Fast"), _read_locust),
    Tool("Locust HttpUser", "locust", _locust("Http"), _read_locust),
    Tool("Artillery", "artillery", _artillery, _read_artillery, _artillery_env),
    Tool("bare Python loop", "", _bare_loop, _read_bare_loop),
    _own("perfgate", "flat.yml"),
    _own("perfgate flow", "flow.yml"),
    _own("perfgate FastHttpUser", "perfgate_fast_user.py"),
    _own("perfgate HttpUser", "perfgate_http_user.py"),
    _own("perfgate 1 process", "flat.yml", "--processes", "1", nginx_cpus=DRIVER_CPUS),
    _own("perfgate 2 processes", "flat.yml", "--processes", "2", nginx_cpus=ALL_CPUS, cpus=ALL_CPUS),
]
