"""A repository with a real service that answers what the five seeds ask, for verdicts on unmodified files."""

import sys
from pathlib import Path

from cli_project import Project

SEEDS = Path(__file__).parent.parent / "seeds"

SERVICE = '''\
"""The API the seeds were written for: tokens, users, orders."""
import json, os, socket, sys, threading, time

DELAY_S = 0.0

def answer(method, path):
    if path == "/ready":
        return 200, {}
    time.sleep(DELAY_S)
    if method == "POST" and path == "/auth/token":
        return 200, {"access_token": "t0ken"}
    if method == "GET" and path in ("/users", "/api/users"):
        return 200, {"results": [{"id": 1, "name": "Ann"}]}
    if method == "POST" and path in ("/orders", "/api/orders"):
        return 201, {"id": 7}
    return 404, {"error": "no such thing"}

def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    with connection:
        while True:
            while b"\\r\\n\\r\\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\\r\\n\\r\\n")
            lines = head.decode("latin-1").split("\\r\\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            length = int(headers.get("content-length", 0))
            while len(data) < length:
                data += connection.recv(65536)
            data = data[length:]
            method, path, _ = lines[0].split(" ", 2)
            status, body = answer(method, path)
            text = json.dumps(body).encode()
            connection.sendall(
                b"HTTP/1.1 %d OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s"
                % (status, len(text), text)
            )

def main():
    server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

if __name__ == "__main__":
    main()
'''
CONFIG = """\
version: 1
service:
  command: ["{python}", "-S", "service.py"]
  ready: {{path: /ready, timeout: 10s}}
  stop: {{grace: 1s}}
measure: {{rounds: 8, max_rounds: 8, round: {round}, warmup: 20ms, timeout: 2s}}
gate:
  level: {{cpu: off}}
  tolerance: {{p50: 60%, p95: 300%, p99: 500%}}
  require: {{p50: 1000%, p95: 1000%, p99: 1000%}}
"""


class SeedProject(Project):
    """`main` with the API, `same` with an equal one, and `slow`; no workload in perfgate.yml."""

    def __init__(self, path: Path, *, round_length: str = "400ms") -> None:
        super().__init__(path)
        (path / "load-test.yml").unlink()
        self.write("service.py", SERVICE)
        self.write("perfgate.yml", CONFIG.format(python=sys.executable, round=round_length))
        self.commit("api")
        self.git("branch", "same")
        self.git("checkout", "--quiet", "-b", "slow")
        self.edit("service.py", "DELAY_S = 0.0", "DELAY_S = 0.005")
        self.commit("slow")
        self.git("checkout", "--quiet", "main")
        for seed in SEEDS.iterdir():
            (path / seed.name).write_bytes(seed.read_bytes())
        self.commit("load tests")
