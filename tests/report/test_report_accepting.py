import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from report_strategies import anything, verdicts
from report_verdicts import comparison, regression, verdict

from perfgate.cli.main import main
from perfgate.config.statistics import parse_change
from perfgate.model import Outcome, Statistic
from perfgate.report.accepting import accept_commands, is_perfgate_command


def regressed(endpoint: str = "GET /a", statistic: Statistic = "p50", **numbers):
    numbers = {"change": 0.1, "low": 0.08, "high": 0.121} | numbers
    return comparison(endpoint, statistic, Outcome.REGRESSED, **numbers)


def command(row, reproduce: str = "perfgate compare main") -> str:
    (found,) = accept_commands(verdict(Outcome.REGRESSED, row, reproduce=reproduce))
    return found


def test_every_regression_has_its_command_worst_first() -> None:
    assert accept_commands(regression()) == [
        "perfgate accept 'GET /items' p50 --up-to 48% --reason WHY --expires YYYY-MM-DD",
        "perfgate accept 'GET /items' p95 --up-to 41% --reason WHY --expires YYYY-MM-DD",
        "perfgate accept '*' cpu --up-to 20% --reason WHY --expires YYYY-MM-DD",
    ]


@pytest.mark.parametrize(
    ("row", "bound"),
    [
        (regressed(), "13%"),
        (regressed(high=None, low=None), "10%"),
        (regressed(statistic="errors", change=0.0102, low=0.0068, high=0.0135), "1.4%"),
        (regressed(statistic="errors", change=0.0, low=0.0, high=0.0), "0.11%"),
        (regressed("*", "throughput", change=-0.061, low=-0.068, high=-0.055), "6.8%"),
        (regressed("*", "memory", change=1024.0, low=968.0, high=1083.0), "1100B"),
        (regressed(change=9.0, low=8.0, high=9.95), "1000%"),
    ],
)
def test_bound_is_the_worse_end_of_the_interval_rounded_up(row, bound: str) -> None:
    words = shlex.split(command(row))
    text = words[words.index("--up-to") + 1]
    assert text == bound
    size = parse_change(row.metric.statistic, text)
    assert size > row.tolerance
    assert size >= abs(row.change)


@pytest.mark.parametrize(
    "row",
    [
        regressed(change=None),
        regressed(change=20.0, high=30.0),
        regressed("GET /\u202ea"),
        regressed("two  spaces"),
        regressed("GET /" + "long/" * 100),
        regressed(""),
        comparison("GET /a", "p50", Outcome.INCONCLUSIVE),
    ],
)
def test_what_cannot_be_accepted_so_has_no_command(row) -> None:
    assert accept_commands(verdict(Outcome.REGRESSED, row)) == []


def test_a_name_like_an_option_or_a_script_stays_one_word() -> None:
    assert shlex.split(command(regressed("--list")))[-3:] == ["--", "--list", "p50"]
    words = shlex.split(command(regressed("$(rm -rf /); `id` 'x' \"y\" #")))
    assert words[2] == "$(rm -rf /); `id` 'x' \"y\" #"


def test_the_project_is_the_one_that_was_measured() -> None:
    line = "perfgate compare main --workload 'a b.yml' -c ci/perfgate.yml --budget 60s -e 'TOKEN=…'"
    assert command(regressed(), line).endswith(
        "p50 --workload 'a b.yml' -c ci/perfgate.yml --up-to 13% --reason WHY --expires YYYY-MM-DD"
    )


def test_command_as_it_stands_is_understood(tmp_path, monkeypatch, capsys) -> None:
    """`perfgate accept` knows every option that is written, and goes on to what is not there."""
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command(regressed("--odd"), "perfgate compare -c gate.yml --workload w.yml"))
    assert main(words[1:]) == 2
    said = capsys.readouterr().err
    assert "gate.yml" in said
    assert "option" not in said


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts)
def test_commands_of_any_verdict_are_commands_of_perfgate(v) -> None:
    for line in accept_commands(v):
        assert is_perfgate_command(line)
        assert line.splitlines() == [line]


@given(anything)
def test_only_one_plain_command_line_of_perfgate_is_one(text: str) -> None:
    if is_perfgate_command(text):
        assert shlex.split(text)[0] == "perfgate"
        assert shlex.join(shlex.split(text)) == text
    assert not is_perfgate_command(f"perfgate compare; {text}")
    assert not is_perfgate_command(f"echo {text}")
