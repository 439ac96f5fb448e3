"""Verdicts as nobody would write them by hand: any text, any number, any combination."""

from hypothesis import strategies as st

from perfgate.model import (
    LEVELS,
    STATISTICS,
    Acceptance,
    Commit,
    Comparison,
    Metric,
    Outcome,
    Reason,
    Verdict,
)

NASTY_WORDS = (
    *("<script>alert(1)</script>", "`", "```", "|", "@octocat", "#12", "GH-1", "a" * 40, "\u202e", "\u200b"),
    *("\x1b[31m", "-->", "<!--", "</details>", "[x](http://evil.example)", ":tada:", ":+1:", "[^1]", "$x$"),
    *("\n", "\r\n\r\n", "\t", "| --- |", "***", "___", "~~", "\\", "&lt;", "&#64;", "www.evil.example"),
    *(
        "https://evil.example",
        "<a href=x>",
        "1.",
        "-",
        "#",
        ">",
        "    ",
        "]]>",
        "<![CDATA[",
        '"',
        "'",
        "{{",
        "%s",
    ),
    *(
        "javascript:alert(1)",
        "mailto:a@b.example",
        "user/repo#1",
        "user@" + "b" * 40,
        "\ud800",
        "\ufffe",
        "é",
    ),
    *("GET", "/items", " ", "价格", "\u0301", "\x00", "\x85", "\u2028"),
)
nasty = st.lists(st.sampled_from(NASTY_WORDS), max_size=8).map("".join)
anything = st.text(st.characters(exclude_categories=()), max_size=40) | nasty
shas = st.text("0123456789abcdef", min_size=40, max_size=40)

_sizes = st.floats(0, 1e17)
_changes = st.floats(-1e17, 1e17)


def _perhaps(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | numbers


commits = st.builds(Commit, sha=shas, ref=anything, branch=st.none() | anything, dirty=st.booleans())
reasons = st.builds(Reason, code=anything, text=anything, remedy=anything)
acceptances = st.builds(
    Acceptance, up_to=_sizes, reason=anything, expires=anything, author=anything, date=anything
)
_odd = st.sampled_from([float("nan"), float("inf")])


def comparisons(metric: Metric) -> st.SearchStrategy[Comparison]:
    return st.builds(
        Comparison,
        metric=st.just(metric),
        outcome=st.sampled_from(Outcome),
        rounds=st.integers(0, 2**40),
        base=_perhaps(_changes),
        head=_perhaps(_changes | _odd),
        change=_perhaps(_changes | _odd),
        low=_perhaps(_changes),
        high=_perhaps(_changes),
        confidence=st.floats(0, 1) | _odd,
        p_adjusted=_perhaps(st.floats(0, 1)),
        mde=_perhaps(_sizes),
        tolerance=_sizes | _odd,
        requirement=_sizes | _odd,
        reasons=st.lists(reasons, max_size=2).map(tuple),
        level=st.sampled_from(LEVELS),
        accepted=st.none() | acceptances,
    )


_metrics = st.builds(Metric, endpoint=st.just("*") | anything, statistic=st.sampled_from(STATISTICS))


def _written(metric: Metric) -> tuple[str, str]:
    """What of a metric is in a document: what UTF-8 lacks is not."""
    return metric.endpoint.encode("utf-8", "replace").decode(), metric.statistic


verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.NOT_MEASURED]),
    base=commits,
    head=commits,
    workload_name=anything,
    comparisons=st.lists(_metrics, max_size=6, unique_by=_written)
    .flatmap(lambda metrics: st.tuples(*map(comparisons, metrics)))
    .map(tuple),
    reasons=st.lists(reasons, max_size=3).map(tuple),
    warnings=st.lists(reasons, max_size=3).map(tuple),
    rounds_measured=st.integers(0, 2**40),
    rounds_dropped=st.integers(0, 2**40),
    requests=st.integers(0, 2**53),
    elapsed_s=st.floats(0, 1e17) | _odd,
    reproduce=anything,
)
