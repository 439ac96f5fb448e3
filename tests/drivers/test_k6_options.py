"""What a round makes of a script's options, and what is found in its text; no k6 is needed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.drivers.k6_binary import k6_environ
from perfgate.drivers.k6_options import milliseconds, ordered_options, shared
from perfgate.drivers.k6_source import check_imports, origins, with_imports, without_comments
from perfgate.errors import UsageError


def steady(options, duration_ns=3 * 10**9, vus=10, skip_think=False):
    return ordered_options(
        options,
        address="127.0.0.1:1",
        insecure=False,
        duration_ns=duration_ns,
        vus=vus,
        skip_think=skip_think,
    )


@given(
    vus=st.integers(1, 500),
    peaks=st.dictionaries(st.text(max_size=3), st.integers(1, 1000), min_size=1, max_size=6),
)
def test_virtual_users_are_shared_whole_and_nobody_goes_without(vus, peaks):
    shares = shared(vus, peaks)
    assert set(shares) == set(peaks)
    assert min(shares.values()) >= 1
    assert sum(shares.values()) == max(vus, len(peaks))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1m30s", 90_000), ("500ms", 500), ("1.5h", 5_400_000), (250, 250), ("", None), ("9x", None)],
)
def test_durations_as_k6_writes_them(text, value):
    assert milliseconds(text) == value


def test_scenarios_keep_their_functions_and_share_the_users_by_their_peaks():
    ordered = steady({
        "scenarios": {
            "browse": {
                "executor": "ramping-vus", "exec": "browse", "stages": [{"duration": "1m", "target": 40}],
                "env": {"A": "1"}, "tags": {"team": "x"}, "startTime": "5s",
            },
            "buy": {"executor": "constant-arrival-rate", "exec": "buy", "rate": 5, "preAllocatedVUs": 10},
        },
        "thresholds": {"http_req_duration": ["p(95)<1"]},
    })  # fmt: skip
    browse, buy = ordered.options["scenarios"]["browse"], ordered.options["scenarios"]["buy"]
    assert browse == {
        "executor": "constant-vus", "vus": 8, "duration": "3000ms", "gracefulStop": "5s",
        "exec": "browse", "env": {"A": "1"}, "tags": {"team": "x"},
    }  # fmt: skip
    assert (buy["executor"], buy["exec"], buy["vus"]) == ("constant-vus", "buy", 2)
    assert {"stages", "duration", "vus", "iterations", "thresholds"} <= set(ordered.drop)
    notes = "\n".join(ordered.notes)
    assert "browse: 8 constant virtual users for 3 s in place of ramping-vus" in notes
    assert "in place of constant-arrival-rate" in notes
    assert "thresholds were not judged" in notes


def test_without_an_ordered_load_the_file_counts_in_full():
    ordered = steady({"vus": 5, "thresholds": {"a": ["p(99)<1"]}, "summaryTrendStats": ["avg"]}, None, None)
    assert ordered.drop == ()
    assert ordered.options == {"hosts": {"*": "127.0.0.1:1"}, "summaryTrendStats": ["avg", "p(99)"]}
    assert ordered.notes == ()


def test_a_round_too_short_for_k6_is_lengthened_and_says_so():
    ordered = steady({"vus": 1, "minIterationDuration": "1s"}, duration_ns=3 * 10**8, skip_think=True)
    assert ordered.options["scenarios"]["default"]["duration"] == "1000ms"
    assert "minIterationDuration" in ordered.drop
    assert any("0.3 s were asked" in note for note in ordered.notes)


@given(st.text(alphabet="ab'\"`/*\n\\ ", max_size=40))
def test_blanking_comments_moves_nothing(source):
    blanked = without_comments(source)
    assert len(blanked) == len(source)
    assert [at for at, c in enumerate(source) if c == "\n"] == [
        at for at, c in enumerate(blanked) if c == "\n"
    ]


def test_imports_in_comments_are_none_and_urls_in_strings_no_comments():
    source = "// import ws from 'k6/ws'\n/* from 'k6/browser' */ const a = 'http://u:p@h.example.com:8/x'; // 'http://no'\n"
    check_imports(Path("s.js"), source)
    assert origins({Path("s.js"): source}) == ("http://h.example.com:8",)


def test_remote_modules_are_no_origins():
    source = "import { x } from 'https://jslib.k6.io/a.js';\nconst b = `https://api.example.com/${x}`;\n"
    assert origins({Path("s.js"): source}) == ("https://api.example.com",)


def test_a_refused_module_is_named_with_its_place():
    with pytest.raises(UsageError, match=r"^s\.js:2:11: k6/ws is not supported"):
        check_imports(Path("s.js"), "import {\na } from 'k6/ws';\n")


def test_imports_are_renamed_where_they_stand():
    source = "import http from 'k6/http';\nimport {\n sleep } from \"k6\";\nconst k = require('k6');\n"
    assert with_imports(source, lambda name: "/n.js" if name == "k6" else name) == (
        "import http from 'k6/http';\nimport {\n sleep } from \"/n.js\";\nconst k = require('/n.js');\n"
    )


def test_the_environment_of_k6_says_what_became_of_the_users():
    environ, notes = k6_environ({"PATH": "x", "K6_CLOUD_TOKEN": "s3cret", "K6_VUS": "4"}, steady=False)
    assert environ["PATH"] == "x"
    assert environ["K6_VUS"] == "4"
    assert environ["K6_NO_USAGE_REPORT"] == "true"
    assert "K6_CLOUD_TOKEN" not in environ
    assert not any("s3cret" in note for note in notes)
    assert "K6_VUS" not in k6_environ({"K6_VUS": "4"}, steady=True)[0]
