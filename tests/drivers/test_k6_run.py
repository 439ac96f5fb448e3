"""k6 scripts run unmodified: what comes back as samples, as k6's own report, and when things go wrong."""

import os
from pathlib import Path

import pytest
from k6_service import NEEDS_K6, Service, endpoints, errors, run_k6, serving

from perfgate.drivers.k6 import read_k6_script
from perfgate.errors import UsageError
from perfgate.model.tool import ToolCheck

pytestmark = NEEDS_K6

STEADY = {"duration_ns": 10**9, "vus": 3}
LOAD_TEST = """
import http from 'k6/http';
import { check, sleep } from 'k6';
export const options = {
  vus: 50, duration: '2m',
  thresholds: { http_req_failed: ['rate<0.01'], 'http_req_duration{status:200}': ['p(99)<1000'] },
};
export default function () {
  const res = http.get('https://api.example.com/users');
  check(res, { 'status is 200': (r) => r.status === 200, 'never': () => false });
  sleep(1);
}
"""
ONE = "import http from 'k6/http';\nexport default function () { http.get('https://api.example.com/a'); }\n"


@pytest.fixture
def service():
    server = Service()
    with serving(server):
        yield server


def test_a_round_is_short_and_steady_and_says_what_it_left_out(tmp_path, service):
    ticks = []
    run = run_k6(tmp_path, LOAD_TEST, service.url, skip_think=True, on_tick=ticks.append, **STEADY)
    count = len(endpoints(run))
    assert count > 10
    assert set(endpoints(run)) == {"GET /users"}
    assert service.asked.count("GET /users") >= count
    assert 0.9e9 < run.duration_ns < 6e9
    assert run.report.thresholds == ()
    assert run.report.checks == (
        ToolCheck(name="status is 200", passes=count, fails=0),
        ToolCheck(name="never", passes=0, fails=count),
    )
    notes = "\n".join(run.report.notes)
    assert "3 constant virtual users for 1 s in place of constant-vus" in notes
    assert "thresholds were not judged" in notes
    assert "think time was left out" in notes
    assert f"redirected to {service.url}: https://api.example.com" in notes
    assert ticks == sorted(ticks)


@pytest.mark.parametrize("load", ["iterations: 2", "duration: '1s', iterations: 2"])
def test_without_a_number_of_users_there_is_one_as_in_k6(load, tmp_path, service):
    script = f"export const options = {{ {load} }};\n{ONE}"
    assert endpoints(run_k6(tmp_path, script, service.url)) == ["GET /a"] * 2


def test_with_think_time_a_user_sends_one_request_a_second(tmp_path, service):
    run = run_k6(tmp_path, LOAD_TEST, service.url, **STEADY)
    assert 3 <= len(endpoints(run)) <= 6


def test_thresholds_and_metrics_are_those_of_k6(tmp_path, service):
    script = """
    import http from 'k6/http';
    import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
    const [c, g, r, t] = [new Counter('_c'), new Gauge('_g'), new Rate('_r'), new Trend('_t')];
    export const options = { vus: 1, iterations: 4, thresholds: {
      http_req_failed: ['rate<0.1'], 'http_req_duration{name:https://api.example.com/broken}': ['p(99)>0'],
    } };
    export default function () {
      http.get('https://api.example.com/broken');
      c.add(2); g.add(7); r.add(__ITER === 0); t.add(__ITER);
    }
    """
    run = run_k6(tmp_path, script, service.url)
    judged = {t.metric: t for t in run.report.thresholds}
    assert not judged["http_req_failed"].ok
    assert judged["http_req_failed"].value == 1
    tagged = judged["http_req_duration{name:https://api.example.com/broken}"]
    assert tagged.ok
    assert tagged.value > 0
    metrics = {m.name: m for m in run.report.metrics}
    assert {name: m.kind for name, m in metrics.items()} == {
        "_c": "counter", "_g": "gauge", "_r": "rate", "_t": "trend",
    }  # fmt: skip
    assert metrics["_c"].values["count"] == 8
    assert metrics["_g"].values["value"] == 7
    assert metrics["_r"].values["rate"] == 0.25
    assert metrics["_t"].values["max"] == 3
    assert errors(run) == {"status 500"}
    assert run.report.exit_code == 99


def test_a_threshold_on_the_url_is_judged_by_the_requests_that_were_redirected(tmp_path, service):
    options = "{ iterations: 3, thresholds: { 'http_reqs{url:https://api.example.com/a}': ['count>=3'] } }"
    run = run_k6(tmp_path, f"export const options = {options};\n{ONE}", service.url)
    (threshold,) = run.report.thresholds
    assert (threshold.metric, threshold.ok, threshold.value) == (
        "http_reqs{url:https://api.example.com/a}",
        True,
        3,
    )


def test_what_a_script_throws_is_counted_with_its_place(tmp_path, service):
    script = ONE.replace("}\n", "\n  throw new Error('boom');\n}\n")
    run = run_k6(tmp_path, script, service.url, skip_think=True)
    ((text, count),) = run.report.errors.items()
    assert count == 1
    assert f"Error: boom at default ({tmp_path}/script.js:3:" in text


def test_requests_that_k6_could_not_send_are_told(tmp_path, service):
    script = ONE.replace("}\n", "\n  http.get(null);\n}\n")
    run = run_k6(tmp_path, script, service.url)
    assert endpoints(run) == ["GET /a"]
    ((text, count),) = run.report.errors.items()
    assert (count, text.split(":")[0]) == (1, "invalid URL")


def test_arrivals_that_k6_dropped_are_told(tmp_path, service):
    script = """
    import http from 'k6/http';
    import { sleep } from 'k6';
    const s = { executor: 'constant-arrival-rate', rate: 50, duration: '1s', preAllocatedVUs: 1 };
    export const options = { scenarios: { s } };
    export default function () { http.get('https://api.example.com/a'); sleep(0.3); }
    """
    notes = "\n".join(run_k6(tmp_path, script, service.url).report.notes)
    assert "k6 warned: Insufficient VUs" in notes
    assert "iterations for want of virtual users" in notes


def test_chance_is_the_same_in_every_run_of_a_seed_unless_the_script_seeds_it(tmp_path, service):
    script = ONE.replace("'https://api.example.com/a'", "`https://a/${Math.random()}x`")
    first, second = (endpoints(run_k6(tmp_path, script, service.url)) for _ in range(2))
    assert first == second
    own = "import { randomSeed } from 'k6';\n" + script.replace("{ http", "{ randomSeed(7); http")
    assert endpoints(run_k6(tmp_path, own, service.url)) != first


@pytest.mark.parametrize("helper", ["./lib/helper.js", "{}/lib/helper.js", "file://{}/lib/helper.js"])
def test_helpers_data_and_typescript_take_part(helper, tmp_path, service):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "data.json").write_text('["x"]')
    (tmp_path / "lib" / "helper.js").write_text(
        "import http from 'k6/http';\nimport k6 from 'k6';\nconst names = JSON.parse(open('./data.json'));\n"
        "export function ask(base) { k6.sleep(30); http.get(`${base}/${names[0]}`); }\n"
    )
    script = """
    import { ask } from 'HELPER';
    interface Place { base: string }
    const place: Place = { base: __ENV.BASE_URL };
    export default function () { ask(place.base); }
    """
    run = run_k6(
        tmp_path,
        script.replace("HELPER", helper.format(tmp_path)),
        service.url,
        name="s.ts",
        skip_think=True,
        variables={"BASE_URL": "http://a.example.com"},
    )
    assert endpoints(run) == ["GET /x"]
    assert "BASE_URL=…" in run.report.command
    (tmp_path / "lib" / "data.json").write_text('["y"]')
    digests = {_digest(tmp_path / "s.ts"), _digest(tmp_path / "s.ts")}
    assert len(digests) == 1
    (tmp_path / "lib" / "data.json").write_text('["z"]')
    assert _digest(tmp_path / "s.ts") not in digests


def _digest(path: Path) -> str:
    return read_k6_script(path, environ=os.environ, variables={}).digest


def test_the_digest_does_not_depend_on_where_the_script_lies(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "script.js").write_text(ONE)
    assert _digest(tmp_path / "one" / "script.js") == _digest(tmp_path / "two" / "script.js")


def test_the_digest_depends_on_variables_and_options_but_not_on_where_the_service_is(tmp_path):
    path = tmp_path / "script.js"

    def digest(script: str, **variables: str) -> str:
        path.write_text(script)
        return read_k6_script(path, environ=os.environ, variables=variables).digest

    hosts = "export const options = { hosts: { 'a.b': __ENV.ADDRESS || '10.0.0.1' } };\n" + ONE
    assert digest(ONE) == digest(ONE, BASE_URL="http://127.0.0.1:1")
    assert digest(ONE) != digest(ONE, hosts="many")
    assert digest(hosts) != digest(hosts.replace("hosts:", "userAgent: 'x', hosts:"))


def test_hand_written_summaries_still_run_and_write_nothing_in_a_round(tmp_path, service):
    written = tmp_path / "report.txt"
    script = ONE + f"export const handleSummary = () => ({{ {str(written)!r}: 'mine', stdout: 'said' }});\n"
    round_ = run_k6(tmp_path, script, service.url, **STEADY)
    assert not written.exists()
    assert any(str(written) in note for note in round_.report.notes)
    run = run_k6(tmp_path, script, service.url)
    assert written.read_text() == "mine"
    assert run.report.last_lines == ("said",)


def test_variables_of_k6_in_the_environment_do_not_change_a_round(tmp_path, service):
    environ = {"K6_VUS": "40", "K6_DURATION": "3m", "K6_OUT": "json", "K6_USER_AGENT": "me"}
    run = run_k6(tmp_path, ONE, service.url, environ=environ, **STEADY)
    assert run.duration_ns < 6e9
    assert service.seen[0][2]["User-Agent"] == "me"
    notes = "\n".join(run.report.notes)
    assert "K6_VUS of the environment was left out" in notes
    assert "K6_OUT of the environment was left out" in notes
    assert "K6_USER_AGENT=me of the environment counts" in notes


def test_load_among_the_arguments_is_refused_in_a_round(tmp_path):
    with pytest.raises(UsageError, match="--vus=3"):
        run_k6(tmp_path, ONE, "http://127.0.0.1:1", arguments=("--vus=3",), **STEADY)
