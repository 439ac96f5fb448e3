"""The words and looks of outcomes on the page, and names that fit into it."""

from perfgate.report.text import shorten

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


def tone(outcome: str) -> str:
    """The class of an outcome (it may have a note, as in `PASS, accepted`): its colour and its shape."""
    return _OUTCOMES.get(outcome.partition(",")[0], ("unmeasured", ""))[0]


def outcome_text(outcome: str) -> str:
    """An outcome as people write it: `Threshold breached`, `Pass, accepted`."""
    name, comma, note = outcome.partition(",")
    return _OUTCOMES.get(name, ("", name.capitalize()))[1] + comma + note


def sentence(headline: str, outcome: str) -> str:
    """The headline without the outcome it begins with, which the page shows by itself."""
    rest = headline.removeprefix(f"{outcome}: ")
    return rest[:1].upper() + rest[1:] if rest[1:2].islower() else rest


def brief(name: str) -> str:
    """A name that a heading or a cell can hold; both its ends stay."""
    return shorten(name, _NAME_WIDTH)
