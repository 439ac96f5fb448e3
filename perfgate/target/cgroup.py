"""What the control groups around this process allow it: CPU and memory limits, version 2 or 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def folders(controller: str, *, root: Path = ROOT, membership: Path = MEMBERSHIP) -> Iterator[Path]:
    """The directories of this process's groups for a controller, innermost first, as far as they are visible.

    A limit of any of them holds. In a container the path may be the host's, which is not visible; then the
    top, which is the container's own, still is.
    """
    for line in _read(membership).splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if names and controller not in names.split(","):
            continue
        top = root / names if names else root
        for inner in _upwards(path):
            # `..` stands there when a process sits outside the root of its namespace
            if ".." not in inner.parts and (top / inner).is_dir():
                yield top / inner


def cpu_limit(*, root: Path = ROOT, membership: Path = MEMBERSHIP) -> str:
    """The CPUs worth of time the tightest group grants, such as `1.5 CPUs`, or `none`."""
    quota_cpus = cpu_quota(root=root, membership=membership)
    return "none" if quota_cpus is None else f"{quota_cpus:g} CPUs"


def cpu_quota(*, root: Path = ROOT, membership: Path = MEMBERSHIP) -> float | None:
    """The same as a number of CPUs; None where there is no limit."""
    limits = []
    for folder in folders("cpu", root=root, membership=membership):
        if two := _read(folder / "cpu.max").split():
            quota, period = two[0], two[1] if len(two) > 1 else "100000"
        else:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period) > 0:
            limits.append(int(quota) / int(period))
    return min(limits, default=None)


def memory_limit(*, root: Path = ROOT, membership: Path = MEMBERSHIP) -> str:
    """The memory the tightest group grants, such as `2 GiB`, or `none`."""
    limits = []
    for folder in folders("memory", root=root, membership=membership):
        text = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        # version 1 says "no limit" as the largest whole number of pages
        if text.isdecimal() and int(text) < 2**60:
            limits.append(int(text))
    return f"{min(limits) / 2**30:.3g} GiB" if limits else "none"


def throttled_ns(*, root: Path = ROOT, membership: Path = MEMBERSHIP) -> int | None:
    """How long this process's group has been held back by its CPU limit so far; None where nobody counts."""
    for folder in folders("cpu", root=root, membership=membership):
        found = parse_throttled_ns(_read(folder / "cpu.stat"))
        if found is not None:
            return found
    return None


def parse_throttled_ns(text: str) -> int | None:
    """The throttled time in the text of cpu.stat: microseconds in version 2, nanoseconds in version 1."""
    fields = dict(parts for line in text.splitlines() if len(parts := line.split()) == 2)
    if fields.get("throttled_usec", "").isdecimal():
        return int(fields["throttled_usec"]) * 1000
    if fields.get("throttled_time", "").isdecimal():
        return int(fields["throttled_time"])
    return None


def _upwards(path: str) -> list[Path]:
    inner = Path(path.lstrip("/"))
    return [inner, *inner.parents] if inner != Path() else [inner]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
