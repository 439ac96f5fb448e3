"""One self-contained HTML file out of a template, styles, scripts and data, closed to the network."""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from perfgate.report.html import numbers, words
from perfgate.report.text import clean

_PACKAGE = "perfgate.report.html"
_TEMPLATES = ("layout", "macros", "shapes", "report", "forest", "endpoint", "run", "history")
_STYLES = ("vendor/uPlot.min.css", "style.css")
_DARK = "dark.css"
_SCRIPTS = ("page.js", "vendor/uPlot.iife.min.js", "axes.js", "charts.js")
_DANGEROUS = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def write(template: str, script: str, data: object, **context: object) -> str:
    """The page of a template, with one script of its own and data for it.

    Everything in `context` is text that the template escapes. Nothing on the page can load, send or run
    anything but the styles and scripts perfgate put there: they are named by digest in the policy.
    """
    styles = Markup("\n".join(_asset(name) for name in _STYLES))  # noqa: S704 - files of this package
    dark = Markup(_asset(_DARK))  # noqa: S704 - a file of this package
    scripts = [Markup(_asset(name)) for name in (*_SCRIPTS, script)]  # noqa: S704 - files of this package
    return (
        _environment()
        .get_template(template)
        .render(
            styles=styles,
            dark=dark,
            scripts=scripts,
            policy=_policy((styles, dark), scripts),
            data=json_text(data),
            **context,
        )
    )


def json_text(data: object) -> Markup:
    """The data as JSON that no HTML or JavaScript parser takes for anything else."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_DANGEROUS))  # noqa: S704 - nothing is left that could end the element


def _policy(styles: tuple[str, ...], scripts: list[Markup]) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {' '.join(map(_digest, styles))}",
            f"script-src {' '.join(map(_digest, scripts))}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8").strip()


def _harmless(value: object) -> object:
    """Text without marks that hide it or turn its direction; what perfgate made itself is left alone."""
    return clean(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    sources = {f"{name}.jinja": _asset(f"templates/{name}.jinja") for name in _TEMPLATES}
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ms": numbers.ms,
        "percent": numbers.percent,
        "rate": numbers.rate,
        "plain": numbers.plain,
        "count": numbers.count,
        "place": numbers.place,
        "tone": words.tone,
        "outcome": words.outcome_text,
        "compared": words.title_text,
        "brief": words.brief,
    }
    return environment
