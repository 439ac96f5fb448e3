"""The pages hold together as HTML, need no network and no JavaScript, and no name in them does anything."""

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pages
import pytest
from histories import HISTORIES, INSTALL, history_of, moved, past_of
from html_reader import Document

from perfgate.report.html import render_history, render_page
from perfgate.report.html.quantiles import quantile_rows
from perfgate.report.text import clean

_CACHE: dict[str, Document] = {}


def document(name: str) -> Document:
    if name not in _CACHE:
        is_history = name in HISTORIES
        _CACHE[name] = Document(
            render_history(HISTORIES[name](), limit=40, install=INSTALL)
            if is_history
            else render_page(pages.PAGES[name]())
        )
    return _CACHE[name]


every_page = pytest.mark.parametrize("name", [*pages.PAGES, *HISTORIES])


@every_page
def test_a_page_is_well_formed_and_has_no_id_twice(name: str) -> None:
    found = document(name)
    assert found.faults == []
    assert [each for each, times in Counter(found.ids).items() if times > 1] == []
    assert found.source.startswith("<!doctype html>\n")
    assert found.one("html").attributes["lang"] == "en"


@every_page
def test_headings_go_down_step_by_step_below_one_title(name: str) -> None:
    levels = [int(each.tag[1]) for each in document(name).elements if re.fullmatch("h[1-6]", each.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_page
def test_nothing_on_a_page_comes_from_anywhere_else(name: str) -> None:
    found = document(name)
    for element in found.elements:
        for attribute, value in element.attributes.items():
            assert not attribute.startswith("on")
            assert attribute not in {"style", "src", "srcset", "action", "formaction", "background", "poster"}
            if attribute == "href":
                assert (value or "").startswith(("#", "data:image/svg+xml,"))
    for style in found.all("style"):
        assert "url(" not in style.text
        assert "@import" not in style.text


@every_page
def test_every_link_leads_somewhere(name: str) -> None:
    found = document(name)
    ids = set(found.ids)
    targets = {f"#{each}" for each in ids}
    assert {each.attributes["href"] for each in found.all("a")} <= targets
    assert {each.attributes["href"] for each in found.all("use")} <= targets
    for element in found.elements:
        for name_of_id in ("aria-labelledby", "aria-controls", "for"):
            assert element.attributes.get(name_of_id, "main") in ids


@every_page
def test_the_policy_names_exactly_the_scripts_and_styles_that_are_there(name: str) -> None:
    found = document(name)
    policy = next(each.attributes["content"] for each in found.all("meta") if "http-equiv" in each.attributes)
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    assert rules["default-src"] == "'none'"
    scripts = [each for each in found.all("script") if "type" not in each.attributes]
    assert rules["script-src"].split() == [digest(each.text) for each in scripts]
    assert rules["style-src"].split() == [digest(each.text) for each in found.all("style")]


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_hostile_text_adds_no_element_and_is_read_as_written() -> None:
    found, tame = document("hostile"), document("pass")
    assert {each.tag for each in found.elements} <= {each.tag for each in tame.elements} | {"label", "input"}
    assert len(found.all("script")) == len(tame.all("script"))
    assert len(found.all("style")) == len(tame.all("style"))
    for name in pages.HOSTILE_NAMES:
        assert clean(name) in found.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028]", found.source)


def test_a_hostile_history_is_harmless_too() -> None:
    benign = Document(render_history(moved(), limit=40, install=INSTALL))
    names = [name for name in pages.HOSTILE_NAMES if clean(name)]
    metrics = tuple(past_of(name, "p50", 1e6) for name in names)
    history = replace(moved(), workload_name=names[0], metrics=metrics)
    found = Document(render_history(history, limit=40, install=names[1]))
    assert found.faults == []
    assert {each.tag for each in found.elements} <= {each.tag for each in benign.elements}
    assert len(found.all("script")) == len(benign.all("script"))
    assert f"History of {clean(names[0])}" in found.text


def test_the_data_is_the_page_in_numbers() -> None:
    page = pages.regression()
    data = json.loads(document("regression").one("script", type="application/json").text)
    assert list(data["endpoints"]) == [view.anchor for view in page.endpoints]
    view, numbers = page.endpoints[0], data["endpoints"]["endpoint-1"]
    for side in ("base", "head"):
        assert data["axes"][numbers["ecdf"]["x"]] == pytest.approx(view.ecdf[side].x, rel=1e-3)
        assert numbers["ecdf"][side] == pytest.approx(view.ecdf[side].y, rel=1e-3)
        assert numbers["density"][side] == pytest.approx(view.density[side].y, rel=1e-3)
    assert numbers["shift"]["low"] == pytest.approx(view.shift_band.low, abs=1e-4)
    gaps = [value is None for value in view.latency["head"]["p95"].y]
    assert [value is None for value in numbers["time"]["head_p95"]] == gaps
    assert [each["number"] for each in data["rounds"] if each["dropped"]] == [4]
    assert set(data["series"]) == {"CPU", "memory", "threads", "connections"}


def test_the_first_words_are_the_verdict_and_what_moved() -> None:
    found = document("regression")
    assert found.one("title").text == "Regressed: shop: main 1a2b3c4d5e → slow-query 99aa88bb77"
    title = " ".join(found.one("h1").text.split())
    assert title.startswith("Regressed GET /items p50 is 46.2 % slower (1.20 → 1.75 ms, 90 % interval")
    assert "perfgate compare main slow-query --seed 7" in [each.text for each in found.all("code")]
    assert "4 Regressed" in found.text
    assert "Run on a machine with two cores or more." in found.text


def test_a_reason_that_the_headline_tells_is_not_told_again() -> None:
    assert document("inconclusive").text.count("too noisy to see a change of 5 % in p50") == 1


def test_the_plot_is_drawn_without_javascript_and_says_its_numbers_in_words() -> None:
    found = document("regression")
    rows = [each.text for each in found.all("tr", class_="regressed")]
    assert any(
        "GET /items p50" in row and "1.20 → 1.75 ms" in row and "+46.2 % [+45.0, +47.4]" in row
        for row in rows
    )
    marks = [each for each in found.all("use", class_="at") if each.attributes["href"] == "#m-regressed"]
    assert len(marks) == 4
    places = [float((each.attributes["x"] or "").rstrip("%")) for each in marks]
    assert all(0 <= place <= 100 for place in places)
    assert len(set(places)) == 2
    zero = float((found.one("line", class_="zero").attributes["x1"] or "").rstrip("%"))
    better = [each for each in found.all("use", class_="at") if each.attributes["href"] == "#m-improved"]
    assert all(float((each.attributes["x"] or "").rstrip("%")) < zero < min(places) for each in better)
    assert len(found.all("use", class_="at")) == len(pages.regression().forest) - 1  # one was not measured


def test_of_many_metrics_the_worst_thirty_come_first_and_the_others_on_request() -> None:
    found = document("many")
    rows = [each for each in found.all("tr") if "forest" in found.source and "plot" not in each.inside]
    in_more = [each for each in found.all("use", class_="at") if each.inside.count("details")]
    assert len(rows) > 160
    assert len(in_more) == 160 - 30
    assert "Show the other 130 metrics" in found.text


def test_every_number_behind_a_chart_stands_in_a_table() -> None:
    found = document("regression")
    cells = [each.text for each in found.all("td")]
    view = pages.regression().endpoints[0]
    p95 = next(quantile for quantile in view.quantiles if quantile[0] == "p95")
    assert f"{p95[1]:.2f} ms" in cells
    assert f"{p95[2]:.2f} ms" in cells
    assert f"{100 * (p95[2] / p95[1] - 1):+.1f} %" in cells
    for words in ("http_5xx", "25,920", "6.8.0-48-generic", "differs", "the CPU was taken away", "84 µs"):
        assert words in found.text
    service = [each.text for each in found.all("th", scope="col")]
    assert {"CPU base, cores", "memory base, MB", "threads base", "connections base"} <= {
        each.removesuffix(", ") for each in service
    }


def test_intervals_say_their_confidence_and_a_bent_axis_that_it_is_bent() -> None:
    found = document("regression")
    assert "The line is the 90 % interval" in found.text
    assert "The axis is in % (errors: pp, memory: 100 B/request)." in found.text
    assert "90 % interval" in [each.text for each in found.all("th", scope="col")]
    assert json.loads(found.one("script", type="application/json").text)["interval"] == "90 % interval"
    assert "even up to ±10 and logarithmic beyond." in document("odd").text


def test_endpoints_that_begin_a_sentence_keep_their_first_letter() -> None:
    view = pages.endpoint("checkout", 1)
    said = ("checkout p50 was worse", "look at it")
    page = pages.page_of([view], headline="PASS: checkout is fine", reasons=(said,), warnings=(said,))
    found = Document(render_page(replace(page, notes=("checkout has no band",), outcome="PASS"))).text
    assert "Checkout" not in found
    assert found.count("checkout p50 was worse. Look at it.") == 2


def test_rounds_are_numbered_from_one() -> None:
    found = document("regression")
    assert "Round 4 was dropped: the CPU was taken away" in found.text
    table = found.source[found.source.index('aria-label="Rounds"') :]
    assert re.findall(r'<th scope="row">(\d+)</th>', table) == [str(number) for number in range(1, 14)]


def test_without_evidence_the_page_says_what_is_missing_and_why() -> None:
    found = document("empty")
    assert "Samples were not kept: no distributions." in found.text
    assert "all endpoints memory" in found.text
    assert found.all("details") == []
    assert document("invalid").text.startswith("Skip to the content")
    assert "All 30 rounds" in document("invalid").text


def test_with_many_endpoints_there_is_a_search_and_each_can_be_linked_to() -> None:
    assert document("many").all("input", type="search")
    assert not document("regression").all("input")
    assert {f"endpoint-{number}" for number in range(1, 41)} <= set(document("many").ids)


def test_two_hundred_endpoints_fit_into_two_megabytes() -> None:
    assert len(render_page(pages.many(200)).encode()) < 2_000_000


def test_a_page_of_the_longest_names_leaves_out_the_least_to_stay_below_two_megabytes() -> None:
    page = pages.many(200)
    name = "&'\U0001d400" * 40
    classes = tuple((f"{number} {name}", 1, 2) for number in range(20))
    views = tuple(replace(view, name=name, errors=classes, statuses=classes) for view in page.endpoints)
    forest = tuple(replace(row, endpoint=name) for row in page.forest)
    text = render_page(replace(page, endpoints=views, forest=forest))
    assert 500_000 < len(text.encode()) < 2_000_000
    found = Document(text)
    shown = len(found.all("div", class_="inside"))
    assert 1 < shown < 200
    assert f"{200 - shown} more are not shown." in found.text
    left_out = len(forest) - len(found.all("use", class_="at"))
    assert f"{left_out} more metrics are not drawn, or the file would be too large" in found.text


def test_a_history_lists_what_moved_with_its_commits_and_how_to_make_sure() -> None:
    found, history = document("history"), moved()
    before, step = history.commits[11].sha[:10], history.commits[12].sha[:10]
    assert "▲ Change point for the worse" in found.text
    assert f"after {before} (2026-01-12), with {step} (2026-01-13)" in found.text
    assert "GET /search p95 +30.5 % 6.10 ms → 7.96 ms" in found.text
    assert f"To make sure: perfgate compare {before} {step}" in found.text
    assert "▼ Change point for the worse" in found.text  # throughput
    assert "▼ Change point for the better" in found.text
    assert "↗ Creep" in found.text
    assert "5 changes of level" not in found.text
    assert "4 changes of level in 24 runs of 24 commits." in found.text
    assert "left out: 3 runs: interrupted (run them again)" in found.text


def test_a_history_has_every_commit_in_a_table_and_shows_the_newest_only() -> None:
    found, history = document("history"), moved()
    assert all(commit.sha[:10] in found.text for commit in history.commits)
    few = Document(render_history(history, limit=5, install=INSTALL))
    rows = [each.text for each in few.all("th", scope="row") if len(each.text) == 10]
    assert set(rows) == {commit.sha[:10] for commit in history.commits[-5:]}
    assert "the newest 5 shown" in few.text
    assert history.commits[12].sha[:10] in few.text  # what moved is told whenever it was
    data = json.loads(few.one("script", type="application/json").text)
    assert len(data["commits"]) == 5
    assert all(len(metric["values"]) == 5 for metric in data["metrics"].values())


def test_a_history_in_which_nothing_could_be_looked_for_says_so() -> None:
    found = document("history-still")
    assert "Changes of level were not looked for in 1 run of 1 commit." in found.text
    assert "Nothing was found" not in found.text
    assert "No level changed" not in found.text
    assert f"change points were not looked for: {INSTALL}" in found.text


def test_a_quantiles_change_lies_in_its_interval_and_is_that_of_the_chart() -> None:
    view = pages.PAGES["regression"]().endpoints[0]
    thrown_together = tuple((name, 1.0, 9.0) for name, _, _ in view.quantiles)
    for row in quantile_rows(replace(view, quantiles=thrown_together)):
        if row.low is None or row.high is None:
            assert row.change == 8.0
        else:
            assert row.change is not None
            assert row.low <= row.change <= row.high


@pytest.mark.parametrize(
    ("fewest", "said"), [(1, "No level changed in"), (99, "Changes of level were not looked for in")]
)
def test_a_history_claims_that_nothing_moved_only_where_that_could_be_seen(fewest: int, said: str) -> None:
    history = replace(history_of(past_of("GET /", "p50", 1e6, count=3)), fewest=fewest)
    assert f"{said} " in Document(render_history(history, limit=40, install=INSTALL)).text


def test_a_history_counts_the_runs_it_shows_and_not_those_it_left_out() -> None:
    history = moved()
    more = replace(history, circle=replace(history.circle, runs=99, commits=98))
    found = Document(render_history(more, limit=40, install=INSTALL))
    assert "in 24 runs of 24 commits." in found.text


def test_the_chart_library_comes_with_its_licence() -> None:
    vendor = files("perfgate.report.html") / "vendor"
    assert "MIT License" in (vendor / "uPlot.LICENSE.txt").read_text(encoding="utf-8")
    assert "uPlot" in (vendor / "uPlot.iife.min.js").read_text(encoding="utf-8")


def test_where_head_was_measured_alone_there_is_no_empty_column_of_base() -> None:
    view = pages.endpoint("GET /", 1)
    alone = replace(
        view,
        ecdf={"head": view.ecdf["head"]},
        density={"head": view.density["head"]},
        shift=type(view.shift)(),
        shift_band=type(view.shift_band)(),
        quantiles=tuple((name, None, head) for name, _, head in view.quantiles),
        latency={"head": view.latency["head"]},
        throughput={"head": view.throughput["head"]},
        statuses=(("200", 0, 10),),
    )
    rounds = tuple(replace(each, requests={"head": 10}) for each in pages.rounds_of())
    found = Document(render_page(pages.page_of([alone], rounds=rounds, series=())))
    headers = [each.text for each in found.all("th", scope="col")]
    assert "Requests head" in headers
    assert not [header for header in headers if "base" in header]
    assert headers.count("Base") == 1  # of the metrics, which are held to the baseline
    assert "both sides" not in found.text


def test_the_title_does_not_say_the_outcome_twice() -> None:
    found = Document(render_page(replace(pages.passing(), title="PASS: shop, main → head")))
    assert found.one("title").text == "Pass: shop, main → head"
    assert found.one("p", class_="title").text == "shop, main → head"
