"""The machine: clock, descriptors, cores, and how much noise other work makes."""

from __future__ import annotations

import math
import random
import resource
import statistics
import time

import psutil

from perfgate.doctor.check import Check
from perfgate.load.clock import KERNEL_CLOCK, detect_clock_source
from perfgate.measure.health import MAX_STEAL_RATIO
from perfgate.target import noise
from perfgate.target.placement import can_pin, detect_cpus
from perfgate.units import format_duration_ns, format_ratio

_ENOUGH_DESCRIPTORS = 1024
_QUIET_BUSY_RATIO = 0.25
_QUIET_STEAL_RATIO = 0.02
_NOISE_S = 1.0
_TIMER_COUPLES = 300
_TIMER_LOOPS = 20_000
_QUIET_DIFFERENCE_RATIO = 0.01
_QUIET_SPREAD_RATIO = 0.05


def check_clock() -> Check:
    """Whether the kernel stamps what arrives on a loopback socket."""
    try:
        source = detect_clock_source()
    except OSError as error:
        text = f"loopback sockets do not work: {error.strerror or error}"
        return Check(name="clock", status="fail", text=text, remedy="allow sockets on 127.0.0.1")
    if source == KERNEL_CLOCK:
        return Check(name="clock", status="ok", text=source)
    return Check(
        name="clock",
        status="warn",
        text=f"{source}: the driver's own waiting for the CPU counts as the service's time",
        remedy="measure on Linux, outside sandboxes that emulate its network, such as gVisor",
    )


def check_descriptors() -> Check:
    """Whether enough files and sockets may be open at once."""
    limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= _ENOUGH_DESCRIPTORS:
        shown = "no limit" if limit == resource.RLIM_INFINITY else f"{limit} may be open"
        return Check(name="descriptors", status="ok", text=shown)
    raisable = hard_limit == resource.RLIM_INFINITY or hard_limit >= _ENOUGH_DESCRIPTORS
    return Check(
        name="descriptors",
        status="fail",
        text=f"only {limit} files and sockets may be open",
        remedy=f"run `ulimit -n {_ENOUGH_DESCRIPTORS}`"
        + ("" if raisable else " as root, or raise the hard limit"),
    )


def check_cores() -> Check:
    """Whether the driver can be kept apart from the services."""
    cpus = detect_cpus()
    if len(cpus) < 2:
        return Check(
            name="cores",
            status="warn",
            text="one CPU for the driver and both services: expect several times the noise",
            remedy="give the job two CPUs or more",
        )
    if not can_pin():
        return Check(
            name="cores",
            status="warn",
            text=f"{len(cpus)} CPUs, but processes may not choose theirs: expect several times the noise",
            remedy="allow sched_setaffinity in this container",
        )
    return Check(name="cores", status="ok", text=f"{len(cpus)} CPUs; the driver gets one of its own")


def check_noise() -> Check:
    """How busy the machine is while perfgate does nothing."""
    before = noise.snapshot()
    busy_ratio = psutil.cpu_percent(interval=_NOISE_S) / 100
    disturbance = noise.between(before, noise.snapshot())
    steal_ratio = disturbance.steal_ratio
    text = (
        f"{format_ratio(busy_ratio)} of the CPUs busy, {format_ratio(steal_ratio)} stolen in {_NOISE_S:g} s"
    )
    if steal_ratio > MAX_STEAL_RATIO:
        limit = format_ratio(MAX_STEAL_RATIO)
        return Check(
            name="noise",
            status="warn",
            text=f"{text}; rounds above {limit} stolen are dropped",
            remedy="use another machine, or another time",
        )
    if disturbance.throttled_ns:
        text += f"; held back by the CPU limit for {format_duration_ns(disturbance.throttled_ns)}"
        return Check(name="noise", status="warn", text=text, remedy="raise the container's CPU limit")
    if busy_ratio > _QUIET_BUSY_RATIO or steal_ratio > _QUIET_STEAL_RATIO:
        remedy = "end other programs; where others share the machine, expect more rounds"
        return Check(name="noise", status="warn", text=text, remedy=remedy)
    return Check(name="noise", status="ok", text=text)


def check_timer() -> Check:
    """An A/A test of this machine: the same loop timed as base and as head, in random order."""
    difference_ratio, spread_ratio = time_twice(random.Random(0), _TIMER_COUPLES)
    text = (
        f"the same loop timed as base and head: {format_ratio(difference_ratio, signed=True)} apart, "
        f"spread {format_ratio(spread_ratio)}"
    )
    if abs(difference_ratio) <= _QUIET_DIFFERENCE_RATIO and spread_ratio <= _QUIET_SPREAD_RATIO:
        return Check(name="timer", status="ok", text=text)
    remedy = "end other programs and fix the CPU frequency; expect more rounds until then"
    return Check(name="timer", status="warn", text=text, remedy=remedy)


def time_twice(rng: random.Random, couples: int) -> tuple[float, float]:
    """Time one fixed loop in couples, half of them in each order.

    Returns:
        The median relative difference, and the spread of one couple's difference (1.4826 times the median
        absolute deviation, the standard deviation where the noise is normal), both as ratios.
    """
    differences = []
    for _ in range(couples):
        first, second = _loop_ns(), _loop_ns()
        sign = rng.choice((1, -1))
        differences.append(sign * math.log(second / first))
    middle = statistics.median(differences)
    spread = 1.4826 * statistics.median(abs(each - middle) for each in differences)
    return math.expm1(middle), math.expm1(spread)


def _loop_ns() -> int:
    start = time.perf_counter_ns()
    for _ in range(_TIMER_LOOPS):
        pass
    return max(1, time.perf_counter_ns() - start)
