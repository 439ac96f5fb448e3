import math

import pytest
from report_verdicts import EVERY, TOO_FEW, comparison, improved, passing, verdict

from perfgate.model import Commit, Outcome, Reason
from perfgate.report.headline import headline
from perfgate.report.words import (
    both_text,
    change_text,
    commit_text,
    doubts,
    elapsed_text,
    mde_text,
    p_text,
    signed_text,
    unmeasured,
    value_text,
    worst_first,
)


@pytest.mark.parametrize(
    ("statistic", "value", "text"),
    [
        ("p50", 1_200_000.0, "1.20 ms"),
        ("cpu", 820_000.0, "820 µs"),
        ("throughput", 812.4, "812/s"),
        ("memory", 1024.0, "1.02 kB/request"),
        ("memory", -37.5, "-37.5 B/request"),
        ("memory", 0.0, "0 B/request"),
        ("errors", 0.0102, "1.0 %"),
        ("errors", 0.0, "0.0 %"),
        ("errors", 0.00001, "<0.01 %"),
        ("p99", None, "–"),
        ("p99", math.nan, "–"),
        ("p99", math.inf, "–"),
    ],
)
def test_value_carries_the_unit_of_its_statistic(statistic, value, text) -> None:
    assert value_text(statistic, value) == text


@pytest.mark.parametrize(
    ("statistic", "change", "text"),
    [
        ("p50", 0.462, "+46.2 %"),
        ("p50", -0.031, "-3.1 %"),
        ("errors", 0.0102, "+1.0 pp"),
        ("errors", -0.001, "-0.10 pp"),
        ("p50", -0.00001, "0.00 %"),
        ("throughput", -0.061, "-6.1 %"),
        ("memory", 1024.0, "+1.02 kB/request"),
        ("memory", -260.0, "-260 B/request"),
        ("memory", 0.0, "0 B/request"),
        ("p50", None, "–"),
    ],
)
def test_change_is_signed_and_errors_count_in_points(statistic, change, text) -> None:
    assert signed_text(statistic, change) == text


def test_interval_is_left_out_where_it_does_not_exist() -> None:
    assert change_text(comparison("a", "p50", change=0.05, low=0.04, high=0.06)) == "+5.0 % [+4.0, +6.0]"
    assert change_text(comparison("a", "p50", change=0.05, low=None, high=None)) == "+5.0 %"
    assert change_text(comparison("a", "p50", change=0.05, low=0.01, high=math.inf)) == "+5.0 %"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0003, "0.0003"),
        (0.00005, "<0.0001"),
        (0.0403, "0.0403"),
        (0.25, "0.25"),
        (1.0, "1.00"),
        (None, "–"),
    ],
)
def test_p_shows_the_digits_a_decision_needs(p, text) -> None:
    assert p_text(p) == text


def test_mde_is_a_lower_bound() -> None:
    assert mde_text("p50", 0.024) == "≥ 2.4 %"
    assert mde_text("errors", 0.003) == "≥ 0.30 pp"
    assert mde_text("memory", 271.0) == "≥ 271 B/request"
    assert mde_text("throughput", 0.053) == "≥ 5.3 %"
    assert mde_text("p50", None) == "–"


@pytest.mark.parametrize(("seconds", "text"), [(58.4, "58 s"), (118, "1 min 58 s"), (7400, "2 h 3 min")])
def test_elapsed_time_reads_as_people_say_it(seconds, text) -> None:
    assert elapsed_text(seconds) == text


def test_commit_says_its_ref_once_and_whether_it_is_dirty() -> None:
    sha = "99aa88bb77cc66dd55ee44ff33a022b111c00d0e"
    assert commit_text(Commit(sha=sha, ref="main", dirty=True)) == "main 99aa88bb77 (dirty)"
    assert commit_text(Commit(sha=sha, ref=sha)) == "99aa88bb77"


def test_rows_are_worst_first_then_by_endpoint_and_statistic() -> None:
    mixed = [
        comparison("b", "p50"),
        comparison("a", "errors"),
        comparison("a", "p50"),
        comparison("z", "p99", Outcome.NOT_MEASURED),
        comparison("z", "p50", Outcome.IMPROVED),
        comparison("z", "p95", Outcome.INCONCLUSIVE),
        comparison("z", "cpu", Outcome.INVALID),
        comparison("y", "p50", Outcome.THRESHOLD_BREACHED),
        comparison("z", "errors", Outcome.REGRESSED),
    ]
    ordered = [(c.outcome.value, c.metric.endpoint, c.metric.statistic) for c in worst_first(mixed)]
    assert ordered == [
        ("REGRESSED", "z", "errors"),
        ("THRESHOLD_BREACHED", "y", "p50"),
        ("INVALID", "z", "cpu"),
        ("INCONCLUSIVE", "z", "p95"),
        ("IMPROVED", "z", "p50"),
        ("NOT_MEASURED", "z", "p99"),
        ("PASS", "a", "p50"),
        ("PASS", "a", "errors"),
        ("PASS", "b", "p50"),
    ]


def test_a_doubt_is_told_once_with_everyone_it_concerns() -> None:
    told = Reason(code="x", text="already told")
    found = doubts(
        verdict(
            Outcome.PASS,
            comparison("GET /a", "p99", Outcome.NOT_MEASURED, reasons=(TOO_FEW, told)),
            comparison("GET /b", "p99", Outcome.NOT_MEASURED, reasons=(TOO_FEW,)),
            comparison("GET /c", "p99", reasons=(Reason(code="y", text="GET /c is odd"),)),
            reasons=(told,),
        )
    )
    assert [(subject, reason.code) for subject, reason in found] == [
        ("GET /a p99", "p99-too-few-requests"),
        ("", "y"),
    ]
    assert "1 more metric likewise" in found[0][1].text


def test_a_doubt_with_both_ends_of_a_long_name_does_not_repeat_it() -> None:
    name = "GET /" + "x" * 5000 + "/price"
    odd = Reason(code="y", text=f"{name[:60]}…{name[-59:]} is odd")
    found = doubts(verdict(Outcome.PASS, comparison(name, "p99", reasons=(odd,))))
    assert found == [("", odd)]


def test_headline_of_a_regression_names_the_change_largest_against_its_tolerance() -> None:
    sentence = headline(
        verdict(
            Outcome.REGRESSED,
            comparison("GET /a", "p50", Outcome.REGRESSED, change=0.1),
            comparison("GET /b", "errors", Outcome.REGRESSED, base=0.0, head=0.01, change=0.01),
        )
    )
    assert sentence.startswith("REGRESSED: GET /b fails 1.0 pp more (0.0 → 1.0 %")
    assert sentence.endswith("and 1 more metric.")


def test_headline_of_a_pass_says_what_would_have_been_found_and_claims_nothing_more() -> None:
    sentence = headline(passing())
    assert "nothing was found to be slower or to fail more" in sentence
    assert "p50 ≥ 2.4 %" in sentence
    assert not any(word in sentence.lower() for word in ("equal", "same", "no difference", "identical"))


def test_headline_of_a_pass_owns_up_to_what_was_not_measured() -> None:
    sentence = headline(
        verdict(Outcome.PASS, comparison("a", "p50"), comparison("a", "p99", Outcome.NOT_MEASURED, mde=None))
    )
    assert "(1 of 2 metrics could not be measured)" in sentence
    assert "p99 ≥" not in sentence


def test_headline_of_a_pass_quotes_the_worst_detectable_change_of_each_statistic() -> None:
    sentence = headline(
        verdict(Outcome.PASS, comparison("a", "p50", mde=0.01), comparison("b", "p50", mde=0.04))
    )
    assert "p50 ≥ 4.0 %" in sentence


def test_headline_of_an_improvement_speaks_of_faster() -> None:
    assert "GET /items p50 is 25.0 % faster (1.20 ms → 900 µs" in headline(improved())


def test_headline_of_cpu_speaks_of_the_whole_service() -> None:
    sentence = headline(verdict(Outcome.REGRESSED, comparison("*", "cpu", Outcome.REGRESSED, change=0.2)))
    assert "all endpoints: CPU per request is 20.0 % higher" in sentence


def test_an_interval_of_bytes_keeps_to_the_unit_of_its_change() -> None:
    row = comparison("*", "memory", change=1024.0, low=968.0, high=1083.0)
    assert change_text(row) == "+1.02 kB/request [+0.97, +1.08]"
    none = comparison("*", "memory", change=0.0, low=0.0, high=0.001)
    assert change_text(none) == "0 B/request [0, 0]"


def test_headlines_say_which_way_is_worse() -> None:
    fewer = comparison("*", "throughput", Outcome.REGRESSED, change=-0.061)
    assert "throughput is 6.1 % lower" in headline(verdict(Outcome.REGRESSED, fewer))
    more = comparison("*", "throughput", Outcome.IMPROVED, change=0.061)
    assert "throughput is 6.1 % higher" in headline(verdict(Outcome.IMPROVED, more))
    leak = comparison("*", "memory", Outcome.REGRESSED, change=1024.0)
    assert "memory grows by 1.02 kB/request more" in headline(verdict(Outcome.REGRESSED, leak))
    mended = comparison("*", "memory", Outcome.IMPROVED, change=-1024.0)
    assert "memory grows by 1.02 kB/request less" in headline(verdict(Outcome.IMPROVED, mended))


def test_headline_of_a_regression_without_a_number_uses_its_reason() -> None:
    new = Reason(code="new", text="status 500 in every head round")
    lonely = comparison("a", "errors", Outcome.REGRESSED, change=None, reasons=(new,))
    assert headline(verdict(Outcome.REGRESSED, lonely, reasons=(new,))).startswith(
        "REGRESSED: a errors: status 500 in every head round"
    )


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.NOT_MEASURED])
def test_headline_exists_even_without_evidence(outcome: Outcome) -> None:
    sentence = headline(verdict(outcome))
    assert sentence.startswith(f"{outcome}: ")
    assert sentence.endswith(".")


@pytest.mark.parametrize("kind", EVERY)
def test_headline_is_one_line_of_bounded_length(kind: str) -> None:
    assert "\n" not in headline(EVERY[kind]())
    assert len(headline(EVERY[kind]())) < 1300


@pytest.mark.parametrize(
    ("base", "head", "text"),
    [
        ("1.20 ms", "1.75 ms", "1.20 → 1.75 ms"),
        ("980 µs", "1.20 ms", "980 µs → 1.20 ms"),
        ("812/s", "763/s", "812/s → 763/s"),
        ("–", "1.20 ms", "– → 1.20 ms"),
        ("1.20 ms", "–", "1.20 ms → –"),
        ("–", "–", "–"),
        ("<0.01 %", "1.0 %", "<0.01 → 1.0 %"),
        ("0 B", "1.02 kB", "0 B → 1.02 kB"),
    ],
)
def test_both_sides_share_a_unit_where_they_have_the_same(base: str, head: str, text: str) -> None:
    assert both_text(base, head) == text


def test_what_regressed_is_ordered_by_its_change_and_what_passed_by_its_name() -> None:
    rows = [
        comparison("a", "p50", change=0.01),
        comparison("a", "p95", change=0.02),
        comparison("b", "p50", change=0.029),
        comparison("c", "p50", Outcome.REGRESSED, change=0.10),
        comparison("d", "p99", Outcome.REGRESSED, change=0.20),
        comparison("e", "errors", Outcome.REGRESSED, change=0.01),
    ]
    assert [c.metric.endpoint for c in worst_first(rows)] == ["e", "c", "d", "a", "a", "b"]


def test_what_was_not_measured_is_told_once_for_each_kind_of_reason() -> None:
    def lost(name: str, *reasons: Reason):
        return comparison(name, "p99", Outcome.NOT_MEASURED, change=None, reasons=reasons)

    few = Reason(code="few", text="GET /a p99: too few requests")
    gone = Reason(code="gone", text="it never answered", remedy="look at its log")
    v = verdict(Outcome.PASS, lost("GET /a", few), lost("GET /b", gone), lost("GET /c", gone), lost("GET /d"))
    assert [(subject, reason.text) for subject, reason in unmeasured(v)] == [
        ("", "GET /a p99: too few requests"),
        ("GET /b p99, GET /c p99", "it never answered"),
        ("GET /d p99", "there are no values on both sides"),
    ]
    assert unmeasured(verdict(Outcome.PASS, comparison("a", "p50", reasons=(few,)))) == []
