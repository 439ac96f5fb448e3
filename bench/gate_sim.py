"""Thousands of simulated pull requests through the whole decision of the gate, and through naive rules.

How often nothing is called a regression, how often a change is found, what a PASS is worth, whether a stated
MDE and a stated interval hold. The decision is the gate's own code (bench/gate_sim_protocol.py), the noise is
bench/gate_sim_model.py, the rules of other tools are bench/naive_rules.py. Every pull request has its own
seed, so the result does not depend on the number of processes. A/A and MDE take all simulations, the power
curves half of them. Run: python -m bench.gate_sim [--quick]
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: two processes share two cores already
os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import click

from bench.gate_sim_model import NOTHING, Change, Noise, slower
from bench.gate_sim_protocol import Record, simulate
from bench.gate_sim_requests import CHANGES, SCHEDULES, Coloured, colour
from bench.gate_sim_tally import naive_rows, show_all, tally
from bench.machine import CPUS, describe, write_results
from perfgate.gate.policy import DEFAULT_REQUIREMENT, DEFAULT_TOLERANCE, Policy

SEED = 20_251
FULL, QUICK = 2000, 200

QUIET = Noise(name="quiet", p50_sd=0.009)
TYPICAL = Noise(name="typical", p50_sd=0.02)
NOISY = Noise(name="noisy", p50_sd=0.05)
NOISES = (QUIET, TYPICAL, NOISY)


def fine(tolerance: float, requirement: float) -> Policy:
    """The default policy but for p50."""
    return Policy(
        tolerance=DEFAULT_TOLERANCE | {"p50": tolerance},
        requirement=DEFAULT_REQUIREMENT | {"p50": requirement},
    )


POLICIES = {
    "default": Policy(),
    "p50 1 % / 2 %": fine(0.01, 0.02),
    "p50 0.5 % / 1 %": fine(0.005, 0.01),
    "no tolerance": Policy(tolerance=dict.fromkeys(DEFAULT_TOLERANCE, 1e-9)),
}
ERRORS = Change(name="errors +0.5 points", errors=0.005)
_ALL = ("p50", "p95", "p99")
POWER = (
    *(slower(change, "p50") for change in (0.02, 0.03, 0.05, 0.10, 0.20)),
    *(slower(change, *_ALL) for change in (0.02, 0.03, 0.05, 0.10, 0.20)),
    slower(0.20, "p99"),
    slower(0.20, "p95", "p99"),
    slower(0.02, *_ALL, everywhere=True),
    ERRORS,
)
STRESS = (
    replace(TYPICAL, name="typical, no errors at all", error_ratio=0.0),
    replace(TYPICAL, name="typical, rare errors everywhere", flicker=0.12),
    replace(TYPICAL, name="typical, AR(1) 0.3 in d", own_ar=0.3),
    replace(NOISY, name="noisy, AR(1) 0.3 in d", own_ar=0.3),
)
LEVELS = tuple(
    replace(QUIET, name=f"quiet, two levels ({share:.0%})", second_level=share) for share in (0.05, 0.1, 0.2)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the result: so many pull requests of one kind. `change` None: the stated MDE itself."""

    noise: Noise
    change: Change | None
    policy: str
    share: float = 1.0


def cells() -> list[Cell]:
    """Everything that is simulated of the gate."""
    half = 0.5
    found = [Cell(noise=n, change=c, policy="default") for n in NOISES for c in (NOTHING, None)]
    found += [Cell(noise=n, change=c, policy="default", share=half) for n in NOISES for c in POWER]
    for policy, change in (("p50 1 % / 2 %", 0.02), ("p50 0.5 % / 1 %", 0.01)):
        found += [Cell(noise=n, change=NOTHING, policy=policy) for n in NOISES]
        found += [Cell(noise=n, change=slower(change, "p50"), policy=policy, share=half) for n in NOISES]
    found += [Cell(noise=n, change=NOTHING, policy="no tolerance") for n in NOISES]
    found += [Cell(noise=n, change=NOTHING, policy="default") for n in STRESS]
    found.append(Cell(noise=STRESS[0], change=ERRORS, policy="default", share=half))
    found += [Cell(noise=n, change=NOTHING, policy="default", share=half) for n in LEVELS]
    found += [Cell(noise=n, change=slower(0.05, "p50"), policy="default", share=half) for n in LEVELS]
    return found


def simulate_cell(cell: Cell, number: int, index: int) -> Record:
    """One pull request of a cell, by its seed."""
    return simulate(cell.noise, cell.change, POLICIES[cell.policy], (SEED, number, index))


def colour_one(change: float, schedule: str, index: int) -> Coloured:
    """One pull request request by request, and what every rule says of it."""
    return colour(change, schedule, (SEED, 1000, index))


def simulate_all(simulations: int, pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """A row for every cell."""
    rows = []
    for number, cell in enumerate(cells()):
        count = max(1, round(simulations * cell.share))
        records: Sequence[Record] = _spread(pool, partial(simulate_cell, cell, number), count)
        rows.append(
            tally(cell.noise.name, cell.change.name if cell.change else "its MDE", cell.policy, records)
        )
        print(
            f"{number + 1}/{len(cells())} {cell.noise.name}, {rows[-1]['change']}, {cell.policy}", flush=True
        )
    return rows


def colour_all(simulations: int, pool: ProcessPoolExecutor) -> list[dict[str, Any]]:
    """A row for every rule and schedule."""
    coloured: dict[tuple[str, float], Sequence[Coloured]] = {}
    for schedule in SCHEDULES:
        for change in CHANGES:
            work = partial(colour_one, change, schedule)
            coloured[schedule, change] = _spread(pool, work, simulations if not change else simulations // 2)
            print(f"naive rules: {schedule}, +{change:.0%}", flush=True)
    return naive_rows(coloured)


def _spread(pool: ProcessPoolExecutor, work: Callable[[int], Any], count: int) -> list[Any]:
    return list(pool.map(work, range(count), chunksize=10))


@click.command()
@click.option("--quick", is_flag=True, help=f"{QUICK} simulations instead of {FULL}, and no file.")
@click.option("--simulations", default=0, help="Another number of simulations.")
def main(quick: bool, simulations: int) -> None:
    described = describe()
    count = simulations or (QUICK if quick else FULL)
    begun = time.monotonic()
    # Not forked: a child that inherits BLAS threads can hang.
    with ProcessPoolExecutor(len(CPUS), mp_context=get_context("spawn")) as pool:
        gate, naive = simulate_all(count, pool), colour_all(count, pool)
    show_all(gate, naive)
    elapsed_s = round(time.monotonic() - begun)
    print(f"\n{elapsed_s} s")
    if not quick:
        content = described | {"simulations": count, "seed": SEED, "elapsed_s": elapsed_s}
        print(f"{write_results('gate-sim', content | {'gate': gate, 'naive': naive}).name} written")


if __name__ == "__main__":
    main()
