"""The words and looks of outcomes on the page, sentences, and names that fit into it."""

import re

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
_BEFORE_UNIT = re.compile(r"(?<=[\d≥…→]) (?=[+\-\d]|(?:%|pp|ns|µs|ms|s|min|h)(?:\W|$))")


def tone(outcome: str) -> str:
    """The class of an outcome (it may have a note, as in `PASS, accepted`): its colour and its shape."""
    return _OUTCOMES.get(outcome.partition(",")[0], ("unmeasured", ""))[0]


def outcome_text(outcome: str) -> str:
    """An outcome as people write it: `Threshold breached`, `Pass, accepted`."""
    name, comma, note = outcome.partition(",")
    return _OUTCOMES.get(name, ("", name.capitalize()))[1] + comma + note


def headline_text(headline: str, outcome: str) -> Markup:
    """The headline without the outcome it begins with, which the page shows by itself."""
    return sentence(headline.removeprefix(f"{outcome}: "))


def title_text(title: str, outcome: str) -> str:
    """What was compared, without the outcome that stands beside it anyway."""
    return brief(title.removeprefix(f"{outcome}: "))


def sentence(text: str) -> Markup:
    """A sentence with its capital and its full stop, in which no number parts from its unit; escaped."""
    plain = clean(text)
    if plain[1:2].islower():
        plain = plain[:1].upper() + plain[1:]
    if plain and not plain.endswith((".", "!", "?", "…")):
        plain += "."
    return Markup(_BEFORE_UNIT.sub("\u00a0", str(escape(plain))))  # noqa: S704 - escaped just before


def brief(name: str) -> str:
    """A name that a heading or a cell can hold; both its ends stay."""
    return shorten(clean(name) or "(no name)", _NAME_WIDTH)
