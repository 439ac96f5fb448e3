"""Which CPUs are hyper-threads of one core, as Linux tells it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

_SYSTEM = Path("/sys/devices/system/cpu")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def thread_siblings(cpus: Collection[int], system: Path = _SYSTEM) -> Mapping[int, frozenset[int]]:
    """For each CPU the others of its core; a CPU the system says nothing about has none.

    Args:
        cpus: the CPUs to ask about.
        system: where the kernel describes its CPUs.
    """
    return {cpu: frozenset(_core_of(cpu, system) - {cpu}) for cpu in cpus}


def _core_of(cpu: int, system: Path) -> set[int]:
    try:
        text = (system / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
    except (OSError, UnicodeDecodeError):
        return set()
    return parse_cpu_list(text)


def parse_cpu_list(text: str) -> set[int]:
    """The CPUs in a list as the kernel writes it, such as `0-3,8`; empty if it is no such list."""
    found: set[int] = set()
    for part in text.strip().split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            return set()
        found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return found
