"""One connection of a virtual user: send a request, read the answer, say exactly when each happened.

Plain blocking sockets: a thread that waits for the service waits in the kernel and costs nothing. Timeouts
are the kernel's too (`SO_RCVTIMEO`), because Python's own would add a poll to every receive.
"""

import contextlib
import socket
import struct
import time
from typing import NamedTuple

from perfgate.load import clock
from perfgate.load.http1 import Answer, AnswerReader, ProtocolError, encode_request
from perfgate.model import Request, Response

_RECEIVE_BYTES = 256 * 1024


class Exchange(NamedTuple):
    """One request and what became of it; times are 0 for what did not happen.

    `stamped` is True when `last_ns` is the kernel's stamp. `error` is "" for an answer the workload accepts.
    """

    sent_ns: int
    first_ns: int
    last_ns: int
    status: int
    bytes_received: int
    error: str
    stamped: bool
    response: Response | None


class Address(NamedTuple):
    """Where a side is: the address to connect to, and what the Host header says if that is something else."""

    host: str
    port: int
    authority: str = ""


class Connection:
    """A keep-alive connection to one address, opened when first needed and again after it was closed.

    Opening is not part of a request's service time. `abort` may be called from another thread. `authority`
    is what the Host header says where that is not the address (a name that was resolved before).
    """

    def __init__(self, host: str, port: int, *, timeout_ns: int, authority: str = "") -> None:
        self._address = (host, port)
        plain = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._host_header = authority or plain
        self._timeout_ns = timeout_ns
        self._socket: socket.socket | None = None
        self._limit_ns = 0
        self._aborted = False
        self._encoded: dict[int, tuple[Request, bytes]] = {}

    def exchange(self, request: Request) -> Exchange:
        """Send `request` and read the whole answer, whatever the server does.

        An answer that is not whole within the timeout is an error. Finding that out takes at most the
        timeout for each of connecting, sending and the silence after the last piece that still came in time.
        """
        timeout_ns = request.timeout_ns or self._timeout_ns
        begun_ns = clock.now_ns()
        try:
            payload = self._payload(request)
        except ValueError:
            return _failed(begun_ns, "unsendable request")
        try:
            connection = self._open(timeout_ns)
        except OSError as error:
            return _failed(begun_ns, _error_class(error, "connect "))
        return self._converse(connection, request, payload, timeout_ns)

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def abort(self) -> None:
        """Make a thread that waits in `exchange` return at once, and every later one fail."""
        self._aborted = True
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _payload(self, request: Request) -> bytes:
        """Requests without templates are one object sent many times: encode each of those once.

        The cache keeps the request alive beside its bytes, or a new object could be given its `id`.
        """
        known = self._encoded.get(id(request))
        if known is not None:
            return known[1]
        payload = encode_request(
            request.method, request.target, self._host_header, request.headers, request.body
        )
        if len(self._encoded) < 64:
            self._encoded[id(request)] = (request, payload)
        return payload

    def _open(self, timeout_ns: int) -> socket.socket:
        if self._aborted:
            raise ConnectionAbortedError
        connection = self._socket
        if connection is None or not _is_still_open(connection):
            self.close()
            connection = self._connect(timeout_ns)
        if timeout_ns != self._limit_ns:
            _limit(connection, timeout_ns)
            self._limit_ns = timeout_ns
        return connection

    def _connect(self, timeout_ns: int) -> socket.socket:
        """Connect to the first address that takes us.

        `socket.create_connection` would keep its socket to itself, out of reach of `abort`, while it waits.
        """
        problem = OSError("the name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM):
            try:
                connection = self._socket = socket.socket(family, kind, protocol)
                connection.settimeout(timeout_ns / 1e9)
                connection.connect(address)
                connection.setblocking(True)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                self.close()
                problem = ConnectionAbortedError() if self._aborted else error
            else:
                clock.ask_for_stamps(connection)
                self._limit_ns = 0
                return connection
        raise problem

    def _converse(
        self, connection: socket.socket, request: Request, payload: bytes, timeout_ns: int
    ) -> Exchange:
        reader = AnswerReader(request.method)
        answer: Answer | None = None
        first_ns = last_ns = received = 0
        stamped = False
        error = ""
        give_up_ns = time.monotonic_ns() + timeout_ns
        sent_ns = clock.now_ns()
        try:
            _send(connection, payload, give_up_ns)
            while answer is None:
                data, ancillary, _, _ = connection.recvmsg(_RECEIVE_BYTES, clock.ANCILLARY_BYTES)
                user_ns = clock.now_ns()
                if not data:
                    answer = reader.end()
                    last_ns, stamped = user_ns, False
                    break
                stamp_ns = clock.stamp_of(ancillary)
                # A stamp outside the exchange means a stepped clock: then our own reading is better.
                stamped = (last_ns or sent_ns) <= stamp_ns <= user_ns
                last_ns = stamp_ns if stamped else user_ns
                received += len(data)
                first_ns = first_ns or last_ns
                answer = reader.feed(data)
                # SO_RCVTIMEO bounds each receive; this bounds the sum, or a slow drip would hold us forever.
                if answer is None and time.monotonic_ns() > give_up_ns:
                    raise TimeoutError
            if last_ns - sent_ns > timeout_ns:
                answer = None
                raise TimeoutError
        except ProtocolError as problem:
            error = problem.error_class
        except OSError as problem:
            error = _error_class(problem, "")
        if answer is None:
            self.close()
            return Exchange(sent_ns, first_ns, last_ns, 0, received, error, stamped, None)
        if not answer.keep_alive:
            self.close()
        response = Response(status=answer.status, headers=answer.headers, body=answer.body)
        error = request.judge(response)
        return Exchange(sent_ns, first_ns, last_ns, answer.status, received, error, stamped, response)


def _limit(connection: socket.socket, timeout_ns: int) -> None:
    # All zeros would mean no limit at all.
    limit = struct.pack("@qq", *divmod(max(timeout_ns // 1000, 1), 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _send(connection: socket.socket, payload: bytes, give_up_ns: int) -> None:
    """Send everything: `sendall` would go on for as long as the server reads a byte now and then."""
    sent = connection.send(payload)
    if sent == len(payload):
        return
    rest = memoryview(payload)[sent:]
    while rest:
        if time.monotonic_ns() > give_up_ns:
            raise TimeoutError
        rest = rest[connection.send(rest) :]


def _is_still_open(connection: socket.socket) -> bool:
    """Whether a kept connection may be used: servers close idle ones, and that is no failed request.

    Finding out afterwards and trying again would also hide requests on which the service really broke the
    connection, so we look before we send.
    """
    try:
        connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    # Either the server closed (no bytes) or it sent something nobody asked for: both mean a new connection.
    return False


def _failed(begun_ns: int, error: str) -> Exchange:
    return Exchange(begun_ns, 0, 0, 0, 0, error, stamped=False, response=None)


def _error_class(error: OSError, prefix: str) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionAbortedError():
            return "aborted"
        case ConnectionResetError() | BrokenPipeError():
            return f"{prefix}reset"
        case TimeoutError() | BlockingIOError():
            return f"{prefix}timeout"
        case _:
            return f"{prefix}{_errno_name(error)}"


def _errno_name(error: OSError) -> str:
    import errno

    return errno.errorcode.get(error.errno or 0, "failed").lower()
