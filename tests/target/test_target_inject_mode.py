"""The text that says how much later answers shall come, and which answers are slow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.target.inject.mode import NOTHING, parse_injection
from perfgate.target.inject.tail import Tail, kind_of


@pytest.mark.parametrize(
    ("text", "took_ns", "delay_ns"),
    [
        ("5%", 1_000_000, 50_000),
        ("0.5%", 1_000_000, 5_000),
        ("300us", 1_000_000, 300_000),
        ("2ms", 7, 2_000_000),
        (NOTHING, 1_000_000, 0),
    ],
)
def test_a_delay_is_a_share_of_the_answer_or_fixed(text, took_ns, delay_ns):
    injection = parse_injection(text)
    assert injection.delay_ns(took_ns) == delay_ns
    assert not injection.is_tail_only
    assert injection.is_nothing == (text == NOTHING)


@pytest.mark.parametrize("text", ["20%@p99", "300us@p99"])
def test_the_tail_alone_can_be_meant(text):
    injection = parse_injection(text)
    assert injection.is_tail_only
    assert injection.text == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("5", "'5'"),
        ("5% slower", "'5% slower'"),
        ("-5%", "'-5%'"),
        ("", "''"),
        ("@p99", "'@p99'"),
        ("5%@p50", "'5%@p50'"),
        ("5%@", "'5%@'"),
        ("1001%", "1000%"),
        ("11s", "10 s"),
        ("nan%", "'nan%'"),
    ],
)
def test_nonsense_is_refused_by_name(text, named):
    with pytest.raises(ValueError, match=r"delay|tail|more than") as caught:
        parse_injection(text)
    assert named in str(caught.value)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        injection = parse_injection(text)
    except ValueError:
        return
    assert 0 <= injection.delay_ns(10**9) <= 10 * 10**9 + 10**10


@given(st.integers(0, 100_000), st.booleans())
def test_what_is_written_is_what_is_read(hundredths, tail):
    text = f"{hundredths / 100}%" + ("@p99" if tail else "")
    injection = parse_injection(text)
    assert injection.delay_ns(10_000) == hundredths
    assert injection.is_tail_only == tail


@pytest.mark.parametrize(
    ("request_bytes", "kind"),
    [
        (b"GET /items/17?full=1 HTTP/1.1\r\n", b"GET /items/0"),
        (b"GET /items/23 HTTP/1.1\r\n", b"GET /items/0"),
        (b"POST /items HTTP/1.1\r\n", b"POST /items"),
        (b"\x16\x03\x01", b""),
    ],
)
def test_requests_that_differ_in_numbers_only_are_of_one_kind(request_bytes, kind):
    assert kind_of(request_bytes) == kind


def test_one_answer_in_twenty_is_slow():
    tail = Tail()
    slow = sum(tail.is_slow(b"GET /", (i * 7919) % 1000) for i in range(10_000))
    assert 400 <= slow <= 600


def test_a_kind_is_compared_with_itself_alone():
    tail = Tail()
    for _ in range(100):
        tail.is_slow(b"GET /fast", 10)
        tail.is_slow(b"GET /slow", 1000)
    assert tail.is_slow(b"GET /fast", 11)
    assert not tail.is_slow(b"GET /slow", 1000)


def test_the_first_answers_are_never_slow_and_memory_is_bounded():
    tail = Tail()
    assert not any(tail.is_slow(b"GET /", i) for i in range(20))
    for number in range(1000):
        tail.is_slow(b"%d" % number, 1)
    assert len(tail._seen) <= 257
    for number in range(2000):
        tail.is_slow(b"GET /", number)
    assert len(tail._seen[b"GET /"]._sorted) == 512
