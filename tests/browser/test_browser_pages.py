"""The pages in a real browser: nothing is said, asked for or cut off, and everything can be used and read."""

import itertools
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from perfgate.report.html import render_history, render_page

sys.path.append(str(Path(__file__).parents[1] / "report"))
import histories
import pages

pytestmark = pytest.mark.browser

NAMES = [*pages.PAGES, *histories.HISTORIES]
WIDTHS = (360, 1280)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("pages")

    def path_of(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            text = (
                render_history(histories.HISTORIES[name](), limit=40, install=histories.INSTALL)
                if name in histories.HISTORIES
                else render_page(pages.PAGES[name]())
            )
            path.write_text(text, encoding="utf-8")
        return path

    return path_of


def scroll_through(page: Page) -> None:
    """Down to the end and back, so that every chart in an open part is drawn."""
    page.evaluate(
        """async () => {
          const step = innerHeight * 0.8;
          for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
            scrollTo(0, y);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          }
          scrollTo(0, 0);
        }"""
    )


def first_chart(page: Page, kind: str = "ecdf"):
    chart = page.locator(f'.chart[data-chart="{kind}"]').first
    chart.scroll_into_view_if_needed()
    chart.locator(".canvas canvas").first.wait_for()
    return chart


def x_range(page: Page, kind: str = "ecdf") -> list[float]:
    return page.evaluate(
        """(kind) => {
          const { min, max } = [...drawn].find(({ host }) => host.dataset.chart === kind).plot.scales.x;
          return [min, max];
        }""",
        kind,
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_quiet_fits_and_is_accessible(written, show, screenshots, name, width, dark) -> None:
    path = written(name)
    seen = show(path, width=width, dark=dark)
    scroll_through(seen.page)
    seen.page.screenshot(
        path=screenshots / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True
    )
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.locator(".chart.waiting:visible").count() == 0
    results = Axe().run(seen.page)
    assert [
        (each["impact"], each["id"], each["nodes"][0]["html"][:200])
        for each in results.response["violations"]
    ] == []
    seen.assert_quiet(path)


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_other_widths_do_not_overflow_either(written, show, width) -> None:
    for name in ("regression", "hostile", "history"):
        seen = show(written(name), width=width)
        scroll_through(seen.page)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["pass", "regression", "inconclusive", "many", "history"])
def test_it_prints_light_with_all_that_matters_opened(written, show, screenshots, name) -> None:
    path = written(name)
    seen = show(path, dark=True)
    seen.page.pdf(path=screenshots / f"{name}.pdf", format="A4", print_background=True)
    assert seen.page.locator("details.endpoint[open]").count() == 1  # closed again
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    seen.page.emulate_media(media="print")
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert seen.page.locator("details.endpoint:not(.pass):not([open])").count() == 0
    assert seen.page.locator(".chart.waiting:visible").count() == 0
    seen.assert_quiet(path)


@pytest.mark.parametrize("name", ["regression", "history", "many"])
def test_without_javascript_everything_can_still_be_read(written, show, screenshots, name) -> None:
    path = written(name)
    seen = show(path, script=False)
    seen.page.screenshot(path=screenshots / f"{name}-1280-no-script.png", full_page=True)
    assert seen.page.locator("h1").is_visible()
    assert seen.page.locator("noscript p").first.is_visible()
    assert not seen.page.locator("button:visible").count()
    assert not seen.page.locator(".chart h4:visible").count()
    opened = seen.page.locator("#list > details[open]")
    table = opened.locator("table").first
    if name == "history":
        opened.locator(".numbers summary").click()
    assert table.is_visible()
    seen.assert_quiet(path)


def test_a_name_from_outside_runs_nothing(written, show) -> None:
    path = written("hostile")
    seen = show(path, fragment="endpoint-2")
    dialogs = []
    seen.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    scroll_through(seen.page)
    assert dialogs == []
    assert seen.page.locator("h3", has_text="</script><img src=x onerror=alert(1)>").is_visible()
    seen.assert_quiet(path)


def test_numbers_of_rounds_do_not_run_into_each_other(written, show) -> None:
    seen = show(written("regression"), width=390)
    first_chart(seen.page, "throughput")
    labels = seen.page.evaluate(
        """() => {
          const { plot } = [...drawn].find(({ host }) => host.dataset.chart === "throughput");
          const written = [];
          const ctx = {
            measureText: (text) => plot.ctx.measureText(text),
            fillText: (text, x) => written.push([text, x, plot.ctx.measureText(text).width / 2]),
          };
          plot.ctx.font = `${10.5 * uPlot.pxRatio}px sans-serif`;
          const place = (n) => ({ number: n + 1, dropped: n === 9, left: n * 20, right: n * 20 + 20 });
          paintNumbers({ ctx, bbox: plot.bbox }, Array.from({ length: 40 }, (_, n) => place(n)));
          return written.sort((one, other) => one[1] - other[1]);
        }"""
    )
    assert "10 ✕" in [text for text, _, _ in labels]
    assert 5 < len(labels) < 40
    assert all(x + half < after - other for (_, x, half), (_, after, other) in itertools.pairwise(labels))


def test_every_commit_of_a_short_history_has_its_name(written, show) -> None:
    seen = show(written("history"))
    marks = "specOf(Object.values(data.metrics)[0]).x.marks(-0.4, 23.4, 99)"
    assert seen.page.evaluate(marks) == list(range(24))


def test_the_throughput_is_said_to_be_of_what_was_sent(written, show) -> None:
    seen = show(written("regression"))
    says = first_chart(seen.page, "throughput").locator(".says").inner_text()
    assert says == "Requests sent a second, failed ones too."


def test_hovering_shows_the_values_there(written, show, screenshots) -> None:
    seen = show(written("regression"))
    chart = first_chart(seen.page)
    chart.locator(".u-over").hover(position={"x": 200, "y": 60})
    text = chart.locator(".tip").inner_text()
    assert re.match(r"[\d.]+ m?µ?s", text)
    assert re.search(r"base\s*[\d.]+ %", text)
    assert re.search(r"head\s*[\d.]+ %", text)
    seen.page.screenshot(path=screenshots / "hover.png")
    seen.page.mouse.move(5, 5)
    assert not chart.locator(".tip").is_visible()


def test_dragging_zooms_and_a_double_click_goes_back(written, show) -> None:
    seen = show(written("regression"))
    chart = first_chart(seen.page)
    whole = x_range(seen.page)
    box = chart.locator(".u-over").bounding_box()
    seen.page.mouse.move(box["x"] + 100, box["y"] + 50)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 220, box["y"] + 60, steps=6)
    seen.page.mouse.up()
    zoomed = x_range(seen.page)
    assert zoomed[1] - zoomed[0] < (whole[1] - whole[0]) / 2
    assert chart.get_by_role("button", name="Whole range").is_visible()
    chart.locator(".u-over").dblclick(position={"x": 150, "y": 60})
    assert x_range(seen.page) == pytest.approx(whole)
    assert not chart.get_by_role("button", name="Whole range").is_visible()


def test_charts_over_time_zoom_together(written, show) -> None:
    seen = show(written("regression"))
    first_chart(seen.page, "throughput")
    chart = first_chart(seen.page, "latency")
    box = chart.locator(".u-over").bounding_box()
    seen.page.mouse.move(box["x"] + 100, box["y"] + 50)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 220, box["y"] + 60, steps=6)
    seen.page.mouse.up()
    assert x_range(seen.page, "throughput") == pytest.approx(x_range(seen.page, "latency"), rel=0.02)


def test_a_chart_can_be_read_and_zoomed_by_keyboard(written, show) -> None:
    seen = show(written("regression"))
    chart = first_chart(seen.page)
    whole = x_range(seen.page)
    chart.locator(".canvas").focus()
    seen.page.keyboard.press("Home")
    first = chart.locator("[aria-live]").inner_text()
    seen.page.keyboard.press("ArrowRight")
    second = chart.locator("[aria-live]").inner_text()
    assert "base" in first
    assert "head" in second
    assert first != second
    seen.page.keyboard.press("+")
    zoomed = x_range(seen.page)
    assert zoomed[1] - zoomed[0] < whole[1] - whole[0]
    seen.page.keyboard.press("Escape")
    assert x_range(seen.page) == pytest.approx(whole)


def test_an_endpoint_is_found_and_opened_by_keyboard(written, show, screenshots) -> None:
    seen = show(written("many"))
    seen.page.get_by_label("Find an endpoint").focus()
    seen.page.keyboard.type("section-2 get")
    assert "of 40 endpoints" in seen.page.locator("#found").inner_text()
    shown = seen.page.locator("#list > details:visible")
    assert 0 < shown.count() < 12
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert shown.first.get_attribute("open") is not None
    seen.page.keyboard.press("ArrowDown")
    second = "[...document.querySelectorAll('#list > details')].filter((part) => !part.hidden)[1]"
    assert seen.page.evaluate(f"document.activeElement.parentElement === {second}")
    shown.first.locator(".chart canvas").first.wait_for()
    seen.page.screenshot(path=screenshots / "found.png")


def test_a_link_opens_the_endpoint_it_leads_to_and_draws_it(written, show) -> None:
    seen = show(written("regression"))
    seen.page.get_by_role("link", name="GET /items/{id}").first.click()
    chart = seen.page.locator("#endpoint-3 .chart canvas").first
    chart.wait_for()
    assert seen.page.locator("details:has(#endpoint-3)").get_attribute("open") is not None
    other = show(written("many"), fragment="endpoint-39")
    assert other.page.locator("#endpoint-39").is_visible()


def test_the_theme_can_be_changed_and_the_charts_follow(written, show) -> None:
    seen = show(written("regression"))
    first_chart(seen.page)
    background = "getComputedStyle(document.body).backgroundColor"
    ink = "[...drawn][0].plot.series[1].stroke([...drawn][0].plot, 1)"
    light, blue = seen.page.evaluate(background), seen.page.evaluate(ink)
    seen.page.get_by_role("button", name="Dark colours").click()
    assert seen.page.evaluate(background) != light
    assert seen.page.evaluate(ink) != blue
    seen.page.get_by_role("button", name="Light colours").click()
    assert seen.page.evaluate(background) == light


def test_the_command_can_be_copied(written, show) -> None:
    seen = show(written("regression"))
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.locator("button.copy").first.click()
    seen.page.get_by_role("button", name="Copied").wait_for()
    assert seen.page.evaluate("navigator.clipboard.readText()") == "perfgate compare main slow-query --seed 7"


def test_charts_fit_again_when_the_window_changes(written, show) -> None:
    seen = show(written("regression"))
    chart = first_chart(seen.page)
    wide = chart.locator("canvas").last.bounding_box()["width"]
    seen.page.set_viewport_size({"width": 500, "height": 900})
    seen.page.wait_for_function(
        "[...drawn][0].plot.width <= document.documentElement.clientWidth",
    )
    assert chart.locator("canvas").last.bounding_box()["width"] != wide
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 500


def test_the_data_of_the_page_is_what_the_charts_show(written, show) -> None:
    seen = show(written("regression"))
    first_chart(seen.page)
    data = json.loads(
        seen.page.locator("#data").inner_text() or seen.page.evaluate("byId('data').textContent")
    )
    shown = seen.page.evaluate("[...drawn].find(({ host }) => host.dataset.chart === 'ecdf').plot.data[2]")
    assert shown == data["endpoints"]["endpoint-1"]["ecdf"]["head"]


def test_a_history_shows_the_commit_and_its_change(written, show, screenshots) -> None:
    seen = show(written("history"))
    seen.page.get_by_role("link", name="GET /search p95").first.click()
    chart = seen.page.locator('[data-metric="endpoint-2-p95"]')
    chart.locator("canvas").first.wait_for()
    box = chart.locator(".u-over").bounding_box()
    chart.locator(".u-over").hover(position={"x": box["width"] * 12.4 / 23.8, "y": 60})
    text = chart.locator(".tip").inner_text()
    assert histories.commits_of()[12].sha[:10] in text
    assert re.search(r"change point\s*\+30.5 %", text)
    seen.page.screenshot(path=screenshots / "history-hover.png")


def test_curves_of_one_point_or_of_gaps_are_drawn_without_a_word(written, show) -> None:
    path = written("odd")
    seen = show(path)
    seen.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    scroll_through(seen.page)
    assert seen.page.locator(".chart.waiting").count() == 0
    for canvas in seen.page.locator(".canvas").all():
        canvas.hover()
        canvas.focus()
        for key in ("End", "ArrowLeft", "+", "-", "Escape"):
            seen.page.keyboard.press(key)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    seen.assert_quiet(path)


def test_a_single_latency_has_an_axis_of_one_decade_and_wide_axes_few_marks(written, show) -> None:
    seen = show(written("odd"))
    first_chart(seen.page)
    assert x_range(seen.page) == [-0.5, 0.5]
    assert seen.page.evaluate("logMarks(0, 200, 7).length") <= 9
    assert seen.page.locator("#endpoint-1 [data-chart=throughput]").count() == 0
