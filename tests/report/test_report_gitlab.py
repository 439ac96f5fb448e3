import re
import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from report_strategies import verdicts
from report_verdicts import EVERY, comparison, regression, verdict, whole_service

from perfgate.model import Outcome
from perfgate.report.gitlab import render_metrics

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)")
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")


def parse(text: str) -> dict[str, dict[str, float]]:
    """OpenMetrics text by its rules: families together, described first, no sample twice, an end."""
    *lines, end, rest = text.split("\n")
    assert (end, rest) == ("# EOF", "")
    families: dict[str, dict[str, float]] = {}
    kinds: dict[str, str] = {}
    current = ""
    for line in lines:
        if meta := META.fullmatch(line):
            kind, name, value = meta.groups()
            if name != current:
                assert name not in families
                current, families[name] = name, {}
            assert not families[name], "described after its samples"
            if kind == "TYPE":
                kinds[name] = value
            if kind == "UNIT":
                assert name.endswith(f"_{value}")
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        name, labels, number = sample.groups()
        assert name == current
        assert labels not in families[name]
        families[name][labels] = float(number)
    assert set(kinds.values()) <= {"gauge", "stateset"}
    return families


def as_gitlab(text: str) -> dict[str, str]:
    """What GitLab keeps: without comments, split like a shell's line, the name and the first value."""
    found = {}
    for line in text.splitlines():
        words = shlex.split(re.sub("#.*", "", line))
        if words:
            name, *values = words
            assert len(values) == 1
            assert name not in found
            found[name] = values[0]
    return found


def test_levels_are_in_base_units_with_both_sides() -> None:
    families = parse(render_metrics(regression()))
    times = families["perfgate_service_time_seconds"]
    assert times['endpoint="GET /items",statistic="p50",side="base"'] == 0.0012
    assert times['endpoint="GET /items",statistic="p50",side="head"'] == 0.001754
    assert families["perfgate_change"]['endpoint="GET /items",statistic="p50"'] == 0.462
    assert families["perfgate_cpu_seconds"]['endpoint="all endpoints",statistic="cpu",side="base"'] == 0.0008
    assert not any('"p99"' in labels and 'GET /items"' in labels for labels in times)


def test_what_only_the_service_has_is_named_by_its_unit() -> None:
    families = parse(render_metrics(whole_service()))
    assert list(families["perfgate_throughput_requests_per_second"].values()) == [812.4, 762.9]
    assert list(families["perfgate_memory_growth_bytes"].values()) == [-12.0, 1012.0]


@pytest.mark.parametrize("kind", EVERY)
def test_one_verdict_is_said(kind: str) -> None:
    v = EVERY[kind]()
    states = parse(render_metrics(v))["perfgate_verdict"]
    assert [labels for labels, value in states.items() if value] == [f'perfgate_verdict="{v.outcome}"']


def test_gitlab_reads_a_name_whatever_is_in_it() -> None:
    rows = [
        comparison(name, "p50") for name in ("GET /a#b", "GET /a＃b", 'say "it\'s"', "back\\slash", "{x}=1")
    ]
    found = as_gitlab(render_metrics(verdict(Outcome.PASS, *rows)))
    prefix = "perfgate_change{endpoint="
    assert [name.removeprefix(prefix) for name in found if name.startswith(prefix)] == [
        "GET /a＃b,statistic=p50}",
        "GET /a＃b (2),statistic=p50}",
        "back\\slash,statistic=p50}",
        'say "it\'s",statistic=p50}',
        "{x}=1,statistic=p50}",
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts)
def test_any_verdict_can_be_read_by_the_rules_and_by_gitlab(v) -> None:
    text = render_metrics(v)
    samples = sum(map(len, parse(text).values()))
    assert len(as_gitlab(text)) == samples
