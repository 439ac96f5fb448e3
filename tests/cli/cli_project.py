"""A git repository with a tiny HTTP service to run the real perfgate on: fast to start, easy to break."""

import atexit
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

from tests.cli.cli_forked import Forked

SERVICE = '''\
"""A threaded HTTP service over plain sockets, so that it starts in a moment.

It waits before it answers: latencies say less about the machine, and loads leave the CPUs to other tests.
"""
import os, socket, sys, threading, time

READY = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"

def answer(path):
    time.sleep(0.001)
    return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"

def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while data := connection.recv(65536):
            path = data.split(b" ", 2)[1].decode()
            connection.sendall(READY if path == "/ready" else answer(path))

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
workload: load-test.yml
measure: {{rounds: 8, max_rounds: 8, round: 100ms, warmup: 20ms, timeout: 1s}}
gate:
  level: {{cpu: off}}
  tolerance: {{p50: 60%, p95: 300%, p99: 500%}}
  require: {{p50: 1000%, p95: 1000%, p99: 1000%}}
load: {{connections: 2}}
"""
WORKLOAD = """\
config:
  target: http://127.0.0.1
scenarios:
  - name: home
    flow:
      - get:
          url: /home
"""
_GIT = (
    "git",
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@example.invalid",
    "-c",
    "init.defaultBranch=main",
)


@dataclass(frozen=True)
class Done:
    """What a perfgate process left behind."""

    code: int
    out: str
    err: str


class Project:
    """The repository; `main` is checked out, `perfgate.yml` is committed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(_begun(), path, dirs_exist_ok=True)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.path / name).read_text()
        assert before in text
        self.write(name, text.replace(before, after))

    def commit(self, message: str, *, at: str | None = None) -> str:
        """Commit everything, as if made at an instant (ISO 8601) if one is given."""
        self.git("add", "--all")
        when = {"GIT_COMMITTER_DATE": at} if at else {}
        self.git("commit", "--quiet", "--allow-empty", "--message", message, **when)
        return self.git("rev-parse", "HEAD").strip()

    def branch(self, name: str, *, answer: str | None = None, main: str | None = None) -> str:
        """A branch off main whose service answers with other code; main is checked out again after.

        What was edited before is committed to main first.
        """
        self.commit("edited")
        self.git("checkout", "--quiet", "-b", name, "main")
        if answer is not None:
            body = textwrap.indent(textwrap.dedent(answer).strip(), "    ")
            self.edit(
                "service.py",
                '    return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"\n',
                f"{body}\n",
            )
        if main is not None:
            self.edit("service.py", "def main():\n", f"def main():\n    {main}\n")
        sha = self.commit(name)
        self.git("checkout", "--quiet", "main")
        return sha

    def git(self, *arguments: str, **variables: str) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | variables
        done = subprocess.run(
            [*_GIT, *arguments], cwd=self.path, check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout

    def start(
        self, *arguments: str, anew: bool = False, **environment: str
    ) -> "Forked | subprocess.Popen[str]":
        """A perfgate process; `anew` starts it as a user does, which takes many times longer."""
        environ = {**os.environ, "NO_COLOR": "1", **environment}
        if not anew:
            return Forked(arguments, self.path, environ)
        return subprocess.Popen(
            [sys.executable, "-m", "perfgate", *arguments],
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )

    def perfgate(self, *arguments: str, timeout: float = 90, anew: bool = False, **environment: str) -> Done:
        """Run a command to its end and check that it left nothing running or lying about."""
        process = self.start(*arguments, anew=anew, **environment)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            raise AssertionError(f"perfgate did not end within {timeout} s\n{err}") from None
        self.assert_nothing_left()
        return Done(process.returncode, out, err)

    def assert_nothing_left(self) -> None:
        """No process of the service, no worktree, no temporary file."""
        deadline = time.monotonic() + 10
        while (alive := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive, f"still running: {alive}"
        assert self.git("worktree", "list").count("\n") == 1
        trees = self.path / ".perfgate" / "trees"
        assert not trees.exists() or not any(trees.iterdir())
        assert not list((self.path / ".perfgate").rglob(".perfgate-*"))

    def processes(self) -> list[str]:
        """Command lines of processes that run inside this project's worktrees."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                where = (entry / "cwd").readlink()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(where).startswith(str(self.path / ".perfgate")):
                found.append(command)
        return found

    def results(self) -> list[Path]:
        return sorted((self.path / ".perfgate" / "results").rglob("*.json"))


@functools.cache
def _begun() -> Path:
    """The folder that every project is a copy of, made once a pytest worker."""
    path = Path(tempfile.mkdtemp(prefix="perfgate-tests-"))
    atexit.register(shutil.rmtree, path)
    made = Project.__new__(Project)
    made.path = path
    made.git("init", "--quiet", ".")
    made.write("service.py", SERVICE)
    made.write("perfgate.yml", CONFIG.format(python=sys.executable))
    made.write("load-test.yml", WORKLOAD)
    made.write(".gitignore", ".perfgate/\n")
    made.commit("main")
    return path


def assert_error(done: Done, code: int, *texts: str) -> None:
    """One line `error: …` and one `hint: …` on stderr, nothing on stdout, no traceback."""
    assert done.code == code, done.err
    assert done.out == ""
    lines = done.err.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1, done.err
    assert sum(line.startswith("  hint: ") for line in lines) == 1, done.err
    assert not any(line.startswith("Traceback") for line in lines), done.err
    for text in texts:
        assert text in done.err, f"{text!r} is not in:\n{done.err}"
