import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.units import format_bytes, format_per_request, parse_bytes


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (26_652_400, "26.7 MB"),
        (1_230_000_000, "1.23 GB"),
        (4.2e12, "4200 GB"),
    ],
)
def test_a_size_has_three_digits_and_a_unit(size_bytes: float, text: str) -> None:
    assert format_bytes(size_bytes) == text


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("256B", 256),
        ("1KB", 1000),
        ("1 kB", 1000),
        ("1KiB", 1024),
        (" 0.5 MB ", 500_000),
        ("1.5MiB", 1_572_864),
        ("0B", 0),
    ],
)
def test_a_size_is_read_with_its_unit(text: str, size_bytes: float) -> None:
    assert parse_bytes(text) == size_bytes


@given(st.integers(0, 10**9), st.sampled_from([("B", 1), ("kB", 1000), ("KiB", 1024), ("MB", 10**6)]))
def test_any_size_that_is_written_is_read(count: int, unit: tuple[str, int]) -> None:
    assert parse_bytes(f"{count}{unit[0]}") == count * unit[1]


@given(st.text(max_size=20))
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    try:
        size = parse_bytes(text)
    except ValueError as error:
        refusal = str(error)
    else:
        assert size >= 0
        return
    assert "256B" in refusal


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (1024, "+1.02 kB/request"),
        (-1024, "-1.02 kB/request"),
        (12.34, "+12.3 B/request"),
        (0.001, "0 B/request"),
    ],
)
def test_growth_is_signed_per_request(size_bytes: float, text: str) -> None:
    assert format_per_request(size_bytes, signed=True) == text
