"""Loads of every kind with their outcomes, built by hand, that the report tests render."""

from collections.abc import Mapping
from typing import NamedTuple

from report_verdicts import HOSTILE_NAME

from perfgate.model import DriverLoad, EndpointLoad, LoadSummary, Outcome, Profile, Ramp, Reason, Spread

MS = 1_000_000
S = 1_000_000_000
QUANTILES = {"p50": 1.0, "p90": 2.1, "p95": 2.9, "p99": 7.4, "p99.9": 31.0}
CLOSED = Profile(
    executor="constant-vus", vus=50, start=50, stages=(Ramp(duration_ns=120 * S, target=50),), arrivals="even"
)
OPEN = Profile(
    executor="constant-arrival-rate",
    vus=100,
    start=200,
    stages=(Ramp(duration_ns=60 * S, target=200),),
    arrivals="even",
)
RAMPING = Profile(
    executor="ramping-arrival-rate",
    vus=400,
    start=0,
    stages=(Ramp(duration_ns=30 * S, target=900), Ramp(duration_ns=60 * S, target=900)),
)


class Load(NamedTuple):
    summary: LoadSummary
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


def spread(count: int, median_ms: float, *, longest_ms: float | None = None) -> Spread:
    """A plausible distribution around a median; one request is all of its own distribution."""
    shape = QUANTILES if count > 1 else dict.fromkeys(QUANTILES, 1.0)
    quantiles = {name: round(median_ms * factor * MS) for name, factor in shape.items()}
    longest = round(longest_ms * MS) if longest_ms else quantiles["p99.9"]
    return Spread(
        count=count,
        mean_ns=median_ms * 1.2 * MS if count > 1 else median_ms * MS,
        min_ns=round(median_ms * (0.6 if count > 1 else 1) * MS),
        max_ns=longest,
        quantiles_ns=quantiles,
    )


def endpoint(
    name: str,
    requests: int,
    median_ms: float,
    *,
    errors: Mapping[str, int] | None = None,
    statuses: Mapping[str, int] | None = None,
    waited_ms: float | None = None,
) -> EndpointLoad:
    errors = errors or {}
    answered = requests - sum(errors.values())
    return EndpointLoad(
        name=name,
        requests=requests,
        errors=errors,
        statuses={"200": requests} if statuses is None else statuses,
        bytes_received=requests * 2_300,
        service=spread(answered, median_ms) if answered else None,
        response=spread(answered, waited_ms) if answered and waited_ms else None,
    )


def summary(*endpoints: EndpointLoad, **fields: object) -> LoadSummary:
    requests = sum(e.requests for e in endpoints)
    well = requests - sum(sum(e.errors.values()) for e in endpoints)
    given = {
        "workload_name": "shop",
        "workload_digest": "8d4f1c0a77be53921e60c4a8b2f7d915",
        "target": "http://127.0.0.1:8000",
        "started_at": "2030-01-02T03:04:05+00:00",
        "profile": CLOSED,
        "seed": 7,
        "elapsed_s": 120.04,
        "requests": requests,
        "dropped": 0,
        "endpoints": endpoints,
        "service": endpoints[0].service if len(endpoints) == 1 else spread(well, 12.2) if well else None,
        "response": None,
        "lateness": None,
        "phases": {
            "connect": spread(min(50, requests), 0.062),
            "sending": spread(requests, 0.021),
            "waiting": spread(well or requests, 11.9),
            "receiving": spread(well or requests, 0.24),
        },
        "driver": DriverLoad(
            processes=1,
            cpu_ratio=0.412,
            cpu_us_per_request=210.4,
            rows_bytes=requests * 56,
            clock_source="kernel receive timestamps (SO_TIMESTAMPING, CLOCK_REALTIME)",
            kernel_stamped_ratio=0.998,
            clock_step_ns=-12_000,
        ),
    }
    return LoadSummary(**{**given, **fields})


def closed() -> Load:
    return Load(
        summary(
            endpoint("GET /items", 80_211, 11.1, errors={"timeout": 3}, statuses={"200": 80_208, "0": 3}),
            endpoint("GET /items/{id}", 30_007, 3.4, statuses={"200": 30_007}),
            endpoint(
                "POST /items",
                8_214,
                24.9,
                errors={"status 500": 13, "timeout": 1},
                statuses={"201": 8_200, "500": 13, "0": 1},
            ),
        ),
        Outcome.PASS,
        warnings=(
            Reason(
                code="no_limits",
                text="no thresholds are set, so there was nothing to breach",
                remedy="Set thresholds in perfgate.yml.",
            ),
        ),
    )


def opened() -> Load:
    return Load(
        summary(
            endpoint("GET /items", 9_000, 80.0, waited_ms=310.0),
            endpoint("POST /items", 2_588, 120.0, waited_ms=340.0),
            profile=OPEN,
            elapsed_s=61.8,
            dropped=412,
            service=spread(11_588, 90.0),
            response=spread(11_588, 320.0),
            lateness=spread(11_588, 200.0, longest_ms=9_800),
        ),
        Outcome.PASS,
        warnings=(
            Reason(
                code="arrivals_dropped",
                text="412 of 12,000 arrivals were dropped, so the service saw less load than was asked for",
                remedy="Allow more users (maxVUs), or ask for fewer arrivals.",
            ),
        ),
    )


def invalid() -> Load:
    return Load(
        summary(
            endpoint("GET /items", 71_000, 5.0, waited_ms=60.0),
            profile=RAMPING,
            elapsed_s=90.2,
            response=spread(71_000, 60.0),
            lateness=spread(71_000, 48.0),
            driver=DriverLoad(
                processes=2,
                cpu_ratio=0.991,
                cpu_us_per_request=1_204.0,
                rows_bytes=71_000 * 56,
                clock_source="user-space clock (CLOCK_REALTIME)",
                kernel_stamped_ratio=0.0,
                clock_step_ns=0,
            ),
        ),
        Outcome.INVALID,
        reasons=(
            Reason(
                code="driver_saturated",
                text="the driver used 99.1 % of its CPUs and was the bottleneck",
                remedy="Lower the load, or give the driver more CPUs.",
            ),
        ),
    )


def breached() -> Load:
    return Load(
        summary(endpoint("GET /items", 118_432, 12.2)),
        Outcome.THRESHOLD_BREACHED,
        reasons=(
            Reason(
                code="threshold_breached",
                text="http_req_duration: p(95)<20 is breached: 35.4 ms",
                remedy="Make it faster, or change the threshold in perfgate.yml.",
            ),
        ),
    )


def unanswered() -> Load:
    return Load(
        summary(
            endpoint("GET /", 240, 1.0, errors={"connection refused": 240}, statuses={"0": 240}),
            endpoint("GET /idle", 0, 1.0, statuses={}),
            phases={},
        ),
        Outcome.INVALID,
        reasons=(
            Reason(
                code="nothing_succeeded",
                text="not one of 240 requests succeeded",
                remedy="Check that the service listens on http://127.0.0.1:8000.",
            ),
        ),
    )


def hostile() -> Load:
    reason = Reason(code="x", text=f"{HOSTILE_NAME} is *slow*\x08", remedy="see www.evil.example @octocat")
    return Load(
        summary(
            endpoint(HOSTILE_NAME, 900, 1.0, errors={HOSTILE_NAME: 5}, statuses={"[b]9": 900}),
            endpoint("GET /" + "long/" * 1000 + "end", 90_000_000, 1.0, errors={"e" * 5000: 2}),
            endpoint("GET /价格/价格/价格/价格/价格/价格/价格", 20, 1.0),
            workload_name="shop\n\n# heading @all",
            target="http://\x1b[2J`main`|@team/\u2066x",
            started_at="\x1b[31mnow",
            phases={"[bold]tls\x07": spread(5, 1.0)},
            notes=(HOSTILE_NAME, "requests of <b>hooks</b> are not replayed"),
        ),
        Outcome.PASS,
        (reason,),
        (reason,),
    )


def single() -> Load:
    one = Profile(executor="shared-iterations", vus=1, iterations=1)
    return Load(summary(endpoint("GET /", 1, 3.2), profile=one, elapsed_s=0.004), Outcome.PASS)


def silent() -> Load:
    return Load(summary(profile=OPEN, elapsed_s=0.0, dropped=1, phases={}), Outcome.INVALID)


LOADS = {
    "closed": closed,
    "open": opened,
    "invalid": invalid,
    "breached": breached,
    "unanswered": unanswered,
    "hostile": hostile,
    "single": single,
    "silent": silent,
}
