"""What came back: one answer, one exchange, and the columns of very many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Response(NamedTuple):
    """One whole answer; `headers` has lower-case names, and may be shared by answers: never write to it.

    `keep_alive` says whether the connection may carry another request.

    Like `Exchange` a tuple and no dataclass: one is made a request, and a frozen dataclass takes three times
    as long to make.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool = True


class Opening(NamedTuple):
    """How long a new connection took to open, by phase, in nanoseconds; 0 for a phase there was none of."""

    dns_ns: int = 0
    connect_ns: int = 0
    tls_ns: int = 0


class Exchange(NamedTuple):
    """One request and what became of it; times are wall-clock nanoseconds, 0 for what did not happen.

    `sending_ns` is how long handing the request to the kernel took. `stamped` is True when `last_ns` is the
    kernel's stamp. `error` is "" for an answer the workload accepts. `opening` is there if a connection had
    to be opened first, which no time of the request includes.
    """

    sent_ns: int
    first_ns: int
    last_ns: int
    status: int
    bytes_received: int
    error: str
    stamped: bool
    response: Response | None
    sending_ns: int = 0
    opening: Opening | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Requests of one side as columns of equal length; times are nanoseconds of one clock.

    `endpoint` and `error` index `endpoints` and `errors`; error 0 is always "" (no error). `first_ns` and
    `last_ns` are 0 where nothing came back. `couple` numbers the couple a request was part of, -1 if none.
    """

    endpoints: tuple[str, ...]
    errors: tuple[str, ...]
    endpoint: NDArray[np.int32]
    due_ns: NDArray[np.int64]
    sent_ns: NDArray[np.int64]
    first_ns: NDArray[np.int64]
    last_ns: NDArray[np.int64]
    status: NDArray[np.int32]
    error: NDArray[np.int32]
    bytes_received: NDArray[np.int64]
    couple: NDArray[np.int32]
