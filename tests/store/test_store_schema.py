import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_strategies import a_result, a_round, any_of

from perfgate.errors import MeasureError, UsageError
from perfgate.model import Commit, Result
from perfgate.store import baselines, schema
from perfgate.store.schema import RESULT

CONTENT = RESULT.dump(a_result())


def parse(content: bytes) -> Result:
    return RESULT.parse(content, where="x.json")


def edited(*path: str | int, value: Any) -> bytes:
    document = json.loads(CONTENT)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(document).encode()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(any_of(Result))
def test_any_result_comes_back_as_it_was(result: Result) -> None:
    assert parse(RESULT.dump(result)) == result


def test_truncated_anywhere_is_one_line_and_never_a_traceback() -> None:
    for length in range(len(CONTENT) - 1):
        with pytest.raises(UsageError) as caught:
            parse(CONTENT[:length])
        assert caught.value.message.startswith("x.json:")
        assert "\n" not in caught.value.message


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_refused_or_still_a_result(flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(CONTENT)
    for position, value in flips:
        damaged[position] = value
    try:
        result = parse(bytes(damaged))
    except UsageError as error:
        refusal = error.message
    else:
        assert isinstance(result, Result)
        assert isinstance(result.commit, Commit)
        assert parse(RESULT.dump(result)) == result
        return
    assert refusal.isprintable()


@settings(deadline=None)
@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_foreign_content_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        parse(content)


def test_the_version_stands_first_and_identity_apart_from_observed() -> None:
    document = json.loads(CONTENT)
    assert next(iter(document)) == "schema_version"
    assert document["environment"]["identity"]["cores"] == 4
    assert document["environment"]["observed"]["placement"]["service_cpus"] == [1, 2, 3]
    assert "placement" not in document


def test_a_newer_version_says_upgrade_whatever_else_it_holds() -> None:
    with pytest.raises(UsageError, match=r"x\.json: from a newer perfgate: schema_version 4") as caught:
        parse(b'{"schema_version": 4, "shape": "unknown"}')
    assert "upgrade perfgate" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"schema_version": 1,\n  "a" 2}', r"x\.json:2:7: not JSON"),
        (b"\xff\xfe", "not JSON: 'utf-8' codec"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "it has no schema_version"),
        (b'{"schema_version": true}', "it has no schema_version"),
        (b'{"schema_version": 1, "schema_version": 1}', "the key 'schema_version' stands there twice"),
        (edited("schema_version", value=0), "schema_version: Input should be 3"),
        (edited("colour", value=1), "colour: Extra inputs are not permitted"),
        (edited("rounds", 0, "health", "steal_ratio", value=float("nan")), "NaN is not a number JSON knows"),
        (CONTENT.replace(b"0.4,", b"1e999,"), r"driver_cpu_ratio: Input should be a finite number"),
        (edited("rounds", 0, "endpoints", 0, "requests", value=-1), r"rounds\.0\.endpoints\.0\.requests: "),
        (edited("rounds", 0, "endpoints", 0, "requests", value="4"), "should be a valid integer"),
        (edited("rounds", 0, "endpoints", 0, "requests", value=2**63), "requests: "),
        (edited("rounds", 0, "endpoints", 0, "quantiles_ns", value={"p42": 1.0}), "quantiles_ns"),
        (edited("rounds", 0, "endpoints", 0, "histogram", value="SElTVEZBQUFB"), "not an HdrHistogram V2"),
        (edited("rounds", 0, "stage", value="warm-up"), "stage: Input should be 'screen' or 'confirm'"),
        (edited("rounds", 0, "cpu_ns", value=True), "cpu_ns"),
        (edited("commit", "sha", value="abc"), r"commit\.sha: "),
        (edited("commit", "sha", value="a" * 40 + "\n"), r"commit\.sha: "),
        (edited("commit", "ref", value="r" * 65_537), r"commit\.ref: "),
        (edited("started_at", value="yesterday"), "started_at: "),
        (edited("started_at", value="2030-02-31T00:00:00Z"), "started_at: .*no such date"),
        (edited("started_at", value="0001-01-01T00:00:00+14:00"), "started_at: .*no such date"),
        (edited("environment", "observed", value={}), r"environment\.observed\.placement: Field required"),
        (edited("\x1b[31m\n", value=1), r"\\x1b\[31m\\n: Extra inputs"),
    ],
)
def test_what_breaks_the_format_is_named(content: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse(content)
    assert caught.value.message.isprintable()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": -1}, "cannot store this result: seed: "),
        ({"workload_name": "n" * 70_000}, "cannot store this result: workload_name: "),
        ({"workload_name": "\udc80"}, "cannot store this result: 'utf-8' codec can't encode"),
        (
            {"rounds": (replace(a_round(), health=replace(a_round().health, steal_ratio=float("nan"))),)},
            "cannot store",
        ),
        ({"commit": Commit(sha="HEAD", ref="HEAD")}, r"cannot store this result: commit\.sha: "),
    ],
)
def test_a_result_that_could_not_be_read_again_is_not_written(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MeasureError, match=says):
        RESULT.dump(a_result(**change))


def test_numpy_numbers_are_written_as_numbers() -> None:
    rounds = (replace(a_round(), cpu_ns=np.int64(5), seed=np.uint64(2**64 - 1)),)
    stored = parse(RESULT.dump(a_result(rounds=rounds))).rounds[0]
    assert (stored.cpu_ns, stored.seed) == (5, 2**64 - 1)
    assert type(stored.cpu_ns) is int


@pytest.mark.parametrize(("rules"), [schema.RULES, baselines.RULES])
def test_every_rule_speaks_of_a_field_that_exists(rules: dict[tuple[type, str], Any]) -> None:
    for cls, name in rules:
        assert name in {f.name for f in fields(cls)}


@pytest.mark.parametrize(
    ("kind", "module"), [("result", "schema import RESULT"), ("baseline", "baselines import BASELINE")]
)
def test_the_committed_json_schema_is_the_generated_one(kind: str, module: str) -> None:
    written = {"result": schema.RESULT, "baseline": baselines.BASELINE}[kind].schema_text()  # type: ignore[attr-defined]  # both are formats
    committed = Path(schema.__file__).with_name(f"{kind}.schema.json")
    command = (
        f"python -c 'from perfgate.store.{module} as f; print(f.schema_text(), end=\"\")'"
        f" > perfgate/store/{kind}.schema.json"
    )
    assert committed.read_text() == written, f"the format changed; regenerate with: {command}"
