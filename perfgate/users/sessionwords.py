"""What files set on a session of `requests` beyond headers and credentials: obeyed, or refused by name."""

from __future__ import annotations

from typing import Any

from perfgate.users.exceptions import UnsupportedError

_STRAIGHT = "load goes straight to the service"
_HOOKS = "look at the response where you get it"
_CERT = "name the certificate in perfgate.yml"
_PARAMS = "give params= with each request"


class SessionWords:
    """Settings of a session; where perfgate has no such thing, only what means "nothing" may be set."""

    __slots__ = ()

    @property
    def max_redirects(self) -> int:
        """How many redirects a request follows."""
        redirects: int = self._builder.manners.redirects
        return redirects

    @max_redirects.setter
    def max_redirects(self, redirects: int) -> None:
        self._builder.manners.redirects = redirects
        self._kept.clear()

    def mount(self, prefix: str, adapter: Any) -> None:
        """Take an adapter that changes nothing here: a virtual user has one connection.

        Raises:
            UnsupportedError: an adapter that sends again, or is of another class than that of requests.
        """
        from requests.adapters import HTTPAdapter

        if type(adapter) is not HTTPAdapter:
            raise UnsupportedError("client.mount of an adapter of your own", _STRAIGHT)
        if adapter.max_retries.total or adapter.max_retries.status_forcelist:
            raise UnsupportedError(
                "client.mount with retries",
                "a failure that is tried again would not count; remove max_retries",
            )

    def __getattr__(self, name: str) -> Any:
        if name in _REFUSED:
            raise UnsupportedError(f"client.{name}", _REFUSED[name])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _REFUSED:
            object.__setattr__(self, name, value)
        elif value:
            raise UnsupportedError(f"client.{name}", _REFUSED[name])


_REFUSED = {"proxies": _STRAIGHT, "hooks": _HOOKS, "cert": _CERT, "params": _PARAMS, "stream": _HOOKS}
