"""What a browser would do around a request: keep cookies, follow redirects. One virtual user on one side."""

from __future__ import annotations

from perfgate.load.connection import REDIRECTS, Connection
from perfgate.load.cookies import CookieJar
from perfgate.load.redirect import follow
from perfgate.model import Exchange, Request


class Client:
    """A connection with the cookies the service has set on it."""

    __slots__ = ("_connection", "_jar", "_origin", "_secure")

    def __init__(self, connection: Connection, *, secure: bool = False) -> None:
        self._connection = connection
        self._secure = secure
        self._origin = f"{'https' if secure else 'http'}://{connection.authority}"
        self._jar = CookieJar(connection.authority)

    def exchange(self, request: Request) -> Exchange:
        """Send a request with its cookies, and those that redirects lead to; all of it is one exchange."""
        jar = self._jar
        cookie = jar.header(request.target, secure=self._secure) if jar else ""
        exchange = self._connection.exchange(request, cookie)
        response = exchange.response
        if response is None:
            return exchange
        if "set-cookie" in response.headers:
            jar.take(response.headers, request.target)
        if request.redirects and exchange.status in REDIRECTS:
            return self._redirected(request, exchange)
        return exchange

    def forget(self) -> None:
        """Become a new user: no cookies."""
        if self._jar:
            self._jar = CookieJar(self._connection.authority)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def abort(self) -> None:
        """Make a thread that waits in `exchange` return at once, and every later one fail."""
        self._connection.abort()

    def _redirected(self, request: Request, first: Exchange) -> Exchange:
        """The rest of the way, counted from the first request's sending to the last answer's end."""
        if first.response is None:
            return first
        onward = follow(request, first.response, origin=self._origin, authority=self._connection.authority)
        if isinstance(onward, str):
            return first._replace(error=onward)
        last = self.exchange(onward)
        return last._replace(
            sent_ns=first.sent_ns,
            bytes_received=first.bytes_received + last.bytes_received,
            sending_ns=first.sending_ns,
            opening=first.opening or last.opening,
        )
