"""A round sent by another project's tool: short runs on the sides in turn, in balanced random order.

A tool cannot send couples, so what disturbs the machine for seconds hits one side alone. Each side therefore
runs twice, in the order base, head, head, base or the reverse: a drift that is linear over the round cancels.
"""

from __future__ import annotations

import random
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from perfgate.errors import MeasureError
from perfgate.load.address import Address, default_authority
from perfgate.load.clock import detect_clock_source
from perfgate.load.plan import LoadOutcome
from perfgate.measure.roundload import RUNS_A_SIDE
from perfgate.measure.toolreport import together
from perfgate.model import LATENCY_DEFINITION, Samples, ToolOrder, ToolReport

if TYPE_CHECKING:
    from perfgate.measure.round import Session
    from perfgate.model import Tool, ToolRun, Workload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToolOutcome:
    """What the runs of a round came to: the load, and each side's report and CPU time.

    CPU time is that of the side's own runs, by the share of their requests that were sent after the warm-up.
    """

    load: LoadOutcome
    reports: tuple[ToolReport, ...]
    cpu_ns: tuple[int | None, ...]


@dataclass(slots=True, kw_only=True)
class _Side:
    """One side's runs so far; `cpu_ns` is None as soon as it could not be seen."""

    samples: list[Samples] = field(default_factory=list)
    reports: list[ToolReport] = field(default_factory=list)
    measured_ns: int = 0
    cpu_ns: float | None = 0.0


def latency_of(workload: Workload) -> str:
    """What the times of a workload's requests are, in words."""
    return LATENCY_DEFINITION if workload.tool is None else workload.tool.latency_definition


def clock_of(workload: Workload) -> str:
    """What stamps the requests of a workload."""
    return detect_clock_source() if workload.tool is None else f"{workload.tool.name}'s own clock"


def order_of(sides: int, seed: int) -> tuple[int, ...]:
    """Which side each run of a round is on: a random order, and the same backwards."""
    first = random.Random(f"{seed}/tool").sample(range(sides), sides)
    return tuple(side for turn in range(RUNS_A_SIDE) for side in (first if turn % 2 == 0 else first[::-1]))


def url_of(address: Address) -> str:
    """The root of a service as a tool is told it.

    Raises:
        MeasureError: a unix socket, which no tool is told how to reach.
    """
    if address.unix_path:
        raise MeasureError(
            f"unix:{address.unix_path}: another project's tool cannot be sent to a unix socket",
            "let the service listen on a port",
        )
    scheme = "https" if address.tls else "http"
    return f"{scheme}://{address.authority or default_authority(address)}"


def drive_tool(
    session: Session,
    tool: Tool,
    addresses: Sequence[Address],
    *,
    index: int,
    seed: int,
    used_ns: Callable[[int], int | None],
) -> ToolOutcome:
    """Run the tool on every side in turn; `used_ns` tells the CPU time a side's service has used so far.

    Raises:
        MeasureError: as `Tool.run`.
        KeyboardInterrupt: as `Tool.run`; the round is lost, those before it are not.
    """
    order = order_of(len(addresses), seed)
    sides = [_Side() for _ in addresses]
    wanted_ns = (session.profile.duration_ns - session.warmup_ns) // RUNS_A_SIDE + session.warmup_ns
    driver_ns, wall_ns, behind_ns = _children_ns(), time.monotonic_ns(), _wall_behind_ns()
    for number, side in enumerate(order):
        folder = session.logs / f"tool-round-{index + 1:02}-run-{number + 1}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        url, before = url_of(addresses[side]), used_ns(side)
        run = tool.run(
            ToolOrder(
                url=url,
                folder=folder,
                # Both sides' first runs draw alike, and so do their second ones.
                seed=(seed + number // len(addresses)) % (1 << 31),
                duration_ns=wanted_ns,
                vus=session.profile.vus,
                cpus=session.placement.driver_cpus if session.placement.pinned else (),
                variables=session.variables,
                insecure=_is_insecure(addresses[side]),
                skip_think=session.skip_think,
            )
        )
        _add(sides[side], _anonymous(run, url), before, used_ns(side), session.warmup_ns)
        shutil.rmtree(folder, ignore_errors=True)
    return ToolOutcome(
        load=_outcome(
            sides,
            driver_ns=_children_ns() - driver_ns,
            wall_ns=time.monotonic_ns() - wall_ns,
            clock_step_ns=_wall_behind_ns() - behind_ns,
        ),
        reports=tuple(together(side.reports) for side in sides),
        cpu_ns=tuple(None if side.cpu_ns is None else round(side.cpu_ns) for side in sides),
    )


def _anonymous(run: ToolRun, url: str) -> ToolRun:
    """The run without the port its service had, which is another one every round."""
    place = url.partition("://")[2]

    def plain(text: str) -> str:
        return text.replace(url, "the service").replace(place, "the service")

    report = run.report
    errors: Counter[str] = Counter()
    for text, count in report.errors.items():
        errors[plain(text)] += count
    notes = tuple(map(plain, report.notes))
    return replace(run, report=replace(report, errors=dict(errors), notes=notes))


def _add(side: _Side, run: ToolRun, before_ns: int | None, after_ns: int | None, warmup_ns: int) -> None:
    """Add a run without its warm-up, and the share of the CPU time that goes with what is left."""
    samples = run.samples
    kept = samples
    if warmup_ns and len(samples.sent_ns):
        kept = selected(samples, samples.sent_ns >= samples.sent_ns.min() + warmup_ns)
    side.samples.append(kept)
    side.reports.append(run.report)
    side.measured_ns += max(run.duration_ns - warmup_ns, 0)
    if before_ns is None or after_ns is None:
        side.cpu_ns = None
    elif side.cpu_ns is not None:
        side.cpu_ns += (after_ns - before_ns) * len(kept.sent_ns) / max(len(samples.sent_ns), 1)


def _outcome(sides: Sequence[_Side], *, driver_ns: int, wall_ns: int, clock_step_ns: int) -> LoadOutcome:
    nothing = np.empty(0, np.int64)
    return LoadOutcome(
        samples=tuple(joined(side.samples) for side in sides),
        duration_ns=round(sum(side.measured_ns for side in sides) / len(sides)),
        driver_cpu_ns=driver_ns,
        driver_cpu_ratio=driver_ns / max(wall_ns, 1),
        lateness_ns=nothing,
        sending_ns=nothing,
        openings_ns=nothing.reshape(-1, 3),
        clock_step_ns=clock_step_ns,
        kernel_stamped_ratio=0.0,
        rows_bytes=0,
    )


def selected(samples: Samples, keep: np.typing.NDArray[np.bool_]) -> Samples:
    """Only some of the requests."""
    return Samples(
        endpoints=samples.endpoints,
        errors=samples.errors,
        **{name: getattr(samples, name)[keep] for name in _COLUMNS},
    )


def joined(parts: Sequence[Samples]) -> Samples:
    """The requests of several runs, whose endpoints and error classes may be numbered differently."""
    endpoints = tuple(dict.fromkeys(name for part in parts for name in part.endpoints))
    errors = tuple(dict.fromkeys(["", *(name for part in parts for name in part.errors)]))
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    columns["endpoint"] = np.concatenate([_renumbered(p.endpoint, p.endpoints, endpoints) for p in parts])
    columns["error"] = np.concatenate([_renumbered(p.error, p.errors, errors) for p in parts])
    return Samples(endpoints=endpoints, errors=errors, **columns)


_COLUMNS = (
    "endpoint",
    "due_ns",
    "sent_ns",
    "first_ns",
    "last_ns",
    "status",
    "error",
    "bytes_received",
    "couple",
)


def _renumbered(
    column: np.typing.NDArray[np.int32], names: Sequence[str], shared: Sequence[str]
) -> np.typing.NDArray[np.int32]:
    numbers = {name: number for number, name in enumerate(shared)}
    found: np.typing.NDArray[np.int32] = np.array([numbers[name] for name in names], dtype=np.int32)
    return found[column] if len(found) else column


def _is_insecure(address: Address) -> bool:
    return address.tls is not None and address.tls.insecure


def _children_ns() -> int:
    """CPU time of the processes that have ended, the tool's among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e9)


def _wall_behind_ns() -> int:
    return time.time_ns() - time.monotonic_ns()
