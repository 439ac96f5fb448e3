"""The two kinds of users that send HTTP requests, and what their clients send by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfgate.users.building import Manners, timeout_ns
from perfgate.users.caught import CaughtFastResponse, CaughtHttpResponse
from perfgate.users.client import FastHttpSession, HttpSession
from perfgate.users.environment import Environment
from perfgate.users.httpresponse import HttpResponse
from perfgate.users.response import FastResponse
from perfgate.users.rest import RestMixin
from perfgate.users.user import NO_HOST, User

MAX_REDIRECTS = 30
_FORM = "application/x-www-form-urlencoded"
_TYPES = {"form": _FORM}
_FAST_TYPES = {
    "form": f"{_FORM}; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "bytes": "application/octet-stream",
}
_ASKED = {"User-Agent": "perfgate", "Accept-Encoding": "gzip, deflate"}


class HttpUser(RestMixin, User):
    """A user whose client is as good as that of `requests`."""

    abstract = True
    client: HttpSession

    def _host(self) -> str:
        return self.host or self.environment.host or NO_HOST

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = HttpSession(
            self,
            {**_ASKED, "Accept": "*/*"},
            manners=Manners(
                redirects=MAX_REDIRECTS,
                timeout_ns=None,
                content_types=_TYPES,
                json_asks_for_json=False,
                named_by_target=True,
            ),
            response=HttpResponse,
            caught=CaughtHttpResponse,
        )


class FastHttpUser(RestMixin, User):
    """A user whose client costs as little as it can."""

    abstract = True
    client: FastHttpSession
    network_timeout: float | None = None
    connection_timeout: float | None = None
    max_redirects: int = MAX_REDIRECTS
    insecure: bool = True
    concurrency: int = 10
    default_headers: Mapping[str, Any] | None = None

    def _host(self) -> str:
        return self.host or self.environment.host or NO_HOST

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        timeout_s = self.network_timeout or self.connection_timeout
        self.client = FastHttpSession(
            self,
            {**_ASKED, **(self.default_headers or {})},
            manners=Manners(
                redirects=self.max_redirects,
                timeout_ns=timeout_ns(timeout_s) if timeout_s else None,
                content_types=_FAST_TYPES,
                json_asks_for_json=True,
                named_by_target=False,
            ),
            response=FastResponse,
            caught=CaughtFastResponse,
        )
