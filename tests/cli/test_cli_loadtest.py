"""Choosing what reads and sends a load test, and what perfgate.yml may say of one that is code."""

import os
from pathlib import Path

import pytest

from perfgate.cli.loadtest import read_load_test, seen_by_code
from perfgate.cli.project import Project, open_project
from perfgate.cli.rulecheck import unmatched_rules
from perfgate.errors import UsageError

SHOP = """\
import os
from locust import HttpUser, between, task


class Shopper(HttpUser):
    wait_time = between(1, 3)

    @task
    def look(self):
        self.client.get(f"/{os.environ.get('CITY', 'nowhere')}")
"""
HOME = "config: {target: http://127.0.0.1}\nscenarios:\n  - flow:\n      - get: {url: /home}\n"
RULE = 'gate:\n  endpoints:\n    "GET /items/*": {tolerance: {p50: 1%}, require: {p50: 2%}}\n'


def opened(folder: Path, text: str, workload: str | None = None, **more: object) -> Project:
    (folder / "locustfile.py").write_text(SHOP)
    (folder / "home.yml").write_text(HOME)
    (folder / "perfgate.yml").write_text(f"version: 1\n{text}")
    return open_project(folder / "perfgate.yml", folder / workload if workload else None, **more)  # type: ignore[arg-type]


def test_user_classes_can_be_the_workload(tmp_path: Path) -> None:
    found = opened(tmp_path, "workload: locustfile.py\n" + RULE)
    assert [kind.name for kind in found.workload.users] == ["Shopper"]
    (reason,) = unmatched_rules(found.policy, {"GET /home"})
    assert reason.code == "rule_unmatched"
    assert "'GET /items/*'" in reason.text
    assert unmatched_rules(found.policy, {"GET /items/3"}) == ()


def test_a_name_that_no_result_can_hold_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """Names of 5 kB, which some tools make of URLs, can be held."""
    long = HOME.replace("{url: /home}", f"{{url: /home, name: {'x' * 5000}}}")
    (tmp_path / "long.yml").write_text(long)
    assert opened(tmp_path, "", "long.yml").workload.endpoints == ("x" * 5000,)
    (tmp_path / "long.yml").write_text(long.replace("x" * 5000, "x" * 70_000))
    with pytest.raises(UsageError, match=r"long.yml: an endpoint's name has 70000 characters"):
        opened(tmp_path, "", "long.yml")


def test_a_rule_without_room_is_refused_before_endpoints_have_names(tmp_path: Path) -> None:
    wrong = RULE.replace("require: {p50: 2%}", "require: {p50: 1%}")
    with pytest.raises(UsageError, match="not below the 1"):
        opened(tmp_path, "workload: locustfile.py\n" + wrong)


def test_a_file_without_a_workload_takes_one_from_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no workload"):
        opened(tmp_path, "")
    assert opened(tmp_path, "", "home.yml").workload.endpoints == ("GET /home",)


def test_driver_and_environment_are_of_the_workload_that_is_named(tmp_path: Path) -> None:
    text = "workload: home.yml\nenvironment: staging\n"
    with pytest.raises(UsageError, match="staging"):
        opened(tmp_path, text)
    assert opened(tmp_path, text, "locustfile.py").config.environment is None
    with pytest.raises(UsageError, match=r"k6 does not run \.yml files"):
        opened(tmp_path, "workload: home.yml\ndriver: k6\n")


def test_user_classes_refuse_the_open_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pace themselves"):
        opened(tmp_path, "workload: locustfile.py\nload: {model: open, rate: 5/s}\n")


def test_variables_of_the_command_line_win_and_are_part_of_what_is_sent(tmp_path: Path) -> None:
    text = "workload: locustfile.py\nvariables: {CITY: Rome}\n"
    rome, oslo = opened(tmp_path, text), opened(tmp_path, text, env=("CITY=Oslo",))
    assert rome.workload.digest != oslo.workload.digest
    assert dict(oslo.config.variables) == {"CITY": "Oslo"}
    before = os.environ.get("CITY")
    with seen_by_code(oslo.workload, oslo.config.variables):
        assert os.environ["CITY"] == "Oslo"
    assert os.environ.get("CITY") == before


def test_environments_are_artillerys(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(SHOP)
    with pytest.raises(UsageError, match="only Artillery's files have environments"):
        read_load_test(tmp_path / "locustfile.py", environment="ci")
