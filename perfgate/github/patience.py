"""When a request to GitHub is tried again, and how long all failures of a run may take together."""

import time
from types import TracebackType
from typing import Any

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, ResponseError, SSLError

RATE_LIMITED = (403, 429)
_SERVER_FAULTS = (500, 502, 503, 504)
_RETRIES = 5


class Patience:
    """The seconds that requests which fail may still cost, waits included."""

    def __init__(self, seconds: float) -> None:
        self.left_s = seconds
        self._since = time.monotonic()

    def begin(self) -> None:
        """A request starts now."""
        self._since = time.monotonic()

    def charge(self) -> None:
        """It failed, or was waited for: what it took is spent."""
        now = time.monotonic()
        self.left_s -= now - self._since
        self._since = now


class GitHubRetry(Retry):
    """Reads are repeated after faults of the server or the network, anything after a rate limit.

    A write whose answer was lost may have been done, so its caller has to look before it repeats it. How
    long a limit lasts is in Retry-After, or in x-ratelimit-reset where x-ratelimit-remaining is 0 (GitHub's
    "Rate limits for the REST API"); a 403 with neither is no limit. Gives up where the wait is longer than
    the patience left.
    """

    patience: Patience

    @classmethod
    def of(cls, patience: Patience, backoff_s: float) -> "GitHubRetry":
        """Retries whose waits double from `backoff_s` and are charged to `patience`."""
        retry = cls(
            total=_RETRIES,
            allowed_methods=("GET",),
            backoff_factor=backoff_s,
            backoff_jitter=backoff_s / 2,
            raise_on_status=False,
        )
        retry.patience = patience
        return retry

    def new(self, **kw: Any) -> "GitHubRetry":
        """A copy that shares the patience."""
        following = super().new(**kw)
        following.patience = self.patience
        return following

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether a status is worth a look at the answer's headers, which `increment` takes."""
        return status_code in RATE_LIMITED or (method.upper() == "GET" and status_code in _SERVER_FAULTS)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds until GitHub wants to be asked again, None where it does not say."""
        try:
            after = super().get_retry_after(response)
        except HTTPError:
            return None
        reset = response.headers.get("x-ratelimit-reset", "")
        if after is None and response.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
            return max(float(reset[:12]) - time.time(), 0.0)
        return after

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> "GitHubRetry":
        """The retries left after a failure.

        Raises:
            MaxRetryError: none are, this one is not worth one, or its wait is too long.
        """
        self.patience.charge()
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        told = None if response is None else self.get_retry_after(response)
        refused = response is not None and response.status in RATE_LIMITED and told is None
        if (
            refused
            or isinstance(error, SSLError)
            or (told or following.get_backoff_time()) > self.patience.left_s
        ):
            raise MaxRetryError(_pool, url, error or ResponseError("not tried again"))  # type: ignore[arg-type] # as urllib3 does
        return following

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try."""
        super().sleep(response)
        self.patience.charge()
