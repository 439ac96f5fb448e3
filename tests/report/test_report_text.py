import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from perfgate.report.text import clean, shorten

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("dirty", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;window title\x07name", "name"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jscreen", "screen"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("\u202egnp.exe\u2069", "gnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bad\udcffbyte", "bad\ufffdbyte"),
        ("GET /prix/é/价格", "GET /prix/é/价格"),
        ("back\x08space\x00", "backspace"),
        ("fill\u3164er\u115f\u1160 \uffa0 \u2800 blank", "filler blank"),
        ("join\u034fed \u2714\ufe0f \U000e0101", "joined \u2714"),
    ],
)
def test_clean_leaves_what_can_be_read(dirty: str, plain: str) -> None:
    assert clean(dirty) == plain


@given(ANYTHING)
def test_clean_text_is_one_printable_line_and_clean_stays_clean(text: str) -> None:
    plain = clean(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"} for c in plain)
    assert len(plain.splitlines()) <= 1
    assert plain.encode("utf-8").decode("utf-8") == clean(plain)


def test_shorten_keeps_both_ends() -> None:
    assert shorten("GET /api/v1/customers/orders/price", 17) == "GET /api…rs/price"
    assert shorten("GET /items", 10) == "GET /items"


@given(ANYTHING.map(clean), st.integers(0, 30))
def test_shortened_text_fits(text: str, width: int) -> None:
    short = shorten(text, width)
    assert cell_len(short) <= width
    assert len(short) <= width
    assert short == text or "…" in short or width == 0


def test_stacked_accents_do_not_escape_the_limit() -> None:
    assert len(shorten("a" + "\u0301" * 5000, 20)) <= 20
