import dataclasses
import json
import math
from pathlib import Path

import pytest
from report_loads import LOADS, closed, endpoint, opened, summary

from perfgate.model import Outcome
from perfgate.report import loadschema
from perfgate.report.loadjson import render_load_json
from perfgate.report.loadschema import LoadDocument

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "load-report.md"


@pytest.mark.parametrize("kind", LOADS)
def test_every_document_of_a_load_is_valid_by_its_own_schema(kind: str) -> None:
    LoadDocument.model_validate_json(render_load_json(*LOADS[kind]()), strict=True)


def test_sums_are_of_all_endpoints() -> None:
    document = json.loads(render_load_json(*closed()))
    assert document["errors"] == {"status 500": 13, "timeout": 4}
    assert document["statuses"] == {"200": 110_215, "201": 8_200, "500": 13, "0": 4}
    assert document["failed"] == 17
    assert document["bytes_received"] == sum(e["bytes_received"] for e in document["endpoints"])
    assert document["requests_per_s"] == pytest.approx(118_432 / 120.04)
    assert document["driver"]["bytes_per_sample"] == 56


def test_times_are_the_nanoseconds_of_the_summary() -> None:
    load = opened()
    document = json.loads(render_load_json(*load))
    for key, spread in {
        "service_time_ns": load.summary.service,
        "response_time_ns": load.summary.response,
        "lateness_ns": load.summary.lateness,
    }.items():
        assert document[key] == {
            "count": spread.count,
            "min": spread.min_ns,
            "max": spread.max_ns,
            "mean": spread.mean_ns,
            **spread.quantiles_ns,
        }
    assert list(document["phases_ns"]) == list(load.summary.phases)


def test_what_was_not_timed_is_null() -> None:
    document = json.loads(render_load_json(*LOADS["unanswered"]()))
    times = [document[key] for key in ("service_time_ns", "response_time_ns", "lateness_ns")]
    assert times == [None] * 3
    assert document["phases_ns"] == {}
    assert json.loads(render_load_json(*LOADS["silent"]()))["requests_per_s"] is None


def test_arrivals_are_said_of_the_open_model_alone() -> None:
    assert json.loads(render_load_json(*closed()))["profile"]["arrivals"] is None
    assert json.loads(render_load_json(*opened()))["profile"]["arrivals"] == "even"


def test_strange_numbers_become_null_and_strange_names_survive() -> None:
    strange = summary(endpoint("a\udcff\u202e价", 1, 1.0, errors={"b\udcff": 1}), elapsed_s=math.nan)
    strange = dataclasses.replace(strange, driver=dataclasses.replace(strange.driver, cpu_ratio=math.inf))
    text = render_load_json(strange, Outcome.PASS, (), ())
    assert text.isascii()
    document = json.loads(text)
    assert document["endpoints"][0]["name"] == "a\ufffd\u202e价"
    assert document["errors"] == {"b\ufffd": 1}
    assert (document["elapsed_s"], document["requests_per_s"], document["driver"]["cpu_ratio"]) == (None,) * 3


def test_every_field_is_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    shapes = json.loads(loadschema.schema_text())
    fields = {name for shape in (shapes, *shapes["$defs"].values()) for name in shape.get("properties", ())}
    assert "p99.9" in fields
    assert {name for name in fields if f"`{name}`" not in text} == set()
