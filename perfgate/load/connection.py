"""One connection of a virtual user: send a request, read the answer, say exactly when each happened.

Plain blocking sockets: a thread that waits for the service waits in the kernel and costs nothing.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

from perfgate.load import clock
from perfgate.load.address import Address, Timeouts, default_authority
from perfgate.load.dial import dial
from perfgate.load.failure import error_class
from perfgate.load.fitness import is_fit
from perfgate.load.head import ProtocolError
from perfgate.load.heard import Heard
from perfgate.load.redirect import REDIRECTS
from perfgate.load.speaker import Http1Speaker, Http2OnWire
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

_MAX_DRIFT_NS = 10_000_000
_new = tuple.__new__


class Connection:
    """A keep-alive connection to one address, opened when first needed and again after it was closed.

    Opening is not part of a request's service time. With `transmit_stamps` a request was sent when the
    kernel says so, which costs a system call. `abort` may be called from another thread.
    """

    __slots__ = (
        "_aborted",
        "_address",
        "_connect_ns",
        "_context",
        "_held",
        "_idle_from_ns",
        "_last_payload",
        "_last_request",
        "_limit_ns",
        "_reuse",
        "_speaker",
        "_stream",
        "_total_ns",
        "_transmit_stamps",
        "_uses",
        "_waiting_ns",
        "_wall_ahead_ns",
        "authority",
    )

    def __init__(
        self,
        address: Address,
        timeouts: Timeouts,
        context: ssl.SSLContext | None = None,
        *,
        transmit_stamps: bool = False,
    ) -> None:
        self._address = address
        self._reuse = address.reuse
        self._total_ns, self._connect_ns, self._waiting_ns = timeouts
        self._context = context
        self._transmit_stamps = transmit_stamps
        self.authority = address.authority or default_authority(address)
        self._stream: Stream | None = None
        self._speaker: Http1Speaker | Http2OnWire = self._http1()
        self._last_request: Request | None = None
        self._last_payload = b""
        self._held: socket.socket | None = None
        self._aborted = False
        self._limit_ns = 0
        self._idle_from_ns = 0
        self._uses = 0
        self._wall_ahead_ns = 0

    def another(self) -> Connection:
        """A connection to the same address, yet to be opened."""
        timeouts = Timeouts(self._total_ns, self._connect_ns, self._waiting_ns)
        return Connection(self._address, timeouts, self._context, transmit_stamps=self._transmit_stamps)

    def timeout_ns(self, request: Request) -> int:
        """How long a request may take."""
        return request.timeout_ns or self._total_ns

    def exchange(self, request: Request, cookie: str = "") -> Exchange:  # noqa: C901, PLR0912, PLR0915 - see below
        """Send `request` and read the whole answer, whatever the server does.

        An answer that is not whole within the timeout is an error. Finding that out takes at most the
        timeout for each of connecting, sending and the silence after the last piece that still came in time.
        A redirect the request wants followed is not judged: it is no answer yet.

        One long function, because it runs once a request: with it and its client and speaker made flat, a
        request took 3.9 instead of 4.4 µs of the interpreter (the network left out). Nearly every answer
        comes whole in one piece, so that way is straight; the others go on in `_listen`.
        """
        timeout_ns = request.timeout_ns or self._total_ns
        opening = None
        begun_ns = clock.now_ns()
        stream, speaker = self._stream, self._speaker
        sure = self._uses > _SURE_AFTER_USES and 0 <= begun_ns - self._idle_from_ns < _SURE_FOR_NS
        if not sure and stream is not None and not is_fit(stream, speaker, self._total_ns):
            self.close()
            stream, speaker = None, self._speaker
        try:
            if request is self._last_request and not cookie and stream is not None:
                payload = self._last_payload
            else:
                payload = speaker.ask(request, cookie)
                self._last_request = None if cookie or self._address.http2 else request
                self._last_payload = payload
            if stream is None:
                stream, opening = self._open(timeout_ns)
                if self._speaker is not speaker:
                    speaker = self._speaker
                    payload = speaker.ask(request, cookie)
        except OSError as failure:  # before ValueError: an untrusted certificate is both
            self.close()
            return _failed(begun_ns, "aborted" if self._aborted else error_class(failure, "connect "))
        except ValueError:
            self._last_request = None
            return _failed(begun_ns, "unsendable request")
        except ProtocolError as problem:
            self.close()
            return _failed(begun_ns, problem.error_class)
        heard: Heard | None = None
        answer: Response | None = None
        sent_ns = handed_ns = last_ns = received = 0
        stamped = False
        error = ""
        try:
            if self._limit_ns != (self._waiting_ns or timeout_ns):
                self._set_limit(stream, self._waiting_ns or timeout_ns)
            sent_ns, handed_ns = stream.send(payload, timeout_ns)
            data, last_ns, stamped = stream.receive()
            if last_ns < sent_ns:
                # A stamp of before the request.
                if stamped and self._came_unasked():
                    raise ProtocolError("unasked-for answer")  # noqa: TRY301 - one long function
                last_ns, stamped = clock.now_ns(), False
            received = len(data)
            answer = speaker.hear(data) if data else speaker.ended()
            if answer is None:
                heard = Heard(last_ns, received, stamped=stamped)
                answer = self._listen(stream, heard, sent_ns, timeout_ns)
            if (heard.last_ns if heard else last_ns) - sent_ns > timeout_ns:
                answer = None
                error = "timeout"
        except ProtocolError as problem:
            error = problem.error_class
        except OSError as problem:
            error = "aborted" if self._aborted else error_class(problem, "")
        first_ns = last_ns if received else 0
        if heard is not None:
            last_ns, received, stamped = heard.last_ns, heard.bytes, heard.stamped
        if self._transmit_stamps and received:
            left_ns = stream.left_ns(sent_ns)
            if sent_ns < left_ns <= first_ns:
                sent_ns = left_ns
        self._idle_from_ns = clock.now_ns()
        self._uses += 1
        if answer is None:
            self.close()
            sent_ns = sent_ns or begun_ns
            return Exchange(
                sent_ns, first_ns, first_ns and last_ns, 0, received, error, stamped, None, 0, opening
            )
        status, _, _, keep_alive = answer
        if not keep_alive or not self._reuse:
            self.close()
        if not (request.redirects and status in REDIRECTS):
            error = request.judge(answer)
        # As in `speaker`: a named tuple's own `__new__` is Python.
        return _new(
            Exchange,
            (
                sent_ns,
                first_ns,
                last_ns,
                status,
                received,
                error,
                stamped,
                answer,
                handed_ns - sent_ns,
                opening,
            ),
        )

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._speaker.forget()
            if not isinstance(self._speaker, Http1Speaker):
                self._speaker = self._http1()

    def abort(self) -> None:
        """Make a thread that waits in `exchange` return at once, and every later one fail."""
        self._aborted = True
        held = self._held
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def _open(self, timeout_ns: int) -> tuple[Stream, Opening]:
        if self._aborted:
            raise ConnectionAbortedError
        limit_ns = self._connect_ns or timeout_ns
        dialled = dial(
            self._address,
            self._context,
            timeout_ns=min(limit_ns, timeout_ns),
            transmit_stamps=self._transmit_stamps,
            hold=self._hold,
        )
        self._limit_ns = self._uses = 0
        self._stream = dialled.stream
        self._wall_ahead_ns = clock.now_ns() - time.monotonic_ns()
        if dialled.http2:
            self._speaker = self._greet(dialled.stream, timeout_ns)
        return dialled.stream, dialled.opening

    def _http1(self) -> Http1Speaker:
        return Http1Speaker(self.authority, close_after=not self._address.reuse)

    def _came_unasked(self) -> bool:
        """Whether bytes with a stamp of before the request did come before it: or else the clock was set.

        In HTTP/1.1 such bytes are another answer than ours. In HTTP/2 they say themselves what they are.
        """
        drift_ns = clock.now_ns() - time.monotonic_ns() - self._wall_ahead_ns
        return abs(drift_ns) < _MAX_DRIFT_NS and isinstance(self._speaker, Http1Speaker)

    def _greet(self, stream: Stream, timeout_ns: int) -> Http2OnWire:
        stream.limit(timeout_ns)
        speaker = Http2OnWire(self.authority, "https" if self._context else "http")
        stream.send(speaker.opening(), timeout_ns)
        return speaker

    def _hold(self, opened: socket.socket) -> None:
        self._held = opened
        if self._aborted:
            raise ConnectionAbortedError

    def _listen(self, stream: Stream, heard: Heard, sent_ns: int, timeout_ns: int) -> Response:
        """The rest of an answer that did not come in one piece.

        Raises:
            ProtocolError, OSError: it did not come at all.
        """
        if self._limit_ns != timeout_ns:
            self._set_limit(stream, timeout_ns)
        # The stream's limit bounds each receive; this bounds the sum, against slow drips.
        give_up_ns = time.monotonic_ns() + timeout_ns - min(max(heard.last_ns - sent_ns, 0), timeout_ns)
        try:
            while time.monotonic_ns() <= give_up_ns:
                owed = self._speaker.owed()
                if owed:
                    stream.send(owed, timeout_ns)
                data, at_ns, stamped = stream.receive()
                if at_ns < sent_ns:
                    at_ns, stamped = clock.now_ns(), False
                heard.add(len(data))
                # What ends by closing ended when we saw it: a close has no stamp.
                answer = self._speaker.hear(data) if data else self._speaker.ended()
                heard.last_ns, heard.stamped = at_ns, stamped and bool(data)
                if answer is not None:
                    return answer
            raise TimeoutError
        finally:
            heard.leave()

    def _set_limit(self, stream: Stream, limit_ns: int) -> None:
        stream.limit(limit_ns)
        self._limit_ns = limit_ns


def _failed(begun_ns: int, error: str) -> Exchange:
    return Exchange(begun_ns, 0, 0, 0, 0, error, stamped=False, response=None)
