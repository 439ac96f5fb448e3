import itertools
import socket
import ssl
import time
import tracemalloc
from pathlib import Path

import pytest
from h2_peer import Peer, echoing, frame
from hypothesis import given, settings
from hypothesis import strategies as st
from load_servers import LocalServer
from tls_servers import PATIENCE_NS, Certificates, plain_stream, tls_stream

from perfgate.load import http2, http2_fields
from perfgate.load.head import MAX_HEAD_BYTES, ProtocolError
from perfgate.load.http2 import Http2Speaker
from perfgate.load.stream import Stream
from perfgate.model import Response

SETTINGS = frame(4, 0, 0)
ACK = frame(4, 1, 0)


def ask(
    speaker: Http2Speaker,
    method: str = "GET",
    target: str = "/",
    *,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> bytes:
    return speaker.ask(method, target, authority="localhost:8080", scheme="http", headers=headers, body=body)


def opened(
    method: str = "GET", target: str = "/", *, body: bytes = b"", peer: Peer | None = None
) -> tuple[Http2Speaker, Peer]:
    """A connection on which the first request is under way."""
    speaker, peer = Http2Speaker(), peer or Peer()
    peer.hear(speaker.opening())
    peer.hear(ask(speaker, method, target, body=body))
    return speaker, peer


def hear(speaker: Http2Speaker, *pieces: bytes) -> Response:
    for number, piece in enumerate(pieces):
        answer = speaker.hear(piece)
        if answer is not None:
            assert number == len(pieces) - 1, "whole before its last byte"
            return answer
    raise AssertionError("no answer")


def failure(speaker: Http2Speaker, *pieces: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:  # noqa: PT012
        for piece in pieces:
            assert speaker.hear(piece) is None
    assert len(caught.value.error_class) <= 40
    return caught.value.error_class


def test_the_server_sees_what_was_asked() -> None:
    speaker, peer = Http2Speaker(), Peer()
    sent = speaker.opening() + speaker.ask(
        "POST",
        "/items?page=2",
        authority="shop.example",
        scheme="https",
        headers=[
            ("Accept", "*/*"),
            ("X-Odd", " \tvalue "),
            ("Authorization", "Bearer x"),
            ("TE", "trailers"),
            ("Connection", "keep-alive"),
            ("Keep-Alive", "timeout=5"),
            ("Proxy-Connection", "keep-alive"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "websocket"),
            ("Host", "elsewhere.example"),
            ("Content-Length", "99"),
        ],
        body=b"hello",
    )
    peer.hear(sent)
    assert peer.requests == {
        1: {
            ":method": "POST",
            ":scheme": "https",
            ":authority": "shop.example",
            ":path": "/items?page=2",
            "accept": "*/*",
            "x-odd": "value",
            "authorization": "Bearer x",
            "te": "trailers",
            "content-length": "5",
        }
    }
    assert peer.bodies == {1: b"hello"}
    assert peer.ended == [1]


def test_the_server_is_told_our_bounds_first() -> None:
    speaker, peer = Http2Speaker(), Peer()
    peer.hear(speaker.opening())
    told = peer.h2.remote_settings
    assert told.enable_push == 0
    assert told.max_header_list_size == MAX_HEAD_BYTES
    assert told.initial_window_size >= 1_000_000
    assert peer.h2.outbound_flow_control_window >= 1_000_000


def test_a_coding_of_the_transfer_is_no_business_of_the_server() -> None:
    speaker, peer = Http2Speaker(), Peer()
    peer.hear(speaker.opening() + ask(speaker, headers=(("TE", "gzip"),)))
    assert "te" not in peer.requests[1]


@pytest.mark.parametrize(("method", "length"), [("GET", None), ("POST", "0"), ("PUT", "0"), ("DELETE", None)])
def test_a_length_is_announced_as_in_http1(method: str, length: str | None) -> None:
    _, peer = opened(method)
    assert peer.requests[1].get("content-length") == length
    assert peer.ended == [1]


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        ("GET", "", ("a", "b")),
        ("GET", "/a b", ("a", "b")),
        ("GET", "/a\r\nb", ("a", "b")),
        ("GET", "/\u20ac", ("a", "b")),
        ("", "/", ("a", "b")),
        ("G T", "/", ("a", "b")),
        ("CONNECT", "/", ("a", "b")),
        ("GET", "/", ("a", "b\r\nc: d")),
        ("GET", "/", ("a", "b\nc")),
        ("GET", "/", ("a", "b\0c")),
        ("GET", "/", ("a", "\u20ac")),
        ("GET", "/", ("a\r\nb", "c")),
        ("GET", "/", ("a\n", "c")),
        ("GET", "/", ("a b", "c")),
        ("GET", "/", ("", "c")),
        ("GET", "/", (":path", "/other")),
        ("GET", "/", ("a:b", "c")),
    ],
)
def test_what_cannot_be_sent_is_refused_and_harms_nothing(
    method: str, target: str, header: tuple[str, str]
) -> None:
    speaker, peer = Http2Speaker(), Peer()
    peer.hear(speaker.opening())
    with pytest.raises(ValueError):
        ask(speaker, method, target, headers=(header,))
    peer.hear(ask(speaker))
    assert hear(speaker, peer.answer()).status == 200


def test_an_answer_is_what_http1_would_make_of_it() -> None:
    speaker, peer = opened()
    headers = [
        ("content-type", "text/plain"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-name", b"\xe4"),
    ]
    answer = hear(speaker, peer.answer(headers=headers, body=b"hello"))
    assert answer == Response(
        status=200,
        headers={"content-type": "text/plain", "set-cookie": "a=1\nb=2", "x-name": "\xe4"},
        body=b"hello",
        keep_alive=True,
    )
    assert speaker.usable


def test_requests_follow_each_other_on_one_connection() -> None:
    speaker, peer = opened()
    for number in range(200):
        text = b"%d" % number
        assert hear(speaker, peer.answer(2 * number + 1, body=text)).body == text
        peer.hear(speaker.owed() + ask(speaker, "POST", body=text))
        assert peer.bodies[2 * number + 3] == text


@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        ("HEAD", 200, [("content-length", "1000")]),
        ("HEAD", 200, [("content-length", "99999999999999999999")]),
        ("GET", 204, []),
        ("GET", 304, [("content-length", "1000")]),
        ("GET", 200, []),
        ("GET", 200, [("content-length", "0")]),
        ("GET", 404, []),
    ],
)
@pytest.mark.parametrize("empty_frame", [False, True])
def test_answers_without_a_body(
    method: str, status: int, headers: list[tuple[str, str]], empty_frame: bool
) -> None:
    speaker, peer = opened(method)
    peer.h2.send_headers(1, [(":status", str(status)), *headers], end_stream=not empty_frame)
    if empty_frame:
        peer.h2.end_stream(1)
    answer = hear(speaker, peer.says())
    assert (answer.status, answer.body) == (status, b"")
    assert answer.headers == dict(headers)


def test_interim_answers_and_trailers_are_passed_over() -> None:
    speaker, peer = opened()
    data = peer.answer(
        body=b"hello", interim=[100, 103, 102], trailers=[("x-sum", "1")], headers=[("a", "b")]
    )
    answer = hear(speaker, data)
    assert (answer.status, answer.body, answer.headers) == (200, b"hello", {"a": "b"})


def test_a_large_body_is_sent_as_the_server_makes_room() -> None:
    body = bytes(range(256)) * 4096
    speaker, peer = opened("POST", body=body, peer=Peer(INITIAL_WINDOW_SIZE=1000))
    rounds = 0
    while not peer.ended:
        assert speaker.hear(peer.says()) is None
        owed = speaker.owed()
        peer.hear(owed)
        rounds += 1
        if not owed:
            peer.h2.increment_flow_control_window(50_000)
            peer.h2.increment_flow_control_window(50_000, 1)
    assert peer.bodies[1] == body
    assert rounds > 10
    assert speaker.owed() == b""
    assert hear(speaker, peer.answer()).status == 200


def test_a_large_answer_is_received_and_room_is_made_for_the_next() -> None:
    body = bytes(range(256)) * 4096
    speaker, peer = opened()
    for number in range(20):
        stream = 2 * number + 1
        answer = hear(speaker, peer.answer(stream, headers=[("content-length", str(len(body)))], body=body))
        assert answer.body == body
        peer.hear(speaker.owed())
        peer.hear(ask(speaker))


def test_an_answer_before_the_request_was_read_ends_the_sending() -> None:
    speaker, peer = Http2Speaker(), Peer()
    peer.hear(speaker.opening())
    peer.hear(ask(speaker, "POST", body=b"x" * 100_000), open_window=False)
    assert not peer.ended
    answer = hear(speaker, peer.answer(status=413, body=b"too much"))
    assert (answer.status, answer.keep_alive) == (413, True)
    peer.hear(speaker.owed())
    assert peer.reset == {1: 8}, "CANCEL"
    peer.h2.increment_flow_control_window(100_000)
    assert speaker.hear(peer.says()) is None
    peer.hear(ask(speaker, "POST", body=b"small"))
    assert peer.bodies[3] == b"small"
    assert hear(speaker, peer.answer(3)).status == 200


def test_a_server_that_goes_after_this_answer_is_left_after_it() -> None:
    """As nginx does on the last request it takes: GOAWAY first, then the answer."""
    speaker, peer = opened()
    going = frame(7, 0, 0, (1).to_bytes(4, "big") + (0).to_bytes(4, "big"))
    assert speaker.hear(peer.says() + going) is None
    assert not speaker.usable
    answer = hear(speaker, peer.answer(body=b"last one"))
    assert (answer.body, answer.keep_alive) == (b"last one", False)
    assert not speaker.usable
    with pytest.raises(ProtocolError):
        ask(speaker)


@pytest.mark.parametrize(("last_stream", "code"), [(0, 0), (1, 2), (2**31 - 1, 11)])
def test_a_server_that_goes_without_an_answer(last_stream: int, code: int) -> None:
    speaker, peer = opened()
    going = frame(7, 0, 0, last_stream.to_bytes(4, "big") + code.to_bytes(4, "big") + b"bye")
    assert failure(speaker, peer.says(), going) == "h2 goaway"
    assert not speaker.usable


def test_a_server_that_goes_between_two_requests() -> None:
    speaker, peer = opened()
    hear(speaker, peer.answer())
    assert speaker.hear(frame(7, 0, 2**31, b"\0" * 8)) is None, "the highest bit means nothing"
    assert not speaker.usable


@pytest.mark.parametrize(
    ("code", "error"), [(0, "h2 stream reset"), (7, "h2 stream refused"), (2, "h2 stream reset")]
)
@pytest.mark.parametrize("begun", [False, True])
def test_a_request_the_server_drops_costs_the_next_nothing(code: int, error: str, begun: bool) -> None:
    speaker, peer = opened()
    if begun:
        peer.h2.send_headers(1, [(":status", "200")])
    peer.h2.reset_stream(1, code)
    assert failure(speaker, peer.says()) == error
    assert speaker.usable
    peer.hear(ask(speaker))
    assert hear(speaker, peer.answer(3)).status == 200


def test_what_follows_a_reset_in_the_same_piece_is_not_missed() -> None:
    speaker, peer = opened()
    peer.h2.reset_stream(1, 2)
    assert failure(speaker, peer.says() + frame(7, 0, 0, b"\0" * 8)) == "h2 stream reset"
    assert not speaker.usable


def test_pings_and_settings_are_acknowledged_also_between_requests() -> None:
    speaker, peer = opened()
    peer.h2.ping(b"12345678")
    peer.h2.update_settings({3: 50})
    assert speaker.hear(peer.says()) is None
    names = [type(event).__name__ for event in peer.hear(speaker.owed())]
    assert names.count("SettingsAcknowledged") == 2
    assert "PingAckReceived" in names
    hear(speaker, peer.answer())
    peer.h2.ping(b"abcdefgh")
    assert speaker.hear(peer.says()) is None
    assert [type(event).__name__ for event in peer.hear(speaker.owed())] == ["PingAckReceived"]
    assert speaker.usable


def test_one_request_at_a_time() -> None:
    speaker, peer = opened()
    assert not speaker.usable
    with pytest.raises(ProtocolError):
        ask(speaker)
    assert hear(speaker, peer.answer()).status == 200
    assert speaker.usable


def test_a_server_that_allows_no_request() -> None:
    speaker, peer = opened(peer=Peer(MAX_CONCURRENT_STREAMS=0))
    hear(speaker, peer.answer())
    with pytest.raises(ProtocolError, match="h2 stream refused"):
        ask(speaker)
    assert not speaker.usable


def test_a_connection_ends_with_its_numbers() -> None:
    speaker, peer = opened()
    hear(speaker, peer.answer())
    speaker._h2.highest_outbound_stream_id = 2**31 - 3
    assert speaker.usable
    speaker._h2.highest_outbound_stream_id = 2**31 - 1
    assert not speaker.usable
    with pytest.raises(ProtocolError, match="h2 used up"):
        ask(speaker)


@pytest.mark.parametrize("begun", [False, True])
def test_closing_is_never_an_answer(begun: bool) -> None:
    speaker, peer = opened()
    if begun:
        peer.h2.send_headers(1, [(":status", "200")])
        assert speaker.hear(peer.says()) is None
    with pytest.raises(ProtocolError, match="closed early"):
        speaker.ended()
    assert not speaker.usable


def test_closing_between_two_requests() -> None:
    speaker, peer = opened()
    hear(speaker, peer.answer())
    with pytest.raises(ProtocolError, match="closed early"):
        speaker.ended()
    assert not speaker.usable


def test_nothing_more_of_a_body_is_sent_after_a_breach() -> None:
    speaker, peer = Http2Speaker(), Peer()
    peer.hear(speaker.opening())
    ask(speaker, "POST", body=b"x" * 100_000)
    room = frame(8, 0, 0, b"\0\1\0\0") + frame(8, 0, 1, b"\0\1\0\0")
    failure(speaker, peer.says() + room + frame(1, 5, 9, b"\x88"))
    assert len(speaker.owed()) < 100


def test_a_fault_of_the_library_is_the_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise KeyError(data)

    speaker, peer = opened()
    monkeypatch.setattr(speaker._h2, "receive_data", broken)
    assert failure(speaker, peer.says()) == "h2 protocol error"


def unchecked(headers: list[tuple[str, str]], *, body: bytes | None = None) -> bytes:
    """An answer that h2 would not send."""
    from hpack import Encoder

    data = SETTINGS + ACK + frame(1, 4 if body is not None else 5, 1, Encoder().encode(headers))
    return data if body is None else data + frame(0, 1, 1, body)


OK = (":status", "200")

WRONG = {
    "http1": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "not http2"),
    "an acknowledgement first": (ACK, "not http2"),
    "an answer first": (frame(1, 5, 1, b"\x88"), "not http2"),
    "a huge first frame": (b"\xff\xff\xff" + SETTINGS[3:], "not http2"),
    "a huge frame": (SETTINGS + b"\x00\x40\x01" + frame(0, 0, 1)[3:], "h2 protocol error"),
    "no status": (unchecked([("a", "b")]), "h2 protocol error"),
    "two statuses": (unchecked([OK, OK]), "h2 protocol error"),
    "a long status": (unchecked([(":status", "2000")]), "h2 protocol error"),
    "a low status": (unchecked([(":status", "099")]), "h2 protocol error"),
    "a status of letters": (unchecked([(":status", "abc")]), "h2 protocol error"),
    "a status of foreign digits": (unchecked([(":status", "\u0662\u0660\u0660")]), "h2 protocol error"),
    "upgrade": (unchecked([(":status", "101")], body=b""), "unexpected upgrade"),
    "an interim answer that ends": (unchecked([(":status", "100")]), "h2 protocol error"),
    "capitals": (unchecked([OK, ("Server", "x")]), "h2 protocol error"),
    "a line break": (unchecked([OK, ("server", "x\r\ny: z")]), "h2 protocol error"),
    "a connection header": (unchecked([OK, ("connection", "close")]), "h2 protocol error"),
    "a pseudo-header too many": (unchecked([OK, (":path", "/")]), "h2 protocol error"),
    "a body too short": (unchecked([OK, ("content-length", "5")], body=b"hell"), "content-length mismatch"),
    "a body too long": (unchecked([OK, ("content-length", "5")], body=b"hello!"), "content-length mismatch"),
    "an announced body that is missing": (
        unchecked([OK, ("content-length", "5")]),
        "content-length mismatch",
    ),
    "204 with a body": (unchecked([(":status", "204")], body=b"hello"), "content-length mismatch"),
    "a negative length": (unchecked([OK, ("content-length", "-5")]), "h2 protocol error"),
    "an absurd length": (unchecked([OK, ("content-length", "9" * 5000)], body=b""), "h2 protocol error"),
    "a long length": (unchecked([OK, ("content-length", "9" * 16)], body=b""), "body too large"),
    "a body too large": (
        unchecked([OK, ("content-length", str(64 * 1024**2 + 1))], body=b""),
        "body too large",
    ),
    "two lengths": (
        unchecked([OK, ("content-length", "5"), ("content-length", "6")], body=b"hello"),
        "h2 protocol error",
    ),
    "a body without a head": (SETTINGS + frame(0, 1, 1, b"hello"), "h2 protocol error"),
    "a body for a request never made": (SETTINGS + frame(0, 1, 5, b"hello"), "h2 protocol error"),
    "an answer to a request never made": (SETTINGS + frame(1, 5, 5, b"\x88"), "h2 protocol error"),
    "a request": (SETTINGS + frame(1, 5, 2, b"\x82\x84\x86\x41\x01a"), "h2 protocol error"),
    "a push": (SETTINGS + frame(5, 4, 1, b"\0\0\0\2\x82\x84\x86"), "h2 protocol error"),
    "a push that goes on": (SETTINGS + frame(5, 0, 1, b"\0\0\0\2\x82"), "h2 protocol error"),
    "a broken header block": (
        SETTINGS + frame(1, 5, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        "h2 protocol error",
    ),
    "a ping within the head": (
        SETTINGS + frame(1, 0, 1, b"\x88") + frame(6, 0, 0, b"x" * 8),
        "h2 protocol error",
    ),
    "a goaway within the head": (
        SETTINGS + frame(1, 0, 1, b"\x88") + frame(7, 0, 0, b"\0" * 8),
        "h2 protocol error",
    ),
    "a short goaway": (SETTINGS + frame(7, 0, 0, b"\0" * 7), "h2 protocol error"),
    "a goaway of a stream": (SETTINGS + frame(7, 0, 1, b"\0" * 8), "h2 protocol error"),
    "a short ping": (SETTINGS + frame(6, 0, 0, b"x"), "h2 protocol error"),
    "padding longer than the frame": (SETTINGS + frame(0, 9, 1, b"\xff"), "h2 protocol error"),
    "an empty window update": (SETTINGS + frame(8, 0, 0, b"\0" * 4), "h2 protocol error"),
    "a window too large": (SETTINGS + frame(8, 0, 0, b"\x7f\xff\xff\xff"), "h2 protocol error"),
    "a bare continuation": (SETTINGS + frame(9, 4, 1, b"\x88"), "h2 protocol error"),
    "trailers without an end": (
        unchecked([OK], body=b"x")[:-10] + frame(0, 0, 1, b"x") + frame(1, 4, 1, b"\x0f\x10\x01x"),
        "h2 protocol error",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("bytewise", [False, True])
def test_what_is_no_answer_has_a_name(name: str, bytewise: bool) -> None:
    data, error = WRONG[name]
    speaker, _ = opened()
    pieces = [data[i : i + 1] for i in range(len(data))] if bytewise else [data]
    assert failure(speaker, *pieces) == error
    if error != "content-length mismatch":
        assert not speaker.usable
        with pytest.raises(ProtocolError, match=error):
            speaker.hear(SETTINGS)
        with pytest.raises(ProtocolError, match=error):
            ask(speaker)


def test_a_head_request_gets_no_body() -> None:
    speaker, _ = opened("HEAD")
    assert failure(speaker, unchecked([OK], body=b"hello")) == "content-length mismatch"


def test_garbage_after_the_answer_costs_the_connection_but_not_the_answer() -> None:
    for together in (True, False):
        speaker, peer = opened()
        data, garbage = peer.answer(body=b"hello"), b"\xff" * 20
        answer = hear(speaker, data + garbage if together else data)
        assert answer.body == b"hello"
        if not together:
            assert failure(speaker, garbage) == "h2 protocol error"
        assert not speaker.usable


@pytest.mark.parametrize("kind", ["headers", "continuation"])
def test_a_head_without_end_is_given_up(kind: str) -> None:
    speaker, _ = opened()
    endless = frame(1, 0, 1, b"\x88") + frame(9, 0, 1, b"\x00\x01a\x01b" * 100) * 1000
    if kind == "headers":
        endless = frame(1, 0, 1, b"\x00\x01a\x01b" * 3000) + endless
    assert failure(speaker, SETTINGS, endless) in ("headers too large", "h2 protocol error")


def test_a_head_in_large_frames_is_given_up_at_the_bound() -> None:
    speaker, _ = opened()
    assert speaker.hear(SETTINGS + frame(1, 0, 1, b"\x88" * 16000)) is None
    for _ in range(3):
        assert speaker.hear(frame(9, 0, 1, b"\x88" * 16000)) is None
    assert failure(speaker, frame(9, 0, 1, b"\x88" * 16000)[:9]) == "headers too large"


def test_each_head_has_the_bound_for_itself() -> None:
    speaker, peer = opened()
    large = [("x", "Z" * 40_000)]
    peer.h2.send_headers(1, [(":status", "103"), *large])
    assert hear(speaker, peer.answer(headers=large)).headers == dict(large)


def test_empty_continuations_without_end_are_given_up() -> None:
    speaker, _ = opened()
    assert failure(speaker, SETTINGS, frame(1, 0, 1), frame(9, 0, 1) * 20_000) == "h2 protocol error"


def test_a_small_head_that_unpacks_to_a_large_one_is_given_up() -> None:
    from hpack import Encoder

    speaker, _ = opened()
    bomb = Encoder().encode([OK, *[("x", "y" * 3000)] * 100])
    assert len(bomb) < 6000
    tracemalloc.start()
    assert failure(speaker, SETTINGS, frame(1, 5, 1, bomb)) == "headers too large"
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_heads_up_to_the_bound_are_read() -> None:
    speaker, peer = opened()
    value = "y" * (MAX_HEAD_BYTES - 1000)
    assert hear(speaker, peer.answer(headers=[("x", value)])).headers == {"x": value}
    speaker, peer = opened()
    assert failure(speaker, peer.answer(headers=[("x", "y" * MAX_HEAD_BYTES)])) == "headers too large"


def test_a_body_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "MAX_BODY_BYTES", 1_000_000)
    speaker, peer = opened()
    peer.h2.send_headers(1, [(":status", "200")])
    assert speaker.hear(peer.says()) is None
    for _ in range(1_000_000 // 16384):
        peer.h2.send_data(1, b"x" * 16384)
        assert speaker.hear(peer.says()) is None
        peer.hear(speaker.owed())
    peer.h2.send_data(1, b"x" * 16384)
    assert failure(speaker, peer.says()) == "body too large"


def test_more_than_there_is_room_for_is_refused() -> None:
    speaker, _ = opened()
    piece = frame(0, 0, 1, b"x" * 16384)
    speaker.hear(SETTINGS + frame(1, 4, 1, b"\x88"))
    # Nothing that is owed gets sent, and h2 still knows what it would have been.
    speaker._h2._inbound_flow_control_window_manager.current_window_size = 20_000
    assert failure(speaker, piece, piece) == "h2 protocol error"


@pytest.mark.parametrize(
    "idle",
    [
        frame(6, 0, 0, b"12345678"),
        frame(4, 0, 0, b"\x00\x03\x00\x00\x00\x64"),
        frame(2, 0, 1, b"\x00\x00\x00\x00\x10"),
        frame(0, 0, 1),
        frame(0, 8, 1, b"\x04\0\0\0\0"),
        frame(8, 0, 0, b"\0\0\0\1"),
        frame(1, 4, 1, b"\x08\x03100"),
        frame(3, 0, 7, b"\0\0\0\0"),
        frame(0x55, 0, 0, b"?"),
        frame(7, 0, 0, b"\0\0\0\1\0\0\0\0"),
    ],
    ids=[
        "ping",
        "settings",
        "priority",
        "data",
        "padding",
        "window",
        "interim",
        "reset",
        "unknown",
        "goaway",
    ],
)
def test_frames_that_lead_nowhere_are_given_up(idle: bytes) -> None:
    speaker, _ = opened()
    interim = idle[3] == 1
    assert speaker.hear(SETTINGS + (b"" if interim else frame(1, 4, 1, b"\x88"))) is None
    begun = time.monotonic()
    for _ in range(90 // (100 if interim else 1)):
        assert speaker.hear(idle * 100) is None
        speaker.owed()
    assert failure(speaker, idle * 1100) == "h2 flood"
    assert time.monotonic() - begun < 5


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


@settings(max_examples=100, deadline=None)
@given(
    status=st.sampled_from([200, 201, 404, 500]),
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    body=st.binary(max_size=300) | st.builds(bytes, st.integers(60_000, 140_000)),
    interim=st.lists(st.sampled_from([100, 103]), max_size=3),
    trailers=st.none() | st.just([("x-sum", "1")]),
    frame_bytes=st.sampled_from([1, 10, 1000, 16384]),
    places=st.lists(st.integers(0, 1_000_000), max_size=12),
)
def test_in_whatever_pieces_an_answer_comes_it_is_the_same(
    status: int,
    value: str,
    body: bytes,
    interim: list[int],
    trailers: list[tuple[str, str]] | None,
    frame_bytes: int,
    places: list[int],
) -> None:
    speaker, peer = opened()
    frame_bytes = frame_bytes if len(body) < 1000 else max(frame_bytes, 1000)
    data = peer.answer(
        status=status,
        headers=[("x-value", value)],
        body=body,
        interim=interim,
        trailers=trailers,
        frame_bytes=frame_bytes,
    )
    answer = hear(speaker, *cut(data, places))
    assert answer == Response(status=status, headers={"x-value": value}, body=body, keep_alive=True)


def outcome(pieces: list[bytes]) -> tuple[str, object]:
    speaker, _ = opened()
    for piece in pieces:
        try:
            answer = speaker.hear(piece)
        except ProtocolError as error:
            return "error", error.error_class
        assert isinstance(speaker.owed(), bytes)
        if answer is not None:
            return "answer", (answer.status, answer.headers, answer.body)
    return "nothing", None


FRAMES = st.builds(
    frame,
    st.integers(0, 10),
    st.sampled_from([0, 1, 4, 5, 8, 9, 0x20, 0x25, 0xFF]) | st.integers(0, 255),
    st.sampled_from([0, 1, 1, 1, 2, 3]),
    st.binary(max_size=20)
    | st.sampled_from(
        [b"\x88", b"\x88\x0f\x0d\x011", b"\x08\x03100", b"\0" * 4, b"\0" * 8, b"\0\0\0\1\0\0\0\0"]
    ),
)


@settings(max_examples=400, deadline=None)
@given(
    data=st.binary(max_size=100)
    | st.binary(max_size=100).map(lambda rest: SETTINGS + rest)
    | st.lists(FRAMES, max_size=12).map(lambda frames: SETTINGS + b"".join(frames)),
    places=st.lists(st.integers(0, 1000), max_size=8),
)
def test_whatever_comes_is_an_answer_an_error_or_not_enough_in_whatever_pieces(
    data: bytes, places: list[int]
) -> None:
    assert outcome([data]) == outcome(cut(data, places))


def exchange(stream: Stream, speaker: Http2Speaker, sent: bytes) -> Response:
    while True:
        if sent:
            stream.send(sent, PATIENCE_NS)
        data, _, _ = stream.receive()
        answer = speaker.hear(data) if data else speaker.ended()
        if answer is not None:
            return answer
        sent = speaker.owed()


def converse(stream: Stream) -> None:
    speaker = Http2Speaker()
    sent = speaker.opening()
    for number, size in enumerate((0, 5, 1_000_000, 20, 3_000_000)):
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        answer = exchange(stream, speaker, sent + ask(speaker, "POST", f"/{number}", body=body))
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers == {"x-path": f"/{number}"}
        sent = speaker.owed()
        assert speaker.usable


def test_a_conversation_over_tcp() -> None:
    with LocalServer(echoing()) as server, plain_stream(server) as stream:
        converse(stream)


def test_a_conversation_over_tls(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    context = certificates.server_context(alpn=("h2",))

    def wrap(plain: socket.socket) -> ssl.SSLSocket:
        return context.wrap_socket(plain, server_side=True)

    with (
        LocalServer(echoing(wrap)) as server,
        tls_stream(server, certificates.trusting, http2=True) as stream,
    ):
        assert stream.http2
        converse(stream)


def test_fields_of_the_connection_are_the_ones_http2_forbids() -> None:
    fields = http2_fields.request_fields(
        "GET", "/", authority="a", scheme="http", headers=[("HTTP2-Settings", "x")], length=0
    )
    assert dict(fields) == {b":method": b"GET", b":scheme": b"http", b":authority": b"a", b":path": b"/"}


def test_small_heads_that_unpack_to_large_ones_do_not_hold_us_up() -> None:
    from hpack import Encoder

    speaker, _ = opened()
    encoder = Encoder()
    interim = [(":status", "100"), *[("x", "y" * 3900)] * 15]
    heads = b"".join(frame(1, 4, 1, encoder.encode(interim)) for _ in range(1000))
    assert len(heads) < 64 * 1024
    begun = time.monotonic()
    assert failure(speaker, SETTINGS + heads) == "h2 flood"
    assert time.monotonic() - begun < 5
