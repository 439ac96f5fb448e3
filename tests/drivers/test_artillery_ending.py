"""How Artillery ends: services that fail, Ctrl-C, a killed perfgate, and scripts that send nothing."""

import os
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import trustme
from artillery_service import NEEDS_ARTILLERY, PATH, run_artillery
from k6_service import Service, endpoints, errors, serving

from perfgate.drivers.artillery import read_artillery_script
from perfgate.errors import MeasureError, UsageError
from perfgate.model.tool import ToolStopped

ONE = "config: {target: 'https://api.example.com'}\nscenarios: [{flow: [{get: {url: /a}}]}]\n"
LONG = ONE.replace(".com'", ".com', phases: [{duration: 60, arrivalRate: 20}]")


class Reset(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Garbage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"\x00\xffno HTTP at all\r\n\r\n")


class Torn(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")


class Silent(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.recv(1000)


@NEEDS_ARTILLERY
@pytest.mark.parametrize(
    ("handler", "error", "status"),
    [
        (Reset, "ECONNRESET", 0),
        (Garbage, "HPE_INVALID_CONSTANT", 0),
        (Torn, "ECONNRESET", 200),
        (Silent, "ETIMEDOUT", 0),
    ],
)
def test_what_a_hostile_service_does_is_the_error_of_the_request(handler, error, status, tmp_path):
    script = ONE.replace(".com'", ".com', http: {timeout: 1}")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server, serving(server):
        run = run_artillery(tmp_path, script, f"http://127.0.0.1:{server.server_address[1]}")
    assert endpoints(run) == ["GET /a"]
    assert run.samples.status.tolist() == [status]
    assert errors(run) == {error}
    assert (run.samples.last_ns[0] > 0) == (status > 0)


@NEEDS_ARTILLERY
def test_a_service_that_is_not_there_is_an_error_of_every_request(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = run_artillery(tmp_path, ONE, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert errors(run) == {"ECONNREFUSED"}
    assert run.report.errors == {"ECONNREFUSED": 1}


@NEEDS_ARTILLERY
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (ONE.replace("{get: {url: /a}}", "{log: nothing}"), "artillery sent no HTTP requests"),
        (ONE.replace("config: {", "config: {processor: ./no.js, "), "artillery ended with"),
    ],
)
def test_a_run_that_measured_nothing_is_an_error_with_the_last_lines(script, said, tmp_path):
    with pytest.raises(MeasureError) as failure:
        run_artillery(tmp_path, script, "http://127.0.0.1:1")
    assert failure.value.message.startswith(said)
    assert len(failure.value.message.splitlines()) > 1


@NEEDS_ARTILLERY
def test_a_processor_that_throws_ends_with_the_last_lines_of_artillery(tmp_path):
    service = Service()
    (tmp_path / "hooks.js").write_text(
        "exports.burst = () => { setTimeout(() => { throw new Error('no luck') }) };"
    )
    script = ONE.replace("config: {", "config: {processor: ./hooks.js, ").replace(
        "[{get", "[{function: burst}, {get"
    )
    with serving(service), pytest.raises(MeasureError) as failure:
        run_artillery(tmp_path, script, service.url)
    assert failure.value.message.startswith("artillery ended with 11: a worker crashed")
    assert "no luck" in failure.value.message


@NEEDS_ARTILLERY
@pytest.mark.parametrize("insecure", [False, True])
def test_certificates_count_unless_told_otherwise(insecure, tmp_path):
    server = Service()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    script = ONE.replace("url: /a", "url: 'http://cdn.example.com/a'")
    url = server.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
    with serving(server):
        run = run_artillery(tmp_path, script, url, insecure=insecure)
    assert run.samples.status.tolist() == ([200] if insecure else [0])
    assert bool(errors(run)) != insecure


def test_without_artillery_one_line_says_how_to_get_it(tmp_path):
    (tmp_path / "s.yml").write_text(ONE)
    with pytest.raises(UsageError) as refusal:
        read_artillery_script(tmp_path / "s.yml", environ={"PATH": str(tmp_path)}, variables={})
    assert refusal.value.message == "artillery is not installed"
    assert refusal.value.hint == "npm install -g artillery"


@NEEDS_ARTILLERY
def test_ctrl_c_keeps_what_was_measured_and_leaves_no_process(tmp_path):
    service = Service()

    def interrupt() -> None:
        deadline = time.monotonic() + 30
        while len(service.seen) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with serving(service), pytest.raises(ToolStopped) as stopped:
        run_artillery(tmp_path, LONG, service.url)
    thread.join()
    assert len(endpoints(stopped.value.run)) >= 15  # the last may be under way, or not yet written
    assert not _running(tmp_path)


@NEEDS_ARTILLERY
def test_artillery_does_not_outlive_a_killed_perfgate(tmp_path):
    service = Service()
    script = tmp_path / "long.yml"
    script.write_text(LONG)
    (tmp_path / "out").mkdir()
    program = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from perfgate.drivers.artillery import read_artillery_script
        from perfgate.model.tool import ToolOrder
        tool = read_artillery_script(Path({str(script)!r}), environ=os.environ, variables={{}}).tool
        tool.run(ToolOrder(url={service.url!r}, folder=Path({str(tmp_path / "out")!r}), seed=1))
    """)
    environ = {**os.environ, "PATH": PATH}
    with serving(service), subprocess.Popen([sys.executable, "-c", program], env=environ) as process:
        deadline = time.monotonic() + 30
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
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word == b"run" for word in words) and any(str(folder).encode() in word for word in words):
                found.append(int(entry.name))
    return found
