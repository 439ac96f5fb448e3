"""The reports of every kind of verdict, compared with committed text.

`PERFGATE_REWRITE_GOLDEN=1 pytest tests/report/test_report_golden.py` writes the texts anew; read the diff.
"""

from pathlib import Path

import pytest
from report_committed import assert_committed
from report_verdicts import EVERY

from perfgate.report import jsonout, markdown, terminal

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(jsonout.__file__).with_name("verdict.schema.json")
RENDER = {
    "terminal-100": lambda verdict: terminal.render(verdict, width=100, color=False),
    "terminal-80": lambda verdict: terminal.render(verdict, width=80, color=False),
    "markdown": markdown.render,
}

JSON = ("errors", "accepted")


@pytest.mark.parametrize("surface", RENDER)
@pytest.mark.parametrize("kind", EVERY)
def test_report_reads_as_committed(kind: str, surface: str) -> None:
    assert_committed(GOLDEN / f"{kind}.{surface}.txt", RENDER[surface](EVERY[kind]()))


@pytest.mark.parametrize("kind", JSON)
def test_json_document_reads_as_committed(kind: str) -> None:
    assert_committed(GOLDEN / f"{kind}.json.txt", jsonout.render(EVERY[kind]()))


def test_committed_schema_is_the_generated_one() -> None:
    assert_committed(SCHEMA, jsonout.schema_text())


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{kind}.{surface}.txt" for kind in EVERY for surface in RENDER}
    expected |= {f"{kind}.json.txt" for kind in JSON}
    assert {path.name for path in GOLDEN.iterdir()} == expected
