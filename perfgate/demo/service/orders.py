"""Placing an order."""

import sqlite3
from typing import Any

MOST = 1_000_000_000
"""No item number or quantity is above this, so that no total outgrows SQLite's 64 bits."""


class OrderError(ValueError):
    """The order cannot be accepted as it was sent; the text says why."""


def create(connection: sqlite3.Connection, order: Any) -> dict[str, Any]:
    """Store an order such as `{"customer": "ann", "lines": [{"item": 7, "quantity": 2}]}`.

    Raises:
        OrderError: a field is missing or wrong, or an item does not exist.
    """
    customer, wanted = _read(order)
    lines = [(item, quantity, _price(connection, item)) for item, quantity in wanted]
    total = sum(quantity * price for _, quantity, price in lines)
    with connection:
        number = connection.execute(
            "INSERT INTO orders (customer, total_cents) VALUES (?, ?)", (customer, total)
        ).lastrowid
        connection.executemany(
            "INSERT INTO order_lines VALUES (?, ?, ?, ?)", [(number, *line) for line in lines]
        )
    return {"id": number, "total_cents": total}


def _read(order: Any) -> tuple[str, list[tuple[int, int]]]:
    try:
        customer = order["customer"]
        lines = [(line["item"], line["quantity"]) for line in order["lines"]]
    except (TypeError, KeyError) as wrong:
        raise OrderError("an order has a customer and lines of item and quantity") from wrong
    whole = all(type(number) is int and 0 < number <= MOST for line in lines for number in line)
    if not (isinstance(customer, str) and customer and lines and whole):
        raise OrderError(f"an order needs a customer, and item and quantity from 1 to {MOST} in every line")
    return customer, lines


def _price(connection: sqlite3.Connection, item: int) -> int:
    row = connection.execute("SELECT price_cents FROM items WHERE id = ?", (item,)).fetchone()
    if row is None:
        raise OrderError(f"there is no item {item}")
    price: int = row[0]
    return price
