"""What can be bought: a page of a category, and one item with its reviews."""

import sqlite3
from typing import Any

PAGE = 20
REVIEWS_SHOWN = 5


def page(connection: sqlite3.Connection, category: int, number: int) -> dict[str, Any]:
    """Page `number` (from 1) of a category's items, each with its rating."""
    rows = connection.execute(
        "SELECT id, name, price_cents FROM items WHERE category_id = ? ORDER BY id LIMIT ? OFFSET ?",
        (category, PAGE, PAGE * (number - 1)),
    ).fetchall()
    ratings = _ratings(connection, [row[0] for row in rows])
    return {
        "category": category,
        "page": number,
        "items": [
            {"id": item, "name": name, "price_cents": price, "rating": ratings.get(item)}
            for item, name, price in rows
        ],
    }


def detail(connection: sqlite3.Connection, item: int) -> dict[str, Any] | None:
    """One item with its category, rating and latest reviews; None if there is no such item."""
    row = connection.execute(
        "SELECT items.name, description, price_cents, categories.name"
        " FROM items JOIN categories ON categories.id = category_id WHERE items.id = ?",
        (item,),
    ).fetchone()
    if row is None:
        return None
    reviews = connection.execute(
        "SELECT stars, text FROM reviews WHERE item_id = ? ORDER BY id DESC LIMIT ?", (item, REVIEWS_SHOWN)
    ).fetchall()
    return {
        "id": item,
        "name": row[0],
        "description": row[1],
        "price_cents": row[2],
        "category": row[3],
        "rating": rating(connection, item),
        "reviews": [{"stars": stars, "text": text} for stars, text in reviews],
    }


def rating(connection: sqlite3.Connection, item: int) -> float | None:
    """The mean of an item's stars; None while nobody has reviewed it."""
    row = connection.execute("SELECT avg(stars) FROM reviews WHERE item_id = ?", (item,)).fetchone()
    return None if row[0] is None else round(row[0], 2)


def _ratings(connection: sqlite3.Connection, items: list[int]) -> dict[int, float]:
    marks = ", ".join("?" * len(items))
    rows = connection.execute(
        f"SELECT item_id, avg(stars) FROM reviews WHERE item_id IN ({marks}) GROUP BY item_id",  # noqa: S608 - only question marks
        items,
    )
    return {item: round(mean, 2) for item, mean in rows}
