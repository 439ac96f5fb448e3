"""What bench.gate_real measures: services, policies, changes, and whose turn it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALL = "*"
"""perfgate's name for the whole service."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """A service of the benchmark; `endpoints` are its endpoints by the kind of request in tuning.json."""

    name: str
    runs_on: str
    endpoints: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a user who wants to see a change of some size writes into perfgate.yml besides the defaults."""

    name: str
    measure: Mapping[str, Any]
    gate: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What head does otherwise than base, under which policy it is judged, and what is asked of the gate.

    `kind` is the kind of request that is changed ("" for all) and `statistics` those that the change moves;
    its first one is the one whose size is known. `also` are statistics of which nothing is asked, because
    the change may move them a little: to be red for them is neither right nor wrong. `within_s` and `share`
    are the goal: that share found in that time.
    """

    name: str
    policy: str
    kind: str = ""
    statistics: tuple[str, ...] = ()
    on_the_whole: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    within_s: float | None = None
    share: float | None = None

    @property
    def is_none(self) -> bool:
        """Whether nothing is changed, so that REGRESSED is a false alarm."""
        return not self.statistics


@dataclass(frozen=True, slots=True)
class Cell:
    """A service and a change of it."""

    service: Service
    change: Change


_CATALOGUE = {
    "list": "GET /products",
    "item": "GET /products/{id}",
    "search": "GET /search",
    "create": "POST /orders",
}
_SHOP = {"list": "GET /items", "item": "GET /items/{id}", "create": "POST /orders"}
SERVICES = (
    Service(name="shop", runs_on="threaded Python: waitress, sqlite", endpoints=_SHOP),
    Service(name="starlette", runs_on="async Python: Starlette on uvicorn", endpoints=_CATALOGUE),
    Service(name="node", runs_on="Node's http", endpoints=_CATALOGUE),
)

# Defaults of perfgate, but for rounds so short that a verdict is there in three quarters of a minute.
_PLAIN = Policy(name="default", measure={}, gate={})
# Large requests are 3 in 100: a p99 takes more requests than a median, so longer rounds.
_TAIL = Policy(name="tail", measure={"round": "2500ms"}, gate={})
# Only the median gets stricter: at the same noise p95, p99 and CPU could not keep a promise of 2 %.
_TWO = Policy(
    name="2-percent",
    measure={},
    gate={"tolerance": {"p50": "1%"}, "require": {"p50": "2%"}},
)
_ONE = Policy(
    name="1-percent",
    measure={"round": "3s"},
    gate={"tolerance": {"p50": "0.5%"}, "require": {"p50": "1%"}},
)
# A process that has just started grows anyway; a leak is what goes on afterwards.
_LEAK = Policy(name="leak", measure={"warmup": "1s", "round": "1500ms"}, gate={})
POLICIES = {policy.name: policy for policy in (_PLAIN, _TAIL, _TWO, _ONE, _LEAK)}

CPU_SIZES = {"cpu+10%": 0.10, "cpu+5%": 0.05, "cpu+2%": 0.02, "cpu+1%": 0.01}
"""How much longer a small request takes."""
TAIL_SIZES = {"p99+20%": 0.20}
"""How much longer a large request takes."""
_TIMES = ("p50", "p95", "p99")
_CPU = ("cpu", "p50", "p95", "p99")
CHANGES = (
    Change(name="none", policy="default"),
    Change(
        name="cpu+10%", policy="default", kind="list", statistics=_TIMES, on_the_whole=_CPU,
        within_s=60, share=0.99,
    ),
    Change(
        name="cpu+5%", policy="default", kind="list", statistics=_TIMES, on_the_whole=_CPU,
        within_s=60, share=0.99,
    ),
    Change(
        name="cpu+2%", policy="2-percent", kind="list", statistics=_TIMES, on_the_whole=_CPU,
        within_s=60, share=0.95,
    ),
    Change(
        name="cpu+1%", policy="1-percent", kind="list", statistics=_TIMES, on_the_whole=_CPU,
        within_s=180, share=0.80,
    ),
    Change(
        name="p99+20%", policy="tail", kind="list", statistics=("p99", "p95"), on_the_whole=("p99", "p95"),
        within_s=120, share=0.95,
    ),
    Change(
        name="errors 1%", policy="default", kind="create", statistics=("errors",), on_the_whole=("errors",)
    ),
    Change(name="leak 1 KB", policy="leak", statistics=("memory",), on_the_whole=("memory",),
        also=_CPU,  # to touch a kilobyte takes time
    ),
    Change(name="none, tail", policy="tail"),
    Change(name="none, leak", policy="leak"),
    Change(name="none, 2-percent", policy="2-percent"),
    Change(name="none, 1-percent", policy="1-percent"),
)  # fmt: skip


def cells() -> list[Cell]:
    """Every change of every service; neighbours are of different services."""
    return [Cell(service, change) for change in CHANGES for service in SERVICES]


def wished(change: Change, *, aa: int, aa_others: int, each: int) -> int:
    """How many runs of a change each service is to have; `aa_others` is for the other policies' A/A."""
    if not change.is_none:
        return each
    return aa if change.policy == "default" else aa_others


def next_cell(wishes: Mapping[Cell, int], done: Mapping[Cell, int]) -> Cell | None:
    """The cell that would still lack the largest part of its runs halfway through its next; None at the end.

    So cells take turns in proportion, and a noisy minute of the machine does not fall on one of them alone.
    """
    lacking = [cell for cell, wish in wishes.items() if done.get(cell, 0) < wish]
    if not lacking:
        return None
    return min(lacking, key=lambda cell: (done.get(cell, 0) + 0.5) / wishes[cell])


def is_changed(metric: tuple[str, str], cell: Cell) -> bool:
    """Whether this metric (endpoint, statistic) is one that the cell's change makes worse."""
    endpoint, statistic = metric
    change = cell.change
    if endpoint == ALL:
        return statistic in change.on_the_whole
    touched = not change.kind or cell.service.endpoints[change.kind] == endpoint
    return touched and statistic in change.statistics


def is_false(metric: tuple[str, str], cell: Cell) -> bool:
    """Whether to be red for this metric is wrong."""
    return not is_changed(metric, cell) and metric[1] not in cell.change.also


def main_metric(cell: Cell) -> tuple[str, str] | None:
    """The metric whose change is known in size; None without a change."""
    change = cell.change
    if change.is_none:
        return None
    return (cell.service.endpoints[change.kind] if change.kind else ALL), change.statistics[0]


def tuned(tuning: Mapping[str, Any], change: Change, extra: Mapping[str, int]) -> dict[str, Any]:
    """tuning.json with the change in it; `extra` has the turns that each change of CPU work adds."""
    head = {key: dict(value) if isinstance(value, Mapping) else value for key, value in tuning.items()}
    if change.name in extra:
        head["large_work" if change.name in TAIL_SIZES else "work"][change.kind] += extra[change.name]
    elif change.name.startswith("errors"):
        head["error_ratio"] = {change.kind: 0.01}
    elif change.name.startswith("leak"):
        head["kept_bytes"] = 1024
    return head


def count_done(all_cells: Sequence[Cell], rows: Sequence[Mapping[str, Any]]) -> dict[Cell, int]:
    """How many rows each cell has."""
    found = dict.fromkeys(all_cells, 0)
    by_name = {(cell.service.name, cell.change.name): cell for cell in all_cells}
    for row in rows:
        cell = by_name.get((row["service"], row["change"]))
        if cell:
            found[cell] += 1
    return found
