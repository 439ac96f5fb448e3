"""Owns what one answer may cost: the seconds until it is there, whole, and its size."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

import requests

T = TypeVar("T")
MAX_ANSWER_BYTES = 64 << 20  # 100 comments of 262 144 bytes, all of which JSON has to escape, are 50 MiB
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that has been read to its end; `following` is the address of the next page, "" without."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes
    following: str


class TooLargeError(Exception):
    """The answer is larger than `MAX_ANSWER_BYTES`, unpacked."""


def read_whole(response: requests.Response) -> Answer:
    """The answer with its body.

    Raises:
        TooLargeError: it was not read to its end.
        requests.RequestException: the connection broke.
    """
    content = bytearray()
    with response:
        for piece in response.iter_content(_PIECE_BYTES):
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise TooLargeError
    return Answer(
        status=response.status_code,
        url=response.url,
        headers=response.headers,
        content=bytes(content),
        following=response.links.get("next", {}).get("url", ""),
    )


def within(seconds: float, call: Callable[[], T]) -> T:
    """What a call returns or raises, if it comes to that in time.

    The timeouts of a socket hold for each of its reads: names that are not resolved and answers that come
    byte by byte take no notice. A call that is given up is left to a thread that ends with the process.

    Raises:
        TimeoutError: it did not.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="perfgate-github", daemon=True).start()
    return outcome.result(timeout=max(seconds, 0.0))
