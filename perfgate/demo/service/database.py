"""The shop's database: its tables, the goods it opens with, and a connection for each thread."""

import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

CATEGORIES = 20
ITEMS = 2_000
REVIEWS = 6_000
ORDERS = 2_500

_SCHEMA = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES categories,
    name TEXT NOT NULL, description TEXT NOT NULL, price_cents INTEGER NOT NULL
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES items,
    stars INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total_cents INTEGER NOT NULL);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders, item_id INTEGER NOT NULL REFERENCES items,
    quantity INTEGER NOT NULL, price_cents INTEGER NOT NULL
);
"""
_INDEXES = """
CREATE INDEX items_by_category ON items (category_id, id);
CREATE INDEX reviews_by_item ON reviews (item_id, id);
CREATE INDEX lines_by_order ON order_lines (order_id);
"""


class Database:
    """One SQLite file; every thread gets its own connection to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def create(self) -> None:
        """Make the tables and fill them, the same rows every time."""
        connection = self.connection()
        connection.executescript(_SCHEMA)
        rng = random.Random(2024)
        with connection:
            connection.executemany("INSERT INTO categories VALUES (?, ?)", _categories())
            connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", _items(rng))
            connection.executemany("INSERT INTO reviews VALUES (?, ?, ?, ?)", _reviews(rng))
            connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", _orders())
            connection.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?)", _lines(rng))
        connection.executescript(_INDEXES)

    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection, opened when it first asks."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute("PRAGMA foreign_keys = ON")
        # Readers and the writer do not wait for each other, and an order is one append to one file.
        connection.execute("PRAGMA journal_mode = WAL")
        # OFF leaves writing to the disk to the operating system. After a power cut the file may be
        # broken; this one is thrown away at exit. A shop that keeps its orders says NORMAL or FULL here.
        connection.execute("PRAGMA synchronous = OFF")
        return connection


def _categories() -> Iterator[tuple[int, str]]:
    for category in range(1, CATEGORIES + 1):
        yield category, f"Category {category}"


def _items(rng: random.Random) -> Iterator[tuple[int, int, str, str, int]]:
    for item in range(1, ITEMS + 1):
        text = f"Item {item}, sturdy and useful, for every day of the year."
        yield item, item % CATEGORIES + 1, f"Item {item}", text, rng.randrange(100, 10_000)


def _reviews(rng: random.Random) -> Iterator[tuple[int, int, int, str]]:
    for review in range(1, REVIEWS + 1):
        yield review, review % ITEMS + 1, rng.randrange(1, 6), f"Review {review}: does what it should."


def _orders() -> Iterator[tuple[int, str, int]]:
    for order in range(1, ORDERS + 1):
        yield order, f"customer-{order % 500}", 1_000


def _lines(rng: random.Random) -> Iterator[tuple[int, int, int, int]]:
    for order in range(1, ORDERS + 1):
        for _ in range(2):
            yield order, rng.randrange(1, ITEMS + 1), rng.randrange(1, 4), 500
