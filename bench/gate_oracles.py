"""The gate's statistics on data that others published: 23 nights of Go's benchmarks in which nothing changed.

Every night Go's performance builder ran 101 benchmarks 25 times with one and the same toolchain (Go 1.17)
on one machine. So each night is a chance for a false alarm, and a slowdown can be injected by multiplying.
Ways to judge a night by the nights before it: Mann-Whitney alone; the same and a median up by so much; the
prediction interval of one benchmark by itself; and `perfgate.gate.stored.judge_stored` over all of them. Each
benchmark is judged by itself in all of them, so slowing down all at once tells how often one is found.
Where the data come from is written in bench/data/go-nightly.json.gz. Run: python -m bench.gate_oracles
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from bench.machine import describe, write_results
from bench.naive_rules import mann_whitney
from bench.table import show
from perfgate.gate.policy import Policy
from perfgate.gate.stored import MIN_RUNS, judge_stored
from perfgate.model import Metric
from perfgate.stats.prediction import prediction_limit

DATA = Path(__file__).parent / "data" / "go-nightly.json.gz"
POOLED = 3
SIZES = (0.0, 0.05, 0.075, 0.10, 0.20)

Array = NDArray[np.float64]
Night = dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one way of judging said: of every night, and of every benchmark of it, at one injected size."""

    way: str
    injected: float
    nights: int
    red_nights: int
    benchmarks: int
    red_benchmarks: int


def load() -> tuple[dict[str, str], list[Night]]:
    """Where the data come from, and the nights in order."""
    content = json.loads(gzip.decompress(DATA.read_bytes()))
    runs = content.pop("ns_per_op")
    nights = content.pop("nights")
    return content, [{name: np.array(runs[name][i]) for name in sorted(runs)} for i in range(len(nights))]


def judge_by_samples(nights: list[Night], injected: float, least: float) -> Judged:
    """Mann-Whitney p < 0.05 against three pooled nights before, and the median up by more than `least`."""

    def red(before: list[Night], name: str, tonight: Array) -> bool:
        base = np.concatenate([night[name] for night in before[-POOLED:]])
        rose = float(np.median(tonight) / np.median(base)) - 1
        return rose > least and mann_whitney(base, tonight) < 0.05

    red_by = [
        [red(before, name, values * (1 + injected)) for name, values in tonight.items()]
        for before, tonight in _judged(nights, POOLED)
    ]
    way = f"Mann-Whitney p < 0.05 and > {least:.1%}, {POOLED} pooled nights".replace(".0%", "%")
    return _count(way, injected, red_by)


def judge_by_prediction(nights: list[Night], injected: float, alpha: float = 0.01) -> Judged:
    """The prediction limit of each benchmark by itself, over the medians of all nights before."""
    red_by = []
    for before, tonight in _judged(nights, MIN_RUNS):
        runs = _levels(before)
        limits = {name: prediction_limit(np.log(runs[name]), alpha) for name in tonight}
        red_by.append([math.log(np.median(tonight[n]) * (1 + injected)) > limits[n] for n in tonight])
    return _count(f"prediction limit at {alpha:.0%} each, {MIN_RUNS} to 22 nights", injected, red_by)


def judge_by_gate(nights: list[Night], injected: float, first: int) -> Judged:
    """`judge_stored`, every benchmark a metric: 1 % over all together, and at least the tolerance of p50."""
    policy, red_by = Policy(), []
    for before, tonight in _judged(nights, first):
        runs = {_metric(name): list(values) for name, values in _levels(before).items()}
        levels = {_metric(name): float(np.median(values)) for name, values in tonight.items()}
        slowed = {metric: level * (1 + injected) for metric, level in levels.items()}
        alarms = set(judge_stored(runs, slowed, policy).alarms)
        red_by.append([metric in alarms for metric in slowed])
    nights_said = f"{first} nights" if first < MIN_RUNS else f"{first} to 22 nights"
    return _count(f"perfgate's judge_stored, {nights_said}", injected, red_by)


def _judged(nights: list[Night], first: int) -> Iterator[tuple[list[Night], Night]]:
    """Every night that has enough nights before it; fewer than ten of them are always the last ones."""
    for index in range(first, len(nights)):
        start = index - first if first < MIN_RUNS else 0
        yield nights[start:index], nights[index]


def _levels(nights: list[Night]) -> dict[str, Array]:
    return {name: np.array([np.median(night[name]) for night in nights]) for name in nights[0]}


def _metric(name: str) -> Metric:
    return Metric(endpoint=name, statistic="p50")


def _count(way: str, injected: float, red_by: list[list[bool]]) -> Judged:
    return Judged(
        way=way,
        injected=injected,
        nights=len(red_by),
        red_nights=sum(any(night) for night in red_by),
        benchmarks=sum(len(night) for night in red_by),
        red_benchmarks=sum(sum(night) for night in red_by),
    )


def judge_all(nights: list[Night]) -> list[Judged]:
    """Every way at every injected size."""
    found = []
    for size in SIZES:
        found += [judge_by_samples(nights, size, least) for least in (0.0, 0.025, 0.04, 0.05)]
        found.append(judge_by_prediction(nights, size))
        found += [judge_by_gate(nights, size, first) for first in (POOLED, MIN_RUNS)]
    return found


def table(judged: list[Judged]) -> list[dict[str, Any]]:
    """A row for every way: red nights without a change, and how many injected slowdowns were found."""
    rows = []
    for way in dict.fromkeys(one.way for one in judged):
        ours = {one.injected: one for one in judged if one.way == way}
        quiet = ours[0.0]
        rows.append(
            {
                "way": way,
                "nights": quiet.nights,
                "red_nights": quiet.red_nights,
                "red_benchmarks": quiet.red_benchmarks,
                "benchmarks": quiet.benchmarks,
                "found": {
                    f"+{size:.1%}": one.red_benchmarks / one.benchmarks for size, one in ours.items() if size
                },
            }
        )
    return rows


@click.command()
def main() -> None:
    described = describe()
    provenance, nights = load()
    rows = table(judge_all(nights))
    sizes = list(rows[0]["found"])
    show(
        f"{provenance['source']} {provenance['files']}: nights without a change, and injected slowdowns",
        ("red nights", "of", "red benchmarks", "share", *(f"found {size}" for size in sizes), "judged by"),
        [
            (
                str(row["red_nights"]),
                str(row["nights"]),
                str(row["red_benchmarks"]),
                f"{row['red_benchmarks'] / row['benchmarks']:.2%}",
                *(f"{row['found'][size]:.1%}" for size in sizes),
                row["way"],
            )
            for row in rows
        ],
    )
    content = described | {"data": provenance, "rows": rows}
    print(f"{write_results('gate-oracles', content).name} written")


if __name__ == "__main__":
    main()
