"""Whether the figures of one load can be believed, decided from the driver and never from the latencies."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.gate.threshold_syntax import Threshold
from perfgate.model import MIN_REQUESTS_FOR_P99, LoadSummary, Reason, Spread
from perfgate.model.limits import MAX_CLOCK_STEP_NS, MAX_DRIVER_CPU_RATIO, MAX_LATENESS_NS
from perfgate.units import format_duration_ns, format_ratio

MIN_STAMPED_RATIO = 0.99
MAX_UNNOTICED_FAILURES = 0.01


def invalidity(summary: LoadSummary) -> tuple[Reason, ...]:
    """Why the figures are no evidence; empty if they are."""
    found = []
    if summary.interrupted:
        found.append(
            Reason(
                code="interrupted",
                text=f"interrupted after {format_duration_ns(summary.elapsed_s * 1e9)}: the figures are of "
                "the requests that had ended by then",
                remedy="let it run to its end for a verdict",
            )
        )
    if summary.service is None:
        found.append(_nothing(summary))
    driver = summary.driver
    if abs(driver.clock_step_ns) > MAX_CLOCK_STEP_NS:
        found.append(
            Reason(
                code="clock_stepped",
                text=f"the wall clock was set by {format_duration_ns(driver.clock_step_ns)} meanwhile",
                remedy="run it again, with time synchronisation slewing instead of stepping",
            )
        )
    if summary.profile.is_open and driver.cpu_ratio > MAX_DRIVER_CPU_RATIO:
        found.append(
            Reason(
                code="driver_saturated",
                text=f"the driver used {format_ratio(driver.cpu_ratio)} of its CPU: it was the bottleneck",
                remedy="lower the rate, or give it more CPUs with --processes",
            )
        )
    late_ns, share = _late(summary.lateness)
    if late_ns > MAX_LATENESS_NS:
        found.append(
            Reason(
                code="driver_late",
                text=f"the driver was late: for {share} of arrivals it woke {format_duration_ns(late_ns)} or "
                f"more after they were due (limit {format_duration_ns(MAX_LATENESS_NS)})",
                remedy="keep other work off its CPU, or lower the rate",
            )
        )
    return tuple(found)


def _late(lateness: Spread | None) -> tuple[int, str]:
    """The lateness that a share of arrivals exceed: a small one, but of more than one or two of them."""
    if lateness is None:
        return 0, ""
    if lateness.count >= MIN_REQUESTS_FOR_P99:
        return lateness.quantiles_ns["p99"], "1 %"
    if lateness.count >= MIN_REQUESTS_FOR_P99 // 5:
        return lateness.quantiles_ns["p95"], "5 %"
    return lateness.quantiles_ns["p50"], "half"


def doubts(summary: LoadSummary, thresholds: Sequence[Threshold] = ()) -> tuple[Reason, ...]:
    """What the reader should know although the figures stand."""
    found = []
    failed = sum(sum(endpoint.errors.values()) for endpoint in summary.endpoints)
    bounded = any(threshold.metric == "http_req_failed" for threshold in thresholds)
    if summary.service is not None and not bounded and failed > MAX_UNNOTICED_FAILURES * summary.requests:
        found.append(
            Reason(
                code="failures_unbounded",
                text=f"{format_ratio(failed / summary.requests)} of the requests failed, and no threshold "
                "limits that",
                remedy='see the errors; thresholds: {http_req_failed: ["rate<0.01"]} in a file given with -c '
                "makes this fail the run",
            )
        )
    driver = summary.driver
    if summary.tool is None and not summary.profile.is_open and driver.cpu_ratio > MAX_DRIVER_CPU_RATIO:
        found.append(
            Reason(
                code="driver_bound",
                text=f"the driver used {format_ratio(driver.cpu_ratio)} of its CPU: the service may be "
                "able to take more than this",
                remedy="give the driver more CPUs with --processes",
            )
        )
    unstamped = summary.tool is None and driver.kernel_stamped_ratio < MIN_STAMPED_RATIO
    if summary.service is not None and unstamped:
        found.append(
            Reason(
                code="few_stamps",
                text=f"the kernel stamped {format_ratio(driver.kernel_stamped_ratio)} of the answers; times "
                "of the others hold the wait of the driver's threads for the CPU",
                remedy="keep the driver's CPU lightly loaded (unix sockets have no stamps at all)",
            )
        )
    found += [
        Reason(
            code="endpoint_never_succeeded",
            text=f"{endpoint.name}: all {endpoint.requests:,} requests failed",
            remedy="send one by hand",
        )
        for endpoint in summary.endpoints
        if endpoint.service is None and summary.service is not None
    ]
    if summary.dropped:
        found.append(
            Reason(
                code="arrivals_dropped",
                text=f"{summary.dropped:,} arrivals found no free user in time and were never sent: no other "
                "figure and no threshold counts them",
                remedy="allow more users with --vus, or see why the service holds them up",
            )
        )
    return tuple(found)


def _nothing(summary: LoadSummary) -> Reason:
    causes: dict[str, int] = {}
    for endpoint in summary.endpoints:
        for name, count in endpoint.errors.items():
            causes[name] = causes.get(name, 0) + count
    worst = sorted(causes.items(), key=lambda cause: -cause[1])[:3]
    if not summary.requests:
        text = "no request was sent and finished while the load was measured"
        return Reason(code="no_requests", text=text, remedy="lengthen --duration, or raise the load")
    listed = ", ".join(f"{count:,} × {name}" for name, count in worst)
    return Reason(
        code="no_success",
        text=f"none of {summary.requests:,} requests got the answer the workload wants ({listed})",
        remedy="see whether the service listens at the target, and what it answers to one request",
    )
