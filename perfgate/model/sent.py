"""What is sent: requests, and the scenarios and users that ask for them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfgate.model.answered import Response
from perfgate.model.ensured import Ensured
from perfgate.model.profile import Profile

if TYPE_CHECKING:
    from perfgate.model.conducting import Conductor
    from perfgate.model.port import Port
    from perfgate.model.tool import Tool


MAX_NAME_LENGTH = 1 << 16
"""Characters of an endpoint's name that results and verdicts can hold."""


def no_check(response: Response) -> str:
    """Judge an answer that nobody stated an expectation about: a status of 400 or more is an error."""
    return f"status {response.status}" if response.status >= 400 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to whichever side it is sent.

    `endpoint` indexes `Workload.endpoints`. `target` is the path with its query. `headers` leaves out
    Host, Content-Length and Connection, which belong to the connection. `judge` names the error class
    of a complete answer, or returns "" when the answer is what was asked for. At most `redirects`
    redirects are followed, all of them part of this one request.
    """

    endpoint: int
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_ns: int | None = None
    judge: Callable[[Response], str] = no_check
    redirects: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Think:
    """A pause of the virtual user between two requests."""

    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Cookies the script itself sets for this and later requests, as if an answer to `target` had set them.

    `line` is what a Cookie header would say.
    """

    line: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure of the script itself (its code, its data), to be counted as a request that was not sent."""

    endpoint: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Scripts walked at the same time, at most `limit` of them, each on a connection of its own."""

    branches: tuple[Script, ...] = field(repr=False, compare=False)
    limit: int = 100


Action = Request | Think | Cookies | Failure | Together
"""What a script may ask of its user."""

Script = Generator[Action, Response | None, bool | None]
"""One pass of one virtual user through a scenario; it returns False if it ended before its last step.

It yields what to do next and is sent the answer: the `Response`, or None after anything else and when no
whole answer came back (refused, reset, timed out, garbage)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named, weighted flow; `start` begins one pass whose every random choice comes from the seed.

    Where the order of passes matters, `start_nth` begins one by its seed and its number among all passes of
    the load. `fixed` is the whole pass where no part of it depends on answers or on chance, and else empty:
    the driver then needs no script to walk it. It ends at a request without a whole answer. `pauses` says
    that the pass may hold think time. `given` makes the same scenario for passes that begin with some more
    variables; that of `Workload.before` leaves its own among them. It is None where variables do not matter.
    """

    name: str
    weight: float
    endpoints: frozenset[int]
    start: Callable[[int], Script] = field(repr=False, compare=False)
    start_nth: Callable[[int, int], Script] | None = field(default=None, repr=False, compare=False)
    fixed: tuple[Request | Think | Cookies, ...] = field(default=(), repr=False, compare=False)
    pauses: bool = False
    given: Callable[[dict[str, Any]], Scenario] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKind:
    """A kind of virtual user written as code that runs in a thread of its own.

    `live` is its whole life: it returns when the port's pauses return False, or when it has had enough.
    Of all users, `fixed_count` are of this kind, or (0) a share by `weight`. `pauses` says that they wait
    between what they do.
    """

    name: str
    weight: float
    fixed_count: int = 0
    live: Callable[[Port], None] = field(repr=False, compare=False)
    pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Whom a workload trusts and as whom it shows itself: paths of PEM files, "" for none.

    `server_name` is the name that is asked for, and must be in the certificate, in place of the host's.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    passphrase: str = field(default="", repr=False)
    server_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent: two runs may be compared only if their digests are equal.

    Either `scenarios` or `users` say what is sent, or the file runs on its own `tool`. `endpoints` are those
    known before anything is sent; users may add more. `before` is walked once before the first user begins,
    and what it captures is a variable of every scenario; `after` is walked once after the last has ended.
    `target` is the URL written in the file, if any, and `profile` the load the file asks for. With `insecure`
    any certificate of a side is accepted, and `tls` says more of how it is reached. All users share at most
    `connections`, or (0) each has its own. `ensured` is what the file demands of the figures of a run.
    `conductor` has the file's hooks. `notes` says what a paired round does not
    replay, so that nothing is silently ignored.
    """

    name: str
    digest: str
    endpoints: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    before: Scenario | None = None
    after: Scenario | None = None
    users: tuple[UserKind, ...] = ()
    tool: Tool | None = field(default=None, repr=False, compare=False)
    conductor: Conductor | None = field(default=None, repr=False, compare=False)
    target: str | None = None
    profile: Profile | None = None
    insecure: bool = False
    connections: int = 0
    tls: TlsFiles = field(default_factory=TlsFiles)
    ensured: Ensured = field(default_factory=Ensured)
    notes: tuple[str, ...] = ()
