"""One connection of a virtual user: send a request, read the answer, say exactly when each happened.

Plain blocking sockets: a thread that waits for the service waits in the kernel and costs nothing.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from typing import TYPE_CHECKING

from perfgate.load import clock
from perfgate.load.address import Address, Timeouts
from perfgate.load.dial import dial
from perfgate.load.http1 import ProtocolError
from perfgate.load.redirect import REDIRECTS
from perfgate.load.speaker import Http1Speaker, Speaker
from perfgate.model import Exchange, Opening, Request, Response

if TYPE_CHECKING:
    import ssl

    from perfgate.load.stream import Stream

_SURE_AFTER_USES = 8
_SURE_FOR_NS = 100_000
"""Servers close idle connections, and that is no failed request; finding out afterwards and trying again
would also hide requests on which the service really broke the connection. So we look before we send. As that
costs a system call, a connection used this often is not looked at within this time after its last answer: a
server that closes after each answer has shown it by then, and none gives up idle connections that fast."""

_new = tuple.__new__


class Connection:
    """A keep-alive connection to one address, opened when first needed and again after it was closed.

    Opening is not part of a request's service time. `abort` may be called from another thread.
    """

    __slots__ = (
        "_aborted",
        "_address",
        "_context",
        "_held",
        "_last_ns",
        "_limit_ns",
        "_speaker",
        "_stream",
        "_timeouts",
        "_uses",
        "authority",
    )

    def __init__(self, address: Address, timeouts: Timeouts, context: ssl.SSLContext | None = None) -> None:
        self._address = address
        self._timeouts = timeouts
        self._context = context
        self.authority = address.authority or _authority(address)
        self._stream: Stream | None = None
        self._speaker: Speaker = Http1Speaker(self.authority, close_after=not address.reuse)
        self._held: socket.socket | None = None
        self._aborted = False
        self._limit_ns = 0
        self._last_ns = 0
        self._uses = 0

    def exchange(self, request: Request, cookie: str = "") -> Exchange:
        """Send `request` and read the whole answer, whatever the server does.

        An answer that is not whole within the timeout is an error. Finding that out takes at most the
        timeout for each of connecting, sending and the silence after the last piece that still came in time.
        A redirect the request wants followed is not judged: it is no answer yet.
        """
        timeout_ns = request.timeout_ns or self._timeouts.total_ns
        opening = None
        begun_ns = clock.now_ns()
        sure = self._uses > _SURE_AFTER_USES and 0 <= begun_ns - self._last_ns < _SURE_FOR_NS
        if not sure and self._stream is not None and not self._stream.is_quiet():
            self.close()
        speaker = self._speaker
        try:
            payload = speaker.ask(request, cookie)
            if self._stream is None:
                opening = self._open(timeout_ns)
                if self._speaker is not speaker:
                    payload = self._speaker.ask(request, cookie)
        except ValueError:
            return _failed(begun_ns, "unsendable request")
        except OSError as error:
            return _failed(begun_ns, "aborted" if self._aborted else error_class(error, "connect "))
        return self._converse(request, payload, timeout_ns, opening)

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            if not isinstance(self._speaker, Http1Speaker):
                self._speaker = Http1Speaker(self.authority)

    def abort(self) -> None:
        """Make a thread that waits in `exchange` return at once, and every later one fail."""
        self._aborted = True
        held = self._held
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def _open(self, timeout_ns: int) -> Opening:
        if self._aborted:
            raise ConnectionAbortedError
        limit_ns = self._timeouts.connect_ns or timeout_ns
        dialled = dial(self._address, self._context, timeout_ns=min(limit_ns, timeout_ns), hold=self._hold)
        self._limit_ns = self._uses = 0
        self._stream = dialled.stream
        if dialled.http2:
            self._speaker = self._greet(dialled.stream, timeout_ns)
        return dialled.opening

    def _greet(self, stream: Stream, timeout_ns: int) -> Speaker:
        from perfgate.load.http2 import Http2Speaker

        speaker = Http2Speaker(self.authority, "https" if self._context else "http")
        stream.send(speaker.opening(), time.monotonic_ns() + timeout_ns)
        return speaker

    def _hold(self, opened: socket.socket) -> None:
        self._held = opened
        if self._aborted:
            raise ConnectionAbortedError

    def _converse(  # noqa: C901, PLR0912 - once a request: parts split off would cost calls
        self, request: Request, payload: bytes, timeout_ns: int, opening: Opening | None
    ) -> Exchange:
        """Send and listen. Nearly every answer comes whole in one piece: that way is kept short."""
        heard = _Heard()
        answer: Response | None = None
        sent_ns = handed_ns = 0
        error = ""
        try:
            stream = self._stream
            if stream is None:
                raise ConnectionAbortedError
            first_limit_ns = self._timeouts.waiting_ns or timeout_ns
            if first_limit_ns != self._limit_ns:
                self._set_limit(stream, first_limit_ns)
            give_up_ns = time.monotonic_ns() + timeout_ns
            sent_ns, handed_ns = stream.send(payload, give_up_ns)
            data, at_ns, heard.stamped = stream.receive()
            if at_ns < sent_ns:
                # A stamp of before the request: the clock was set, and our own reading is better.
                at_ns, heard.stamped = clock.now_ns(), False
            if data:
                heard.first_ns = heard.last_ns = at_ns
                heard.bytes = len(data)
                answer = self._speaker.hear(data)
            else:
                answer = self._closed(heard, at_ns)
            if answer is None:
                if first_limit_ns != timeout_ns:
                    self._set_limit(stream, timeout_ns)
                answer = self._listen(stream, heard, sent_ns, give_up_ns)
            if heard.last_ns - sent_ns > timeout_ns:
                answer = None
                error = "timeout"
        except ProtocolError as problem:
            error = problem.error_class
        except OSError as problem:
            error = "aborted" if self._aborted else error_class(problem, "")
        self._last_ns = heard.last_ns
        self._uses += 1
        if answer is None:
            self.close()
            sent_ns = sent_ns or clock.now_ns()
            times = sent_ns, heard.first_ns, heard.last_ns
            return Exchange(*times, 0, heard.bytes, error, heard.stamped, None, 0, opening)
        if not answer.keep_alive or not self._address.reuse:
            self.close()
        status = answer.status
        if not (request.redirects and status in REDIRECTS):
            error = request.judge(answer)
        # As in `http1.read_at_once`: a named tuple's own `__new__` is Python.
        return _new(
            Exchange,
            (
                sent_ns,
                heard.first_ns,
                heard.last_ns,
                status,
                heard.bytes,
                error,
                heard.stamped,
                answer,
                handed_ns - sent_ns,
                opening,
            ),
        )

    def _listen(self, stream: Stream, heard: _Heard, sent_ns: int, give_up_ns: int) -> Response:
        """The rest of an answer that did not come in one piece.

        Raises:
            ProtocolError, OSError: it did not come at all.
        """
        while True:
            # The stream's limit bounds each receive; this bounds the sum, against slow drips.
            if time.monotonic_ns() > give_up_ns:
                raise TimeoutError
            owed = self._speaker.owed()
            if owed:
                stream.send(owed, give_up_ns)
            data, at_ns, heard.stamped = stream.receive()
            if at_ns < sent_ns:
                at_ns, heard.stamped = clock.now_ns(), False
            if not data:
                return self._closed(heard, at_ns)
            heard.last_ns = at_ns
            heard.bytes += len(data)
            answer = self._speaker.hear(data)
            if answer is not None:
                return answer

    def _closed(self, heard: _Heard, at_ns: int) -> Response:
        """The server has closed, which ends some answers; our own clock says when."""
        heard.stamped = False
        answer = self._speaker.ended()
        heard.last_ns = at_ns
        return answer

    def _set_limit(self, stream: Stream, limit_ns: int) -> None:
        stream.limit(limit_ns)
        self._limit_ns = limit_ns


class _Heard:
    """What came in so far of one answer."""

    __slots__ = ("bytes", "first_ns", "last_ns", "stamped")

    def __init__(self) -> None:
        self.bytes = self.first_ns = self.last_ns = 0
        self.stamped = False


def _authority(address: Address) -> str:
    if address.unix_path:
        return "localhost"
    default = 443 if address.tls else 80
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == default else f"{host}:{address.port}"


def _failed(begun_ns: int, error: str) -> Exchange:
    return Exchange(begun_ns, 0, 0, 0, 0, error, stamped=False, response=None)


def error_class(error: OSError, prefix: str) -> str:
    """The short name a failure of the network is counted under."""
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionAbortedError():
            return "aborted"
        case ConnectionResetError() | BrokenPipeError():
            return f"{prefix}reset"
        case TimeoutError() | BlockingIOError():
            return f"{prefix}timeout"
        case socket.gaierror():
            return f"{prefix}name not found"
        case _ if type(error).__module__ == "ssl":
            from perfgate.load.tls import tls_error_class

            return tls_error_class(error)
        case _:
            return f"{prefix}{errno.errorcode.get(error.errno or 0, 'failed').lower()}"
