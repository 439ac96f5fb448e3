"""One readiness request: is there an HTTP answer, and which?"""

from __future__ import annotations

from dataclasses import dataclass

from urllib3 import HTTPConnectionPool, exceptions
from urllib3.util import Timeout

from perfgate.target.ports import HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status (None if none did) and what it was, in words that follow "GET /path"."""

    status: int | None
    text: str


def open_pool(port: int) -> HTTPConnectionPool:
    """Where probes of one service go. urllib3 reads no proxy settings from the environment."""
    return HTTPConnectionPool(HOST, port, maxsize=1, retries=False)


def probe(pool: HTTPConnectionPool, path: str, *, timeout_s: float) -> Answer:
    """Ask once, without following redirects or reading the body, on a connection closed afterwards."""
    try:
        response = pool.urlopen(
            "GET",
            path,
            headers={"Accept": "*/*", "User-Agent": "perfgate"},
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=Timeout(total=timeout_s),
        )
    except exceptions.ReadTimeoutError:
        return Answer(status=None, text="took the connection but did not answer")
    except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError):
        return Answer(status=None, text="found nobody listening")
    except exceptions.ProtocolError as error:
        cause = error.args[-1]
        if isinstance(cause, ConnectionError):
            return Answer(status=None, text="was cut off without an answer")
        return Answer(status=None, text="was answered with something that is not HTTP")
    except exceptions.HTTPError as error:
        return Answer(status=None, text=f"failed ({type(error).__name__})")
    response.close()
    return Answer(status=response.status, text=f"answered status {response.status}")
