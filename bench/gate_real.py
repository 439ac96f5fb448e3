"""The gate on real services with known changes: what it finds, how soon, and how often it cries wolf.

    .venv/bin/python -m bench.gate_real [--minutes 60] [--fresh] [--only node/cpu]...

Three services of different kinds, each a git repository with a branch for every change; one run is one
`perfgate compare main BRANCH` of real processes. It goes on from bench/results/gate-real.json, written after
every run, until each cell (service and change) has its runs or the time is up, and then prints the
table. The cell that lacks most has the next turn. Rows of other code, or of another machine, are kept apart
and do not count, and so are those that `--busy` marks: other work ran meanwhile. `--minutes 0` prints the
table only, `--of VERSION` that of earlier code, or of several versions together.
"""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bench import gate_real_setup as setup
from bench.gate_real_calibrate import calibrate
from bench.gate_real_cells import POLICIES, SERVICES, Cell, cells, count_done, next_cell, tuned, wished
from bench.gate_real_rows import row_of, row_of_failure
from bench.gate_real_run import compare
from bench.gate_real_summary import show, summarise
from bench.machine import CPUS, RESULTS, describe, write_results


@click.command()
@click.option("--minutes", default=60.0, help="No run begins after this time.")
@click.option("--aa", default=34, help="Runs without a change under the default policy, each service.")
@click.option("--aa-others", default=3, help="The same under each other policy.")
@click.option("--each", default=7, help="Runs of each change, each service.")
@click.option("--only", multiple=True, help="Cells SERVICE/CHANGE that contain this; repeatable.")
@click.option("--fresh", is_flag=True, help="Forget all earlier runs.")
@click.option("--rough", is_flag=True, help="Take any measure of the work: to try it on a busy machine.")
@click.option(
    "--busy", is_flag=True, help="Mark these runs (or print those marked): the machine has other work."
)
@click.option("--of", multiple=True, help="Print the table of this `version` of the code; repeatable.")
@click.option("--name", default="gate-real", help="The name of the file in bench/results.")
def main(
    *, minutes: float, aa: int, aa_others: int, each: int, only: tuple[str, ...], fresh: bool, rough: bool,
    busy: bool, of: tuple[str, ...], name: str,
) -> None:  # fmt: skip
    if of:
        states = (_State(name, fresh=False, busy=busy, version=each) for each in of)
        show(summarise([row for state in states for row in state.rows]))
        return
    if len(CPUS) < 2:
        sys.exit("two CPUs are needed: one for the services, one for the driver")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    state = _State(name, fresh=fresh, busy=busy)
    wishes = {
        cell: wished(cell.change, aa=aa, aa_others=aa_others, each=each)
        for cell in cells()
        if not only or any(part in _name(cell) for part in only)
    }
    try:
        if minutes > 0:
            _measure(state, wishes, rough=rough, until=time.monotonic() + minutes * 60)
    finally:
        show(summarise(state.rows))


class _State:
    """The results file: rows of this code and machine, and the others."""

    def __init__(self, name: str, *, fresh: bool, busy: bool, version: str | None = None) -> None:
        self._name = name
        self._busy = busy
        self._version = version or setup.version()
        path = RESULTS / f"{name}.json"
        stored = json.loads(path.read_text()) if path.exists() and not fresh else {}
        known = [*stored.get("runs", ()), *stored.get("runs_kept_apart", ())]
        self.rows: list[dict[str, Any]] = [row for row in known if self._counts(row)]
        self._others = [row for row in known if not self._counts(row)]
        mine = stored.get("version") == self._version
        self.calibration: list[dict[str, Any]] = stored.get("calibration", []) if mine else []
        self.programs: dict[str, str] = {}

    def _counts(self, row: Mapping[str, Any]) -> bool:
        return bool(row["version"] == self._version) and bool(row.get("busy")) == self._busy

    def add(self, row: Mapping[str, Any]) -> None:
        self.rows.append({"version": self._version, **({"busy": True} if self._busy else {}), **row})
        self.write()

    def write(self) -> None:
        """All of it, after every run: hours are long enough to be cut short."""
        write_results(
            self._name,
            {
                **describe(),
                "programs": self.programs,
                "version": self._version,
                "policies": {p.name: {"measure": p.measure, "gate": p.gate} for p in POLICIES.values()},
                "calibration": self.calibration,
                "summary": summarise(self.rows),
                "runs": self.rows,
                "runs_kept_apart": self._others,
            },
        )


def _measure(state: _State, wishes: Mapping[Cell, int], *, rough: bool, until: float) -> None:
    env, state.programs = setup.require_programs()
    names = {cell.service.name for cell in wishes}
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        repositories = {}
        for service in SERVICES:
            if service.name in names:
                repositories[service.name] = path = Path(scratch) / service.name
                setup.make_repository(service, path)
                _prepare(state, [cell for cell in wishes if cell.service is service], path, env, rough=rough)
        while time.monotonic() < until:
            cell = next_cell(wishes, count_done(list(wishes), state.rows))
            if cell is None:
                break
            row = _once(cell, repositories[cell.service.name], env)
            state.add(row)
            print(_told(row), flush=True)


def _prepare(state: _State, mine: list[Cell], path: Path, env: Mapping[str, str], *, rough: bool) -> None:
    """Calibrate the service unless that has been done, and make a branch for each change."""
    service = mine[0].service
    if not any(row["service"] == service.name for row in state.calibration):
        print(f"{service.name}: measuring what its work costs", flush=True)
        state.calibration.append(calibrate(service, path, env, rough=rough))
        state.write()
    known = next(row for row in state.calibration if row["service"] == service.name)
    if known["rough"] and not rough:
        raise SystemExit("the stored sizes of the changes are rough ones: begin anew with --fresh")
    base = setup.read_tuning(path)
    for cell in mine:
        if not cell.change.is_none:
            head = tuned(base, cell.change, known["extra"])
            setup.add_branch(path, _branch(cell), {"tuning.json": json.dumps(head, indent=2) + "\n"})


def _once(cell: Cell, repository: Path, env: Mapping[str, str]) -> dict[str, Any]:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ran = compare(repository, _branch(cell), cell.change.policy, env)
    row = row_of(cell, ran.verdict) if ran.verdict else row_of_failure(cell, ran.said)
    return row | {"at": at, "policy": cell.change.policy, "seconds": ran.seconds, "exit": ran.exit_code}


def _branch(cell: Cell) -> str:
    """`cpu+5%` is the branch `cpu-5`; without a change it is the one that changes a text only."""
    if cell.change.is_none:
        return setup.DOCS_ONLY
    return "".join(c if c.isalnum() else "-" for c in cell.change.name).strip("-")


def _name(cell: Cell) -> str:
    return f"{cell.service.name}/{cell.change.name}"


def _told(row: Mapping[str, Any]) -> str:
    seen = [f"{each['metric']} {each['change']:+.3f}" for each in row["regressed"]]
    if row["changed"] and row["changed"]["outcome"] != "REGRESSED":
        changed = row["changed"]
        seen.append(f"({changed['metric']} {changed['change'] or 0:+.3f}, MDE {changed['mde'] or 0:.3f})")
    said = "; ".join([*seen, *row["reasons"], row.get("error", "")]).strip("; ")
    return f"{row['service']:10} {row['change']:16} {row['seconds']:5.0f} s  {row['result']:12} {said}"


if __name__ == "__main__":
    main()
