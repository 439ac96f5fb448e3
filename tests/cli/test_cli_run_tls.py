"""`perfgate run FILE` on a service that speaks TLS, reached as the file's `config.tls` says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from perfgate.cli.main import main

Run = Callable[..., tuple[int, str]]
WHOLE = "{ca: ca.pem, cert: client.pem, key: client.key, servername: api.test}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """The test reads what perfgate prints."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client without a certificate is no news."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A service whose certificate is for api.test, and that asks for one of ours; files lie in `tmp_path`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = authority.issue_cert("somebody@example.org")
    client.cert_chain_pems[0].write_to_path(str(tmp_path / "client.pem"))
    client.private_key_pem.write_to_path(str(tmp_path / "client.key"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.test").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys, port) -> Run:
    """Run the load test with these `tls` settings; returns exit code and everything printed."""
    monkeypatch.chdir(tmp_path)

    def _run(tls: str, *arguments: str) -> tuple[int, str]:
        (tmp_path / "load.yml").write_text(
            f"config:\n  target: https://127.0.0.1:{port}\n  tls: {tls}\n"
            "scenarios: [{flow: [{get: {url: /}}]}]\n"
        )
        code = main(
            ["run", "load.yml", "-q", "--vus", "1", "--iterations", "3", "--duration", "5s", *arguments]
        )
        captured = capsys.readouterr()
        return code, " ".join((captured.out + captured.err).split())

    return _run


def test_the_file_says_whom_to_trust_and_what_to_show(run):
    code, printed = run(WHOLE)
    assert code == 0, printed
    assert "3 requests" in printed


@pytest.mark.parametrize(
    ("tls", "error"),
    [
        (WHOLE.replace(", servername: api.test", ""), "tls certificate wrong name"),
        (WHOLE.replace("ca: ca.pem, ", ""), "tls certificate unknown issuer"),
        ("{ca: ca.pem, servername: api.test}", "tls"),
    ],
)
def test_without_one_of_them_nothing_is_answered(run, tls, error):
    code, printed = run(tls)
    assert code == 4
    assert error in printed


def test_options_replace_what_the_file_says(run, tmp_path):
    (tmp_path / "other.pem").write_bytes(trustme.CA().cert_pem.bytes())
    code, printed = run(WHOLE, "--cacert", str(tmp_path / "other.pem"))
    assert code == 4
    assert "tls certificate unknown issuer" in printed
    assert run(WHOLE, "--insecure")[0] == 0
