"""Where a result is measured: the facts that must be equal for two stored results to be comparable."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from pathlib import Path

from perfgate.model import Environment
from perfgate.target import cgroup
from perfgate.target.placement import detect_cpus

_CPUINFO = Path("/proc/cpuinfo")
_NOISE_WORDS = re.compile(r"\((?:r|tm|c)\)|\b(?:cpu|processor|\d+-core)\b|@.*", re.IGNORECASE)


def detect_environment() -> Environment:
    """This machine as it is now; holds no names of hosts, users or directories."""
    return describe(
        cpu_model=_cpu_model(),
        cores=len(detect_cpus()),
        architecture=platform.machine(),
        kernel=short_kernel(platform.system(), platform.release()),
        cgroup_cpu=cgroup.cpu_limit(),
        cgroup_memory=cgroup.memory_limit(),
        interpreter=f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}",
    )


def describe(
    *,
    cpu_model: str,
    cores: int,
    architecture: str,
    kernel: str,
    cgroup_cpu: str,
    cgroup_memory: str,
    interpreter: str,
) -> Environment:
    """An environment with its class: a readable slug, then eight digits over every field."""
    fields = [cpu_model, cores, architecture, kernel, cgroup_cpu, cgroup_memory, interpreter]
    digest = hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:8]
    name = _slug(_NOISE_WORDS.sub(" ", cpu_model)) or "cpu"
    return Environment(
        cpu_model=cpu_model,
        cores=cores,
        architecture=architecture,
        kernel=kernel,
        cgroup_cpu=cgroup_cpu,
        cgroup_memory=cgroup_memory,
        interpreter=interpreter,
        class_id=f"{name}-{cores}x-{_slug(kernel)}-{digest}",
    )


def short_kernel(system: str, release: str) -> str:
    """The kernel without patch level and local suffixes: `Linux 6.18`."""
    match = re.match(r"\d+\.\d+", release)
    return f"{system} {match[0]}" if match else system


def parse_cpu_model(cpuinfo: str) -> str:
    """The processor's name in the text of /proc/cpuinfo, "" if it has none.

    ARM has no name there; implementer and part together tell one core from another.
    """
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), " ".join(value.split()))
    for name in ("model name", "cpu model", "Processor", "cpu"):
        if fields.get(name):
            return fields[name]
    parts = [fields[name] for name in ("CPU implementer", "CPU part") if fields.get(name)]
    return f"ARM {' '.join(parts)}" if parts else ""


def _cpu_model() -> str:
    try:
        found = parse_cpu_model(_CPUINFO.read_text(errors="replace"))
    except OSError:
        found = ""
    return "".join(c for c in found or platform.processor() or "unknown" if c.isprintable())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:40]
