"""The reports of every kind of load, compared with committed text.

`PERFGATE_REWRITE_GOLDEN=1 pytest tests/report/test_report_load_golden.py` writes them anew; read the diff.
"""

from pathlib import Path

import pytest
from report_committed import assert_committed
from report_loads import LOADS

from perfgate.report import loadschema
from perfgate.report.load import render_load
from perfgate.report.loadjson import render_load_json
from perfgate.report.loadmarkdown import render_load_markdown

GOLDEN = Path(__file__).parent / "golden_load"
SCHEMA = Path(loadschema.__file__).with_name("load.schema.json")
RENDER = {
    "terminal-100": lambda load: render_load(*load, width=100),
    "terminal-80": lambda load: render_load(*load, width=80),
    "markdown": lambda load: render_load_markdown(*load),
}


@pytest.mark.parametrize("surface", RENDER)
@pytest.mark.parametrize("kind", LOADS)
def test_load_reads_as_committed(kind: str, surface: str) -> None:
    assert_committed(GOLDEN / f"{kind}.{surface}.txt", RENDER[surface](LOADS[kind]()))


def test_load_document_reads_as_committed() -> None:
    assert_committed(GOLDEN / "open.json.txt", render_load_json(*LOADS["open"]()))


def test_committed_load_schema_is_the_generated_one() -> None:
    assert_committed(SCHEMA, loadschema.schema_text())


def test_no_golden_load_is_left_over() -> None:
    expected = {f"{kind}.{surface}.txt" for kind in LOADS for surface in RENDER} | {"open.json.txt"}
    assert {path.name for path in GOLDEN.iterdir()} == expected
