"""Whether an open stream may carry another request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.load.head import ProtocolError
from perfgate.load.speaker import Http1Speaker, Http2OnWire

if TYPE_CHECKING:
    from perfgate.load.stream import Stream

_MOST_UNASKED = 16


def is_fit(stream: Stream, speaker: Http1Speaker | Http2OnWire, timeout_ns: int) -> bool:
    """Look at a stream between two requests.

    In HTTP/1.1 nothing may come before it is asked for; in HTTP/2 the server may have said something of
    its own, such as a ping, which is heard first.
    """
    if isinstance(speaker, Http1Speaker):
        return stream.is_quiet()
    try:
        for _ in range(_MOST_UNASKED):
            if stream.is_quiet():
                return speaker.is_usable()
            data = stream.receive()[0]
            if not data:
                return False
            speaker.hear(data)
            owed = speaker.owed()
            if owed:
                stream.send(owed, timeout_ns)
    except (OSError, ProtocolError):
        return False
    return False
