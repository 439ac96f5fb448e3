"""The answer to a request as a fast user sees it: nothing is decoded before somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, NoReturn, Self

from perfgate.model import Exchange, Request
from perfgate.users.decoding import encoding_of, inflated, json_of, text_of
from perfgate.users.exceptions import LocustError
from perfgate.users.headers import AnswerHeaders
from perfgate.users.missing import NotOfFastResponses

_UNKNOWN: Any = object()
NOT_CAUGHT = "to call success() or failure(), pass catch_response=True and use the response in a with block"


class FastResponse(NotOfFastResponses):
    """An answer, or what stands for one that never came (`status_code` 0, no content, `error` set)."""

    __slots__ = ("_content", "_encoding", "_origin", "exchange", "js", "sent", "status_code")

    def __init__(self, exchange: Exchange, sent: Request, origin: str) -> None:
        self.exchange = exchange
        self.sent = sent
        self.status_code = exchange.status
        self._origin = origin
        self._content: bytes | None = None
        self._encoding: str | None = _UNKNOWN

    @property
    def headers(self) -> AnswerHeaders:
        """The headers, by their names in any case; none if nothing came back."""
        response = self.exchange.response
        return AnswerHeaders(response.headers if response else {})

    @property
    def content(self) -> bytes | None:
        """The body, decompressed; None if nothing came back.

        Raises:
            ValueError, zlib.error: it is not compressed as its headers say.
        """
        response = self.exchange.response
        if self._content is None and response is not None:
            self._content = self._inflated()
        return self._content

    @property
    def encoding(self) -> str | None:
        """The encoding of the text, None if unknown; may be set."""
        if self._encoding is _UNKNOWN:
            response = self.exchange.response
            self._encoding = encoding_of(response.headers) if response else None
        return self._encoding

    @encoding.setter
    def encoding(self, encoding: str | None) -> None:
        self._encoding = encoding

    @property
    def text(self) -> str | None:
        """The body as text; None if nothing came back."""
        content = self.content
        return None if content is None else text_of(content, self.encoding)

    def json(self, **options: Any) -> Any:
        """The body parsed as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return json_of(self.content or b"", self.encoding, **options)

    @property
    def ok(self) -> bool:
        """Whether there is an answer, with a status below 400."""
        return 0 < self.status_code < 400

    @property
    def url(self) -> str:
        """What was asked for; the last of several redirects is not known."""
        return self._origin + self.sent.target

    @property
    def error(self) -> Exception | None:
        """What went wrong, None if nothing did."""
        return ConnectionError(self.exchange.error) if self.exchange.error else None

    def raise_for_status(self) -> None:
        """Raise what went wrong, if anything did.

        Raises:
            ConnectionError: no answer came back, or one with a status of 400 or more.
        """
        if error := self.error:
            raise error

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """The body in pieces; it has arrived as a whole all the same."""
        whole: Any = (self.text if decode_unicode else self.content) or b""
        step = chunk_size or len(whole) or 1
        return (whole[start : start + step] for start in range(0, len(whole), step))

    def success(self) -> NoReturn:
        """Only for responses in a `catch_response` block."""
        raise LocustError(NOT_CAUGHT)

    def failure(self, reason: Any) -> NoReturn:
        """Only for responses in a `catch_response` block."""
        raise LocustError(NOT_CAUGHT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool | None:
        return None

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def _inflated(self) -> bytes:
        response = self.exchange.response
        return inflated(response.body, response.headers) if response else b""
