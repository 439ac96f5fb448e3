"""What load tests use of gevent, on threads: greenlets and groups that end with the load."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from perfgate.model import LoadOver
from perfgate.users.current import LOOK_UP_S, here, sleep, wait_until
from perfgate.users.exceptions import UnsupportedError


class GreenletExit(BaseException):
    """What `kill` leaves as the value of a greenlet."""


class Greenlet:
    """A function on a thread of its own; one that a user starts sends in the user's name."""

    def __init__(self, run: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        self._run = (run, arguments, named)
        self._changed = threading.Condition()
        self._links: list[Callable[[Any], Any]] = []
        self._is_ready = False
        self.value: Any = None
        self.exception: BaseException | None = None
        self._here = here.port, here.user
        self.name = f"greenlet-{getattr(run, '__name__', 'run')}"

    @classmethod
    def spawn(cls, run: Callable[..., Any], *arguments: Any, **named: Any) -> Greenlet:
        """Start at once."""
        greenlet = cls(run, *arguments, **named)
        greenlet.start()
        return greenlet

    def start(self) -> None:
        """Begin, if it has not."""
        _, user = self._here
        if user is not None:
            user._share()
        threading.Thread(target=self._live, name=self.name, daemon=True).start()

    def start_later(self, seconds: float) -> None:
        """Begin after a while."""
        timer = threading.Timer(seconds, self.start)
        timer.daemon = True
        timer.start()

    def ready(self) -> bool:
        """Whether it has ended."""
        return self._is_ready

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return self._is_ready

    def successful(self) -> bool:
        """Whether it ended without an exception."""
        return self._is_ready and self.exception is None

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        with self._changed:
            wait_until(self._changed, self.ready, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Wait for its value.

        Raises:
            Timeout: it took too long.
        """
        self.join(timeout if block else 0)
        if not self._is_ready:
            raise Timeout(timeout)
        if self.exception is not None:
            raise self.exception
        return self.value

    def link(self, callback: Callable[[Any], Any]) -> None:
        """Have a function called with it when it ends."""
        self._links.append(callback)

    link_value = link

    def link_exception(self, callback: Callable[[Any], Any]) -> None:
        """Have a function called with it when it ends by an exception."""
        self._links.append(lambda greenlet: greenlet.exception and callback(greenlet))

    def kill(self, exception: Any = GreenletExit, block: bool = True, timeout: float | None = None) -> None:
        """Count it as ended: a thread cannot be killed, so what it does goes on until the load ends."""
        self._end(GreenletExit(), None)

    def _live(self) -> None:
        here.port, here.user = self._here
        run, arguments, named = self._run
        try:
            self._end(run(*arguments, **named), None)
        except LoadOver as over:
            self._end(None, over)
        except Exception as error:
            traceback.print_exception(error)
            self._end(None, error)
        except BaseException as error:
            self._end(None, error)

    def _end(self, value: Any, error: BaseException | None) -> None:
        with self._changed:
            if self._is_ready:
                return
            self.value, self.exception, self._is_ready = value, error, True
            self._changed.notify_all()
        for callback in self._links:
            callback(self)


class Timeout(BaseException):
    """What `Greenlet.get` raises when it took too long; it cannot cut a block of code short."""

    def __init__(self, seconds: float | None = None, exception: Any = None) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def start(self) -> NoReturn:
        """Refused.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError("gevent.Timeout around code", "give the request a timeout=")

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        """Never reached."""


class Group:
    """Greenlets that can be waited for together; a pool holds at most `size` at once."""

    def __init__(self, size: int | None = None) -> None:
        self.size = size
        self.greenlets: set[Greenlet] = set()
        self._changed = threading.Condition()

    def spawn(self, run: Callable[..., Any], *arguments: Any, **named: Any) -> Greenlet:
        """Start one; in a full pool, when another has ended."""
        with self._changed:
            wait_until(self._changed, lambda: not self.size or len(self.greenlets) < self.size, None)
            greenlet = Greenlet(run, *arguments, **named)
            self.greenlets.add(greenlet)
        greenlet.link(self.discard)
        greenlet.start()
        return greenlet

    apply_async = spawn

    def add(self, greenlet: Greenlet) -> None:
        """Take in one that was started elsewhere."""
        with self._changed:
            self.greenlets.add(greenlet)
        greenlet.link(self.discard)
        if greenlet.ready():
            self.discard(greenlet)

    def discard(self, greenlet: Greenlet) -> None:
        """Forget one."""
        with self._changed:
            self.greenlets.discard(greenlet)
            self._changed.notify_all()

    def join(self, timeout: float | None = None, raise_error: bool = False) -> bool:
        """Wait until all have ended; False if that took too long."""
        waited_for = list(self.greenlets)
        with self._changed:
            done = wait_until(self._changed, lambda: not self.greenlets, timeout)
        for greenlet in waited_for if raise_error else ():
            if greenlet.exception is not None:
                raise greenlet.exception
        return done

    def kill(self, *_: Any, **__: Any) -> None:
        """Count all as ended."""
        for greenlet in list(self.greenlets):
            greenlet.kill()

    def map(self, run: Callable[[Any], Any], *rows: Iterable[Any]) -> list[Any]:
        """The values of a function for every item, in their order."""
        return [greenlet.get() for greenlet in [self.spawn(run, *each) for each in zip(*rows, strict=False)]]

    def imap(self, run: Callable[[Any], Any], *rows: Iterable[Any]) -> Iterator[Any]:
        """As `map`, as they come in order."""
        return iter(self.map(run, *rows))

    imap_unordered = imap

    def free_count(self) -> int:
        """How many more a pool would take."""
        return (self.size or 1 << 30) - len(self.greenlets)

    def full(self) -> bool:
        """Whether a pool takes no more."""
        return self.free_count() <= 0

    def __len__(self) -> int:
        return len(self.greenlets)


def spawn_later(seconds: float, run: Callable[..., Any], *arguments: Any, **named: Any) -> Greenlet:
    """Start a function after a while."""
    greenlet = Greenlet(run, *arguments, **named)
    greenlet.start_later(seconds)
    return greenlet


def joinall(greenlets: Iterable[Any], timeout: float | None = None, raise_error: bool = False) -> list[Any]:
    """Wait for several; those that have ended."""
    found = list(greenlets)
    give_up_s = None if timeout is None else time.monotonic() + timeout
    for greenlet in found:
        greenlet.join(None if give_up_s is None else max(give_up_s - time.monotonic(), 0))
    for greenlet in found if raise_error else ():
        if greenlet.exception is not None:
            raise greenlet.exception
    return [greenlet for greenlet in found if greenlet.ready()]


def killall(greenlets: Iterable[Any], *_: Any, **__: Any) -> None:
    """Count several as ended."""
    for greenlet in greenlets:
        greenlet.kill()


def idle(*_: Any) -> None:
    """Let others go on."""
    with contextlib.suppress(LoadOver):
        sleep(LOOK_UP_S / 100)


def patch_all(*_: Any, **__: Any) -> None:
    """Nothing has to be patched: users are threads."""
