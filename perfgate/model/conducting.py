"""What a load test with hooks or a load shape of its own and the driver may ask of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from perfgate.model.answered import Exchange, Samples
    from perfgate.model.sent import UserKind


class Steering(Protocol):
    """The driver as the hooks of a load test see it; may be used from any thread."""

    url: str
    """Where the load goes."""
    sides: int
    """How many services are loaded at once; `url` is the first one's."""
    vus: int
    """Most users of this process at once; 1 where a shape decides."""
    duration_s: float
    """How long the load is meant to last."""

    is_shaped: bool
    """Whether the shape in the file decides how many users there are."""

    def is_over(self) -> bool:
        """Whether the load has ended."""

    def pause(self, duration_ns: int) -> bool:
        """Wait; False, early, when the load has ended."""

    def end(self) -> None:
        """End the load now; what is under way is not waited for."""

    def start_user(self, kind: UserKind) -> Callable[[], bool]:
        """Let one more user live; the answer says whether it still does."""

    def stop_user(self, is_alive: Callable[[], bool]) -> None:
        """End a user, known by what `start_user` gave."""

    def endpoint(self, name: str) -> int:
        """The number of an endpoint, given out on first sight."""

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        """Count an exchange that no user of this load had."""

    def samples(self) -> Samples:
        """Everything counted so far, the warm-up left out."""


class Conductor(Protocol):
    """The hooks and the shape of a load test; the driver calls it from one thread after the other."""

    def begin(self, steering: Steering) -> None:
        """Called before the first user, and before the load's time begins."""

    def lead(self) -> None:
        """Called on a thread of its own, if the file's shape decides: start and stop users."""

    def end(self) -> tuple[str, ...]:
        """Called after the last user; what the file itself says against the load, which has then failed."""
