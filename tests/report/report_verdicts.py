"""Verdicts of every kind, built by hand, that the report tests render."""

import math

from perfgate.model import (
    Acceptance,
    Commit,
    Comparison,
    Level,
    Metric,
    Outcome,
    Reason,
    Statistic,
    Verdict,
)

BASE = Commit(sha="1a2b3c4d5e6f7081920a1b2c3d4e5f6071829304", ref="main")
HEAD = Commit(sha="99aa88bb77cc66dd55ee44ff33a022b111c00d0e", ref="slow-query")
TOLERANCE = {
    "p50": 0.03,
    "p95": 0.05,
    "p99": 0.10,
    "cpu": 0.03,
    "throughput": 0.05,
    "memory": 256.0,
    "errors": 0.001,
}
REQUIREMENT = {
    "p50": 0.05,
    "p95": 0.15,
    "p99": 0.40,
    "cpu": 0.05,
    "throughput": 0.15,
    "memory": math.inf,
    "errors": 0.005,
}


def comparison(
    endpoint: str,
    statistic: Statistic,
    outcome: Outcome = Outcome.PASS,
    *,
    base: float | None = 1.2e6,
    head: float | None = 1.21e6,
    change: float | None = 0.004,
    low: float | None = -0.008,
    high: float | None = 0.016,
    p: float | None = 0.62,
    mde: float | None = 0.024,
    reasons: tuple[Reason, ...] = (),
    level: Level = "error",
    accepted: Acceptance | None = None,
) -> Comparison:
    return Comparison(
        metric=Metric(endpoint=endpoint, statistic=statistic),
        outcome=outcome,
        rounds=13,
        base=base,
        head=head,
        change=change,
        low=low,
        high=high,
        confidence=0.9,
        p_adjusted=p,
        mde=mde,
        tolerance=TOLERANCE[statistic],
        requirement=REQUIREMENT[statistic],
        reasons=reasons,
        level=level,
        accepted=accepted,
    )


def verdict(
    outcome: Outcome,
    *comparisons: Comparison,
    reasons: tuple[Reason, ...] = (),
    warnings: tuple[Reason, ...] = (),
    base: Commit = BASE,
    head: Commit = HEAD,
    workload_name: str = "shop",
    dropped: int = 0,
    reproduce: str = "perfgate compare main slow-query --seed 7",
) -> Verdict:
    return Verdict(
        outcome=outcome,
        base=base,
        head=head,
        workload_name=workload_name,
        comparisons=comparisons,
        reasons=reasons,
        warnings=warnings,
        rounds_measured=13,
        rounds_dropped=dropped,
        requests=52_000,
        elapsed_s=118.4,
        reproduce=reproduce,
    )


def unchanged(*endpoints: str) -> list[Comparison]:
    """Everything about some endpoints that did not change."""
    made = []
    for endpoint in endpoints:
        made.append(comparison(endpoint, "p50"))
        made.append(
            comparison(endpoint, "p95", base=2.9e6, head=2.95e6, change=0.017, low=-0.03, high=0.06, mde=0.06)
        )
        made.append(
            comparison(endpoint, "p99", base=7.1e6, head=6.9e6, change=-0.03, low=-0.1, high=0.05, mde=0.15)
        )
        made.append(
            comparison(
                endpoint, "errors", base=0.0, head=0.0, change=0.0, low=0.0, high=0.0, p=1.0, mde=0.003
            )
        )
    return made


TOO_FEW = Reason(
    code="p99-too-few-requests",
    text="only 240 requests a round: a p99 needs 370",
    remedy="Raise rounds.requests, or gate on p95.",
)
UNPINNED = Reason(
    code="unpinned",
    text="driver and services share all CPUs, which makes small changes hard to see",
    remedy="Run on a machine with two cores or more.",
)
SLOWER = Reason(
    code="slower",
    text="GET /items got slower by more than its tolerance of 3 %, confirmed on 13 fresh rounds",
    remedy="Run the reproduce command and profile GET /items on head.",
)


def passing() -> Verdict:
    return verdict(
        Outcome.PASS,
        *unchanged("GET /items", "POST /items"),
        comparison(
            "*", "cpu", base=0.82e6, head=0.83e6, change=0.0121, low=-0.004, high=0.029, p=0.41, mde=0.019
        ),
        warnings=(UNPINNED,),
    )


def regression() -> Verdict:
    return verdict(
        Outcome.REGRESSED,
        *unchanged("GET /items/{id}", "POST /items"),
        comparison(
            "GET /items",
            "p50",
            Outcome.REGRESSED,
            base=1.2e6,
            head=1.754e6,
            change=0.462,
            low=0.441,
            high=0.48,
            p=0.00005,
        ),
        comparison(
            "GET /items",
            "p95",
            Outcome.REGRESSED,
            base=3.1e6,
            head=4.2e6,
            change=0.355,
            low=0.29,
            high=0.41,
            p=0.0003,
            mde=0.06,
        ),
        comparison(
            "*",
            "cpu",
            Outcome.REGRESSED,
            base=0.8e6,
            head=0.95e6,
            change=0.188,
            low=0.17,
            high=0.2,
            p=0.0003,
            mde=0.02,
        ),
        comparison(
            "GET /items",
            "p99",
            Outcome.NOT_MEASURED,
            base=None,
            head=None,
            change=None,
            low=None,
            high=None,
            p=None,
            mde=None,
            reasons=(TOO_FEW,),
        ),
        reasons=(SLOWER,),
        dropped=1,
    )


def inconclusive() -> Verdict:
    wide = Reason(
        code="mde-above-requirement",
        text="a change of 5 % in GET /items p50 could have gone unseen (smallest detectable: 8.1 %)",
        remedy="Allow 34 rounds (rounds.max), or measure on a quieter machine.",
    )
    return verdict(
        Outcome.INCONCLUSIVE,
        *unchanged("POST /items"),
        comparison(
            "GET /items", "p50", Outcome.INCONCLUSIVE, change=0.031, low=-0.022, high=0.087, p=0.21, mde=0.081
        ),
        reasons=(wide,),
    )


def invalid() -> Verdict:
    return verdict(
        Outcome.INVALID,
        reasons=(
            Reason(
                code="rounds-dropped",
                text="5 of 18 rounds were dropped because the driver itself was late (p99 lateness 41 ms)",
                remedy="Lower the load or give the driver a core of its own.",
            ),
            Reason(code="steal", text="the hypervisor took 12 % of the CPU in 3 rounds"),
        ),
        dropped=5,
    )


def improved() -> Verdict:
    return verdict(
        Outcome.IMPROVED,
        *unchanged("POST /items"),
        comparison(
            "GET /items", "p50", Outcome.IMPROVED, head=0.9e6, change=-0.25, low=-0.27, high=-0.23, p=0.0003
        ),
    )


def threshold_breach() -> Verdict:
    return verdict(
        Outcome.THRESHOLD_BREACHED,
        *unchanged("GET /items"),
        reasons=(
            Reason(
                code="threshold-breached",
                text="http_req_duration{endpoint:GET /items} p(95)<2 is 2.95 ms on head",
                remedy="Make GET /items faster, or change the threshold in perfgate.yml.",
            ),
        ),
    )


def failing() -> Verdict:
    return verdict(
        Outcome.REGRESSED,
        *unchanged("GET /items"),
        comparison(
            "POST /items",
            "errors",
            Outcome.REGRESSED,
            base=0.0,
            head=0.0102,
            change=0.0102,
            low=0.0068,
            high=0.0135,
            p=0.0003,
            mde=0.003,
        ),
        reasons=(
            Reason(
                code="new-error-class",
                text="POST /items: status 500 in 13 of 13 head rounds and in no base round",
                remedy="Read the service's log of head.",
            ),
        ),
    )


DECIDED = Acceptance(
    up_to=0.12,
    reason="search ranks better now (#412)",
    expires="2027-01-31",
    author="Ann Example <ann@example.org>",
    date="2026-11-25",
)


def accepted() -> Verdict:
    """A slowdown that was decided on, a metric that only warns, and a gate that the change loosens."""
    told = Reason(
        code="accepted",
        text="accepted: GET /search p50 +10.7 % (up to 12 % until 2027-01-31: search ranks better now "
        "(#412), by Ann Example <ann@example.org>)",
    )
    worse = Reason(
        code="worse_at_level_warn",
        text="all endpoints together: CPU per request looks worse by 8.1 %",
        remedy="gate.level.cpu: error would measure it again, and fail the pull request if that confirmed it",
    )
    loosened = [
        Reason(
            code="policy_of_base",
            text=f"{key}: base's was used",
            remedy="review it like code: once merged, the checkout's will judge",
        )
        for key in (
            "gate.tolerance.p50: 3 % on base, 20 % in the checkout",
            "gate.level.p99: error on base, off in the checkout",
        )
    ]
    return verdict(
        Outcome.PASS,
        *unchanged("GET /items", "POST /items"),
        comparison(
            "GET /search",
            "p50",
            head=1.33e6,
            change=0.107,
            low=0.09,
            high=0.121,
            p=0.0004,
            accepted=DECIDED,
        ),
        comparison("*", "cpu", head=1.3e6, change=0.081, low=0.07, high=0.09, p=0.001, level="warn"),
        warnings=(told, worse, *loosened),
    )


def whole_service() -> Verdict:
    """What only the service as a whole has: throughput, which is worse with a minus, and memory."""
    return verdict(
        Outcome.REGRESSED,
        *unchanged("GET /items"),
        comparison(
            "*",
            "throughput",
            Outcome.REGRESSED,
            base=812.4,
            head=762.9,
            change=-0.061,
            low=-0.068,
            high=-0.055,
            p=0.0003,
            mde=0.053,
        ),
        comparison(
            "*",
            "memory",
            Outcome.REGRESSED,
            base=-12.0,
            head=1012.0,
            change=1024.0,
            low=968.0,
            high=1083.0,
            p=0.0001,
            mde=271.0,
        ),
        reasons=(
            Reason(
                code="regressed",
                text="all endpoints together: throughput was worse, and again in 13 fresh rounds",
                remedy="find the cause in the diff; if the change is intended, say so in review",
            ),
        ),
    )


HOSTILE_NAME = (
    "[red]GET[/red] `|/<script>alert(1)</script>|` @octocat #12 "
    "\x1b[31mred\x1b]0;title\x07\r\n| --- |\u202egnp.exe"
)


def hostile() -> Verdict:
    reason = Reason(
        code="x",
        text=f"{HOSTILE_NAME} ![x](https://evil.example/p.png) *is* slower\x08",
        remedy=f"see www.evil.example or [click](javascript:alert(1)) {HOSTILE_NAME}",
    )
    return verdict(
        Outcome.REGRESSED,
        comparison(
            HOSTILE_NAME, "p50", Outcome.REGRESSED, head=1.8e6, change=0.5, low=0.4, high=0.6, p=0.0002
        ),
        comparison("GET /" + "long/" * 1000 + "end", "p50"),
        comparison("GET /价格/价格/价格/价格/价格/价格/价格/价格/价格/价格/价格", "p50", reasons=(reason,)),
        reasons=(reason,),
        warnings=(reason,),
        base=Commit(sha="1" * 40, ref="\x1b[2J`main`|@team/\u2066x"),
        head=Commit(sha="2" * 40, ref="feature/<b>[bold]x[/]", dirty=True),
        workload_name="shop\n\n# heading @all",
        reproduce="perfgate compare '```' \x1b[1mmain\n@octocat",
    )


EVERY = {
    "pass": passing,
    "regression": regression,
    "inconclusive": inconclusive,
    "invalid": invalid,
    "improved": improved,
    "accepted": accepted,
    "threshold": threshold_breach,
    "errors": failing,
    "service": whole_service,
    "hostile": hostile,
}
