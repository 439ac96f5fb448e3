"""One imaginary machine and what results of it have in common, for every test that makes some up."""

from perfgate.model import LATENCY_DEFINITION, Commit, Environment, Health, Placement, Result, Round, Side
from perfgate.store.schema import SCHEMA_VERSION

LEVELS_NS = {"p50": 1e6, "p95": 3e6, "p99": 8e6}
ENVIRONMENT = Environment(
    cpu_model="Test CPU",
    cores=2,
    architecture="x86_64",
    kernel="Linux 6.1",
    cgroup_cpu="max",
    cgroup_memory="max",
    interpreter="CPython 3.11",
    class_id="test-cpu-2x",
)
HEALTH = Health(
    steal_ratio=0.0, driver_cpu_ratio=0.5, lateness_p99_ns=0, clock_step_ns=0, kernel_stamped_ratio=1.0
)


def result_of(side: Side, rounds: tuple[Round, ...], **changes: object) -> Result:
    """A complete result of these rounds; `changes` are fields that shall be otherwise."""
    fields: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "tool_version": "0",
        "run_id": "r1",
        "side": side,
        "started_at": "2026-01-02T03:04:05Z",
        "status": "complete",
        "commit": Commit(sha=("a" if side == "base" else "b") * 40, ref=side),
        "workload_name": "shop",
        "workload_digest": "d" * 64,
        "load_model": "closed model, 1 connection a side, two sides interleaved, rounds of 1 s",
        "seed": 1,
        "environment": ENVIRONMENT,
        "placement": Placement(driver_cpus=(1,), service_cpus=(0,), pinned=True),
        "clock_source": "kernel receive timestamps",
        "latency_definition": LATENCY_DEFINITION,
        "restarts": True,
        "rounds": rounds,
    }
    return Result(**(fields | changes))  # type: ignore[arg-type]  # the dataclass checks the names
