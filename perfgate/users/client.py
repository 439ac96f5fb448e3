"""The client of a user: calls in the words of requests become exchanges, and are counted.

A call that was made before with the same words costs one look into a table: what it asked for is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from perfgate.model import Exchange, Request
from perfgate.users.address import Base, OutsideTargetError
from perfgate.users.building import Builder, Manners
from perfgate.users.caught import Caught, CaughtFastResponse, CaughtHttpResponse
from perfgate.users.cookies import Cookies
from perfgate.users.exceptions import UnsupportedError
from perfgate.users.failing import MIN_WAIT_AFTER_FAILURE_NS, endpoint_name, unsent
from perfgate.users.headers import SessionHeaders
from perfgate.users.httpresponse import HttpResponse
from perfgate.users.missing import NotOfFastSessions, NotOfSessions
from perfgate.users.response import FastResponse
from perfgate.users.sessionwords import SessionWords
from perfgate.users.signing import is_signer
from perfgate.users.telling import meta_of

if TYPE_CHECKING:
    from perfgate.users.user import User

MAX_KEPT = 256
OUTSIDE = "url outside the target"

R = TypeVar("R", bound=FastResponse)
C = TypeVar("C", bound=Caught)


class Client(Generic[R, C]):
    """Sends what a user asks for, and counts it at once or, with `catch_response=True`, later.

    Attributes:
        request_name: what requests without a name of their own are called, if set.
    """

    __slots__ = (
        "_builder",
        "_caught",
        "_endpoints",
        "_exchange",
        "_handlers",
        "_kept",
        "_origin",
        "_port",
        "_record",
        "_response",
        "_told",
        "_uncounted",
        "request_event",
        "request_name",
        "trust_env",
        "user",
        "verify",
    )

    def __init__(
        self,
        user: User,
        headers: Mapping[str, Any],
        *,
        manners: Manners,
        response: type[R],
        caught: type[C],
    ) -> None:
        base, port = Base(user.host or ""), user._port
        self.user = user
        self.request_event = user.environment.events.request
        self._handlers = self.request_event._handlers
        self._told: dict[int, tuple[str, str]] = {}
        self._port = port
        self._exchange = port.exchange
        self._record = port.record
        self._response = response
        self._caught = caught
        self._uncounted = user._uncounted
        user._clients.append(self)
        self._origin = base.origin
        self._endpoints: dict[tuple[str, str], int] = {}
        self._kept: dict[Any, Request] = {}
        kept_headers = SessionHeaders(headers, self._kept.clear)
        self._builder = Builder(
            base=base, headers=kept_headers, manners=manners, rng=port.rng, auth=base.auth
        )
        self.request_name: str | None = None
        self.trust_env = False
        self.verify: Any = True

    @property
    def base_url(self) -> str:
        """What goes before every path; another one must be of the same host, if the user's class names one.

        Raises:
            UnsupportedError: it is set to another host.
        """
        return self._builder.base.url

    @base_url.setter
    def base_url(self, url: str) -> None:
        base = Base(url)
        if type(self.user).host and base.origin != self._origin:
            raise UnsupportedError("client.base_url of another host", "measure one service at a time")
        self._builder.base, self._origin = base, base.origin
        self._kept.clear()

    @property
    def headers(self) -> SessionHeaders:
        """The headers sent with every request."""
        return self._builder.headers

    @headers.setter
    def headers(self, headers: Mapping[str, Any]) -> None:
        self._builder.headers = SessionHeaders(headers, self._kept.clear)
        self._kept.clear()

    @property
    def auth(self) -> Any:
        """User and password sent with every request that has none of its own."""
        return self._builder.auth

    @auth.setter
    def auth(self, auth: Any) -> None:
        self._builder.auth = auth
        self._kept.clear()

    @property
    def cookies(self) -> Cookies:
        """The cookies that are sent to the service."""
        return Cookies(self._port)

    @cookies.setter
    def cookies(self, cookies: Any) -> None:
        Cookies(self._port).replace(cookies)

    cookiejar = cookies

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Call every request of a with block by this name, unless it has its own."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def get(self, url: str, **options: Any) -> R | C:
        """Send a GET request."""
        if not options:
            # The most frequent call of all: nothing but a path.
            request = self._kept.get(("GET", url, self.request_name, ()))
            if request is not None:
                exchange = self._exchange(request)
                self._record(request.endpoint, exchange, exchange.error)
                response = self._response(exchange, request, self._origin)
                if self._handlers:
                    self.tell(response, None, response.error)
                return response
        return self.request("GET", url, **options)

    def options(self, url: str, **options: Any) -> R | C:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def head(self, url: str, **options: Any) -> R | C:
        """Send a HEAD request."""
        if self._builder.manners.named_by_target:
            options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> R | C:
        """Send a POST request."""
        if json is not None:
            options["json"] = json
        return self._with_data("POST", url, data, options)

    def put(self, url: str, data: Any = None, **options: Any) -> R | C:
        """Send a PUT request."""
        return self._with_data("PUT", url, data, options)

    def patch(self, url: str, data: Any = None, **options: Any) -> R | C:
        """Send a PATCH request."""
        return self._with_data("PATCH", url, data, options)

    def delete(self, url: str, **options: Any) -> R | C:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)

    def request(
        self, method: str, url: str, name: str | None = None, catch_response: bool = False, **options: Any
    ) -> R | C:
        """Send a request; the arguments are those of requests, and `name` and `catch_response`."""
        context = options.pop("context", None)
        try:
            request = self._request(method, url, name or self.request_name, options)
        except OutsideTargetError:
            request = Request(endpoint=self._endpoint(method, name or url), method=method, target="")
            self._port.pause(MIN_WAIT_AFTER_FAILURE_NS)
            return self._answered(unsent(OUTSIDE), request, catch_response, context)
        return self._answered(self._exchange(request), request, catch_response, context)

    def _with_data(self, method: str, url: str, data: Any, options: dict[str, Any]) -> R | C:
        if data is not None:
            options["data"] = data
        return self.request(method, url, **options)

    def share(self, lock: threading.RLock) -> None:
        """Let several threads send, one after the other: there is one connection."""
        exchange = self._port.exchange

        def one_at_a_time(request: Request) -> Exchange:
            with lock:
                return exchange(request)

        self._exchange = one_at_a_time

    def count(self, response: Any, context: Any, error: str, exception: Any, meta: Mapping[str, Any]) -> None:
        """Count a caught response, under another name if its `request_meta` was changed; tell who listens."""
        endpoint, exchange = response.sent.endpoint, response.exchange
        if meta:
            exchange = exchange._replace(last_ns=exchange.sent_ns + round(meta["response_time"] * 1e6))
            endpoint = self._endpoint(meta["request_type"], meta["name"])
            context = meta["context"]
        self._record(endpoint, exchange, error)
        if self._handlers:
            self.request_event.tell({**self.meta(response, context), **meta, "exception": exception})

    def tell(self, response: Any, context: Any, exception: Any) -> None:
        """Tell who listens to requests of one."""
        self.request_event.tell({**self.meta(response, context), "exception": exception})

    def meta(self, response: Any, context: Any) -> dict[str, Any]:
        """What Locust says of a request to those who listen."""
        sent = response.sent
        method, name = self._told.get(sent.endpoint, (sent.method, sent.target))
        return meta_of(response, method, name, {**self.user.context(), **(context or {})})

    def _answered(self, exchange: Exchange, request: Request, catch: bool, context: Any) -> R | C:
        if catch:
            return self._caught(exchange, request, self._origin).catch(self, self._uncounted, context)
        self._record(request.endpoint, exchange, exchange.error)
        response = self._response(exchange, request, self._origin)
        if self._handlers:
            self.tell(response, context, response.error)
        return response

    def _request(self, method: str, url: str, name: str | None, options: dict[str, Any]) -> Request:
        """The request, kept from before if nothing but its headers can vary."""
        key = None
        if (not options or options.keys() == {"headers"}) and not is_signer(self._builder.auth):
            key = (method, url, name, tuple((options.get("headers") or {}).items()))
            kept = self._kept.get(key)
            if kept is not None:
                return kept
        request = self._built(method, url, name, options)
        if key is not None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[key] = request
        return request

    def _built(self, method: str, url: str, name: str | None, options: dict[str, Any]) -> Request:
        method = method.upper()
        url = url if isinstance(url, str) else bytes(url).decode()
        by_target = self._builder.manners.named_by_target
        return self._builder.build(
            method,
            url,
            options,
            lambda target: self._endpoint(method, name or (target if by_target else url)),
        )

    def _endpoint(self, method: str, name: str) -> int:
        known = self._endpoints.get((method, name))
        if known is None:
            if len(self._endpoints) >= MAX_KEPT:
                self._endpoints.clear()
            known = self._port.endpoint(endpoint_name(method, name))
            self._endpoints[method, name] = known
            self._told[known] = (method, name)
        return known


class HttpSession(SessionWords, NotOfSessions, Client[HttpResponse, CaughtHttpResponse]):
    """The client of an `HttpUser`; a file may keep attributes of its own on it."""


class FastHttpSession(NotOfFastSessions, Client[FastResponse, CaughtFastResponse]):
    """The client of a `FastHttpUser`; a file may keep attributes of its own on it."""
