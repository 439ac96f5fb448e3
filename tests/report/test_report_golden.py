"""The reports of every kind of verdict, compared with committed text.

`PERFGATE_REWRITE_GOLDEN=1 pytest tests/report/test_report_golden.py` writes the texts anew; read the diff.
"""

from pathlib import Path

import pytest
from report_committed import assert_committed
from report_verdicts import EVERY

from perfgate.report import gitlab, jsonout, junit, terminal
from perfgate.report.comment import CommentContext, render_comment

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(jsonout.__file__).with_name("verdict.schema.json")
CONTEXT = CommentContext(
    key="perfgate.yml · shop", head_sha="5" * 40, report_url="https://github.com/example/shop/actions/runs/1"
)
RENDER = {
    "terminal-100": lambda verdict: terminal.render(verdict, width=100, color=False),
    "terminal-80": lambda verdict: terminal.render(verdict, width=80, color=False),
    "comment": lambda verdict: render_comment(verdict, CONTEXT),
}
SOME = {
    "json": (jsonout.render, ("errors", "accepted")),
    "junit": (junit.render_junit, ("regression", "threshold", "inconclusive", "hostile")),
    "metrics": (gitlab.render_metrics, ("regression", "service", "hostile")),
}
SAMPLES = [(surface, kind) for surface, (_, kinds) in SOME.items() for kind in kinds]


@pytest.mark.parametrize("surface", RENDER)
@pytest.mark.parametrize("kind", EVERY)
def test_report_reads_as_committed(kind: str, surface: str) -> None:
    assert_committed(GOLDEN / f"{kind}.{surface}.txt", RENDER[surface](EVERY[kind]()))


@pytest.mark.parametrize(("surface", "kind"), SAMPLES)
def test_report_for_programs_reads_as_committed(surface: str, kind: str) -> None:
    render, _ = SOME[surface]
    assert_committed(GOLDEN / f"{kind}.{surface}.txt", render(EVERY[kind]()))


def test_committed_schema_is_the_generated_one() -> None:
    assert_committed(SCHEMA, jsonout.schema_text())


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{kind}.{surface}.txt" for kind in EVERY for surface in RENDER}
    expected |= {f"{kind}.{surface}.txt" for surface, kind in SAMPLES}
    assert {path.name for path in GOLDEN.iterdir()} == expected
