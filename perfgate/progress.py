"""How a long job tells whoever waits for it where it is; imports nothing of ours."""

from typing import Protocol


class Progress(Protocol):
    """Told by the measurement what it does; shows it, or not. No method ever raises."""

    def phase(self, text: str) -> None:
        """A new phase begins, such as building base; ends the phase before."""

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        """`done` of `total` steps of this phase are finished; `text` says what happens now.

        `left_s` is how long the rest of the phase will take, where the caller knows better than by the pace
        so far.
        """

    def note(self, text: str) -> None:
        """Something worth keeping on the screen, such as a round that was dropped."""

    def close(self) -> None:
        """Nothing more will come: leave the terminal as it was found. May be called twice."""
