import struct
from pathlib import Path

import pytest
from lxml import etree
from report_verdicts import EVERY, comparison, unchanged, verdict

from perfgate.errors import MeasureError
from perfgate.model import Outcome
from perfgate.report import plot


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.parametrize("kind", ["hostile", "invalid", "regression"])
def test_any_verdict_can_be_drawn(kind: str, tmp_path: Path) -> None:
    plot.write_forest(EVERY[kind](), tmp_path / "plot.png")
    assert size(tmp_path / "plot.png")[0] == 1080


def test_picture_grows_with_its_rows_but_not_for_ever(tmp_path: Path) -> None:
    heights = []
    for endpoints in (1, 10, 130):
        path = tmp_path / f"{endpoints}.png"
        rows = [comparison(f"GET /{i}", "p50", change=0.01 * i) for i in range(endpoints)]
        plot.write_forest(verdict(Outcome.PASS, *rows), path)
        heights.append(size(path)[1])
    assert heights[0] < heights[1] < heights[2] < 4200


def test_formulas_in_names_are_not_read(tmp_path: Path) -> None:
    plot.write_forest(verdict(Outcome.PASS, *unchanged("$\\frac{$")), tmp_path / "plot.png")
    assert size(tmp_path / "plot.png")


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"cannot write the plot .*missing/plot\.png: No such file"):
        plot.write_forest(verdict(Outcome.PASS), tmp_path / "missing" / "plot.png")


def test_pyplot_and_its_windows_are_not_touched() -> None:
    assert "pyplot" not in Path(plot.__file__).read_text(encoding="utf-8")


def test_an_svg_has_its_words_as_text(tmp_path: Path) -> None:
    plot.write_forest(EVERY["hostile"](), tmp_path / "plot.svg", "svg")
    drawing = etree.parse(tmp_path / "plot.svg", etree.XMLParser(resolve_entities=False))
    texts = " ".join("".join(element.itertext()) for element in drawing.iter("{*}text"))
    assert "REGRESSED" in texts
    assert "GET /价格" in texts
    assert not list(drawing.iter("{*}script"))
