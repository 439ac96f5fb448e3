"""Responses in a `catch_response` block: the user says whether the request was a success or a failure."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from perfgate.users.exceptions import CatchResponseError, LocustError, ResponseError
from perfgate.users.failing import error_class
from perfgate.users.httpresponse import HttpResponse
from perfgate.users.response import FastResponse


class Counting(Protocol):
    """The client a response came from."""

    def count(self, response: Any, context: Any, error: str, exception: Any, meta: Mapping[str, Any]) -> None:
        """Count it."""

    def meta(self, response: Any, context: Any) -> dict[str, Any]:
        """What is told of it."""


_TOO_EARLY = "use the response in a with block before calling success() or failure() on it"


class Caught(FastResponse):
    """A response that is counted when its block ends; `uncounted` holds those whose block has not begun."""

    __slots__ = ("_client", "_context", "_entered", "_meta", "_uncounted", "_verdict")

    def catch(self, client: Counting, uncounted: list[Any], context: Any) -> Self:
        """Have this response counted later."""
        self._client = client
        self._context = context
        self._meta: dict[str, Any] = {}
        self._uncounted = uncounted
        self._entered = False
        self._verdict: bool | Exception | None = None
        uncounted.append(self)
        return self

    def success(self) -> None:  # type: ignore[override] # here it may be called
        """Count the request as a success, whatever its status."""
        self._judge(True)

    def failure(self, reason: Any) -> None:  # type: ignore[override] # here it may be called
        """Count the request as a failure, under the text of the reason."""
        self._judge(reason if isinstance(reason, Exception) else CatchResponseError(reason))

    def raise_for_status(self) -> None:
        """Raise what went wrong, or what `failure` said; nothing after `success`."""
        if isinstance(self._verdict, Exception):
            raise self._verdict
        if self._verdict is None:
            super().raise_for_status()

    def count(self) -> None:
        """Count the request by what has been said of it, or else by its answer."""
        verdict: Any = self._verdict
        if verdict is None and self._meta.get("exception") is not None:
            self._verdict = verdict = self._meta["exception"]
        problem = self.error if verdict is None else verdict if isinstance(verdict, Exception) else None
        self._client.count(self, self._context, self._error(), problem, self._meta)

    @property
    def request_meta(self) -> dict[str, Any]:
        """What is told of this request; other names, times and context may be put in until it is counted."""
        if not self._meta:
            self._meta = self._client.meta(self, self._context)
        return self._meta

    def __enter__(self) -> Self:
        if self in self._uncounted:
            self._uncounted.remove(self)
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if isinstance(error, ResponseError) and self._verdict is None:
            self._verdict = error
            self.count()
            return True
        self.count()
        return False

    def _judge(self, verdict: bool | Exception) -> None:
        if not self._entered:
            raise LocustError(_TOO_EARLY)
        self._verdict = verdict

    def _error(self) -> str:
        match self._verdict:
            case None:
                return self.exchange.error
            case True:
                return ""
            case CatchResponseError() as said:
                return error_class(said.args[0])
            case other:
                return error_class(other)


class CaughtFastResponse(Caught):
    """What a fast user gets with `catch_response=True`."""

    __slots__ = ()


class CaughtHttpResponse(Caught, HttpResponse):
    """What an `HttpUser` gets with `catch_response=True`."""

    __slots__ = ()
