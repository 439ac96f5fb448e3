"""The shop over HTTP: which request means what, in JSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from . import items, orders

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from .database import Database

MAX_BODY_BYTES = 64 * 1024

Answer = tuple[HTTPStatus, dict[str, Any]]


class Shop:
    """The WSGI application."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status, answer = self._answer(environ)
        body = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        path = environ["PATH_INFO"]
        match environ["REQUEST_METHOD"], path.strip("/").split("/"):
            case "GET", ["health"]:
                return HTTPStatus.OK, {"status": "ok"}
            case "GET", ["items"]:
                return self._page(environ["QUERY_STRING"])
            case "GET", ["items", number]:
                return self._detail(number)
            case "POST", ["orders"]:
                return self._order(environ)
            case _, ["health"] | ["items"] | ["items", _] | ["orders"]:
                return HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"{path} does not take this method"}
        return HTTPStatus.NOT_FOUND, {"error": f"there is nothing at {path}"}

    def _page(self, query: str) -> Answer:
        wanted = {"category": "1", "page": "1"} | {key: values[-1] for key, values in parse_qs(query).items()}
        try:
            category, number = int(wanted["category"]), max(1, int(wanted["page"]))
            return HTTPStatus.OK, items.page(self._database.connection(), category, number)
        except (ValueError, OverflowError):
            return HTTPStatus.BAD_REQUEST, {"error": "category and page are whole numbers"}

    def _detail(self, number: str) -> Answer:
        item = items.detail(self._database.connection(), int(number)) if _is_id(number) else None
        if item is None:
            return HTTPStatus.NOT_FOUND, {"error": f"there is no item {number}"}
        return HTTPStatus.OK, item

    def _order(self, environ: WSGIEnvironment) -> Answer:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": "the order is too long"}
        try:
            order = json.loads(environ["wsgi.input"].read(length))
            return HTTPStatus.CREATED, orders.create(self._database.connection(), order)
        except ValueError as wrong:
            return HTTPStatus.BAD_REQUEST, {"error": str(wrong)}
        except sqlite3.Error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the order could not be stored, try again"}


def _is_id(text: str) -> bool:
    # SQLite's integers have 64 bits, a path has no such limit.
    return text.isdecimal() and len(text) <= 18
