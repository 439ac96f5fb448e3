"""Baselines made of imported runs, and HEAD's stored result held against them: nothing is measured."""

import json
from functools import partial
from pathlib import Path

import pytest
from cli_import import DATA, NAMED, VEGETA, Shop, make_shop, perfgate, words


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shop:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "test")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "test@example.invalid")
    made = make_shop(tmp_path, partial(perfgate, capsys))
    (tmp_path / "perfgate.yml").write_text("version: 1\nworkload: load-test.yml\n")
    (tmp_path / "load-test.yml").write_text("config: {target: http://127.0.0.1}\nscenarios: []\n")
    return made


def update(shop: Shop, *more: str) -> tuple[int, str]:
    done = shop.perfgate("baseline", "update", "--reason", "ten runs", "--stored", *NAMED, *more)
    return done.code, done.out + done.err


def test_ten_imported_runs_are_ten_runs_of_a_baseline_that_judge_the_next_result(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 10), *NAMED)
    code, said = update(shop)
    assert code == 0, said
    (path,) = (shop.path / "baselines").rglob("*.json")
    baseline = json.loads(path.read_text())
    assert len(baseline["runs"]) == 10
    assert baseline["latency_definition"].startswith(VEGETA)
    assert path.stem == "unknown"
    assert shop.perfgate("check", "--stored", *NAMED).code == 0
    for stored in (shop.path / ".perfgate" / "results").rglob("*.json"):
        stored.unlink()
    shop.perfgate("import", *shop.runs("head", 3, slower=1.4), *NAMED)
    done = shop.perfgate("check", "--stored", *NAMED)
    assert done.code == 1, done.out
    assert "REGRESSED: GET /items p50" in done.out
    assert "perfgate check --stored" in done.out


def test_a_run_is_added_once(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 2), *NAMED)
    assert update(shop)[0] == 0
    code, said = update(shop)
    assert code == 2
    assert "in the baseline already" in said


def test_runs_of_another_definition_do_not_join_a_baseline_and_both_are_named(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 2), *NAMED)
    update(shop)
    for stored in (shop.path / ".perfgate" / "results").rglob("*.json"):
        stored.unlink()
    shop.perfgate("import", DATA / "hey.csv", *NAMED)
    code, said = update(shop)
    assert code == 2
    assert VEGETA in said
    assert "hey response time" in said
    done = shop.perfgate("check", "--stored", *NAMED)
    assert done.code == 3
    assert VEGETA in words(done.out)
    assert "hey response time" in words(done.out)
    assert update(shop, "--reset")[0] == 0


def test_without_a_baseline_or_a_stored_result_nothing_is_judged(shop: Shop) -> None:
    assert shop.perfgate("check", "--stored", *NAMED).code == 2
    shop.perfgate("import", *shop.runs("base", 1), *NAMED)
    done = shop.perfgate("check", "--stored", *NAMED)
    assert done.code == 3
    assert "there is no baseline of shop for this class of machine (unknown) in baselines" in words(done.out)
