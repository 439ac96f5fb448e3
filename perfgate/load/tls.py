"""An encrypted stream on top of a plain one, with the plain one's stamps: OpenSSL never sees the socket."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import time

from perfgate.load.stream import PlainStream
from perfgate.load.tls_errors import TlsError

_RECORD_BYTES = 16 * 1024
_SEND_BYTES = 256 * 1024
_MAX_UNASKED_CHUNKS = 16
_FAREWELL_NS = 1_000_000


class TlsStream:
    """A stream whose bytes are encrypted by OpenSSL in memory; `handshake` makes one.

    Bytes have arrived when the last piece of ciphertext they needed had: that piece's stamp is theirs.
    """

    __slots__ = (
        "_early",
        "_incoming",
        "_limit_ns",
        "_outgoing",
        "_plain",
        "_shut",
        "_stamp",
        "_tls",
        "http2",
    )

    def __init__(self, plain: PlainStream, context: ssl.SSLContext, name: str) -> None:
        self._plain = plain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._limit_ns = 0
        self._stamp = (0, False)
        self._early = b""
        self._shut = False
        self.http2 = False

    def shake_hands(self, give_up_ns: int) -> None:
        """Do the whole handshake until the monotonic time `give_up_ns`; every wait gets only what is left."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                self._say_why(give_up_ns)
                raise
            else:
                break
            self._limit_to(give_up_ns)
            self._flush(give_up_ns)
            if not self._feed():
                raise TlsError("tls closed")
        self._limit_to(give_up_ns)
        self._flush(give_up_ns)
        self.http2 = self._tls.selected_alpn_protocol() == "h2"

    def send(self, payload: bytes, timeout_ns: int) -> tuple[int, int]:
        """Send everything; what goes out in one piece is encrypted before the clock is read."""
        give_up_ns = time.monotonic_ns() + timeout_ns
        try:
            sent_ns, done_ns = self._send_piece(payload[:_SEND_BYTES], give_up_ns)
            for start in range(_SEND_BYTES, len(payload), _SEND_BYTES):
                done_ns = self._send_piece(payload[start : start + _SEND_BYTES], give_up_ns)[1]
        except (BrokenPipeError, ConnectionResetError) as error:
            self._look_for_alert(error)
            raise
        return sent_ns, done_ns

    def receive(self) -> tuple[bytes, int, bool]:
        """The next decrypted bytes; those of one record at most.

        A peer could send records without any data in them for ever. So the wait for data is bounded here too,
        by twice the limit, and not only the wait for the next piece.
        """
        if self._early:
            early, self._early = self._early, b""
            return early, *self._stamp
        give_up_ns = 0
        data = self._read()
        while data is None:
            if not give_up_ns:
                give_up_ns = time.monotonic_ns() + self._limit_ns
            elif time.monotonic_ns() > give_up_ns:
                raise TimeoutError
            # The peer may be waiting for us: for a certificate it asks for, or to agree on new keys.
            self._flush(give_up_ns)
            if not self._feed():
                raise ConnectionAbortedError if self._shut else TlsError("tls truncated")
            data = self._read()
        return data, *self._stamp

    def left_ns(self, since_ns: int) -> int:
        """When the ciphertext left, by the kernel."""
        return self._plain.left_ns(since_ns)

    def limit(self, timeout_ns: int) -> None:
        """Bound every later wait for the peer."""
        self._limit_ns = timeout_ns
        self._plain.limit(timeout_ns)

    def is_quiet(self) -> bool:
        """Whether nothing came since the last answer but what TLS says to itself, such as session tickets."""
        try:
            return self._drain()
        except OSError:
            return False

    def shut(self) -> None:
        """End every wait; a close-delimited answer that was being read is then no answer."""
        self._shut = True
        self._plain.shut()

    def close(self) -> None:
        """Say goodbye if that does not take time, and let go of the socket."""
        with contextlib.suppress(OSError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._plain.limit(_FAREWELL_NS)
            self._flush(time.monotonic_ns())
        self._plain.close()

    def _send_piece(self, piece: bytes, give_up_ns: int) -> tuple[int, int]:
        rest = memoryview(piece)
        while rest:
            try:
                rest = rest[self._tls.write(rest) :]
            except ssl.SSLWantReadError:
                self._agree_anew(give_up_ns)
        return self._plain.send(self._outgoing.read(), _left_ns(give_up_ns))

    def _agree_anew(self, give_up_ns: int) -> None:
        """One step towards the new keys that the peer wants before anything else is sent (TLS 1.2)."""
        self._flush(give_up_ns)
        if time.monotonic_ns() > give_up_ns:
            raise TimeoutError
        if not self._feed():
            raise TlsError("tls truncated")

    def _read(self) -> bytes | None:
        """The data of the next whole record: None if more is needed, nothing if the peer said it is done."""
        try:
            return self._tls.read(_RECORD_BYTES)
        except ssl.SSLWantReadError:
            return None

    def _feed(self) -> bool:
        """Give OpenSSL the next piece of ciphertext; False if the peer has closed."""
        data, when_ns, stamped = self._plain.receive()
        self._stamp = (when_ns, stamped)
        self._incoming.write(data)
        return bool(data)

    def _flush(self, give_up_ns: int) -> None:
        if self._outgoing.pending:
            self._plain.send(self._outgoing.read(), _left_ns(give_up_ns))

    def _limit_to(self, give_up_ns: int) -> None:
        left_ns = give_up_ns - time.monotonic_ns()
        if left_ns <= 0:
            raise TimeoutError
        self.limit(left_ns)

    def _drain(self) -> bool:
        """Take in what has come, without waiting; data of it are kept for `receive`.

        Raises:
            OSError: among what came was an alert, or no TLS.
        """
        for _ in range(_MAX_UNASKED_CHUNKS):
            if self._early:
                return False
            data = self._read()
            if data is not None:
                self._early = data
                return False
            if self._plain.is_quiet():
                return True
            if not self._feed():
                return False
        return False

    def _look_for_alert(self, error: OSError) -> None:
        """A peer that refuses us says why and closes: sending then fails although the reason has come."""
        try:
            self._drain()
        except ssl.SSLError as alert:
            raise alert from error
        except OSError:
            pass

    def _say_why(self, give_up_ns: int) -> None:
        """Send the alert OpenSSL made of its own failure."""
        with contextlib.suppress(OSError):
            self._limit_to(give_up_ns)
            self._flush(give_up_ns)


def _left_ns(give_up_ns: int) -> int:
    return max(give_up_ns - time.monotonic_ns(), 1)


def handshake(plain: PlainStream, context: ssl.SSLContext, server_name: str, give_up_ns: int) -> TlsStream:
    """Speak TLS on a connected stream from now on; the caller sets the stream's limit anew afterwards.

    Args:
        plain: the connected stream, whose owner the result becomes.
        context: what `tls_context` made.
        server_name: the host of the side, for SNI if it is a name, and looked for in the certificate.
        give_up_ns: monotonic time at which the handshake must be done.

    Raises:
        OSError: it failed or took too long; `tls_error_class` names what is not the socket's own error.
    """
    try:
        stream = TlsStream(plain, context, _certificate_name(server_name))
    except ValueError as error:
        raise TlsError("tls unusable name") from error
    stream.shake_hands(give_up_ns)
    return stream


def _certificate_name(host: str) -> str:
    """Certificates hold neither brackets, nor zones, nor the dot of the root."""
    bare = host.strip("[]")
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(bare)
        return str(address).partition("%")[0]
    return bare.removesuffix(".")
