"""Every tool at a given rate: how it is started, and the quantiles its most exact own report gives.

k6 and k9 are read from their summaries, not from their streams of samples: k6 keeps every value and k9 three
digits, and writing the streams would cost the core that is under test. autocannon is told not to correct for
coordinated omission, since service times are compared. hey gives tenths of a millisecond, autocannon and
Artillery whole ones.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.flatout import ARTILLERY_AT_HOME, LOADS, Load, perfgate_command

QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
_K6_NAMES = ["med", "p(99)", "p(99.9)"]


@dataclass(frozen=True)
class Claim:
    """What a tool says of the service: quantiles in ns, requests, errors, and a verdict on itself, if any."""

    quantiles_ns: dict[str, float]
    requests: int
    errors: int
    verdict: str = ""


@dataclass(frozen=True)
class OpenTool:
    name: str
    program: str
    command: Callable[[str, Load, float], list[str]]
    read: Callable[[str, Load], Claim]
    env: Callable[[Load, float], dict[str, str]] = lambda _load, _rate: {}
    exit_codes: tuple[int, ...] = (0,)


def exact(values_ns: np.ndarray, method: str = "inverted_cdf") -> dict[str, float]:
    """The quantiles of all values: by nearest rank, as histograms have them, or interpolated ("linear")."""
    return {name: float(np.quantile(values_ns, q, method=method)) for name, q in QUANTILES.items()}


def off_by(claimed_ns: dict[str, float], values_ns: np.ndarray) -> dict[str, float]:
    """How far claims are off; tools disagree about quantiles of few values, and each gets its own way."""
    truths = [exact(values_ns), exact(values_ns, "linear")]
    return {
        name: min((claimed / truth[name] - 1 for truth in truths), key=abs)
        for name, claimed in claimed_ns.items()
    }


def _named(values: list[float], unit_ns: float) -> dict[str, float]:
    return {name: value * unit_ns for name, value in zip(QUANTILES, values, strict=True)}


def _perfgate(_: str, load: Load, rate: float) -> list[str]:
    return perfgate_command(str(LOADS / "flat.yml"), load, "--rate", f"{rate:g}/s")


def _read_perfgate(_: str, load: Load) -> Claim:
    said = json.loads((load.scratch / "perfgate.json").read_text())
    values = [said["service_time_ns"][name] for name in QUANTILES]
    return Claim(_named(values, 1), said["requests"], sum(said["errors"].values()), said["verdict"])


def _k6(path: str, load: Load, rate: float) -> list[str]:
    given = {"TARGET": load.url + "/", "VUS": load.connections, "SECONDS": load.seconds, "RATE": f"{rate:g}"}
    told = [text for name, value in given.items() for text in ("-e", f"{name}={value}")]
    return [path, "run", "--no-usage-report", "-q", "-a", "", *_k6_summary(load), *told, str(LOADS / "k6.js")]


def _k9(path: str, load: Load, rate: float) -> list[str]:
    plan = load.scratch / "k9.yml"
    arrivals = {
        "executor": "constant-arrival-rate",
        "rate": rate,
        "timeUnit": "1s",
        "duration": load.duration,
    }
    users = {"preAllocatedVUs": load.connections, "maxVUs": load.connections}
    options = {"discardResponseBodies": True, "scenarios": {"get": arrivals | users}}
    flow = [{"request": {"url": load.url + "/"}}]
    plan.write_text(json.dumps({"options": options, "flows": {"default": flow}}))
    return [path, "run", "-q", *_k6_summary(load), str(plan)]


def _k6_summary(load: Load) -> list[str]:
    return [
        "--summary-export",
        str(load.scratch / "summary.json"),
        "--summary-trend-stats",
        ",".join(_K6_NAMES),
    ]


def _read_k6(_: str, load: Load) -> Claim:
    metrics = json.loads((load.scratch / "summary.json").read_text())["metrics"]
    values = [metrics["http_req_duration"][name] for name in _K6_NAMES]
    failed = int(metrics["http_req_failed"]["passes"])
    return Claim(_named(values, 1e6), int(metrics["http_reqs"]["count"]), failed)


def _locust(path: str, load: Load, _: float) -> list[str]:
    users = ["-u", str(load.connections), "-r", str(load.connections), "-t", f"{load.whole_seconds}s"]
    quiet = [
        "--headless",
        "--only-summary",
        "--loglevel",
        "ERROR",
        "--json-file",
        str(load.scratch / "locust"),
    ]
    return [path, "-f", str(LOADS / "locust_users.py"), *users, *quiet, "-H", load.url, "Paced"]


def _locust_env(load: Load, rate: float) -> dict[str, str]:
    return {"BENCH_TIMES": str(load.scratch / "times"), "BENCH_RATE_PER_USER": str(rate / load.connections)}


def _read_locust(_: str, load: Load) -> Claim:
    times = np.array((load.scratch / "times").read_text().split(), dtype=float) * 1e6
    (entry,) = json.loads((load.scratch / "locust.json").read_text())
    return Claim(exact(times), len(times), entry["num_failures"])


def _artillery(path: str, load: Load, rate: float) -> list[str]:
    script = load.scratch / "artillery.yml"
    phases = [{"duration": int(load.whole_seconds), "arrivalRate": rate, "maxVusers": load.connections}]
    config = {"target": load.url, "phases": phases, "http": {"pool": load.connections}}
    script.write_text(json.dumps({"config": config, "scenarios": [{"flow": [{"get": {"url": "/"}}]}]}))
    return [path, "run", "-q", "-o", str(load.scratch / "artillery.json"), str(script)]


def _read_artillery(_: str, load: Load) -> Claim:
    said = json.loads((load.scratch / "artillery.json").read_text())["aggregate"]
    times = said["summaries"]["http.response_time"]
    errors = sum(n for name, n in said["counters"].items() if name.startswith("errors."))
    return Claim(_named([times["p50"], times["p99"], times["p999"]], 1e6), times["count"], errors)


def _autocannon(path: str, load: Load, rate: float) -> list[str]:
    paced = ["-R", f"{rate:g}", "-C", "-c", str(load.connections), "-d", load.whole_seconds]
    return [path, *paced, "-j", "-n", load.url + "/"]


def _read_autocannon(out: str, _: Load) -> Claim:
    said = json.loads(out[out.index("{") :])
    times = said["latency"]
    errors = said["errors"] + said["timeouts"] + said["non2xx"]
    return Claim(_named([times["p50"], times["p99"], times["p99_9"]], 1e6), said["requests"]["total"], errors)


def _hey(path: str, load: Load, rate: float) -> list[str]:
    paced = ["-z", load.duration, "-c", str(load.connections), "-q", f"{rate / load.connections:g}"]
    return [path, *paced, "-o", "csv", load.url + "/"]


def _read_hey(out: str, _: Load) -> Claim:
    rows = list(csv.DictReader(io.StringIO(out)))
    times = np.array([float(row["response-time"]) for row in rows]) * 1e9
    return Claim(exact(times), len(rows), sum(row["status-code"] != "200" for row in rows))


OPEN_TOOLS = [
    OpenTool("perfgate", "", _perfgate, _read_perfgate, exit_codes=(0, 4)),
    OpenTool("k6", "k6", _k6, _read_k6),
    OpenTool("k9", "k9", _k9, _read_k6),
    OpenTool("Locust", "locust", _locust, _read_locust, _locust_env),
    OpenTool("Artillery", "artillery", _artillery, _read_artillery,
             lambda _load, _rate: ARTILLERY_AT_HOME),
    OpenTool("autocannon", "autocannon", _autocannon, _read_autocannon),
    OpenTool("hey", "hey", _hey, _read_hey),
]  # fmt: skip
