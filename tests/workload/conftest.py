"""Writing workload files and walking through their scenarios as a driver would."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from perfgate.model import Request, Response, Think, Workload
from perfgate.workload.artillery import read_workload


def answer(status: int = 200, body: str | bytes = b"", **headers: str) -> Response:
    return Response(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
    )


class Walk:
    """What one pass sent, and the error class of each answer."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.thinks: list[int] = []
        self.errors: list[str] = []


def walk(workload: Workload, *answers: Response | None, seed: int = 1, scenario: int = 0) -> Walk:
    """One pass; the last answer repeats. The answer is judged before the script hears of it."""
    done = Walk()
    script = workload.scenarios[scenario].start(seed)
    left = list(answers) or [answer()]
    step = next(script, None)
    while step is not None:
        if isinstance(step, Think):
            done.thinks.append(step.duration_ns)
            reply = None
        else:
            done.requests.append(step)
            reply = left.pop(0) if len(left) > 1 else left[0]
            if reply is not None:
                done.errors.append(step.judge(reply))
        try:
            step = script.send(reply)
        except StopIteration:
            break
    return done


@pytest.fixture(name="answer")
def _answer() -> Callable[..., Response]:
    return answer


@pytest.fixture(name="walk")
def _walk() -> Callable[..., Walk]:
    return walk


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
