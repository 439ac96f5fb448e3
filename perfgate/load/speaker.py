"""What is said on one connection, whichever HTTP it is in: requests as bytes, bytes as answers."""

from __future__ import annotations

from perfgate.load.cookies import beside
from perfgate.load.head import UNANNOUNCED
from perfgate.load.http1 import AnswerReader, encode_request, known_heads
from perfgate.model import Request, Response

_MOST_ENCODED = 64
_NO_HEAD = b"\0"
_NOTHING_KNOWN: tuple[int, dict[str, str], bool, int, int] = (0, {}, True, 0, UNANNOUNCED)
"""Status, headers, whether the connection is kept, and the sizes of head and body: of no answer."""

_new = tuple.__new__


class Http1Speaker:
    """HTTP/1.1. `close_after` asks the server to close after each answer."""

    __slots__ = ("_encoded", "_extra", "_host", "_is_head", "_known", "_raw_head", "_reader")

    def __init__(self, host: str, *, close_after: bool = False) -> None:
        self._host = host
        self._extra = (("Connection", "close"),) if close_after else ()
        self._encoded: dict[int, tuple[Request, bytes]] = {}
        self._is_head = False
        self._raw_head = _NO_HEAD
        self._known = _NOTHING_KNOWN
        self._reader: AnswerReader | None = None

    def ask(self, request: Request, cookie: str) -> bytes:
        """The bytes of a request.

        Requests without templates are one object sent many times: each of those is encoded once. The cache
        keeps the request alive beside its bytes, or a new object could be given its `id`.
        """
        self._reader = None
        self._is_head = request.method == "HEAD"
        if not cookie:
            known = self._encoded.get(id(request))
            if known is not None:
                return known[1]
        headers = request.headers + self._extra
        if cookie:
            headers = _with_cookie(headers, cookie)
        payload = encode_request(request.method, request.target, self._host, headers, request.body)
        if not cookie:
            if len(self._encoded) >= _MOST_ENCODED:
                self._encoded.clear()
            self._encoded[id(request)] = (request, payload)
        return payload

    def hear(self, data: bytes) -> Response | None:
        """Take bytes of the server.

        Mostly they are one whole answer, with a head that is equal to the byte to the last one (but for the
        second in `Date`) or to another seen before: what it says is known and need not be parsed.
        """
        reader = self._reader
        if reader is None:
            if not data.startswith(self._raw_head):
                self._recall(data)
            status, headers, keep_alive, size, length = self._known
            if len(data) - size == length and not self._is_head:
                # Around the named tuple's own `__new__`, which is Python and costs as much as all of this.
                return _new(Response, (status, headers, data[size:], keep_alive))
            reader = self._reader = AnswerReader("HEAD" if self._is_head else "GET")
        answer = reader.feed(data)
        if answer is not None:
            self._reader = None
        return answer

    def _recall(self, data: bytes) -> None:
        """Make the head in `data` the one expected, if it was seen before, and else none at all."""
        raw = data[: data.find(b"\r\n\r\n") + 4]
        head = known_heads.get(raw)
        if head is None:
            self._raw_head, self._known = _NO_HEAD, _NOTHING_KNOWN
        else:
            self._raw_head = raw
            self._known = head.status, head.headers, head.keep_alive, len(raw), head.length

    def forget(self) -> None:
        """Let go of what has come of an answer."""
        self._reader = None

    def owed(self) -> bytes:
        """Nothing: HTTP/1.1 has no acknowledgements."""
        return b""

    def ended(self) -> Response:
        """The server has closed."""
        return (self._reader or AnswerReader("GET")).end()


class Http2OnWire:
    """HTTP/2, as a connection uses it."""

    def __init__(self, authority: str, scheme: str) -> None:
        from perfgate.load.http2 import Http2Speaker

        self._authority = authority
        self._scheme = scheme
        self._inner = Http2Speaker()
        self.opening = self._inner.opening
        self.hear = self._inner.hear
        self.owed = self._inner.owed
        self.ended = self._inner.ended
        self.forget = self._inner.forget

    def ask(self, request: Request, cookie: str) -> bytes:
        """The bytes of a request."""
        return self._inner.ask(
            request.method,
            request.target,
            authority=self._authority,
            scheme=self._scheme,
            headers=_with_cookie(request.headers, cookie) if cookie else request.headers,
            body=request.body,
        )

    def is_usable(self) -> bool:
        """Whether the connection takes another request."""
        return self._inner.usable


def _with_cookie(headers: tuple[tuple[str, str], ...], cookie: str) -> tuple[tuple[str, str], ...]:
    """One Cookie header: what the request sets itself, then what the service has set."""
    own = "; ".join(value for name, value in headers if name.lower() == "cookie")
    rest = tuple((name, value) for name, value in headers if name.lower() != "cookie")
    return (*rest, ("Cookie", beside(own, cookie)))
