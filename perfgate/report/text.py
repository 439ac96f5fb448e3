"""Text from outside made harmless to show: it cannot move a cursor, turn the reading direction or hide."""

import re
import unicodedata

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings
    r"|\x1b[ -/]*[0-~]"
)
_SPACES = re.compile(r"\s+")
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that are shown as nothing (Unicode: Default_Ignorable_Code_Point, and blank Braille)."""

_HIDDEN = {"Cc", "Cf"}
_MEANINGLESS = {"Cs", "Co", "Cn"}


def clean(text: str) -> str:
    """One line of plain text: no escape sequence, control, invisible or bidirectional mark; single spaces.

    What has no agreed meaning or cannot be encoded (a lone surrogate) becomes U+FFFD.
    """
    plain = _BLANK.sub("", text if text.isprintable() else _ESCAPE_SEQUENCE.sub("", text))
    plain = _SPACES.sub(" ", plain)
    if plain.isprintable():
        return plain.strip()
    # Two spaces may have had something invisible between them.
    return _SPACES.sub(" ", "".join(_visible(character) for character in plain)).strip()


def shorten(text: str, width: int) -> str:
    """The text in at most `width` terminal cells; what is too much goes from the middle.

    Both ends of a route tell more than its middle: `GET /api/…/price`.
    """
    if len(text) <= width and cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[: max(width, 0)]
    tail_width = (width - 1) // 2
    head_width = width - 1 - tail_width
    head = set_cell_size(text[:head_width], head_width).rstrip()
    tail = set_cell_size(text[-tail_width:][::-1], tail_width)[::-1].lstrip() if tail_width else ""
    return f"{head}{ELLIPSIS}{tail}"


def _visible(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else ""
    category = unicodedata.category(character)
    if category in _MEANINGLESS:
        return "\ufffd"
    return "" if category in _HIDDEN else character
