"""The answer to a request as `requests` users know it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Self

from perfgate.users.decoding import UNREADABLE
from perfgate.users.exceptions import LocustError
from perfgate.users.missing import NotOfResponses
from perfgate.users.response import NOT_CAUGHT, FastResponse

_COOKIE_START = re.compile(r",\s*(?=[^;,=\s]+=)")


class SentRequest:
    """The request an answer belongs to, in the words of `requests`."""

    def __init__(self, response: HttpResponse) -> None:
        sent = response.sent
        self.method = sent.method
        self.url = response.url
        self.path_url = sent.target
        self.headers = dict(sent.headers)
        self.body = sent.body or None


class HttpResponse(NotOfResponses, FastResponse):
    """An answer with nearly everything a `requests.Response` has."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The body as text; empty if nothing came back."""
        return super().text or ""

    @property
    def content(self) -> bytes | None:
        """The body, decompressed; None if nothing came back.

        Raises:
            requests.exceptions.ContentDecodingError: it is not compressed as its headers say.
        """
        return super().content

    def json(self, **options: Any) -> Any:
        """The body parsed as JSON.

        Raises:
            requests.exceptions.JSONDecodeError: it is not JSON.
        """
        try:
            return super().json(**options)
        except ValueError as error:
            from requests.exceptions import JSONDecodeError

            raise JSONDecodeError(str(error), self.text, getattr(error, "pos", 0)) from error

    @property
    def reason(self) -> str:
        """The standard phrase for the status; the server's own is not kept."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def elapsed(self) -> timedelta:
        """From sending to the first byte of the answer."""
        return timedelta(microseconds=max(self.exchange.first_ns - self.exchange.sent_ns, 0) // 1000)

    @property
    def cookies(self) -> dict[str, str]:
        """Names and values the answer sets."""
        lines = self.headers.get("set-cookie", "")
        pairs = (line.partition(";")[0].partition("=") for line in _COOKIE_START.split(lines))
        return {name.strip(): value.strip().strip('"') for name, equals, value in pairs if equals}

    @property
    def history(self) -> list[HttpResponse]:
        """Empty: redirects are followed as part of the request."""
        return []

    @property
    def request(self) -> SentRequest:
        """What was sent."""
        return SentRequest(self)

    @property
    def is_redirect(self) -> bool:
        """Whether this is a redirect that was not followed."""
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    @property
    def error(self) -> Exception | None:
        """Why there is no answer, None if there is one."""
        if self.exchange.response is not None:
            return None
        from requests import exceptions

        timed_out = "timeout" in self.exchange.error
        kind = exceptions.Timeout if timed_out else exceptions.ConnectionError
        return kind(self.exchange.error)

    def raise_for_status(self) -> None:
        """Raise what went wrong, if anything did.

        Raises:
            requests.exceptions.RequestException: no answer came back.
            requests.exceptions.HTTPError: the status is 400 or more.
        """
        if error := self.error:
            raise error
        if self.status_code >= 400:
            from requests.exceptions import HTTPError

            side = "Client" if self.status_code < 500 else "Server"
            message = f"{self.status_code} {side} Error: {self.reason} for url: {self.url}"
            raise HTTPError(message, response=self)  # type: ignore[arg-type] # it has what such code reads

    def iter_lines(
        self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: Any = None
    ) -> Iterator[Any]:
        """The body line by line; it has arrived as a whole all the same."""
        whole: Any = self.text if decode_unicode else self.content or b""
        return iter(whole.split(delimiter) if delimiter else whole.splitlines())

    def close(self) -> None:
        """Nothing to do: the body has been read."""

    def __enter__(self) -> Self:
        raise LocustError(NOT_CAUGHT)

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def _inflated(self) -> bytes:
        try:
            return super()._inflated()
        except UNREADABLE as error:
            from requests.exceptions import ContentDecodingError

            raise ContentDecodingError(str(error)) from error
