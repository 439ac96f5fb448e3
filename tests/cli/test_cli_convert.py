"""`perfgate convert` writes a workload that `perfgate run` sends to a real service."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from perfgate.cli.main import main

TOKEN = "token-abc12345"


class Shop(BaseHTTPRequestHandler):
    """Gives a token to who knows the password, and orders to who has the token."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, str]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.seen.append((self.command, self.path, body))  # type: ignore[attr-defined]
        status, text = 200, "{}"
        if self.path == "/login":
            fine = json.loads(body) == {"user": "ann", "password": "from the environment"}
            status, text = (200, json.dumps({"token": "fresh-token-77"})) if fine else (403, "{}")
        elif self.path.startswith("/orders"):
            status = 201 if self.headers["authorization"] == "Bearer fresh-token-77" else 401
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def shop() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def recording(port: int) -> dict[str, object]:
    def entry(
        method: str, path: str, status: int, body: object, answer: object, **headers: str
    ) -> dict[str, object]:
        request: dict[str, object] = {
            "method": method,
            "url": f"http://127.0.0.1:{port}{path}",
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
        }
        if body is not None:
            request["postData"] = {"mimeType": "application/json", "text": json.dumps(body)}
        content = {"mimeType": "application/json", "text": json.dumps(answer)}
        return {
            "startedDateTime": "2026-01-02T03:04:05Z",
            "time": 1,
            "request": request,
            "response": {"status": status, "content": content},
        }

    return {
        "log": {
            "entries": [
                entry(
                    "POST", "/login", 200, {"user": "ann", "password": "recorded-password"}, {"token": TOKEN}
                ),
                entry("POST", "/orders", 201, {"item": 3}, {}, authorization=f"Bearer {TOKEN}"),
            ]
        }
    }


def test_a_recording_runs_against_the_service_with_a_fresh_token_each_time(
    shop: ThreadingHTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    har, workload = tmp_path / "shop.har", tmp_path / "load-test.yml"
    har.write_text(json.dumps(recording(shop.server_port)))
    assert main(["convert", str(har), "-o", str(workload)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 requests to http://127.0.0.1:" in err
    assert "set PASSWORD: a secret" in err
    assert TOKEN not in workload.read_text() + err
    assert "recorded-password" not in workload.read_text() + err
    command = [sys.executable, "-m", "perfgate", "run", str(workload), "--vus", "1", "--iterations", "3"]
    done = subprocess.run(
        [*command, "-o", f"json={tmp_path / 'load.json'}"],
        env={**os.environ, "PASSWORD": "from the environment"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    load = json.loads((tmp_path / "load.json").read_text())
    assert {each["name"]: (each["requests"], each["errors"]) for each in load["endpoints"]} == {
        "POST /login": (3, {}),
        "POST /orders": (3, {}),
    }


def test_an_api_description_runs_against_the_service(shop: ThreadingHTTPServer, tmp_path: Path) -> None:
    document = tmp_path / "api.yaml"
    document.write_text(
        "openapi: 3.1.0\n"
        "paths:\n"
        "  /items/{id}:\n"
        "    get:\n"
        "      parameters:\n"
        "        - {name: id, in: path, required: true, schema: {type: integer, minimum: 7}}\n"
        "        - {name: q, in: query, required: true, example: 'a b'}\n"
        "      responses: {200: {description: fine}}\n"
    )
    workload = tmp_path / "load-test.yml"
    target = f"http://127.0.0.1:{shop.server_port}"
    assert main(["convert", str(document), "--target", target, "-o", str(workload)]) == 0
    assert "names no host" not in workload.read_text()
    assert main(["run", str(workload), "--vus", "1", "--iterations", "2"]) == 0
    assert shop.seen == [("GET", "/items/7?q=a%20b", "")] * 2  # type: ignore[attr-defined]


def test_the_workload_goes_to_stdout_unless_a_file_is_named(tmp_path: Path, capsys) -> None:
    har = tmp_path / "shop.har"
    har.write_text(json.dumps(recording(80)))
    assert main(["convert", str(har)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# 2 requests to http://127.0.0.1, made by perfgate convert from shop.har")
    assert all(f"# {line}" in out for line in err.splitlines())


@pytest.mark.parametrize(
    ("name", "content", "arguments", "said"),
    [
        ("x.har", "{}", [], "neither a HAR recording nor an OpenAPI document"),
        ("x.har", '{"log": {"entries": [', [], "x.har:1:22: not valid JSON"),
        ("x.har", json.dumps(recording(80)), ["--all"], "--all is for an OpenAPI document"),
        ("x.har", json.dumps(recording(80)), ["--target", "nowhere"], "'nowhere' is not a URL"),
        ("x.har", json.dumps(recording(80)), ["-o", "no/such/x.yml"], "is not a folder"),
        ("x.yaml", "openapi: 3.0.0", ["--host", "x"], "--host is for a HAR recording"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_one_line(
    tmp_path: Path,
    capsys,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content)
    assert main(["convert", name, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 2


def test_a_workload_too_large_for_perfgate_is_refused(tmp_path: Path, capsys) -> None:
    har = recording(80)
    har["log"]["entries"][1]["request"]["postData"]["text"] = json.dumps({"long": "x" * 1_100_000})  # type: ignore[index]
    path = tmp_path / "shop.har"
    path.write_text(json.dumps(har))
    assert main(["convert", str(path)]) == 2
    assert "larger than 1 MiB" in capsys.readouterr().err
