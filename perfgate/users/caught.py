"""Responses in a `catch_response` block: the user says whether the request was a success or a failure."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from perfgate.model import Exchange
from perfgate.users.exceptions import CatchResponseError, LocustError, ResponseError
from perfgate.users.failing import error_class
from perfgate.users.httpresponse import HttpResponse
from perfgate.users.response import FastResponse

Count = Callable[[int, Exchange, str], None]
_TOO_EARLY = "use the response in a with block before calling success() or failure() on it"


class Caught(FastResponse):
    """A response that is counted when its block ends; `uncounted` holds those whose block has not begun."""

    __slots__ = ("_count", "_entered", "_uncounted", "_verdict")

    def catch(self, count: Count, uncounted: list[Any]) -> Self:
        """Have this response counted later."""
        self._count = count
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
        self._count(self.sent.endpoint, self.exchange, self._error())

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
