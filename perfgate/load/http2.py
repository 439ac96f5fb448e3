"""The client's side of an HTTP/2 connection as bytes, for one request at a time; it touches no socket.

The rules of the protocol are h2's; the bounds, and what a failure is called, are perfgate's (`http1`).
"""

from __future__ import annotations

from collections.abc import Iterable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    InformationalResponseReceived,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import DenialOfServiceError, H2Error, InvalidBodyLengthError
from h2.settings import SettingCodes, Settings

from perfgate.load.head import MAX_BODY_BYTES, MAX_HEAD_BYTES, ProtocolError
from perfgate.load.http2_fields import announced_length, answer_head, request_fields
from perfgate.load.http2_frames import GOAWAY, HEADERS, WINDOW_UPDATE, Frame, FrameCutter, goaway
from perfgate.model import Response

_WINDOW_BYTES = 8 * 1024 * 1024
"""Large, so that few answers make us send something while they are being timed."""

_PATIENCE = 10_000
_HEAD_COSTS = 100
"""Frames that bring the answer no further are let pass until our patience is used up.

Headers use up more: twenty bytes of them can unpack to 64 kB, which take milliseconds to check.
"""

_LAST_STREAM = 2**31 - 1


class _Connection(H2Connection):
    """h2 remembers how streams were closed; its 65536 of them a virtual user would be a lot of memory."""

    MAX_CLOSED_STREAMS = 64


class Http2Speaker:
    """One connection: `opening` once, then `ask`, and `hear` until it gives the answer.

    After each `hear`, and before the next wait, what `owed` returns has to be sent. Between two requests
    a peer may have something to say (pings, settings): that is for `hear`, too.
    """

    __slots__ = (
        "_announced",
        "_body",
        "_broken",
        "_cutter",
        "_going_away",
        "_h2",
        "_headers",
        "_is_head",
        "_patience",
        "_rest",
        "_status",
        "_stream",
    )

    def __init__(self) -> None:
        self._h2 = _Connection(H2Configuration(client_side=True, header_encoding=None))
        self._h2.local_settings = Settings(
            client=True,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES,
                SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEAD_BYTES,
            },
        )
        self._h2.decoder.max_header_list_size = MAX_HEAD_BYTES
        self._cutter = FrameCutter()
        self._broken = ""
        self._going_away = False
        self._stream = 0
        self._expect("GET", b"")

    def _expect(self, method: str, body: bytes) -> None:
        self._is_head = method == "HEAD"
        self._rest = memoryview(body)
        self._status = 0
        self._headers: dict[str, str] = {}
        self._announced = -1
        self._body = bytearray()
        self._patience = _PATIENCE

    @property
    def usable(self) -> bool:
        """Whether another request may be asked here; not while one is, after GOAWAY, or after a breach."""
        next_stream = self._h2.highest_outbound_stream_id + 2
        return not (self._broken or self._going_away or self._stream or next_stream > _LAST_STREAM)

    def opening(self) -> bytes:
        """What is sent first, before or together with the first request."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_WINDOW_BYTES)
        return self._h2.data_to_send()

    def ask(
        self,
        method: str,
        target: str,
        *,
        authority: str,
        scheme: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
    ) -> bytes:
        """The bytes of a request, with as much of its body as the peer has room for.

        Raises:
            ValueError: the request cannot be sent; the connection is none the worse for it.
            ProtocolError: the connection takes no (more) requests.
        """
        fields = request_fields(
            method, target, authority=authority, scheme=scheme, headers=headers, length=len(body)
        )
        if not self.usable:
            raise ProtocolError(self._broken or "h2 used up")
        stream = self._h2.get_next_available_stream_id()
        try:
            self._h2.send_headers(stream, fields, end_stream=not body)
        except H2Error as error:
            # The peer allows no stream at all.
            raise self._breach("h2 stream refused") from error
        self._stream = stream
        self._expect(method, body)
        return self.owed()

    def owed(self) -> bytes:
        """What the peer is owed by now: acknowledgements, room for its data, more of our body; often none."""
        while self._rest and not self._broken:
            room = min(self._h2.local_flow_control_window(self._stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                break
            piece, self._rest = self._rest[:room], self._rest[room:]
            self._h2.send_data(self._stream, piece, end_stream=not self._rest)
        return self._h2.data_to_send()

    def hear(self, data: bytes) -> Response | None:
        """Take the next bytes from the peer; the answer when it is whole, None before.

        Raises:
            ProtocolError: the request failed; `usable` says whether the connection did, too.
        """
        if self._broken:
            raise ProtocolError(self._broken)
        outcome: Response | ProtocolError | None = None
        try:
            for frame in self._cutter.cut(data):
                outcome = self._take(frame) or outcome
        except ProtocolError as error:
            self._breach(error.error_class)
            # What follows a whole answer takes nothing from it, in whatever pieces both arrive.
            if outcome is None:
                raise
        if isinstance(outcome, ProtocolError):
            # A fresh one: raised here, what a variable here holds would be part of a cycle.
            raise ProtocolError(outcome.error_class)
        return outcome if outcome is None or self.usable else outcome._replace(keep_alive=False)

    def ended(self) -> Response:
        """The peer has closed the connection: no answer in HTTP/2 ends like this.

        Raises:
            ProtocolError: always.
        """
        raise self._breach("closed early")

    def _breach(self, error_class: str) -> ProtocolError:
        self._broken = error_class
        return ProtocolError(error_class)

    def _take(self, frame: Frame) -> Response | ProtocolError | None:
        """What becomes of the request with this frame; raises what ends the connection."""
        had_bytes, had_rest = len(self._body), bool(self._rest)
        # h2 takes no more data after any GOAWAY, also not those of a request the peer goes on to answer.
        if frame.kind == GOAWAY:
            self._take_goaway(frame)
            outcome = None
        else:
            outcome = self._take_events(frame)
        if len(self._body) == had_bytes and not (had_rest and frame.kind == WINDOW_UPDATE):
            self._patience -= _HEAD_COSTS if frame.kind == HEADERS else 1
            if self._patience < 0:
                raise ProtocolError("h2 flood")
        return outcome

    def _take_goaway(self, frame: Frame) -> None:
        last_stream, code = goaway(frame)
        self._going_away = True
        if self._stream and (code or last_stream < self._stream):
            raise ProtocolError("h2 goaway")

    def _take_events(self, frame: Frame) -> Response | ProtocolError | None:
        outcome: Response | ProtocolError | None = None
        try:
            events = self._h2.receive_data(frame.whole)
        except DenialOfServiceError as error:
            raise ProtocolError("headers too large") from error
        except InvalidBodyLengthError as error:
            if error.actual_length == 0 and self._announced == 0:
                # The length of what a 304 stands for, with an empty frame to end it: allowed, but not by h2.
                self._breach("h2 protocol error")
                return self._finish()
            raise ProtocolError("content-length mismatch") from error
        except Exception as error:
            # Mostly `H2Error`; but no fault of a library that a hostile peer finds may end the run.
            raise ProtocolError("h2 protocol error") from error
        for event in events:
            outcome = self._note(event) or outcome
        return outcome

    def _note(self, event: Event) -> Response | ProtocolError | None:
        match event:
            case ResponseReceived() | InformationalResponseReceived():
                self._status, self._headers = answer_head(event.headers)
                self._announced = announced_length(self._status, self._headers, is_head=self._is_head)
            case DataReceived():
                self._keep(event)
            case StreamEnded() if event.stream_id == self._stream:
                return self._finish()
            case StreamReset() if event.stream_id == self._stream:
                self._leave_stream()
                refused = event.error_code == ErrorCodes.REFUSED_STREAM
                return ProtocolError("h2 stream refused" if refused else "h2 stream reset")
            case RequestReceived():
                raise ProtocolError("h2 protocol error")
        return None

    def _keep(self, event: DataReceived) -> None:
        self._body += event.data
        if len(self._body) > MAX_BODY_BYTES:
            raise ProtocolError("body too large")
        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def _finish(self) -> Response | ProtocolError:
        if self._rest and not self._broken:
            # An answer may come before the whole request was sent: what is left of that is of no use.
            self._h2.reset_stream(self._stream, ErrorCodes.CANCEL)
        self._leave_stream()
        if self._announced not in (-1, len(self._body)):
            return ProtocolError("content-length mismatch")
        # Not kept here as well: an idle connection holds no memory for its last answer.
        body, self._body = bytes(self._body), bytearray()
        return Response(status=self._status, headers=self._headers, body=body, keep_alive=True)

    def forget(self) -> None:
        """Let go of everything; the connection is closed.

        h2's connection refers to itself, and the collector is off during a load: 14 KB a connection.
        """
        self._body = bytearray()
        vars(self._h2).clear()

    def _leave_stream(self) -> None:
        self._stream = 0
        self._rest = memoryview(b"")
