"""A calibration in words: what the runs show, what they do not, and nothing that a name could break."""

import dataclasses
import json
from pathlib import Path

import pytest

from perfgate.cli.calibrate import exit_code
from perfgate.model import (
    CalibratedMetric,
    Calibration,
    CalibrationRow,
    CalibrationRun,
    Commit,
    Injected,
    Metric,
    Outcome,
)
from perfgate.report import calibrationjson
from perfgate.report.calibration import render, render_markdown, run_text, sentences

SCHEMA = Path(calibrationjson.__file__).with_name("calibration.schema.json")
COMMIT = Commit(sha="a" * 40, ref="HEAD")
DELAY = Injected(text="300us", ratio=0.0, fixed_ns=300_000, is_tail_only=False)
SHARE = Injected(text="5%", ratio=0.05, fixed_ns=0, is_tail_only=False)
TAIL = Injected(text="20%@p99", ratio=0.2, fixed_ns=0, is_tail_only=True)


def row(**changes):
    values = {
        "metric": Metric(endpoint="GET /items", statistic="p50"),
        "outcome": Outcome.PASS,
        "is_flagged": False,
        "round_sd": 0.011,
        "change": 0.051,
        "low": 0.04,
        "high": 0.06,
        "p_adjusted": 0.2,
        "mde": 0.024,
        "tolerance": 0.03,
        "requirement": 0.05,
        "injected": None,
    }
    return CalibrationRow(**(values | changes))


def run(outcome=Outcome.PASS, **changes):
    values = {
        "number": 1,
        "outcome": outcome,
        "is_red": outcome is Outcome.REGRESSED,
        "seconds": 31.0,
        "rounds_measured": 13,
        "rounds_dropped": 0,
        "rows": (row(),),
    }
    return CalibrationRun(**(values | changes))


def metric(endpoint="GET /items", statistic="p50", **changes):
    values = {
        "metric": Metric(endpoint=endpoint, statistic=statistic),
        "runs": 10,
        "round_sd": 0.011,
        "mde": 0.024,
        "tolerance": 0.03,
        "requirement": 0.05,
        "met": 10,
        "flagged": 0,
        "red": 0,
        "change": 0.048,
        "low": 0.04,
        "high": 0.06,
        "injected": None,
        "covered": 0,
        "coverable": 0,
    }
    return CalibratedMetric(**(values | changes))


def calibration(*outcomes, injected=None, metrics=None, asked=None, lower=0.0, upper=0.2589):
    runs = tuple(run(outcome) for outcome in outcomes)
    judged = [r for r in runs if r.outcome is not Outcome.INVALID]
    return Calibration(
        injected=injected,
        asked=asked or len(runs),
        runs=runs,
        outcomes={o: outcomes.count(o) for o in set(outcomes)},
        judged=len(judged),
        red=sum(r.is_red for r in judged),
        lower=lower,
        upper=upper,
        runs_for_one_percent=299,
        seconds=31.0,
        metrics=(metric(),) if metrics is None else metrics,
    )


def text_of(found, width=400):
    return render(found, width=width)


# What the runs show


def test_no_false_alarm_says_how_little_that_is():
    text = text_of(calibration(*[Outcome.PASS] * 9, Outcome.INCONCLUSIVE))
    assert text.startswith("A/A: 0 false alarms in 10 runs of one commit against itself.")
    assert "under 26 % (95 % sure, Clopper-Pearson) and no more: to show 1 %, 299 runs" in text
    assert "Outcomes: 1 INCONCLUSIVE, 9 PASS; 31 s a run (median)." in text


def test_enough_runs_need_no_such_reminder():
    found = dataclasses.replace(calibration(*[Outcome.PASS] * 300, upper=0.00994))
    assert "under 0.99 %" in text_of(found)
    assert "no more" not in text_of(found)


def test_a_false_alarm_names_its_metric_and_both_bounds():
    found = calibration(
        Outcome.REGRESSED, Outcome.PASS, metrics=(metric(red=1, flagged=1),), lower=0.0253, upper=0.9747
    )
    text = text_of(found)
    assert "1 false alarm in 2 runs" in text
    assert "The rate is 50 %: at least 2.5 %, at most 97 %" in text
    assert "Called worse though nothing changed: GET /items p50 (1×)." in text


def test_a_metric_that_cannot_meet_its_requirement_is_named():
    blind = metric("GET /slow", "p99", mde=0.9, requirement=0.4, met=1)
    text = text_of(calibration(Outcome.INCONCLUSIVE, metrics=(metric(), blind)))
    assert "could not see a change as large as gate.require allows" in text
    assert "GET /slow p99 (≥ 90.0 %)" in text
    assert "GET /items p50 (" not in text


def test_the_table_has_noise_mde_and_requirement():
    line = next(x for x in text_of(calibration(Outcome.PASS)).splitlines() if x.startswith(" GET /items"))
    assert line.split("  ")[-1].strip() == "0"
    for cell in ("1.1 %", "≥ 2.4 %", "3.0 %", "5.0 %", "10 of 10"):
        assert cell in line


def test_a_find_says_what_share_of_runs_that_shows():
    found = calibration(*[Outcome.REGRESSED] * 10, injected=SHARE, lower=0.7411, upper=1.0)
    text = text_of(found)
    assert text.startswith("Injected 5% into head: found in 10 of 10 runs.")
    assert "at least 74 % of such runs find it" in text
    assert "≤ 5.0 %" in text
    assert "+4.8 %" in text
    assert "+4.0 %, +6.0 %" in text
    assert "the change of the whole service time is smaller" in text


def test_a_miss_and_a_doubt_are_counted_apart():
    found = calibration(Outcome.REGRESSED, Outcome.PASS, Outcome.INCONCLUSIVE, injected=SHARE)
    assert "1 missed it, 1 could not tell" in text_of(found)


def test_a_fixed_delay_stands_beside_the_estimate_and_coverage_is_counted():
    held = metric(injected=0.05, covered=9, coverable=10)
    text = text_of(calibration(Outcome.REGRESSED, injected=DELAY, metrics=(held,)))
    assert "+5.0 %" in text
    assert "held what was injected in 9 of 10 cases" in text


def test_a_tail_is_promised_to_p99_alone():
    shown = (metric(statistic="p50"), metric(statistic="p99"))
    lines = text_of(calibration(Outcome.REGRESSED, injected=TAIL, metrics=shown)).splitlines()
    assert ["≤ 20.0 %" in line for line in lines if line.startswith(" GET /items")] == [False, True]


@pytest.mark.parametrize("injected", [None, SHARE])
def test_nothing_but_invalid_runs_shows_nothing(injected):
    text = text_of(calibration(Outcome.INVALID, injected=injected, metrics=()))
    assert "every run was INVALID" in text
    assert "endpoint" not in text


def test_a_calibration_that_was_cut_short_says_so():
    assert "Ended early: 2 of 10 runs." in text_of(calibration(Outcome.PASS, Outcome.PASS, asked=10))


def test_a_run_is_one_line_with_its_worst_metric():
    dropped = run(rounds_dropped=2, outcome=Outcome.INCONCLUSIVE)
    assert run_text(dropped, row()) == (
        "INCONCLUSIVE in 31 s, 2 of 13 rounds dropped; worst: GET /items p50 +5.1 %"
    )
    assert run_text(run(), None) == "PASS in 31 s"


# Names are hostile


def test_a_hostile_name_moves_no_cursor_and_is_no_markup():
    hostile = metric("GET /\x1b[31m<b>|x\u202e`")
    found = calibration(Outcome.PASS, metrics=(hostile,))
    assert "\x1b" not in text_of(found)
    markdown = render_markdown(found)
    assert "<b>" not in markdown
    assert "\u202e" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| <code>")]
    assert [line.count("|") for line in rows] == [10]


def test_markdown_holds_the_sentences_and_every_metric():
    found = calibration(Outcome.PASS, metrics=(metric(), metric("POST /orders", "p95")))
    text = render_markdown(found)
    assert text.startswith("### A/A: 0 false alarms in 1 run of one commit against itself.\n")
    assert text.count("| <code>") == 2


# JSON


@pytest.mark.parametrize("injected", [None, DELAY, TAIL])
def test_the_document_is_valid_by_its_own_schema(injected):
    found = calibration(Outcome.PASS, Outcome.REGRESSED, injected=injected)
    text = calibrationjson.render(found, commit=COMMIT, workload_name="shop")
    calibrationjson.CalibrationDocument.model_validate_json(text)
    document = json.loads(text)
    assert document["headline"] == sentences(found)[0]
    assert (document["red"], document["runs_judged"], document["rate"]) == (1, 2, 0.5)
    assert document["runs"][0]["metrics"][0]["mde"] == 0.024


def test_an_endless_requirement_is_null():
    endless = calibration(Outcome.PASS, metrics=(metric(statistic="errors", requirement=float("inf")),))
    document = json.loads(calibrationjson.render(endless, commit=COMMIT, workload_name="shop"))
    assert document["metrics"][0]["requirement"] is None


def test_the_committed_schema_is_the_one_in_use():
    remedy = "python -c 'from perfgate.report.calibrationjson import schema_text as t; print(t(), end=\"\")'"
    assert SCHEMA.read_text() == calibrationjson.schema_text(), f"write it anew: {remedy} > {SCHEMA.name}"


# Exit codes

PASS, RED, OPEN, INVALID = Outcome.PASS, Outcome.REGRESSED, Outcome.INCONCLUSIVE, Outcome.INVALID


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((PASS, PASS), 0),
        ((PASS, OPEN), 0),
        ((PASS, RED), 1),
        ((INVALID, INVALID, RED), 1),
        ((OPEN, OPEN), 3),
        ((OPEN, OPEN, INVALID), 3),
        ((PASS, INVALID), 4),
        ((INVALID,), 4),
    ],
)
def test_exit_codes_where_nothing_changed(outcomes, code):
    assert exit_code(calibration(*outcomes)) == code


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((RED, RED), 0),
        ((RED, RED, INVALID), 0),
        ((RED, PASS), 1),
        ((RED, Outcome.IMPROVED), 1),
        ((OPEN, PASS), 1),
        ((RED, OPEN), 3),
        ((RED, INVALID), 4),
        ((INVALID,), 4),
    ],
)
def test_exit_codes_where_a_delay_was_injected(outcomes, code):
    assert exit_code(calibration(*outcomes, injected=SHARE)) == code
