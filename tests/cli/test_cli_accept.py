"""`perfgate accept`: what it writes and refuses, and what becomes of it in a verdict."""

import datetime

import pytest
from cli_stored import store_pair
from test_cli_policy import CONFIG, SLOWER, Shop, texts

from perfgate.cli.main import main

TODAY = datetime.datetime.now(datetime.UTC).date()
SOON = (TODAY + datetime.timedelta(days=30)).isoformat()
GOOD = ("accept", "GET /search", "p50", "--up-to", "12%", "--reason", "ranks better", "--expires", SOON)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Ann Example\n\temail = ann@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    made = Shop(tmp_path / "shop")
    monkeypatch.chdir(made.path)
    store_pair(made.path, made.base, made.head, SLOWER)
    return made


def accepting(**changed: str) -> list[str]:
    words = list(GOOD)
    for name, value in changed.items():
        places = {"endpoint": 1, "metric": 2, "up_to": 4, "reason": 6, "expires": 8}
        words[places[name]] = value
    return words


def test_a_decision_is_written_for_its_reviewers_and_passes(shop, capsys):
    assert shop.compare()["outcome"] == "REGRESSED"
    capsys.readouterr()
    assert main(list(GOOD)) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"accepted: GET /search p50 up to 12 % until {SOON}\nwrote ")
    written = (shop.path / "baselines" / "accepted.yml").read_text()
    for line in ('endpoint: "GET /search"', "up_to: 12%", 'reason: "ranks better"', f"date: {TODAY}"):
        assert line in written
    assert "Ann Example <ann@example.org>" in written
    # The mean over both endpoints is half as much slower, which single endpoints explain.
    verdict = shop.compare()
    assert (verdict["code"], verdict["outcome"]) == (0, "PASS")
    (row,) = [c for c in verdict["comparisons"] if c["accepted"]]
    assert (row["metric"]["endpoint"], row["metric"]["statistic"]) == ("GET /search", "p50")
    assert row["accepted"]["up_to"] == 0.12
    assert texts(verdict, "accepted")[0].endswith(
        f"until {SOON}: ranks better, by Ann Example <ann@example.org>)"
    )
    shown = capsys.readouterr().out
    assert shown.startswith("PASS: 1 accepted slowdown, and nothing else")
    assert "PASS, accepted" in shown


def test_again_it_replaces_and_says_so(shop, capsys):
    main(list(GOOD))
    capsys.readouterr()
    assert main(accepting(up_to="5%", reason="less will do")) == 0
    assert f"replaced: up to 12 % until {SOON}: ranks better, by Ann Example" in capsys.readouterr().out
    verdict = shop.compare()
    assert verdict["outcome"] == "REGRESSED"
    assert "beyond_acceptance" in [reason["code"] for reason in verdict["reasons"]]


def test_the_list_shows_days_left_and_what_expired(shop, capsys):
    assert main(["accept", "--list"]) == 0
    assert "nothing is accepted" in capsys.readouterr().out
    main(list(GOOD))
    main(accepting(endpoint="*", metric="p95"))
    path = shop.path / "baselines" / "accepted.yml"
    text = path.read_text().replace("GET /search", "GET /gone")
    path.write_text(text.replace(SOON, "2020-01-31", 1))
    capsys.readouterr()
    assert main(["accept", "--list"]) == 0
    out = capsys.readouterr().out
    assert "EXPIRED 2020-01-31" in out
    assert "30 days more" in out
    assert "the workload has no such endpoint" in out


def test_what_was_merged_covers_nothing_more_and_should_go(shop):
    main(list(GOOD))
    shop.project.commit("accept")
    shop.project.git("branch", "--force", "main", "change")
    head = shop.project.commit("slower again")
    store_pair(shop.path, shop.project.git("rev-parse", "main").strip(), head, SLOWER)
    verdict = shop.compare()
    assert verdict["outcome"] == "REGRESSED"
    assert "acceptance_merged" in verdict["warned"]
    assert "acceptance_merged" in [reason["code"] for reason in verdict["reasons"]]
    main(accepting(reason="slower once more, decided again"))
    assert shop.compare()["outcome"] == "PASS"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            accepting(endpoint="GET /seach"),
            "no endpoint of the workload is called",
            "did you mean 'GET /search'",
        ),
        (accepting(metric="p5"), "there is no metric 'p5', did you mean 'p95'?", "p50, p95, p99, errors"),
        (accepting(metric="cpu"), "cpu is not measured of 'GET /search'", '"*"'),
        (accepting(endpoint="*", metric="errors"), "errors is not measured of '*'", "name one"),
        (accepting(endpoint="*", metric="cpu"), "at level off", "gate.level"),
        (accepting(up_to="12"), "--up-to: '12' is not a percentage", "like 3%"),
        (accepting(up_to="2%"), "--up-to 2% accepts nothing: 2 % is tolerated anyway", "larger"),
        (accepting(up_to="2000%"), "out of range", "1000%"),
        (accepting(reason=" "), "--reason is empty", "why"),
        (accepting(reason="a\x1b[31m"), "--reason cannot be used", "plain text"),
        (accepting(expires="2020-01-31"), "--expires 2020-01-31 is past", "from"),
        (accepting(expires="31.1.2027"), "is not a day", "2027-01-31"),
        (accepting(expires=str(TODAY + datetime.timedelta(days=367))), "more than a year ahead", "up to"),
        (["accept"], "ENDPOINT, METRIC, --up-to, --reason, --expires are missing", "--help"),
        (list(GOOD[:-2]), "--expires is missing", "until when"),
        (["accept", "--list", "--up-to", "3%"], "--list only shows", "drop"),
    ],
)
def test_what_makes_no_sense_is_refused(shop, capsys, arguments, message, hint):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert hint in err.partition("hint:")[2]
    assert not (shop.path / "baselines").exists()


def test_a_broken_file_is_named_and_never_overwritten(shop, capsys):
    path = shop.path / "baselines" / "accepted.yml"
    path.parent.mkdir()
    path.write_text("schema_version: 1\naccepted: [{endpoint: x}]\n")
    for arguments in (list(GOOD), ["accept", "--list"], ["compare", "main", "change", "--stored"]):
        assert main(arguments) == 2
        assert "accepted.yml:2:12: accepted.0.metric is missing" in capsys.readouterr().err
    assert path.read_text().endswith("[{endpoint: x}]\n")


def test_of_what_the_workload_no_longer_has_there_is_a_warning(shop):
    main(list(GOOD))
    shop.project.edit("load-test.yml", "      - get: {url: /search}\n", "")
    shop.project.write("perfgate.yml", CONFIG.partition("  endpoints")[0])
    head = shop.project.commit("no search")
    store_pair(shop.path, shop.base, head, {})
    assert any("GET /search" in text for text in texts(shop.compare(), "acceptance_unknown"))
