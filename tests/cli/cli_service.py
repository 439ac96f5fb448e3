"""A service that runs already, for `perfgate run FILE`: answers as told, and keeps what it was sent."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class RunningService:
    """HTTP/1.1 on loopback; `sent` holds (method, path, headers) of every request, statuses go by path."""

    def __init__(self, *, delay_s: float = 0.0, statuses: dict[str, int] | None = None) -> None:
        self.sent: list[tuple[str, str, dict[str, str]]] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self, delay_s, statuses or {}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.sent]

    def __enter__(self) -> RunningService:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


def _handler(
    service: RunningService, delay_s: float, statuses: dict[str, int]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.sent.append((self.command, self.path, headers))
            time.sleep(delay_s)
            body = b'{"access_token": "t0ken"}'
            self.send_response(statuses.get(self.path.partition("?")[0], 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - names of http.server

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
            """Not on the screen."""

    return Handler
