"""What becomes of an answer that comes in pieces, in a few words, so that ways to read it can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from perfgate.load.head import ProtocolError
from perfgate.load.http1 import known_heads
from perfgate.load.speaker import Http1Speaker
from perfgate.model import Request, Response

CORPUS = Path(__file__).parent / "corpus"


class Case(NamedTuple):
    """A file of the corpus, the method of the request it answers, and what should become of it."""

    name: str
    method: str
    outcome: str

    @property
    def data(self) -> bytes:
        return (CORPUS / self.name).read_bytes()


def corpus() -> list[Case]:
    lines = (CORPUS / "outcomes.txt").read_text().splitlines()
    return [Case(*line.split(maxsplit=2)) for line in lines if not line.startswith("#")]


class Hearer(Protocol):
    def feed(self, data: bytes, /) -> Response | None: ...
    def end(self) -> Response: ...


class Speaking:
    """A speaker that has just asked, as something that is fed an answer."""

    def __init__(self, speaker: Http1Speaker, method: str) -> None:
        speaker.ask(Request(endpoint=0, method=method, target="/"), "")
        self.feed = speaker.hear
        self.end = speaker.ended


def heard(hearer: Hearer, pieces: Iterable[bytes]) -> Response | str:
    """The answer, or its error class. A connection finds whatever comes after an answer, and gives it up."""
    answer: Response | None = None
    try:
        for piece in pieces:
            if answer is not None:
                return "excess bytes"
            answer = hearer.feed(piece)
        return hearer.end() if answer is None else answer
    except ProtocolError as problem:
        return problem.error_class


def in_words(outcome: Response | str) -> str:
    if isinstance(outcome, str):
        return outcome
    return f"{outcome.status} {'keep' if outcome.keep_alive else 'close'} {len(outcome.body)}"


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@contextmanager
def nothing_known() -> Iterator[None]:
    """No head was ever seen before; afterwards those are known again that were."""
    before = dict(known_heads)
    known_heads.clear()
    try:
        yield
    finally:
        known_heads.clear()
        known_heads.update(before)
