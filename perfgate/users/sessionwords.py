"""What files set on a session of `requests` beyond headers and credentials, and perfgate obeys."""

from __future__ import annotations

from typing import Any

from perfgate.users.exceptions import UnsupportedError

_STRAIGHT = "load goes straight to the service"


class SessionWords:
    """Settings of a session; `missing` refuses the others."""

    __slots__ = ()
    _builder: Any
    _kept: Any

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
