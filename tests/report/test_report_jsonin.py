import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_strategies import verdicts
from report_verdicts import EVERY, accepted, comparison, regression, verdict

from perfgate.errors import UsageError
from perfgate.model import Outcome
from perfgate.report import jsonout
from perfgate.report.jsonin import MAX_BYTES, MAX_ITEMS, MAX_TEXT, read_verdict


def document(v=None) -> dict[str, Any]:
    return json.loads(jsonout.render(v or accepted()))


def refusal(content: str | bytes | dict[str, Any]) -> str:
    text = json.dumps(content) if isinstance(content, dict) else content
    with pytest.raises(UsageError) as caught:
        read_verdict(text, where="bundle.json")
    assert caught.value.hint
    assert caught.value.message.startswith("bundle.json")
    assert len(caught.value.message) < 400
    assert caught.value.message.isprintable()
    return caught.value.message


@pytest.mark.parametrize("kind", EVERY)
def test_what_was_written_is_read_as_it_was(kind: str) -> None:
    text = jsonout.render(EVERY[kind]())
    assert jsonout.render(read_verdict(text, where="x")) == text
    assert jsonout.render(read_verdict(text.encode(), where="x")) == text


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["confidence", "tolerance", "requirement", "change", "low", "mde"])
def test_a_number_the_document_lacks_changes_nothing_that_is_said(field: str, odd: float) -> None:
    rows = [comparison(name, "p50", Outcome.REGRESSED, change=0.1) for name in ("GET /a", "GET /b")]
    rows[1] = dataclasses.replace(rows[1], change=0.2)
    rows[1] = dataclasses.replace(rows[1], **{field: odd})
    for order in (rows, rows[::-1]):
        text = jsonout.render(verdict(Outcome.REGRESSED, *order))
        assert jsonout.render(read_verdict(text, where="x")) == text


def test_a_verdict_without_odd_numbers_comes_back_equal() -> None:
    assert read_verdict(jsonout.render(regression()), where="x") == regression()
    assert read_verdict(jsonout.render(accepted()), where="x") == accepted()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts)
def test_any_verdict_comes_back_as_the_same_document(v) -> None:
    text = jsonout.render(v)
    assert jsonout.render(read_verdict(text, where="x")) == text


@settings(deadline=None)
@given(st.integers(0, 4000))
def test_a_torn_document_is_refused(length: int) -> None:
    text = jsonout.render(accepted())
    assert "not JSON" in refusal(text[: min(length, len(text) - 2)])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_value_changed_is_read_or_refused_by_name(data) -> None:
    """Nothing but a verdict or a refusal comes of a document that somebody edited."""
    changed = document()
    place: Any = changed
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not (isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    odd = st.sampled_from([None, True, -1, 1e300, "", "x", [], {}, [None], "PASS", 10**30, "\ud800"])
    place[key] = data.draw(odd)
    said = "bundle.json: "
    try:
        again = jsonout.render(read_verdict(json.dumps(changed), where="bundle.json"))
    except UsageError as error:
        said = error.message
    else:
        assert jsonout.render(read_verdict(again, where="x")) == again
    assert said.startswith("bundle.json: ")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("outcome",), "GREAT", "outcome: Input should be"),
        (("outcome",), "NOT_MEASURED", "outcome: only a metric can be NOT_MEASURED"),
        (("surprise",), 1, "surprise: Extra inputs are not permitted"),
        (("comparisons", 3, "surprise"), 1, "comparisons.3.surprise: Extra"),
        (("comparisons", 3, "change"), "0.1", "comparisons.3.change: Input should be a valid number"),
        (("comparisons", 3, "change"), True, "comparisons.3.change: Input should be a valid number"),
        (("comparisons", 3, "change"), 1e19, "comparisons.3.change: larger than 1e+18"),
        (("comparisons", 3, "mde"), -0.1, "comparisons.3.mde: is below 0"),
        (("comparisons", 3, "p_adjusted"), 1.1, "comparisons.3.p_adjusted: is above 1"),
        (("comparisons", 3, "rounds"), 1.5, "comparisons.3.rounds: Input should be a valid integer"),
        (
            ("comparisons", 3, "metric", "better"),
            "higher",
            "comparisons.3.metric.better: errors is better lower",
        ),
        (("comparisons", 3, "metric", "statistic"), "p51", "comparisons.3.metric.statistic: Input should be"),
        (
            ("comparisons", 3, "metric", "endpoint"),
            "x" * (MAX_TEXT + 1),
            "comparisons.3.metric.endpoint: 65537",
        ),
        (("comparisons", 3, "level"), "fatal", "comparisons.3.level"),
        (("requests",), -1, "requests: is below 0"),
        (("requests",), 10**400, "requests: larger than"),
        (("base", "dirty"), 0, "base.dirty: Input should be a valid boolean"),
        (("base",), None, "base: Input should be"),
        (("reasons",), [{"code": "x", "text": "y"}], "reasons.0.remedy: Field required"),
        (("warnings",), {}, "warnings: Input should be a valid array"),
        (("warnings",), [None] * (MAX_ITEMS + 1), "warnings: 5001 entries are too many"),
        (("schema_version",), 2, "from a newer perfgate: schema_version 2, known is 1"),
        (("schema_version",), True, "schema_version: True is no number"),
        (("schema_version",), None, "schema_version: Input should be 1"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(place, value, said: str) -> None:
    changed: Any = document()
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    assert said in refusal(changed)


def test_a_missing_field_is_named() -> None:
    changed = document()
    del changed["comparisons"][2]["tolerance"]
    assert "comparisons.2.tolerance: Field required" in refusal(changed)


def test_a_metric_twice_is_refused() -> None:
    changed = document()
    changed["comparisons"].append(changed["comparisons"][0])
    assert f"comparisons.{len(changed['comparisons']) - 1}.metric: stands there twice" in refusal(changed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bundle.json:1:1: not JSON"),
        ("[]", "the document: Input should be an object"),
        ("null", "the document"),
        ('"' + "x" * 100 + '"', "the document"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe{}", "not JSON: "),
        ('{"schema_version": 1, "schema_version": 1}', "the key 'schema_version' stands there twice"),
        ('{"elapsed_s": NaN}', "NaN is not a number JSON knows"),
        ('{"elapsed_s": -Infinity}', "-Infinity is not a number"),
        ('{"elapsed_s": 1e999}', "elapsed_s: larger than"),
        ('{"rounds_measured": ' + "9" * 5000 + "}", "not JSON"),
        (b" " * (MAX_BYTES + 1), "larger than 8 MiB"),
        ('{"\\u202e\\u001b[31m": ' + "1" * 30 + "}", "larger than"),
    ],
)
def test_what_is_no_document_is_refused(text: str | bytes, said: str) -> None:
    assert said in refusal(text)


def test_the_headline_is_not_believed() -> None:
    changed = document(verdict(Outcome.REGRESSED, comparison("GET /a", "p50", Outcome.REGRESSED)))
    changed["headline"] = "PASS: all is well."
    again = jsonout.render(read_verdict(json.dumps(changed), where="x"))
    assert json.loads(again)["headline"].startswith("REGRESSED: GET /a p50")
