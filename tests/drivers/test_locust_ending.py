"""How Locust ends: services and files that fail, Ctrl-C, and a perfgate that is killed."""

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
from k6_service import serving
from locust_service import (
    ENVIRON,
    NEEDS_LOCUST,
    STEADY,
    Service,
    endpoints,
    errors,
    run_locust,
    user,
)

from perfgate.drivers.locust import read_locustfile
from perfgate.errors import MeasureError, UsageError
from perfgate.model.tool import ToolStopped

pytestmark = NEEDS_LOCUST

BOTH = """
class Fast(FastHttpUser):
    host = 'https://api.example.com'
    fixed_count = 1
    @task
    def visit(self):
        self.client.get('/fast')
"""
BRIEF = ("-u", "2", "-r", "2", "-t", "1s")
ONE = user("self.client.get('/a')")
LONG = user("self.client.get('/a')\ntime.sleep(0.05)", then="")


class Garbage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"\x00\xffno HTTP at all\r\n\r\n")


class Reset(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()  # with unsent data dropped: a reset, and no end


def hostile(tmp_path, handler):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    with serving(server):
        port = server.server_address[1]
        file = user("self.client.get('/a')", head=BOTH, then="time.sleep(0.2)")
        run = run_locust(tmp_path, file, f"http://127.0.0.1:{port}", arguments=BRIEF)
    assert str(port) not in " ".join((*run.samples.errors, *run.samples.endpoints))
    return run


def test_garbage_is_an_error_and_no_crash(tmp_path):
    run = hostile(tmp_path, Garbage)
    # Some versions of Locust let what FastHttpUser cannot parse out of the task instead of reporting it.
    assert set(endpoints(run)) == {"GET /a", "GET /fast"} or "1 exceptions" in str(run.report.notes)
    assert set(run.samples.status.tolist()) == {0}
    assert set(run.samples.last_ns.tolist()) == {0}
    assert errors(run)


def test_a_reset_has_a_short_name_for_both_clients(tmp_path):
    run = hostile(tmp_path, Reset)
    assert set(endpoints(run)) == {"GET /a", "GET /fast"}
    assert errors(run) == {"reset", "closed early"}  # FastHttpUser's client knows no difference


def test_a_service_that_is_not_there_refuses_every_request(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        file = user("self.client.get('/a')", head=BOTH, then="time.sleep(0.2)")
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        run = run_locust(tmp_path, file, url, arguments=BRIEF)
    assert set(endpoints(run)) == {"GET /a", "GET /fast"}
    assert errors(run) == {"connection refused"}


def test_certificates_count_unless_told_otherwise(tmp_path):
    server = Service()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
    with serving(server):
        strict = run_locust(tmp_path, ONE, url)
        lax = run_locust(tmp_path, ONE, url, insecure=True)
    assert "certificate" in errors(strict).pop().lower()
    assert lax.samples.status.tolist() == [200]


def test_a_slow_answer_is_waited_for_at_the_end_of_a_round(tmp_path):
    server = Service()
    with serving(server):
        run = run_locust(tmp_path, user("self.client.get('/slow')", then=""), server.url, **STEADY)
    assert len(endpoints(run)) == len(server.seen)
    assert (run.samples.last_ns - run.samples.sent_ns >= 0.3e9).all()


def test_the_own_load_is_left_out_of_a_round_and_named(tmp_path):
    shape = "class Steps(LoadTestShape):\n    def tick(self):\n        return (50, 50)\n"
    (tmp_path / "own.conf").write_text("users = 40\nrun-time = 10m\nmaster = true\ncsv = figures\n")
    server = Service()
    with serving(server):
        run = run_locust(
            tmp_path,
            user("self.client.get('/a')\ntime.sleep(0.1)", head=shape, then=""),
            server.url,
            arguments=("--config", str(tmp_path / "own.conf")),
            **STEADY,
        )
    notes = "\n".join(run.report.notes)
    assert "2 users, all at once, for 1 s in place of users=40, run-time=" in notes
    assert "the shape Steps" in notes
    assert "master=True was left out" in notes
    assert "csv_prefix=figures was left out" in notes
    assert len(endpoints(run)) < 40
    assert not list(tmp_path.glob("figures*"))


def test_no_request_at_all_is_an_error(tmp_path):
    environ, idle = {"LOCUST_RUN_TIME": "1s"}, user("gevent.sleep(0.1)", then="")
    with pytest.raises(MeasureError) as failure:
        run_locust(tmp_path, idle, "http://127.0.0.1:1", environ=environ)
    assert failure.value.message.startswith("locust reported no request (exit 0)")


def test_a_crash_has_the_last_lines_of_locust(tmp_path):
    crash = user("import os, sys; print('my last word', flush=True); os._exit(9)")
    with pytest.raises(MeasureError) as failure:
        run_locust(tmp_path, crash, "http://127.0.0.1:1", arguments=("-t", "5s"))
    assert failure.value.message.startswith("locust ended with 9 before its test was over")
    assert "my last word" in failure.value.message


def test_without_locust_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "l.py").write_text(ONE)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(UsageError) as refusal:
        read_locustfile(tmp_path / "l.py", environ={"PATH": str(tmp_path)}, variables={})
    assert (refusal.value.message, refusal.value.hint) == ("locust is not installed", "pip install locust")


@pytest.mark.parametrize(
    ("broken", "said"),
    [("x = 1 / 0", "ZeroDivisionError: division by zero"), ("def x(:", "SyntaxError: invalid syntax")],
)
def test_a_broken_file_is_refused_at_its_line(tmp_path, broken, said):
    (tmp_path / "l.py").write_text(f"import locust\n{broken}\n")
    with pytest.raises(UsageError) as refusal:
        read_locustfile(tmp_path / "l.py", environ=ENVIRON, variables={})
    assert refusal.value.message == f"{tmp_path}/l.py:2: locust says: {said}"


def test_the_digest_is_of_the_file_and_the_modules_it_imports(tmp_path):
    (tmp_path / "l.py").write_text("from helper import *\n" + ONE + "        import package.late\n")
    (tmp_path / "package").mkdir()
    digests = []
    for early, late in ((1, 1), (1, 1), (2, 1), (2, 2)):
        (tmp_path / "helper.py").write_text(f"N = {early}\n")
        (tmp_path / "package" / "late.py").write_text(f"N = {late}\n")
        digests.append(read_locustfile(tmp_path / "l.py", environ=ENVIRON, variables={}).digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_ctrl_c_keeps_what_was_measured_and_leaves_no_process(tmp_path):
    service = Service()

    def interrupt() -> None:
        deadline = time.monotonic() + 20
        while len(service.seen) < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with serving(service):
        thread.start()
        with pytest.raises(ToolStopped) as stopped:
            run_locust(tmp_path, LONG, service.url, arguments=("-t", "1m"))
        thread.join()
    assert len(endpoints(stopped.value.run)) >= 9
    assert stopped.value.run.report.exit_code == 0
    assert not _running(tmp_path)


def test_locust_does_not_outlive_a_killed_perfgate(tmp_path):
    file = tmp_path / "long.py"
    file.write_text(LONG)
    (tmp_path / "out").mkdir()
    service = Service()
    program = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from perfgate.drivers.locust import read_locustfile
        from perfgate.model.tool import ToolOrder
        tool = read_locustfile(Path({str(file)!r}), environ=os.environ, variables={{}}).tool
        out = Path({str(tmp_path / "out")!r})
        tool.run(ToolOrder(url={service.url!r}, folder=out, seed=1, arguments=("-t", "1m")))
    """)
    with serving(service):
        with subprocess.Popen([sys.executable, "-c", program], env=ENVIRON) as process:
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
            if f"{folder}/out/order.json".encode() in words:
                found.append(int(entry.name))
    return found
