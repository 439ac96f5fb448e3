"""HTTP/1.1 as bytes: encoding a request, and reading an answer from whatever a server sends.

Nothing here touches a socket. A server may be hostile: every bound is fixed, and everything that is not an
answer becomes a `ProtocolError` whose `error_class` is counted like any other failed request.
(RFC 9112; lengths and closing as in section 6.3.)
"""

from collections.abc import Iterable

from perfgate.load.head import MAX_BODY_BYTES, MAX_HEAD_BYTES, Head, ProtocolError, read_head
from perfgate.model import Response

_MAX_CHUNK_LINE_BYTES = 4096
_MAX_INTERIM = 100


def encode_request(
    method: str, target: str, host: str, headers: Iterable[tuple[str, str]], body: bytes
) -> bytes:
    """The bytes of one request; a line break in any part is refused, or a value could smuggle a header.

    Raises:
        ValueError: a part holds CR, LF, NUL or a character outside Latin-1.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    if text.count("\r") != breaks or text.count("\n") != breaks or "\0" in text:
        raise ValueError(f"{method} {target[:80]!r}: a line break or NUL in the request line or a header")
    if " " in target or not target:
        raise ValueError(f"{method} {target[:80]!r}: the path must not be empty or contain spaces")
    return text.encode("latin-1") + b"\r\n\r\n" + body


_MAX_KNOWN_HEADS = 512
_MAX_KNOWN_HEAD_BYTES = 4096
known_heads: dict[bytes, Head] = {}
"""What heads seen before say, with their blank lines; those of answers to HEAD are not among them.

The bounds keep heads that never repeat, or have thousands of lines, from filling memory. Threads may fill it
at the same time: equal bytes mean equal heads."""


def _remember(raw: bytes, head: Head) -> None:
    if len(raw) > _MAX_KNOWN_HEAD_BYTES:
        return
    if len(known_heads) >= _MAX_KNOWN_HEADS:
        known_heads.clear()
    known_heads[raw] = head


class AnswerReader:
    """Puts one answer together from pieces: `feed` each piece, `end` when the server closes.

    Both return the `Response` when it is whole and None before. Bytes after the end of an answer are an
    error: nothing was asked for yet that they could answer.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_framing",
        "_headers",
        "_interim",
        "_is_head",
        "_keep_alive",
        "_left",
        "_searched",
        "_status",
    )

    def __init__(self, method: str) -> None:
        self._is_head = method == "HEAD"
        self._buffer = bytearray()
        self._searched = 0
        self._framing = ""
        self._interim = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._left = 0
        self._status = 0
        self._keep_alive = True

    def feed(self, data: bytes) -> Response | None:
        """Take the next bytes from the server.

        Raises:
            ProtocolError: they cannot be part of an answer, or a bound is passed.
        """
        self._buffer += data
        while not self._framing:
            if not self._take_head():
                return None
        if self._framing == "chunked":
            return self._take_chunks()
        if self._framing == "close":
            if len(self._buffer) > MAX_BODY_BYTES:
                raise ProtocolError("body too large")
            return None
        return self._take_length()

    def end(self) -> Response:
        """The server has closed the connection.

        Raises:
            ProtocolError: the answer was not whole.
        """
        if self._framing == "close":
            return self._answer(bytes(self._buffer), keep_alive=False)
        raise ProtocolError("closed early")

    def _take_head(self) -> bool:
        """Read the status line and headers; an interim 1xx answer is passed over."""
        end = self._find_blank_line(0)
        if end < 0:
            if self._buffer[:7] != b"HTTP/1."[: len(self._buffer)]:
                raise ProtocolError("garbage")
            return False
        raw = bytes(self._buffer[: end + 4])
        del self._buffer[: end + 4]
        head = None if self._is_head else known_heads.get(raw)
        if head is None:
            head = read_head(raw, is_head=self._is_head)
            if not self._is_head:
                _remember(raw, head)
        self._status, self._headers, self._keep_alive, self._framing, self._left = head
        if not head.framing:
            self._interim += 1
            if self._interim > _MAX_INTERIM:
                raise ProtocolError("too many interim answers")
        return True

    def _find_blank_line(self, start: int) -> int:
        """Where the headers or trailers from `start` on end, -1 if not yet.

        Each byte is searched once, or a server that sends single bytes could keep us busy.
        """
        end = self._buffer.find(b"\r\n\r\n", max(start, self._searched))
        # Three bytes of an unfinished blank line may be there already: what is refused must not depend on it.
        at_least = end if end >= 0 else len(self._buffer) - 3
        if at_least - start > MAX_HEAD_BYTES:
            raise ProtocolError("headers too large")
        self._searched = 0 if end >= 0 else max(0, at_least)
        return end

    def _take_length(self) -> Response | None:
        """A body of announced length; it is copied once, when it is whole."""
        missing = self._left - len(self._buffer)
        if missing > 0:
            return None
        if missing < 0:
            raise ProtocolError("excess bytes")
        return self._answer(bytes(self._buffer), keep_alive=self._keep_alive)

    def _take_chunks(self) -> Response | None:
        """A chunked body: sizes in hex with ignored extensions, then trailers (read and dropped).

        The buffer is cut once at the end, not once a chunk: a server may send a million one-byte chunks.
        """
        start = 0
        while (line_end := self._find_chunk_line(start)) >= 0:
            size = _chunk_size(bytes(self._buffer[start:line_end]))
            if size == 0:
                if self._take_trailers(line_end + 2):
                    return self._answer(bytes(self._body), keep_alive=self._keep_alive)
                break
            if len(self._body) + size > MAX_BODY_BYTES:
                raise ProtocolError("body too large")
            chunk_end = line_end + 2 + size
            if len(self._buffer) < chunk_end + 2:
                break
            if self._buffer[chunk_end : chunk_end + 2] != b"\r\n":
                raise ProtocolError("bad chunk")
            self._body += self._buffer[line_end + 2 : chunk_end]
            start = chunk_end + 2
        # What is unfinished stays, the last chunk too: it is read again with what follows.
        del self._buffer[:start]
        self._searched = max(0, self._searched - start)
        return None

    def _find_chunk_line(self, start: int) -> int:
        end = self._buffer.find(b"\r\n", start)
        at_least = end if end >= 0 else len(self._buffer) - 1
        if at_least - start > _MAX_CHUNK_LINE_BYTES:
            raise ProtocolError("bad chunk")
        return end

    def _take_trailers(self, start: int) -> bool:
        """Whether the trailers from `start` on are whole, and with them the answer."""
        if self._buffer.startswith(b"\r\n", start):
            end = start + 2
        else:
            blank = self._find_blank_line(start)
            if blank < 0:
                return False
            end = blank + 4
        if len(self._buffer) > end:
            raise ProtocolError("excess bytes")
        return True

    def _answer(self, body: bytes, *, keep_alive: bool) -> Response:
        return Response(self._status, self._headers, body, keep_alive)


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";", 1)[0].strip(b" \t")
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise ProtocolError("bad chunk")
    return int(digits, 16)
