"""Artillery scripts run unmodified: what comes back as samples and as Artillery's own report."""

import os
from pathlib import Path

import pytest
from artillery_service import NEEDS_ARTILLERY, PATH, run_artillery
from k6_service import Service, endpoints, errors, serving

from perfgate.drivers.artillery import read_artillery_script
from perfgate.drivers.artillery_rows import endpoint_name
from perfgate.errors import UsageError
from perfgate.model.tool import ToolCheck, ToolMetric, ToolThreshold

LOAD_TEST = """
config:
  target: https://api.example.com/v1
  phases:
    - {duration: 60, arrivalRate: 10, name: Warm up}
    - {duration: 120, arrivalRate: 50}
  plugins: {expect: {}, ensure: {}}
  ensure: {maxErrorRate: 1}
after: {flow: [{get: {url: /bye}}]}
scenarios:
  - name: smoke
    flow:
      - post:
          url: /auth/token
          json: {username: test@example.com}
          capture: {json: $.token, as: token}
          expect: [{statusCode: 201}, {hasProperty: nothing}]
      - think: 5
      - get:
          url: /users
          headers: {Authorization: 'Bearer {{ token }}'}
"""
OWN_PHASES = """
config:
  target: https://api.example.com
  phases: [{duration: 1, arrivalCount: 4}]
  plugins: {expect: {}, ensure: {}, apdex: {}}
  processor: ./hooks.js
  ensure:
    thresholds: [{http.response_time.p99: 5000}]
    conditions: [{expression: 'http.requests > 1000', strict: false}]
  environments: {staging: {target: 'https://staging.example.com/broken'}}
scenarios:
  - flow:
      - function: count
      - get: {url: '/{{ word }}'}
      - get: {url: /broken, expect: {statusCode: 500}}
      - get: {url: /broken}
"""
HOOKS = """
exports.count = (context, events, done) => {
  events.emit('counter', 'seen', 1);
  events.emit('histogram', 'size', 2);
  done();
};
"""


@pytest.fixture
def service():
    server = Service()
    with serving(server):
        yield server


@NEEDS_ARTILLERY
def test_a_round_is_short_and_steady_and_says_what_it_left_out(tmp_path, service):
    ticks = []
    order = {"duration_ns": 1_500_000_000, "vus": 3, "skip_think": True, "on_tick": ticks.append}
    run = run_artillery(tmp_path, LOAD_TEST, service.url, **order)
    count = len(endpoints(run))
    assert count > 20
    assert set(endpoints(run)) == {"POST /auth/token", "GET /users"}
    assert set(service.asked) == {"POST /v1/auth/token", "GET /v1/users", "GET /v1/bye"}
    sent = {headers["authorization"] for _, path, headers, _ in service.seen if path == "/v1/users"}
    assert sent == {"Bearer t"}
    assert 1e9 < run.duration_ns < 3e9
    assert errors(run) == set()
    assert run.report.thresholds == ()
    posts = endpoints(run).count("POST /auth/token")
    assert ToolCheck(name="statusCode", passes=posts, fails=0) in run.report.checks
    assert ToolCheck(name="hasProperty", passes=0, fails=posts) in run.report.checks
    notes = "\n".join(run.report.notes)
    assert "3 sessions at once for 1.5 s in place of config.phases" in notes
    assert "think time was left out" in notes
    assert "ended with 21: an expectation failed" in notes
    assert ticks == sorted(ticks)
    assert ticks[-1] > 0
    durations_ns = run.samples.last_ns - run.samples.sent_ns
    assert (durations_ns % 1_000_000 != 0).any()
    assert (run.samples.first_ns >= run.samples.sent_ns).all()
    assert (run.samples.bytes_received > 30).all()


@NEEDS_ARTILLERY
def test_think_time_counts_unless_told_otherwise_and_ends_with_the_round(tmp_path, service):
    run = run_artillery(tmp_path, LOAD_TEST, service.url, duration_ns=10**9, vus=2)
    assert endpoints(run) == ["POST /auth/token"] * 2
    assert run.duration_ns < 2e9
    assert "2 sessions were ended with the round" in run.report.notes
    assert run.report.errors == {}


@NEEDS_ARTILLERY
def test_the_phases_of_the_file_count_in_full_with_what_artillery_judged(tmp_path, service):
    (tmp_path / "hooks.js").write_text(HOOKS)
    order = {"environment": "staging", "variables": {"word": "a"}}
    run = run_artillery(tmp_path, OWN_PHASES, service.url, **order)
    assert sorted(endpoints(run)) == ["GET /broken"] * 8 + ["GET /{{ word }}"] * 4
    assert set(service.asked) == {"GET /broken/a", "GET /broken/broken"}
    assert errors(run) == {"status 500"}
    assert (run.samples.error > 0).sum() == 8  # one of three expects the status
    assert run.report.thresholds == (
        ToolThreshold(metric="http.response_time.p99", expression="< 5000", ok=True),
        ToolThreshold(metric="http.requests", expression="> 1000 (optional)", ok=False),
    )
    assert ToolMetric(name="seen", kind="counter", values={"count": 4}) in run.report.metrics
    assert any(metric.name == "size" and metric.values["max"] == 2 for metric in run.report.metrics)
    assert any(metric.name.startswith("apdex") for metric in run.report.metrics)
    assert run.report.exit_code == 0
    assert "{word}" in run.report.command


@NEEDS_ARTILLERY
def test_every_worker_of_a_machine_with_many_processors_is_measured(tmp_path, service):
    more = "const os = require('os'); const [one] = os.cpus(); os.cpus = () => Array(5).fill(one);"
    (tmp_path / "more processors.js").write_text(more)
    environ = {"NODE_OPTIONS": f'--require "{tmp_path / "more processors.js"}"'}
    script = OWN_PHASES.replace("arrivalCount: 4", "arrivalCount: 8").replace("ensure: {},", "")
    script = script.replace("processor: ./hooks.js", "").replace("- function: count", "- log: begun")
    run = run_artillery(tmp_path, script, service.url, environ=environ, variables={"word": "a"})
    assert len(endpoints(run)) == len(service.seen) == 24
    assert sorted(run.samples.sent_ns.tolist()) == run.samples.sent_ns.tolist()
    assert run.duration_ns < 5e9


@NEEDS_ARTILLERY
def test_the_digest_is_that_of_the_script_and_all_its_files(tmp_path):
    def digest() -> str:
        return read_artillery_script(script, environ={**os.environ, "PATH": PATH}, variables={}).digest

    script = tmp_path / "script.yml"
    script.write_text(OWN_PHASES.replace("processor:", "payload: {path: ids.csv}\n  processor:"))
    (tmp_path / "hooks.js").write_text("const more = require('./more');\n" + HOOKS)
    (tmp_path / "more.js").write_text("1;")
    (tmp_path / "ids.csv").write_text("1\n")
    digests = [digest(), digest()]
    for name in ("script.yml", "hooks.js", "more.js", "ids.csv"):
        with (tmp_path / name).open("a") as file:
            file.write("\n")
        digests.append(digest())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 5


@NEEDS_ARTILLERY
@pytest.mark.parametrize("word", ["--solo", "--target=http://a", "--overrides"])
def test_arguments_that_change_the_load_are_refused(word, tmp_path):
    with pytest.raises(UsageError, match=word.split("=")[0]):
        run_artillery(tmp_path, LOAD_TEST, "http://127.0.0.1:1", vus=1, arguments=(word,))


@NEEDS_ARTILLERY
def test_an_environment_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(UsageError) as refusal:
        run_artillery(tmp_path, OWN_PHASES, "http://127.0.0.1:1", environment="prod")
    assert "no environment 'prod'" in refusal.value.message
    assert refusal.value.hint == "it has: staging"


@pytest.mark.parametrize(
    ("raw", "url", "name"),
    [
        ("/a?b=c", "http://127.0.0.1:99/a?b=c", "GET /a"),
        ("/users/{{ id }}", "http://127.0.0.1:99/users/17", "GET /users/{{ id }}"),
        ("{{ base }}/users", "http://127.0.0.1:99/users", "GET /users"),
        ("https://a.example.com:8443", "http://127.0.0.1:99/", "GET /"),
        ("/set-by-hook", "http://127.0.0.1:99/users/17/x", "GET /users/{id}/x"),
        ("", "http://127.0.0.1:99/target", "GET /target"),
    ],
)
def test_names_of_endpoints_are_those_of_the_script_without_origin_and_query(raw, url, name):
    assert endpoint_name("GET", "", raw, url) == name
    assert endpoint_name("GET", "listed", raw, url) == "GET listed"


def test_what_is_no_artillery_script_is_refused(tmp_path):
    script = Path(tmp_path) / "s.yml"
    script.write_text("a: 1\n")
    with pytest.raises(UsageError, match="an Artillery script has `scenarios`"):
        read_artillery_script(script, environ={"PATH": ""}, variables={})
