"""`rest()`: a request whose JSON answer is parsed, and whose failed assertions are failures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from perfgate.users.exceptions import CONTROL_FLOW

_JSON = "application/json"


class RestMixin:
    """Gives a user with a client the methods `rest` and `rest_`."""

    client: Any

    @contextmanager
    def rest(
        self, method: str, url: str, headers: Mapping[str, Any] | None = None, **options: Any
    ) -> Iterator[Any]:
        """Send a request that speaks JSON; `js` of the response is the parsed answer, or None.

        An answer that is not JSON, a failed assertion and any other exception in the block make the
        request a failure, and the user goes on.
        """
        own = {**(headers or {})}
        names = {name.lower() for name in own}
        own.update({name: _JSON for name in ("Content-Type", "Accept") if name.lower() not in names})
        with self.client.request(method, url, catch_response=True, headers=own, **options) as response:
            response.js = None
            said = ""
            if response.content:
                try:
                    response.js = response.json()
                except ValueError:
                    said = f"the answer is not JSON (status {response.status_code})"
                    response.failure(said)
            try:
                yield response
            except CONTROL_FLOW:
                raise
            except AssertionError as error:
                response.failure(said or str(error).rstrip(",") or "assertion failed")
            except Exception as error:
                # An answer that is not JSON is the cause of whatever the block stumbles over.
                response.failure(said or error)

    @contextmanager
    def rest_(self, method: str, url: str, name: str | None = None, **options: Any) -> Iterator[Any]:
        """As `rest`, with the time as a parameter `_`, which no cache has seen before."""
        separator = "&" if "?" in url else "?"
        name = name or f"{url}{separator}_=..."
        with self.rest(method, f"{url}{separator}_={time.time_ns() // 1_000_000}", name=name, **options) as r:
            yield r
