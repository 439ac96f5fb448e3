"""Which rounds are no evidence: decided from covariates of the machine and the driver, blind to latency.

Judging a round by the latencies it produced would drop the slow rounds of the slower side and turn a 1 %
false-alarm rate into 5 % (docs/explanation/statistics.md). CPU pressure drops no round: two services that
share a CPU make each other wait as soon as both have something to do, which is how they are measured.
"""

from perfgate.model import Health
from perfgate.model.limits import MAX_CLOCK_STEP_NS, MAX_DRIVER_CPU_RATIO, MAX_LATENESS_NS
from perfgate.units import format_duration_ns, format_ratio

MAX_STEAL_RATIO = 0.30
"""What the hypervisor takes hits both requests of a couple alike, so a round bears a good deal of it."""

MAX_THROTTLED_RATIO = 0.10
"""A control group that has used up its share of a period of 100 ms stands still for the rest of it, and
where that gap falls into a couple it hits one side alone. Time is added up over CPUs, as by the kernel."""


def why_dropped(health: Health, *, open_model: bool) -> str:
    """Why a round must not be used, "" if it may be."""
    if health.steal_ratio > MAX_STEAL_RATIO:
        took, limit = format_ratio(health.steal_ratio), format_ratio(MAX_STEAL_RATIO)
        return f"the hypervisor took {took} of the CPU (limit {limit})"
    if health.throttled_ratio is not None and health.throttled_ratio > MAX_THROTTLED_RATIO:
        held, limit = format_ratio(health.throttled_ratio), format_ratio(MAX_THROTTLED_RATIO)
        return f"the CPU limit of the control group held it back for {held} of the time (limit {limit})"
    if abs(health.clock_step_ns) > MAX_CLOCK_STEP_NS:
        return f"the wall clock was set by {format_duration_ns(health.clock_step_ns)}"
    if open_model and health.lateness_p99_ns > MAX_LATENESS_NS:
        return (
            f"the driver was late: 1 % of requests left {format_duration_ns(health.lateness_p99_ns)} or more "
            f"after they were due (limit {format_duration_ns(MAX_LATENESS_NS)})"
        )
    if open_model and health.driver_cpu_ratio > MAX_DRIVER_CPU_RATIO:
        return f"the driver used {format_ratio(health.driver_cpu_ratio)} of its CPU and was the bottleneck"
    return ""
