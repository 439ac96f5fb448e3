import base64
import struct
import time
import zlib

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.store import histogram

values = st.lists(st.integers(1, histogram.HIGHEST_NS), min_size=1, max_size=200)


def payload_of(
    counts: bytes, *, digits: int = 3, highest: int = histogram.HIGHEST_NS, tail: bytes = b""
) -> str:
    inner = struct.pack(">IIIIQQd", 0x1C849313, len(counts), 0, digits, 1, highest, 1.0) + counts
    packed = zlib.compress(inner) + tail
    return base64.b64encode(struct.pack(">II", 0x1C849314, len(packed)) + packed).decode()


@settings(deadline=None)
@given(values, st.floats(0, 100))
def test_percentiles_are_within_a_thousandth_of_the_value_of_that_rank(
    sample: list[int], percent: float
) -> None:
    decoded = histogram.decode(histogram.encode(np.array(sample, np.int64)))
    rank = max(int(percent * len(sample) / 100 + 0.5), 1)
    assert decoded.count == len(sample)
    assert decoded.percentile(percent) == pytest.approx(sorted(sample)[rank - 1], rel=1e-3)


@settings(deadline=None)
@given(values)
def test_the_library_itself_reads_what_it_would_have_written(sample: list[int]) -> None:
    theirs = HdrHistogram(histogram.LOWEST_NS, histogram.HIGHEST_NS, histogram.SIGNIFICANT_DIGITS)
    for value in sample:
        theirs.record_value(value)
    ours = HdrHistogram.decode(histogram.encode(np.array(sample, np.int64)))
    assert list(ours.counts) == list(theirs.counts)
    assert ours.get_total_count() == len(sample)


def test_values_at_every_power_of_two_fall_into_their_own_slot() -> None:
    edges = np.array([v for p in range(1, 41) for v in (2**p - 1, 2**p, 2**p + 1)], np.int64)
    for value in edges:
        one = histogram.decode(histogram.encode(np.array([value])))
        assert one.percentile(50) == pytest.approx(value, rel=1e-3)


def test_values_out_of_range_move_to_its_ends_() -> None:
    sample = np.array([-7, 0, 1, histogram.HIGHEST_NS, histogram.HIGHEST_NS + 1, 2**62], np.int64)
    decoded = histogram.decode(histogram.encode(sample))
    assert decoded.count == 6
    assert decoded.percentile(0) == 1
    assert decoded.percentile(100) == pytest.approx(histogram.HIGHEST_NS, rel=1e-3)


def test_no_values_is_an_empty_histogram() -> None:
    decoded = histogram.decode(histogram.encode(np.empty(0, np.int64)))
    assert (decoded.count, decoded.percentile(99)) == (0, 0)


def test_a_million_values_take_a_fraction_of_a_second() -> None:
    sample = np.exp(np.random.default_rng(1).uniform(0, 28, 1_000_000)).astype(np.int64)
    started = time.process_time()
    payload = histogram.encode(sample)
    assert time.process_time() - started < 1
    assert histogram.decode(payload).count == 1_000_000


@settings(deadline=None)
@given(values, st.data())
def test_a_torn_payload_is_a_value_error(sample: list[int], data: st.DataObject) -> None:
    payload = histogram.encode(np.array(sample, np.int64))
    with pytest.raises(ValueError, match="not an HdrHistogram V2 payload"):
        histogram.decode(payload[: data.draw(st.integers(0, len(payload) - 1))])


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda b: base64.b64encode(b).decode()))
def test_foreign_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not an HdrHistogram V2 payload"):
        histogram.decode(text)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_arbitrary_counts_are_read_or_refused(counts: bytes) -> None:
    try:
        decoded = histogram.decode(payload_of(counts))
    except ValueError:
        return
    assert decoded.count >= 0
    assert decoded.percentile(50) >= 0


@pytest.mark.parametrize(
    "payload",
    [
        payload_of(b"\x02", digits=5),
        payload_of(b"\x02", highest=2**62),
        payload_of(b"\x02", tail=b"more"),
        payload_of(b"\x02" * 40_000),
        payload_of(b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        payload_of(b"\x80\x80\x80\x80\x80\x80\x80\x80\x40" * 5),
        payload_of(b"\x00" * (1 << 20)),
    ],
    ids=["precision", "range", "trailing", "slots", "huge run", "count overflow", "bomb"],
)
def test_hostile_payloads_are_value_errors(payload: str) -> None:
    with pytest.raises(ValueError, match="not an HdrHistogram V2 payload"):
        histogram.decode(payload)


@settings(deadline=None)
@given(values)
def test_counted_slots_are_within_a_thousandth_of_what_was_recorded(sample: list[int]) -> None:
    places, counts = histogram.decode(histogram.encode(np.array(sample, np.int64))).counted()
    assert np.all(np.diff(places) > 0)
    assert np.all(counts > 0)
    found = np.repeat(places, counts)
    np.testing.assert_allclose(found, sorted(sample), rtol=5e-4)


def test_an_empty_histogram_has_no_slots() -> None:
    places, counts = histogram.decode(histogram.encode(np.array([], np.int64))).counted()
    assert len(places) == len(counts) == 0
