"""Arbitrary values of the model that the store must keep, and one small ordinary result."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from hypothesis import strategies as st

from perfgate.model import (
    Baseline,
    BaselineRun,
    Commit,
    EndpointRound,
    Environment,
    Health,
    Placement,
    Result,
    Round,
    Samples,
)
from perfgate.store import histogram

SHA = "0123456789abcdef0123456789abcdef01234567"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 2**63 - 1)
amounts = st.floats(0, allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)
shas = st.text("0123456789abcdef", min_size=40, max_size=40)
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1970, 1, 1), timezones=offsets).map(datetime.isoformat)
payloads = st.lists(st.integers(-5, 2**45), max_size=20).map(
    lambda v: histogram.encode(np.array(v, np.int64))
)

OVERRIDES: dict[tuple[type, str], Any] = {
    (Commit, "sha"): shas,
    (Health, "steal_ratio"): shares,
    (Health, "kernel_stamped_ratio"): shares,
    (Health, "clock_step_ns"): st.integers(-(2**63), 2**63 - 1),
    (EndpointRound, "quantiles_ns"): st.dictionaries(st.sampled_from(["p50", "p95", "p99"]), amounts),
    (EndpointRound, "statuses"): st.dictionaries(st.integers(0, 999).map(str), counts, max_size=3),
    (EndpointRound, "histogram"): st.just("") | payloads,
    (Round, "rss_slope_bytes"): st.none() | st.floats(allow_nan=False, allow_infinity=False),
    (Round, "seed"): st.integers(0, 2**64 - 1),
    (Result, "schema_version"): st.just(3),
    (Result, "started_at"): instants,
    (Result, "seed"): st.integers(0, 2**64 - 1),
    (BaselineRun, "sha"): shas,
    (BaselineRun, "recorded_at"): instants,
    (Baseline, "schema_version"): st.just(2),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type annotation of the model."""
    scalars = {str: texts, int: counts, float: amounts, bool: st.booleans(), type(None): st.none()}
    if hint in scalars:
        return scalars[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        ruled = {name for cls, name in OVERRIDES if cls is hint}
        return st.builds(
            hint,
            **{
                f.name: OVERRIDES[hint, f.name] if f.name in ruled else any_of(hints[f.name])
                for f in fields(hint)
            },
        )
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(texts, any_of(arguments[1]), max_size=3)
    assert origin in {Union, types.UnionType}, hint
    return st.one_of(*(any_of(argument) for argument in arguments))


def environment(class_id: str = "linux-4-cores") -> Environment:
    return Environment(
        cpu_model="Example CPU",
        cores=4,
        architecture="x86_64",
        kernel="6.1",
        cgroup_cpu="max",
        cgroup_memory="max",
        interpreter="CPython 3.11",
        class_id=class_id,
    )


def a_round(index: int = 0) -> Round:
    times = np.array([1_000_000, 1_100_000, 9_000_000], np.int64)
    return Round(
        index=index,
        stage="screen",
        seed=7,
        duration_ns=1_500_000_000,
        endpoints=(
            EndpointRound(
                endpoint="GET /items",
                requests=4,
                quantiles_ns={"p50": 1_100_000.25, "p95": 8_900_000.0, "p99": 8_999_999.9},
                errors={"status 500": 1},
                statuses={"200": 3, "500": 1},
                histogram=histogram.encode(times),
            ),
        ),
        cpu_ns=12_000_000,
        rss_bytes=None,
        health=Health(
            steal_ratio=0.01,
            driver_cpu_ratio=0.4,
            lateness_p99_ns=12_000,
            clock_step_ns=-3,
            kernel_stamped_ratio=1.0,
        ),
    )


def a_result(**changes: Any) -> Result:
    ordinary: dict[str, Any] = {
        "schema_version": 3,
        "tool_version": "0.1.0",
        "run_id": "r1",
        "side": "base",
        "started_at": "2030-01-02T03:04:05+00:00",
        "status": "complete",
        "commit": Commit(sha=SHA, ref="main", branch="main"),
        "workload_name": "shop",
        "workload_digest": "d1",
        "load_model": "closed",
        "seed": 1,
        "environment": environment(),
        "placement": Placement(driver_cpus=(0,), service_cpus=(1, 2, 3), pinned=True),
        "clock_source": "kernel",
        "latency_definition": "service time",
        "restarts": True,
        "rounds": (a_round(),),
    }
    return Result(**(ordinary | changes))


def some_samples(length: int = 5, *, errors: tuple[str, ...] = ("", "timeout")) -> Samples:
    numbers = np.arange(length)
    return Samples(
        endpoints=("GET /items", "POST /items"),
        errors=errors,
        endpoint=(numbers % 2).astype(np.int32),
        due_ns=numbers.astype(np.int64) * 1000,
        sent_ns=numbers.astype(np.int64) * 1000 + 5,
        first_ns=numbers.astype(np.int64) * 1000 + 100,
        last_ns=numbers.astype(np.int64) * 1000 + 200,
        status=np.full(length, 200, np.int32),
        error=(numbers % len(errors)).astype(np.int32),
        bytes_received=np.full(length, 321, np.int64),
        couple=numbers.astype(np.int32),
    )
