"""The shop over real HTTP: what each endpoint answers, and that nothing stays behind."""

import os
import signal
import subprocess
import sys

import pytest


def test_a_page_lists_twenty_items_of_the_category_with_their_ratings(start):
    status, page = start("main").ask("GET", "/items?category=3&page=2")
    assert status == 200
    assert len(page["items"]) == 20
    assert set(page["items"][0]) == {"id", "name", "price_cents", "rating"}
    assert all(1 <= item["rating"] <= 5 for item in page["items"])
    assert page["items"] == sorted(page["items"], key=lambda item: item["id"])


def test_the_detail_of_an_item_agrees_with_its_line_in_the_list(start):
    shop = start("main")
    listed = shop.ask("GET", "/items?category=7")[1]["items"][4]
    status, detail = shop.ask("GET", f"/items/{listed['id']}")
    assert status == 200
    assert {key: detail[key] for key in listed} == listed
    assert detail["category"] == "Category 7"
    assert detail["reviews"]


def test_an_order_is_stored_and_numbered_on(start):
    shop = start("main")
    price = shop.ask("GET", "/items/7")[1]["price_cents"]
    order = {"customer": "ann", "lines": [{"item": 7, "quantity": 2}]}
    first, second = shop.ask("POST", "/orders", order), shop.ask("POST", "/orders", order)
    assert first == (201, {"id": first[1]["id"], "total_cents": 2 * price})
    assert second[1]["id"] == first[1]["id"] + 1


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", "/items/2001", None, 404),
        ("GET", "/items/" + "9" * 400, None, 404),
        ("GET", "/items?category=socks", None, 400),
        ("GET", "/items?page=" + "9" * 30, None, 400),
        ("GET", "/nothing", None, 404),
        ("DELETE", "/items/7", None, 405),
        ("POST", "/orders", "{", 400),
        ("POST", "/orders", [], 400),
        ("POST", "/orders", {"customer": "ann", "lines": []}, 400),
        ("POST", "/orders", {"customer": "ann", "lines": [{"item": 7, "quantity": 0}]}, 400),
        ("POST", "/orders", {"customer": "ann", "lines": [{"item": "7", "quantity": 1}]}, 400),
        ("POST", "/orders", {"customer": "ann", "lines": [{"item": 99999, "quantity": 1}]}, 400),
        ("POST", "/orders", {"customer": "ann", "lines": [{"item": 2**70, "quantity": 1}]}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_and_the_shop_goes_on(start, method, target, body, status):
    shop = start("main")
    refused, answer = shop.ask(method, target, body)
    assert (refused, set(answer)) == (status, {"error"})
    assert shop.ask("GET", "/health")[0] == 200


def test_one_connection_carries_many_requests(start):
    shop = start("main")
    shop.ask("GET", "/items/1")
    before = shop.connection.sock
    for item in range(2, 30):
        shop.ask("GET", f"/items/{item}")
    shop.ask("POST", "/orders", {"customer": "ann", "lines": [{"item": 7, "quantity": 2}]})
    assert shop.connection.sock is before is not None


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind(start, signum):
    shop = start("main")
    shop.ask("POST", "/orders", {"customer": "ann", "lines": [{"item": 7, "quantity": 2}]})
    assert list(shop.scratch.glob("shop-*/shop.sqlite3"))
    assert shop.stop(signum) == 0
    assert not list(shop.scratch.iterdir())


def test_every_start_has_the_same_items(start, repository):
    first = start("main")
    pages = [first.ask("GET", f"/items?category={category}") for category in (1, 20)]
    details = first.ask("GET", "/items/1999")
    second = start("docs-only")
    assert pages == [second.ask("GET", f"/items?category={category}") for category in (1, 20)]
    assert details == second.ask("GET", "/items/1999")


def test_a_port_that_is_taken_ends_the_shop_and_leaves_nothing(start, tmp_path):
    shop = start("main")
    other = tmp_path / "other"
    other.mkdir()
    second = subprocess.run(
        [sys.executable, "-m", "shop"],
        cwd=tmp_path / "main",
        env={**os.environ, "PORT": str(shop.port), "TMPDIR": str(other)},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert second.returncode != 0
    assert "Address already in use" in second.stderr
    assert not list(other.iterdir())
