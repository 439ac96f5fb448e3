"""Whose policy judges: in real repositories, on stored results."""

import json
from pathlib import Path

import pytest
from cli_project import Project
from cli_stored import store_pair

from perfgate.cli.main import main
from perfgate.cli.project import open_project

CONFIG = """\
version: 1
service: {command: ./serve}
workload: load-test.yml
gate:
  level: {cpu: off}
  endpoints:
    "GET /sea*": {tolerance: {p50: 2%}, require: {p50: 4%}}
"""
WORKLOAD = """\
config:
  target: http://127.0.0.1
scenarios:
  - flow:
      - get: {url: /search}
      - get: {url: /home}
"""
SLOWER = {("GET /search", "p50"): 0.10}


class Shop:
    """A repository with a base commit on main and a head on a branch, and a way to compare the two."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder)
        self.path = folder
        self.project.write("load-test.yml", WORKLOAD)
        self.project.write("perfgate.yml", CONFIG)
        self.base = self.project.commit("base")
        self.project.git("checkout", "--quiet", "-b", "change")
        self.head = self.project.commit("change")

    def compare(self, *arguments: str) -> dict[str, object]:
        code = main(["compare", "main", "change", "--stored", "-o", "json=verdict.json", *arguments])
        document: dict[str, object] = json.loads((self.path / "verdict.json").read_text())
        return document | {"code": code, "warned": [w["code"] for w in document["warnings"]]}  # type: ignore[attr-defined]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    made = Shop(tmp_path / "shop")
    monkeypatch.chdir(made.path)
    store_pair(made.path, made.base, made.head, SLOWER)
    return made


def texts(verdict: dict, code: str) -> list[str]:
    return [warning["text"] for warning in verdict["warnings"] if warning["code"] == code]


def refused(shop: Shop, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["compare", "main", "change", "--stored", *arguments]) == 2
    return capsys.readouterr().err


def test_where_nothing_was_changed_nothing_is_said(shop):
    verdict = shop.compare()
    assert (verdict["code"], verdict["outcome"]) == (1, "REGRESSED")
    assert not any("policy" in code or "conditions" in code for code in verdict["warned"])


def test_a_change_cannot_loosen_its_own_gate(shop, capsys):
    shop.project.edit("perfgate.yml", "tolerance: {p50: 2%}, require: {p50: 4%}", "level: {p50: off}")
    verdict = shop.compare()
    assert verdict["outcome"] == "REGRESSED"
    assert texts(verdict, "policy_of_base") == [
        'gate.endpoints."GET /sea*".tolerance.p50: 2 % on base, nothing in the checkout: base\'s was used',
        'gate.endpoints."GET /sea*".require.p50: 4 % on base, nothing in the checkout: base\'s was used',
        'gate.endpoints."GET /sea*".level.p50: nothing on base, off in the checkout: base\'s was used',
    ]
    assert "base's was used" in capsys.readouterr().out


def test_for_experiments_the_checkout_may_judge_and_the_verdict_says_so(shop):
    shop.project.edit("perfgate.yml", "{p50: 2%}, require: {p50: 4%}", "{p50: 20%}, require: {p50: 25%}")
    verdict = shop.compare("--policy", "checkout")
    assert verdict["outcome"] != "REGRESSED"
    assert any(
        "20 % in the checkout: the checkout's was used" in t for t in texts(verdict, "policy_of_checkout")
    )
    assert "policy_of_base" not in verdict["warned"]
    assert str(verdict["reproduce"]).endswith("--policy checkout --stored")


def test_what_only_warns_is_marked_and_fails_nobody(shop):
    shop.project.edit("perfgate.yml", "tolerance: {p50: 2%}, require: {p50: 4%}", "level: {p50: warn}")
    verdict = shop.compare("--policy", "checkout")
    assert verdict["outcome"] == "PASS"
    assert "worse_at_level_warn" in verdict["warned"]
    levels = {(c["metric"]["endpoint"], c["metric"]["statistic"]): c["level"] for c in verdict["comparisons"]}
    assert levels["GET /search", "p50"] == "warn"
    assert levels["GET /home", "p50"] == "error"


def test_a_new_project_is_judged_by_its_checkout_and_says_so(shop):
    shop.project.git("mv", "perfgate.yml", "gate.yml")
    assert "no_base_policy" not in shop.compare("-c", "gate.yml")["warned"], (
        "not committed: no part of a change"
    )
    head = shop.project.commit("renamed")
    (shop.path / "perfgate.yml").write_text(CONFIG)
    store_pair(shop.path, shop.base, head, SLOWER, run="r2")
    assert "no_base_policy" in shop.compare("-c", "gate.yml")["warned"]


def test_a_policy_of_base_that_cannot_be_read_is_named(shop):
    shop.project.git("checkout", "--quiet", "main")
    shop.project.write("perfgate.yml", CONFIG + "unheard_of: 1\n")
    broken = shop.project.commit("of a newer perfgate")
    shop.project.git("checkout", "--quiet", "-B", "change")
    shop.project.write("perfgate.yml", CONFIG)
    head = shop.project.commit("back")
    store_pair(shop.path, broken, head, SLOWER)
    verdict = shop.compare()
    (text,) = texts(verdict, "base_policy_unreadable")
    assert f"{broken[:12]}:perfgate.yml:8:1: unknown key 'unheard_of'" in text
    assert verdict["outcome"] == "REGRESSED"


def test_a_link_in_base_is_not_followed(shop):
    shop.project.git("checkout", "--quiet", "main")
    (shop.path / "perfgate.yml").rename(shop.path / "real.yml")
    (shop.path / "perfgate.yml").symlink_to("real.yml")
    linked = shop.project.commit("link")
    shop.project.git("checkout", "--quiet", "-B", "change")
    (shop.path / "perfgate.yml").unlink()
    (shop.path / "real.yml").rename(shop.path / "perfgate.yml")
    head = shop.project.commit("file")
    store_pair(shop.path, linked, head, SLOWER)
    assert "symbolic link" in texts(shop.compare(), "base_policy_unreadable")[0]


def test_thresholds_are_bases_too(shop):
    shop.project.git("checkout", "--quiet", "main")
    shop.project.write(
        "perfgate.yml", CONFIG + "thresholds:\n  'http_req_failed{name:GET /home}': ['rate<1']\n"
    )
    base = shop.project.commit("limit")
    shop.project.git("checkout", "--quiet", "-B", "change")
    shop.project.write("perfgate.yml", CONFIG)
    head = shop.project.commit("no limit")
    store_pair(shop.path, base, head, {})
    # Without raw samples base's threshold cannot be held, which shows that it is asked for.
    assert main(["compare", "main", "change", "--stored"]) == 2
    assert shop.compare("--policy", "checkout")["outcome"] == "PASS"


def test_a_threshold_of_an_endpoint_that_the_change_removes_is_dropped_and_named(shop):
    shop.project.git("checkout", "--quiet", "main")
    shop.project.write(
        "perfgate.yml", CONFIG + "thresholds:\n  'http_req_failed{name:GET /home}': ['rate<1']\n"
    )
    base = shop.project.commit("limit")
    shop.project.git("checkout", "--quiet", "-B", "change")
    shop.project.write("perfgate.yml", CONFIG)
    shop.project.edit("load-test.yml", "      - get: {url: /home}\n", "")
    head = shop.project.commit("no /home")
    store_pair(shop.path, base, head, {})
    verdict = shop.compare()
    assert verdict["outcome"] == "PASS"
    assert any("GET /home" in t and "was not held" in t for t in texts(verdict, "policy_of_base"))
    assert texts(verdict, "conditions_changed") == [
        "not as on base: the content of the workload; the checkout's hold for both sides"
    ]


def test_what_is_measured_otherwise_is_named_by_its_keys_only(shop):
    secret = "service: {command: ./serve, env: {TOKEN: hush}}\nmeasure: {rounds: 20}\nload: {connections: 4}"
    shop.project.edit("perfgate.yml", "service: {command: ./serve}", secret)
    verdict = shop.compare()
    assert texts(verdict, "conditions_changed") == [
        "not as on base: load.connections, measure.rounds, service.env.TOKEN; "
        "the checkout's hold for both sides"
    ]
    assert "hush" not in (shop.path / "verdict.json").read_text()


def test_the_file_may_stand_in_a_folder_of_the_repository(shop):
    folder = shop.path / "perf"
    folder.mkdir()
    (folder / "perfgate.yml").write_text(CONFIG.replace("load-test.yml", "../load-test.yml"))
    base = shop.project.commit("in a folder")
    text = (folder / "perfgate.yml").read_text()
    (folder / "perfgate.yml").write_text(
        text.replace("{p50: 2%}, require: {p50: 4%}", "{p50: 20%}, require: {p50: 25%}")
    )
    head = shop.project.commit("loosened")
    shop.project.git("branch", "--force", "main", base)
    store_pair(folder, base, head, SLOWER)
    verdict = shop.compare("-c", "perf/perfgate.yml")
    assert verdict["outcome"] == "REGRESSED"
    assert len(texts(verdict, "policy_of_base")) == 2


@pytest.mark.parametrize(
    ("before", "after", "place", "message", "hint"),
    [
        (
            '"GET /sea*"',
            '"GET /seach"',
            "7:5",
            "no endpoint of the workload matches 'GET /seach'",
            "GET /search",
        ),
        ("{p50: 2%}", "{p50: 4%}", "7:5", "for 'GET /search' the tolerance of p50 is 4.0 %", "raise require"),
        ("require: {p50: 4%}", "level: {p99: warn}", "", "", ""),
        (
            "require: {p50: 4%}",
            "require: {p95: 4%}",
            "7:5",
            "for 'GET /search' the tolerance of p95 is 5.0 %",
            "raise require",
        ),
    ],
)
def test_rules_are_held_against_the_workload(shop, capsys, before, after, place, message, hint):
    shop.project.edit("perfgate.yml", before, after)
    if not message:
        assert main(["compare", "main", "change", "--stored"]) == 1
        return
    err = refused(shop, capsys)
    assert f"perfgate.yml:{place}: {message}" in err
    assert hint in err


def test_another_workload_may_leave_out_what_rules_speak_of(shop):
    shop.project.write("home.yml", WORKLOAD.replace("      - get: {url: /search}\n", ""))
    assert open_project(Path("perfgate.yml"), Path("home.yml")).workload.endpoints == ("GET /home",)


def test_thresholds_of_unknown_endpoints_are_refused_before_anything_is_compared(shop, capsys):
    text = "thresholds:\n  'http_req_duration{endpoint:GET /hom}': ['p(95)<1000']\n"
    shop.project.write("perfgate.yml", CONFIG + text)
    err = refused(shop, capsys)
    assert "perfgate.yml:9:44: no endpoint of the workload is called 'GET /hom'" in err
    assert "did you mean 'GET /home'?" in err
