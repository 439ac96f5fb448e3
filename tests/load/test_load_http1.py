import contextlib
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load.head import MAX_BODY_BYTES, MAX_HEAD_BYTES, ProtocolError, parse_head
from perfgate.load.http1 import AnswerReader, encode_request
from perfgate.model import Response


def read(pieces: list[bytes], *, method: str = "GET", closes: bool = False) -> Response | None:
    """The answer in these pieces; the connection may not be read beyond the first whole one."""
    reader = AnswerReader(method)
    for number, piece in enumerate(pieces):
        answer = reader.feed(piece)
        if answer is not None:
            assert number == len(pieces) - 1, "whole before its last byte"
            return answer
    return reader.end() if closes else None


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def in_sevens(data: bytes) -> list[bytes]:
    return [data[i : i + 7] for i in range(0, len(data), 7)]


WHOLE = {
    "announced length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello", True),
    "length in odd spelling": (b"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:\t5 \r\n\r\nhello", 200, b"hello", True),
    "length zero": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, b"", True),
    "the same length twice": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        200,
        b"hello",
        True,
    ),
    "no reason phrase": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "empty reason phrase": (b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "a status nobody knows": (b"HTTP/1.1 799 Hm\r\nContent-Length: 0\r\n\r\n", 799, b"", True),
    "204 without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "204 that announces one": (b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", 204, b"", True),
    "304 that announces one": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    "304 that says chunked": (b"HTTP/1.1 304 -\r\nTransfer-Encoding: chunked\r\n\r\n", 304, b"", True),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n006\r\n world\r\n0\r\n\r\n",
        200,
        b"hello world",
        True,
    ),
    "chunks in capitals, with extensions and trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b'A ;name="va;lue"\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n',
        200,
        b"0123456789",
        True,
    ),
    "no chunk but the last": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000\r\n\r\n",
        200,
        b"",
        True,
    ),
    "chunks whose data look like framing": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
        200,
        b"\r\n0\r\n\r\n",
        True,
    ),
    "interim answers first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "asks to close": (
        b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        False,
    ),
    "HTTP/1.0 closes": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "HTTP/1.0 that keeps alive": (
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
}

UNTIL_CLOSE = {
    "no length at all": (b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello"),
    "nothing before closing": (b"HTTP/1.1 200 OK\r\n\r\n", b""),
    "HTTP/1.0 without length": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello\r\n\r\n",
        b"hello\r\n\r\n",
    ),
}

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: "
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

REFUSED = {
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "garbage"),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", "garbage"),
    "HTTP/1.2": (b"HTTP/1.2 200 OK\r\n\r\n", "garbage"),
    "no status": (b"HTTP/1.1 \r\n\r\n", "garbage"),
    "two digits": (b"HTTP/1.1 20 OK\r\n\r\n", "garbage"),
    "four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", "garbage"),
    "signed status": (b"HTTP/1.1 +20 OK\r\n\r\n", "garbage"),
    "superscript status": (b"HTTP/1.1 20\xb2 OK\r\n\r\n", "garbage"),
    "status below 100": (b"HTTP/1.1 099 OK\r\n\r\n", "garbage"),
    "line feeds only": (b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "garbage"),
    "upgrade nobody asked for": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "unexpected upgrade"),
    "header without colon": (b"HTTP/1.1 200 OK\r\nhello\r\n\r\n", "bad header"),
    "header without name": (b"HTTP/1.1 200 OK\r\n: x\r\n\r\n", "bad header"),
    "folded header": (b"HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n", "bad header"),
    "space before the colon": (b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", "bad header"),
    "bare line feed in a header": (b"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 5\r\n\r\n", "bad header"),
    "two lengths": (LENGTH + b"5\r\nContent-Length: 6\r\n\r\nhello", "two content-lengths"),
    "negative length": (LENGTH + b"-5\r\n\r\n", "bad content-length"),
    "signed length": (LENGTH + b"+5\r\n\r\n", "bad content-length"),
    "length with a point": (LENGTH + b"5.0\r\n\r\n", "bad content-length"),
    "empty length": (LENGTH + b"\r\n\r\n", "bad content-length"),
    "length list": (LENGTH + b"5, 5\r\n\r\nhello", "bad content-length"),
    "superscript length": (LENGTH + b"\xb2\r\n\r\n", "bad content-length"),
    "underscored length": (LENGTH + b"1_0\r\n\r\n", "bad content-length"),
    "length of 10000 digits": (LENGTH + b"9" * 10_000 + b"\r\n\r\n", "bad content-length"),
    "a terabyte": (LENGTH + b"1000000000000\r\n\r\n", "body too large"),
    "a byte too many": (LENGTH + str(MAX_BODY_BYTES + 1).encode() + b"\r\n\r\n", "body too large"),
    "coding that is not chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "unknown transfer-encoding",
    ),
    "chunked twice": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "unknown transfer-encoding",
    ),
    "more than announced": (LENGTH + b"2\r\n\r\nok!", "excess bytes"),
    "more after 204": (b"HTTP/1.1 204 No Content\r\n\r\nx", "excess bytes"),
    "more after the chunks": (CHUNKED + b"0\r\n\r\nHTTP", "excess bytes"),
    "chunk size of letters": (CHUNKED + b"xyz\r\n", "bad chunk"),
    "negative chunk size": (CHUNKED + b"-1\r\n", "bad chunk"),
    "chunk size with 0x": (CHUNKED + b"0x2\r\nok\r\n", "bad chunk"),
    "underscored chunk size": (CHUNKED + b"1_0\r\n", "bad chunk"),
    "no chunk size": (CHUNKED + b"\r\n", "bad chunk"),
    "only an extension": (CHUNKED + b";x=1\r\n", "bad chunk"),
    "chunk size of nine digits": (CHUNKED + b"000000001\r\n", "bad chunk"),
    "huge chunk": (CHUNKED + b"FFFFFFFF\r\n", "body too large"),
    "chunk longer than said": (CHUNKED + b"2\r\noks\r\n", "bad chunk"),
    "endless chunk line": (CHUNKED + b"1;" + b"x" * 5000, "bad chunk"),
    "long chunk line": (CHUNKED + b"1;" + b"x" * 5000 + b"\r\n", "bad chunk"),
    "endless head": (b"HTTP/1.1 200 OK\r\nA: " + b"x" * (MAX_HEAD_BYTES + 4), "headers too large"),
    "giant head": (b"HTTP/1.1 200 OK\r\nA: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n", "headers too large"),
    "endless trailers": (CHUNKED + b"0\r\nA: " + b"x" * (MAX_HEAD_BYTES + 4), "headers too large"),
    "giant trailers": (CHUNKED + b"0\r\nA: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n", "headers too large"),
}

CUT_SHORT = (
    b"",
    b"HT",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    LENGTH + b"6\r\n\r\nhello",
    CHUNKED + b"5\r\nhello",
    CHUNKED + b"5\r\nhello\r\n",
    CHUNKED + b"0\r\n",
    CHUNKED + b"0\r\nX-Sum: 1\r\n",
)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("pieces", [lambda data: [data], bytewise], ids=["at once", "byte by byte"])
def test_a_whole_answer_is_read(name, pieces):
    data, status, body, keep_alive = WHOLE[name]
    answer = read(pieces(data))
    assert answer is not None
    assert (answer.status, answer.body, answer.keep_alive) == (status, body, keep_alive)
    assert type(answer.body) is bytes


@pytest.mark.parametrize("name", UNTIL_CLOSE)
@pytest.mark.parametrize("pieces", [lambda data: [data], bytewise], ids=["at once", "byte by byte"])
def test_without_a_length_the_answer_ends_when_the_server_closes(name, pieces):
    data, body = UNTIL_CLOSE[name]
    answer = read(pieces(data), closes=True)
    assert answer is not None
    assert (answer.status, answer.body, answer.keep_alive) == (200, body, False)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("pieces", [lambda data: [data], in_sevens], ids=["at once", "in sevens"])
def test_what_is_no_answer_is_named(name, pieces):
    data, error_class = REFUSED[name]
    with pytest.raises(ProtocolError) as refusal:
        read(pieces(data))
    assert refusal.value.error_class == error_class


@pytest.mark.parametrize("data", CUT_SHORT)
def test_an_answer_cut_short_is_an_error_only_when_the_server_closes(data):
    reader = AnswerReader("GET")
    assert reader.feed(data) is None
    with pytest.raises(ProtocolError) as refusal:
        reader.end()
    assert refusal.value.error_class == "closed early"


def test_an_answer_to_head_has_no_body_whatever_it_announces():
    for head in (LENGTH + b"500\r\n\r\n", CHUNKED, b"HTTP/1.1 200 OK\r\n\r\n"):
        answer = read([head], method="HEAD")
        assert answer is not None
        assert (answer.body, answer.keep_alive) == (b"", True)
    with pytest.raises(ProtocolError, match="excess bytes"):
        read([LENGTH + b"2\r\n\r\nok"], method="HEAD")


def test_headers_have_lower_case_names_and_repeated_ones_are_joined():
    status, keeps, headers = parse_head(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:2\r\nEmpty:\r\nOdd: \xe4:b ")
    assert (status, keeps) == (200, True)
    assert headers == {"x-a": "1, 2", "empty": "", "odd": "\xe4:b"}


def test_repeated_cookies_stay_apart():
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT\r\nset-cookie: b=2"
    assert parse_head(head)[2]["set-cookie"] == "a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT\nb=2"


@pytest.mark.parametrize(
    ("filler", "accepted"), [(MAX_HEAD_BYTES, True), (MAX_HEAD_BYTES + 1, False)], ids=["at", "past"]
)
def test_the_bound_of_a_head_does_not_depend_on_the_pieces(filler, accepted):
    start = b"HTTP/1.1 204 No Content\r\nA: "
    data = start + b"x" * (filler - len(start)) + b"\r\n\r\n"
    for pieces in ([data], *([data[:-left], data[-left:]] for left in range(1, 6))):
        if accepted:
            assert read(pieces) is not None
        else:
            with pytest.raises(ProtocolError, match="headers too large"):
                read(pieces)


def test_the_bound_of_a_chunk_line_does_not_depend_on_the_pieces():
    for filler, accepted in ((4094, True), (4095, False)):
        data = CHUNKED + b"0;" + b"x" * filler + b"\r\n\r\n"
        for left in range(6):
            pieces = [data[: len(data) - left], data[len(data) - left :]] if left else [data]
            if accepted:
                assert read(pieces) is not None
            else:
                with pytest.raises(ProtocolError, match="bad chunk"):
                    read(pieces)


def test_a_body_at_the_bound_is_read_and_one_past_it_is_not():
    half = b"x" * (MAX_BODY_BYTES // 2)
    answer = read([LENGTH + str(MAX_BODY_BYTES).encode() + b"\r\n\r\n", half, half])
    assert answer is not None
    assert len(answer.body) == MAX_BODY_BYTES
    for start in (b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED):
        reader = AnswerReader("GET")
        reader.feed(start)
        piece = half if start != CHUNKED else b"%x\r\n%s\r\n" % (len(half), half)
        assert reader.feed(piece) is None
        assert reader.feed(piece) is None
        with pytest.raises(ProtocolError, match="body too large"):
            reader.feed(b"1\r\nx\r\n")


def test_many_tiny_chunks_cost_no_more_memory_than_their_bytes():
    reader = AnswerReader("GET")
    reader.feed(CHUNKED)
    piece = b"3\r\nabc\r\n" * 2000
    tracemalloc.start()
    try:
        for _ in range(10):
            reader.feed(piece)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 3 * (10 * 2000 * 3) + 200_000
    answer = reader.feed(b"0\r\n\r\n")
    assert answer is not None
    assert answer.body == b"abc" * 20_000


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=10)
VALUE = st.text(
    st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=20
)
OWN = frozenset({"connection", "content-length", "transfer-encoding"})


@st.composite
def valid_answers(draw: st.DrawFn) -> tuple[bytes, int, dict[str, str], bytes, str]:
    """Wire bytes of a valid answer with its status, headers, body and framing."""
    status = draw(st.integers(200, 999).filter(lambda s: s not in (204, 304)))
    headers = draw(st.dictionaries(TOKEN.filter(lambda n: n not in OWN), VALUE, max_size=4))
    framing = draw(st.sampled_from(("length", "chunked", "close")))
    pieces = draw(st.lists(st.binary(min_size=1, max_size=30), max_size=5))
    interim = draw(st.integers(0, 2)) * b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"
    body = b"".join(pieces)
    head = f"HTTP/1.1 {status} {draw(TOKEN)}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
    if framing == "length":
        wire = f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    elif framing == "chunked":
        extension = draw(st.sampled_from((b"", b";a=b", b' ; a="\xff"')))
        trailers = draw(st.sampled_from((b"", b"T: 1\r\n", b"T: 1\r\nU: 2\r\n")))
        chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
        wire = (
            b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0" + extension + b"\r\n" + trailers + b"\r\n"
        )
    else:
        wire = b"\r\n" + body
    return interim + head.encode("latin-1") + wire, status, headers, body, framing


@given(valid_answers(), st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_of_a_valid_answer_gives_the_same_answer(valid, places):
    wire, status, headers, body, framing = valid
    answer = read(cut(wire, places), closes=framing == "close")
    assert answer is not None
    assert (answer.status, answer.body, answer.keep_alive) == (status, body, framing != "close")
    assert {name: value for name, value in answer.headers.items() if name not in OWN} == headers


FRAGMENTS = st.sampled_from(
    (
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 204 X\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: -3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"0\r\n",
        b"FFFFFFF\r\n",
        b"abc",
        b"\x00\xff",
    )
)


@given(
    st.lists(FRAGMENTS | st.binary(max_size=20), max_size=12),
    st.lists(st.integers(0, 400), max_size=6),
    st.sampled_from(("GET", "HEAD")),
)
def test_arbitrary_bytes_give_an_answer_or_nothing_or_a_protocol_error(fragments, places, method):
    reader = AnswerReader(method)
    answer = None
    with contextlib.suppress(ProtocolError):
        for piece in cut(b"".join(fragments), places):
            answer = answer or reader.feed(piece)
        answer = answer or reader.end()
    assert answer is None or 200 <= answer.status <= 999


def test_a_request_is_one_line_its_headers_and_its_body():
    assert (
        encode_request("GET", "/a?b=1", "h:80", [("x-a", "1"), ("x-b", "\xe9")], b"")
        == b"GET /a?b=1 HTTP/1.1\r\nHost: h:80\r\nx-a: 1\r\nx-b: \xe9\r\n\r\n"
    )
    assert encode_request("PUT", "/", "h:80", [], b"\0\r\n") == (
        b"PUT / HTTP/1.1\r\nHost: h:80\r\nContent-Length: 3\r\n\r\n\0\r\n"
    )


@pytest.mark.parametrize(
    ("method", "says"), [("GET", False), ("DELETE", False), ("POST", True), ("PATCH", True)]
)
def test_only_methods_that_carry_a_body_announce_an_empty_one(method, says):
    assert (b"Content-Length: 0" in encode_request(method, "/", "h:80", [], b"")) is says


@pytest.mark.parametrize("mark", ["\r", "\n", "\0", "\r\nX-Smuggled: 1", "\u20ac"])
@pytest.mark.parametrize("part", ["method", "target", "name", "value"])
def test_a_request_that_could_smuggle_or_cannot_be_sent_is_refused(part, mark):
    parts = {"method": "GET", "target": "/", "name": "x", "value": "1"}
    parts[part] += mark
    with pytest.raises(ValueError):
        encode_request(parts["method"], parts["target"], "h:80", [(parts["name"], parts["value"])], b"")


@pytest.mark.parametrize("target", ["", "/a b", "/ HTTP/1.0"])
def test_a_path_that_would_end_the_request_line_is_refused(target):
    with pytest.raises(ValueError, match="path"):
        encode_request("GET", target, "h:80", [], b"")


@given(
    st.sampled_from(("GET", "POST", "QUERY")),
    st.text(max_size=20),
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3),
    st.binary(max_size=20),
)
def test_an_encoded_request_has_exactly_the_lines_it_was_given(method, target, headers, body):
    try:
        wire = encode_request(method, target, "h:80", headers, body)
    except ValueError:
        return
    head, _, rest = wire.partition(b"\r\n\r\n")
    announced = [f"Content-Length: {len(body)}"] if body or method == "POST" else []
    lines = [f"{method} {target} HTTP/1.1", "Host: h:80", *(f"{n}: {v}" for n, v in headers), *announced]
    assert head.decode("latin-1").split("\r\n") == lines
    assert rest == body
