"""The words and looks of outcomes on the page, sentences, and names that fit into it."""

import re
from collections.abc import Collection

from markupsafe import Markup, escape

from perfgate.report.text import clean, shorten

_OUTCOMES = {
    "PASS": ("pass", "Pass"),
    "IMPROVED": ("improved", "Improved"),
    "REGRESSED": ("regressed", "Regressed"),
    "THRESHOLD_BREACHED": ("breached", "Threshold breached"),
    "INCONCLUSIVE": ("inconclusive", "Inconclusive"),
    "INVALID": ("invalid", "Invalid"),
    "NOT_MEASURED": ("unmeasured", "Not measured"),
}
_NAME_WIDTH = 160
_COMMANDS = frozenset({"perfgate"})
_BEFORE_UNIT = re.compile(r"(?<=[\d≥…→]) (?=[+\-\d]|(?:%|pp|ns|µs|ms|s|min|h)(?:\W|$))")


def tone(outcome: str) -> str:
    """The class of an outcome (it may have a note, as in `PASS, accepted`): its colour and its shape."""
    return _OUTCOMES.get(outcome.partition(",")[0], ("unmeasured", ""))[0]


def outcome_text(outcome: str) -> str:
    """An outcome as people write it: `Threshold breached`, `Pass, accepted`."""
    name, comma, note = outcome.partition(",")
    return _OUTCOMES.get(name, ("", name.capitalize()))[1] + comma + note


def headline_text(headline: str, outcome: str, names: Collection[str]) -> Markup:
    """The headline without the outcome it begins with, which the page shows by itself."""
    return sentence(headline.removeprefix(f"{outcome}: "), names)


def title_text(title: str, outcome: str) -> str:
    """What was compared, without the outcome that stands beside it anyway."""
    return brief(title.removeprefix(f"{outcome}: "))


def sentence(text: str, names: Collection[str]) -> Markup:
    """A sentence with its capital and its full stop, in which no number parts from its unit; escaped.

    What begins with one of the `names`, or with anything but a plain word, keeps its first letter.
    """
    plain = clean(text)
    if _begins_with_a_word(plain, names):
        plain = plain[:1].upper() + plain[1:]
    if plain and not plain.endswith((".", "!", "?", "…")):
        plain += "."
    return Markup(_BEFORE_UNIT.sub("\u00a0", str(escape(plain))))  # noqa: S704 - escaped just before


def _begins_with_a_word(text: str, names: Collection[str]) -> bool:
    """Whether a text begins with a word of a language and not with a name, however that was shortened."""
    first, _, _ = text.partition(" ")
    word = first.rstrip(",:;")
    if not (word.isalpha() and word.islower()) or word in _COMMANDS:
        return False
    return all(word != name.partition(" ")[0].rstrip(",:;") for name in names)


def brief(name: str) -> str:
    """A name that a heading or a cell can hold; both its ends stay."""
    return shorten(clean(name) or "(no name)", _NAME_WIDTH)
