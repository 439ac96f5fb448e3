"""Names of Locust's users, clients and answers that perfgate does not have, each of which says why."""

from __future__ import annotations

from typing import Any, NoReturn

from perfgate.users.exceptions import MissingError, UnsupportedError
from perfgate.users.refusals import REAL

ONE_CONNECTION = "every user has a connection of its own"
STRAIGHT = "load goes straight to the service"
TLS = "perfgate.yml says how TLS is spoken"
_THREADS = f"users are threads here; {REAL}"
_ADAPTERS = f"perfgate has a client of its own; {REAL}"
_PER_REQUEST = "give it to each request"


class Missing:
    """An attribute there is none of, unless the file sets one of its own; `hasattr` says so."""

    __slots__ = ("_hint", "_what")

    def __init__(self, what: str, hint: str) -> None:
        self._what = what
        self._hint = hint

    def __get__(self, instance: object, owner: type) -> NoReturn:
        """Say why there is none.

        Raises:
            MissingError: always.
        """
        raise MissingError(self._what, self._hint)


class MissingOption(Missing):
    """One that must not be given a value either; empty ones change nothing."""

    __slots__ = ()

    def __set__(self, instance: object, value: Any) -> None:
        """Say why a value means nothing.

        Raises:
            MissingError: the value is not empty.
        """
        if value:
            raise MissingError(self._what, self._hint)


class NotOfUsers:
    """What a user of Locust's has besides."""

    greenlet = Missing("user.greenlet", _THREADS)
    group = Missing("user.group", _THREADS)
    start = Missing("user.start", "perfgate starts users")
    run_user = Missing("user.run_user", "use run_single_user")
    pool_manager = Missing("user.pool_manager", ONE_CONNECTION)
    client_pool = Missing("user.client_pool", ONE_CONNECTION)
    ssl_context_factory = Missing("user.ssl_context_factory", TLS)
    proxy_host = Missing("user.proxy_host", STRAIGHT)
    proxy_port = Missing("user.proxy_port", STRAIGHT)
    max_retries = Missing("user.max_retries", "a request that failed is counted, not repeated")


class NotOfSessions:
    """What a session of `requests` has besides, which is what Locust's client is."""

    __slots__ = ()

    params = MissingOption("client.params", _PER_REQUEST)
    hooks = MissingOption("client.hooks", "listen to events.request")
    stream = MissingOption("client.stream", "answers are read to their end")
    cert = MissingOption("client.cert", TLS)
    proxies = MissingOption("client.proxies", STRAIGHT)
    rebuild_auth = Missing("client.rebuild_auth", _ADAPTERS)
    adapters = Missing("client.adapters", _ADAPTERS)
    get_adapter = Missing("client.get_adapter", _ADAPTERS)
    send = Missing("client.send", "use client.request")
    prepare_request = Missing("client.prepare_request", "use client.request")
    get_redirect_target = Missing("client.get_redirect_target", "look at response.headers")

    def close(self) -> None:
        """Nothing: the connection is closed when the user ends, which has to be next.

        Raises:
            UnsupportedError: it is not the user's end.
        """
        if not getattr(getattr(self, "user", None), "_is_ending", False):
            raise UnsupportedError("client.close before on_stop", "a user keeps its connection to its end")


class NotOfFastSessions:
    """What a `FastHttpSession` of Locust's has besides."""

    __slots__ = ()

    client = Missing("client.client", _ADAPTERS)
    auth_header = Missing("client.auth_header", "set the header Authorization, or auth")
    iter_lines = Missing("client.iter_lines", _ADAPTERS)


class NotOfResponses:
    """What an answer of `requests` has besides."""

    __slots__ = ()

    raw = Missing("response.raw", "read response.content")
    connection = Missing("response.connection", _ADAPTERS)
    links = Missing("response.links", "read response.headers['link']")
    next = Missing("response.next", "read response.headers['location']")
    apparent_encoding = Missing("response.apparent_encoding", "set response.encoding")
    is_permanent_redirect = Missing("response.is_permanent_redirect", "look at response.status_code")


class NotOfFastResponses:
    """What a `FastResponse` of Locust's has besides."""

    __slots__ = ()

    request: Any = Missing(
        "response.request", "response.url says what was asked; an HttpUser's answers have it"
    )
