"""An answer as checks look at it: decoded once, when first asked, and never trusted."""

from __future__ import annotations

import json
import zlib
from typing import Any, NoReturn

from perfgate.model import Response
from perfgate.workload.inflate import inflated

UNREADABLE = (ValueError, RecursionError, zlib.error)
"""What reading a hostile body can raise."""

_NOT_READ = object()


class Seen:
    """The parts of one answer: `status`, `header`, `text`, `json`."""

    __slots__ = ("_json", "_text", "response", "status")

    def __init__(self, response: Response) -> None:
        self.response = response
        self.status = response.status
        self._text: str | None = None
        self._json: Any = _NOT_READ

    def header(self, name: str) -> str:
        """The value of a header by its lower-case name, or empty text."""
        return self.response.headers.get(name, "")

    def text(self) -> str:
        """The body as text, read as UTF-8; bytes that are not UTF-8 become U+FFFD.

        Raises:
            ValueError: the body is compressed in a way perfgate does not read, or grows too large.
            zlib.error: the body is not what its content-encoding says.
        """
        if self._text is None:
            self._text = self.content().decode("utf-8", "replace")
        return self._text

    def content(self) -> bytes:
        """The body without its content-encoding.

        Raises:
            ValueError, zlib.error: as `text`.
        """
        return inflated(self.response.body, self.header("content-encoding"))

    def json(self) -> Any:
        """The body parsed as JSON.

        Raises:
            ValueError: not JSON (`NaN` is not JSON either), or unreadable as `text`.
            RecursionError: nested too deeply.
        """
        if self._json is _NOT_READ:
            self._json = _read_json(self.text().removeprefix("\ufeff"))
        return self._json


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


# json.loads would make such a decoder for every body.
_decoder = json.JSONDecoder(parse_constant=_refuse)


def _read_json(text: str) -> Any:
    """The value that is all of the text; `decode` looks for white space around it, mostly for nothing."""
    if text[:1] in "{[":
        value, end = _decoder.raw_decode(text)
        if end == len(text):
            return value
    return _decoder.decode(text)
