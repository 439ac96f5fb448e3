import pytest

from perfgate.units import format_bytes


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
