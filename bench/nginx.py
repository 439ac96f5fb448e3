"""The service of the driver benchmark: an nginx with a fixed answer, and its count of requests."""

import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import children, peers

# `token` is there for the workload that captures; the whole is 63 bytes.
BODY = '{"id":4711,"results":[3,1,4,1,5,9,2,6],"token":"a1b2c3d4e5f60"}'
assert len(BODY) == 63

_CONFIG = """
daemon off;
{workers}
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=1024{sharing}; location / {{ return 200 '{body}'; }} }}
  server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
}}
"""


class Nginx:
    """A running nginx: where it answers, how many requests it has served, and at what cost of CPU."""

    def __init__(self, port: int, status_port: int, pid: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.pid = pid
        self._asked = 0
        self._status = socket.create_connection(("127.0.0.1", status_port), timeout=10.0)

    def requests(self) -> int:
        """Requests since the start, without those for this number."""
        self._status.sendall(b"GET / HTTP/1.1\r\nHost: status\r\n\r\n")
        text = ""
        while not (match := re.search(r"requests\s+\d+ \d+ (\d+) \n", text)):
            text += self._status.recv(4096).decode()
        while "Waiting:" not in text:
            text += self._status.recv(4096).decode()
        self._asked += 1
        return int(match[1]) - self._asked

    def cpu_seconds(self) -> float:
        return children.cpu_seconds(self.pid)

    def close(self) -> None:
        self._status.close()


@contextmanager
def running_nginx(cpus: frozenset[int], *, workers: int = 1) -> Iterator[Nginx]:
    """An nginx on these CPUs, which only this machine can reach, until the block ends.

    More than one worker are given a CPU each, and the connections by chance.
    """
    several = f"user root; worker_processes {workers}; worker_cpu_affinity auto;"
    binary = peers.require_system("nginx")
    with tempfile.TemporaryDirectory(prefix="perfgate-nginx-") as folder:
        Path(folder).chmod(0o755)
        port, status = children.free_port(), children.free_port()
        config = Path(folder) / "nginx.conf"
        filled = _CONFIG.format(
            folder=folder,
            port=port,
            status=status,
            body=BODY,
            workers=several if workers > 1 else "master_process off;",
            sharing=" reuseport" if workers > 1 else "",
        )
        config.write_text(filled)
        log = Path(folder) / "log"
        argv = [binary, "-e", "stderr", "-p", folder, "-c", str(config)]
        with children.child(argv, cpus=cpus, log=log) as process:
            try:
                children.await_port(port)
            except SystemExit as error:
                raise SystemExit(f"{error}\n{log.read_text()}") from None
            serving = Nginx(port, status, process.pid)
            serving.requests()
            yield serving
            serving.close()
