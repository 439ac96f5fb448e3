"""HdrHistogram payloads: those of the library come back value by value, torn ones never crash anything."""

import base64
import struct
import zlib
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.interchange.formats import Asked, read_file
from perfgate.interchange.hdrhistogram import decode
from perfgate.interchange.imported import Imported
from perfgate.interchange.source import BadLine, Source

HEADER = "#[Histogram log format version 1.3]\n#[StartTime: 1893553445.5 (seconds since epoch), then]\n"


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.integers(1, 3_000_000_000), min_size=1, max_size=50),
    lowest=st.sampled_from((1, 1000)),
    digits=st.integers(1, 4),
)
def test_values_come_back_within_their_precision(values: list[int], lowest: int, digits: int) -> None:
    histogram = HdrHistogram(lowest, 3_600_000_000, digits)
    for value in values:
        histogram.record_value(value)
    found, counts, widths = decode(histogram.encode().decode())
    assert counts.sum() == len(values)
    assert list(found) == sorted(found)
    spread = [value for value, count in zip(found, counts, strict=True) for _ in range(count)]
    slots = [width for width, count in zip(widths, counts, strict=True) for _ in range(count)]
    for true, value, width in zip(sorted(values), spread, slots, strict=True):
        assert abs(true - value) <= max(width, 1)


def version_1(counts: list[int], word: int = 4) -> str:
    body = b"".join(count.to_bytes(word, "big") for count in counts)
    inner = struct.pack(">IIIIQQd", 0x1C849301 | word << 4, len(body), 0, 3, 1, 3_600_000, 1.0) + body
    packed = zlib.compress(inner)
    return base64.b64encode(struct.pack(">II", 0x1C849302 | word << 4, len(packed)) + packed).decode()


@pytest.mark.parametrize("word", [2, 4, 8])
def test_version_1_has_counts_of_a_fixed_width(word: int) -> None:
    counts = [0] * 4000
    counts[7], counts[3000] = 3, 2
    values, found, widths = decode(version_1(counts, word))
    assert list(values) == [7, 3953]  # from slot 2048 on a slot is two wide: 2048 + 2 × 952, and its middle
    assert list(found) == [3, 2]
    assert list(widths) == [0, 2]


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "????",
        "HISTF",
        base64.b64encode(b"\x1c\x84\x93\x14" + b"\0" * 20).decode(),
        version_1([1, 2, 3])[:-8],
        base64.b64encode(struct.pack(">II", 0x1C849314, 5) + b"abcde").decode(),
        base64.b64encode(
            struct.pack(">II", 0x1C849314, len(z := zlib.compress(b"\0" * (64 << 20)))) + z
        ).decode(),
    ],
)
def test_torn_and_oversized_payloads_are_bad_lines(payload: str) -> None:
    with pytest.raises(BadLine):
        decode(payload)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80))
def test_any_counts_are_bad_or_read(body: bytes) -> None:
    inner = struct.pack(">IIIIQQd", 0x1C849313, len(body), 0, 3, 1, 3_600_000_000_000, 1.0) + body
    packed = zlib.compress(inner)
    payload = base64.b64encode(struct.pack(">II", 0x1C849314, len(packed)) + packed).decode()
    try:
        values, counts, _ = decode(payload)
    except BadLine:
        return
    assert len(values) == len(counts)
    assert (counts > 0).all()


def log(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "run.hlog"
    path.write_text(HEADER + "".join(line + "\n" for line in lines))
    return path


def payload(*values: int) -> str:
    histogram = HdrHistogram(1, 3_600_000_000_000, 3)
    for value in values:
        histogram.record_value(value)
    encoded: bytes = histogram.encode()
    return encoded.decode()


def test_intervals_of_a_tag_are_added_up_and_tags_are_endpoints(tmp_path: Path) -> None:
    found = read_file(
        Source(
            log(
                tmp_path,
                f"0.0,1.0,5.0,{payload(5_000_000)}",
                f"Tag=reads,0.0,1.0,6.0,{payload(6_000_000, 6_000_000)}",
                f"1.0,1.0,7.0,{payload(7_000_000)}",
            )
        ),
        Asked(),
    )
    assert isinstance(found, Imported)
    (run,) = found.runs
    assert {m.endpoint: m.requests for m in run.measured} == {"all requests": 2, "reads": 2}
    assert run.started_at_s == 1893553445.5


def test_a_unit_that_cannot_be_told_has_to_be_said(tmp_path: Path) -> None:
    path = log(tmp_path, f"0.0,1.0,5000.0,{payload(5000)}")
    with pytest.raises(UsageError, match=r"run\.hlog:3: the unit of the values is not known") as caught:
        read_file(Source(path), Asked())
    assert "--unit" in caught.value.message + caught.value.hint
    found = read_file(Source(path), Asked(unit="us"))
    assert isinstance(found, Imported)
    assert found.runs[0].measured[0].distribution is not None
    assert found.runs[0].measured[0].distribution.times_ns[0] == pytest.approx(5e6, rel=1e-3)
