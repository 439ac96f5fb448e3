"""Load shapes: the class a file inherits from to say, second by second, how many users there are."""

from __future__ import annotations

import time
from abc import ABCMeta, abstractmethod
from typing import Any

SHAPE_NOT_REPLAYED = "the load shape of the file is not replayed in paired rounds, where the load is steady"


class LoadTestShapeMeta(ABCMeta):
    """A shape is abstract only if it says so itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> LoadTestShapeMeta:
        """Make the class."""
        body["abstract"] = body.get("abstract", False)
        return super().__new__(mcs, name, bases, body)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """How many users there are when; `tick` is called once a second."""

    abstract = True
    use_common_options = False
    runner: Any = None

    def __init__(self) -> None:
        self.start_time = time.perf_counter()

    def reset_time(self) -> None:
        """Count the run time from now on."""
        self.start_time = time.perf_counter()

    def get_run_time(self) -> float:
        """Seconds since the load began, or since `reset_time`."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self) -> int:
        """How many users live now."""
        return int(self.runner.user_count)

    @abstractmethod
    def tick(self) -> Any:
        """Users and users a second to get there, perhaps with a list of user classes; None ends the load."""


def is_shape(value: Any) -> bool:
    """Whether a member of a file is a shape to be run."""
    return isinstance(value, type) and issubclass(value, LoadTestShape) and not vars(value).get("abstract")
