import math
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image
from report_verdicts import regression

from perfgate.errors import MeasureError
from perfgate.report import figures
from perfgate.report.page.model import Band, Curve, EndpointView, Page, RoundView, SeriesView
from perfgate.report.words import rows

GRID = tuple(0.5 * 1.07**i for i in range(60))
QUANTILES = tuple(i / 20 for i in range(1, 20))


def view(name: str = "GET /items", **changes) -> EndpointView:
    def share(middle: float) -> tuple[float, ...]:
        return tuple(1 / (1 + (middle / x) ** 6) for x in GRID)

    def density(middle: float) -> tuple[float, ...]:
        return tuple(4 * math.exp(-((math.log10(x / middle) / 0.15) ** 2)) for x in GRID)

    def over_time(level: float) -> dict[str, Curve]:
        seconds = tuple(float(second) for second in range(20))
        p50 = tuple(None if second == 9 else level + 0.1 * math.sin(second) for second in seconds)
        return {
            "p50": Curve(x=seconds, y=p50),
            "p95": Curve(x=seconds, y=tuple(2 * y if y is not None else None for y in p50)),
        }

    shift = tuple(0.2 + 0.3 * q for q in QUANTILES)
    fields = {
        "name": name,
        "anchor": "endpoint-1",
        "rows": tuple(rows(regression())[:4]),
        "ecdf": {"base": Curve(x=GRID, y=share(1.5)), "head": Curve(x=GRID, y=share(2.1))},
        "density": {"base": Curve(x=GRID, y=density(1.5)), "head": Curve(x=GRID, y=density(2.1))},
        "shift": Curve(x=QUANTILES, y=(None, *shift[1:])),
        "shift_band": Band(
            x=QUANTILES,
            low=(None, *(s - 0.05 for s in shift[1:])),
            high=(None, *(s + 0.08 for s in shift[1:])),
        ),
        "latency": {"base": over_time(1.5), "head": over_time(2.1)},
    }
    return EndpointView(**(fields | changes))


def page(*views: EndpointView, **changes) -> Page:
    fields = {
        "headline": "REGRESSED: GET /items p50 is 46.2 % slower.",
        "outcome": "REGRESSED",
        "title": "shop",
        "endpoints": views,
        "rounds": (
            RoundView(number=1, stage="screen", start_s=0.0, end_s=7.0),
            RoundView(
                number=2, stage="screen", start_s=7.0, end_s=13.0, dropped_because="the driver was late"
            ),
            RoundView(number=3, stage="screen", start_s=13.0, end_s=20.0),
        ),
        "series": (
            SeriesView(unit="cores", name="CPU", curves={"base": Curve(x=(0.0, 20.0), y=(0.4, 0.5))}),
            SeriesView(unit="MB", name="memory", curves={"head": Curve(x=(0.0, 20.0), y=(80.0, None))}),
        ),
    }
    return Page(**(fields | changes))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_endpoint_and_the_service_get_a_picture(tmp_path: Path) -> None:
    assert figures.write_figures(page(view(), view("POST /items")), tmp_path) == 0
    assert names(tmp_path) == ["endpoint-01-get-items.png", "endpoint-02-post-items.png", "service.png"]
    with Image.open(tmp_path / "endpoint-01-get-items.png") as picture:
        assert picture.width == 1080
        assert picture.convert("L").resize((90, 60)).getextrema()[0] < 200


def test_an_endpoint_without_requests_gets_none(tmp_path: Path) -> None:
    nothing = {"base": {"p50": Curve(x=(1.0, 2.0), y=(None, None))}}
    empty = EndpointView(name="GET /a", anchor="endpoint-1", latency=nothing)
    assert figures.draw_endpoint(empty) is None
    assert figures.write_figures(page(empty, series=()), tmp_path) == 0
    assert names(tmp_path) == []


def test_both_sides_have_the_numbers_of_the_page_and_looks_of_their_own() -> None:
    figure = figures.draw_endpoint(view())
    ecdf, shift, _, latency = figure.axes
    head, base = ecdf.lines
    assert tuple(base.get_xdata()) == GRID
    assert tuple(head.get_ydata()) == view().ecdf["head"].y
    assert (base.get_color(), base.get_linestyle()) != (head.get_color(), head.get_linestyle())
    assert shift.lines[0].get_ydata()[-1] == pytest.approx(100 * view().shift.y[-1])
    assert math.isnan(shift.lines[0].get_ydata()[0])
    assert len(latency.lines) >= 4


def test_a_narrow_range_still_has_a_tick_with_a_name() -> None:
    narrow = Curve(x=(3.1, 3.2, 3.3), y=(0.1, 0.5, 1.0))
    figure = figures.draw_endpoint(view(ecdf={"base": narrow, "head": narrow}))
    low, high = figure.axes[0].get_xlim()
    assert [t for t in figure.axes[0].get_xticks() if low <= t <= high]


def test_no_more_endpoints_are_drawn_than_anybody_looks_at(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(figures, "MOST_ENDPOINTS", 1)
    assert figures.write_figures(page(view(), view("b"), view("c"), endpoints_left_out=5), tmp_path) == 7
    assert names(tmp_path) == ["endpoint-01-get-items.png", "service.png"]


@pytest.mark.parametrize(
    "name", ["$\\frac{$", "../../etc/passwd", "价格\u202e\x1b[31m", "<script>&", "", "x" * 5000]
)
def test_names_are_drawn_as_they_are_and_lead_nowhere(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    figures.write_figures(page(view(name, density={}, latency={}), series=()), folder, "svg")
    assert names(tmp_path) == ["pictures"]
    (file,) = folder.iterdir()
    assert len(file.name) < 70
    drawing = etree.parse(file, etree.XMLParser(resolve_entities=False))
    texts = " ".join("".join(element.itertext()) for element in drawing.iter("{*}text"))
    assert {etree.QName(element).localname for element in drawing.iter(etree.Element)} & {
        "script",
        "a",
    } == set()
    if name.startswith(("$", "<")):
        assert name in texts


def test_the_same_page_is_the_same_svg(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        figures.write_figures(page(view()), tmp_path / folder, "svg")
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="cannot write the plot"):
        figures.write_figures(page(view(density={}, latency={})), tmp_path / "missing")
