"""Writing workload files and walking through their scenarios as a driver would."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from perfgate.model import Cookies, Failure, Request, Response, Script, Think, Together, Workload
from perfgate.workload.artillery import read_workload


def answer(status: int = 200, body: str | bytes = b"", **headers: str) -> Response:
    return Response(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
    )


class Walk:
    """What one pass sent, the error class of each answer, and what else it asked for."""

    def __init__(self, *answers: Response | None) -> None:
        self.requests: list[Request] = []
        self.thinks: list[int] = []
        self.errors: list[str] = []
        self.cookies: list[Cookies] = []
        self.failures: list[str] = []
        self.together: list[int] = []
        self._left = list(answers) or [answer()]

    def follow(self, script: Script, most: int = 1000) -> None:
        """Do what a script asks for, branches one after the other; a script without an end is left."""
        reply = None
        for _ in range(most):
            try:
                action = script.send(reply)
            except StopIteration:
                return
            reply = self._do(action)

    def _do(self, action: object) -> Response | None:
        if isinstance(action, Think):
            self.thinks.append(action.duration_ns)
        elif isinstance(action, Cookies):
            self.cookies.append(action)
        elif isinstance(action, Failure):
            self.failures.append(action.error)
        elif isinstance(action, Together):
            self.together.append(len(action.branches))
            for branch in action.branches:
                self.follow(branch)
        else:
            assert isinstance(action, Request)
            self.requests.append(action)
            reply = self._left.pop(0) if len(self._left) > 1 else self._left[0]
            if reply is not None:
                self.errors.append(action.judge(reply))
            return reply
        return None

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]


def follow(script: Script, *answers: Response | None) -> Walk:
    """One pass of a script of its own."""
    done = Walk(*answers)
    done.follow(script)
    return done


def walk(workload: Workload, *answers: Response | None, seed: int = 1, scenario: int = 0) -> Walk:
    """One pass; the last answer repeats. The answer is judged before the script hears of it."""
    return follow(workload.scenarios[scenario].start(seed), *answers)


@pytest.fixture(name="answer")
def _answer() -> Callable[..., Response]:
    return answer


@pytest.fixture(name="walk")
def _walk() -> Callable[..., Walk]:
    return walk


@pytest.fixture(name="follow")
def _follow() -> Callable[..., Walk]:
    return follow


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Workload]:
    def _read(text: str, **options: object) -> Workload:
        path = tmp_path / "load.yml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return read_workload(path, **options)

    return _read


@pytest.fixture
def flow(read) -> Callable[..., Workload]:
    """A workload of one scenario from the text of its flow, with an optional config section."""

    def _flow(steps: str, config: str = "", **options: object) -> Workload:
        text = f"config:\n{_indented(config, 2)}" if config else ""
        return read(f"{text}\nscenarios:\n  - flow:\n{_indented(steps, 6)}", **options)

    return _flow


def _indented(text: str, spaces: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * spaces) + "\n"
