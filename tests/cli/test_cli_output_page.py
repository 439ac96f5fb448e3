"""The formats that show the page: HTML, and a folder of pictures."""

from PIL import Image
from test_cli_output import compare, shop  # noqa: F401 - a fixture

from perfgate.cli import output


def test_a_folder_gets_the_forest_plot(shop):  # noqa: F811 - the fixture
    assert compare("png=pictures/") == 1
    with Image.open(shop.path / "pictures" / "forest.png") as picture:
        assert picture.width == 1080
    assert compare("svg=pictures") == 1
    assert (shop.path / "pictures" / "forest.svg").is_file()


def test_a_page_is_one_file(shop):  # noqa: F811 - the fixture
    assert compare("html=page.html") == 1
    text = (shop.path / "page.html").read_text()
    assert text.startswith("<!doctype html>") or text.startswith("<!DOCTYPE html>")
    assert "GET /search" in text


def test_formats_are_named_once():
    assert len(set(output.FORMATS)) == len(output.FORMATS)
    assert set(output.PICTURES) <= set(output.FORMATS)
