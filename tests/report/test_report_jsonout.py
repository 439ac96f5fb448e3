import dataclasses
import json
import math

import pytest
from report_verdicts import EVERY, comparison, regression, verdict

from perfgate.model import Outcome, Verdict
from perfgate.report import jsonout


@pytest.mark.parametrize("kind", EVERY)
def test_every_document_is_valid_by_its_own_schema(kind: str) -> None:
    jsonout.VerdictDocument.model_validate_json(jsonout.render(EVERY[kind]()))


def test_every_field_of_the_verdict_is_there_unchanged() -> None:
    document = json.loads(jsonout.render(regression()))
    assert document.pop("schema_version") == 1
    assert document.pop("headline").startswith("REGRESSED: GET /items p50")
    assert {row["metric"].pop("better") for row in document["comparisons"]} == {"lower"}
    assert document == json.loads(json.dumps(dataclasses.asdict(regression())))
    assert set(document) == {field.name for field in dataclasses.fields(Verdict)}


def test_each_metric_says_which_way_is_better() -> None:
    document = json.loads(jsonout.render(EVERY["service"]()))
    better = {row["metric"]["statistic"]: row["metric"]["better"] for row in document["comparisons"]}
    assert better == {
        "p50": "lower",
        "p95": "lower",
        "p99": "lower",
        "errors": "lower",
        "memory": "lower",
        "throughput": "higher",
    }


def test_numbers_json_does_not_have_become_null() -> None:
    strange = comparison("a", "p50", base=math.nan, head=math.inf, change=-math.inf, mde=math.nan)
    strange = dataclasses.replace(strange, tolerance=math.nan)
    text = jsonout.render(dataclasses.replace(verdict(Outcome.INVALID, strange), elapsed_s=math.nan))
    assert "NaN" not in text
    assert "Infinity" not in text
    row = json.loads(text)["comparisons"][0]
    assert [row[key] for key in ("base", "head", "change", "mde", "tolerance")] == [None] * 5
    jsonout.VerdictDocument.model_validate_json(text)


def test_names_survive_and_what_utf8_lacks_does_not_break_the_file() -> None:
    text = jsonout.render(verdict(Outcome.PASS, comparison("a\udcff\u202e价", "p50")))
    assert text.isascii()
    assert json.loads(text)["comparisons"][0]["metric"]["endpoint"] == "a\ufffd\u202e价"


def test_half_characters_are_not_put_together_to_one_that_nobody_wrote() -> None:
    document = json.loads(jsonout.render(verdict(Outcome.PASS, comparison("a\ud83d\ude00", "p50"))))
    assert document["comparisons"][0]["metric"]["endpoint"] == "a\ufffd\ufffd"
