"""`config.environments`: what the chosen one says counts, merged to the bottom as Artillery does."""

import pytest

from perfgate.errors import UsageError

FILE = """
config:
  target: http://127.0.0.1:1
  phases:
    - {duration: 60, arrivalRate: 5}
    - {duration: 30, arrivalRate: 1}
  http: {timeout: 10, defaults: {headers: {x-a: base, x-b: base}}}
  environments:
    load:
      target: http://127.0.0.1:2
      http: {defaults: {headers: {x-a: "{{ $environment }}"}}}
      phases:
        - {arrivalRate: 50}
    smoke:
      ensure: {p99: 100}
    empty:
scenarios:
  - flow: [{get: {url: "/{{ $environment }}"}}]
"""
PLAIN = FILE.replace("/{{ $environment }}", "/plain")


def first(workload):
    return next(workload.scenarios[0].start(1))


def test_mappings_merge_by_key_and_lists_by_item(read):
    workload = read(FILE, environment="load")
    assert workload.target == "http://127.0.0.1:2"
    assert [ramp.target for ramp in workload.profile.stages] == [50.0, 1.0, 1.0]
    assert workload.profile.duration_ns == 90_000_000_000
    request = first(workload)
    assert request.target == "/load"
    assert request.timeout_ns == 10_000_000_000
    assert {"x-a": "load", "x-b": "base"}.items() <= dict(request.headers).items()


def test_without_one_the_rest_counts_and_a_note_names_them(read):
    workload = read(PLAIN)
    assert workload.target == "http://127.0.0.1:1"
    assert "config.environments: none is chosen (there are: load, smoke, empty)" in workload.notes


def test_an_empty_environment_changes_nothing_but_its_name(read):
    chosen, bare = read(PLAIN, environment="empty"), read(PLAIN)
    assert chosen.profile == bare.profile
    assert chosen.digest != bare.digest


def test_an_environment_may_bring_what_the_rest_lacks(read):
    [demand] = read(PLAIN, environment="smoke").ensured.demands
    assert demand.source == "http.response_time.p99 < 100"


def test_other_environments_do_not_count_for_the_digest(read):
    assert (
        read(PLAIN, environment="load").digest
        == read(PLAIN.replace("100}", "200}"), environment="load").digest
    )


@pytest.mark.parametrize(
    ("old", "new", "environment", "what", "line"),
    [
        ("", "", "laod", "there is no environment 'laod', did you mean 'load'?", 8),
        ("environments:", "environments: {}\nscenario:", "x", "there is no environment 'x'", 8),
        (
            "target: http://127.0.0.1:2",
            "targets: x",
            None,
            "unknown key 'targets', did you mean 'target'?",
            10,
        ),
        ("{arrivalRate: 50}", "{arrivalRate: often}", "load", "'arrivalRate' must be a number", 13),
        ("{arrivalRate: 50}", "{arivalRate: 50}", "load", "unknown key 'arivalRate'", 13),
        ("{p99: 100}", "{p98: 100}", "smoke", "unknown key 'p98'", 15),
    ],
)
def test_refused_at_the_line_that_says_it(read, old, new, environment, what, line):
    with pytest.raises(UsageError) as caught:
        read(PLAIN.replace(old, new, 1) if old else PLAIN, environment=environment)
    assert what in caught.value.message
    assert f"load.yml:{line}:" in caught.value.message


def test_a_file_without_environments_has_none_to_choose(read):
    with pytest.raises(UsageError, match="there is no environment 'load'"):
        read("scenarios: [{flow: [{get: {url: /}}]}]", environment="load")


def test_the_name_is_unknown_where_none_is_chosen(read):
    with pytest.raises(UsageError, match="no environment is chosen") as caught:
        read(FILE)
    assert "\n" not in caught.value.message
