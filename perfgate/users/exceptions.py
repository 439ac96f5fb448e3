"""The exceptions a Python load test raises to steer its user, and those it gets for asking what cannot be."""

from __future__ import annotations


class LocustError(Exception):
    """A load test used a user, a task set or a response in a way that has no meaning."""


class ResponseError(Exception):
    """An answer is wrong; raised inside a `catch_response` block, it makes the request a failure."""


class CatchResponseError(Exception):
    """What `failure("text")` becomes when the response is asked to raise."""


class MissingWaitTimeError(LocustError):
    """There is no wait time where one is needed."""


class UnsupportedError(LocustError):
    """The load test asks for something perfgate does not do; `error_class` is what it is counted under."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} is not supported: {hint}")
        self.error_class = f"unsupported: {what}"


class MissingError(UnsupportedError, AttributeError):
    """As `UnsupportedError`, for a name: `hasattr` says that it is not there."""


class StopTest(Exception):  # noqa: N818 - Locust's name
    """End the whole load."""


class RPCError(Exception):
    """Locust's for a broken connection between its processes; never raised here."""


class RunnerAlreadyExistsError(Exception):
    """Locust's for a second runner; never raised here."""


class InterruptTaskSet(Exception):  # noqa: N818 - Locust's name
    """Leave the task set; its parent goes on at once (`reschedule`), or after its wait time."""

    def __init__(self, reschedule: bool = True) -> None:
        super().__init__(reschedule)
        self.reschedule = reschedule


class StopUser(Exception):  # noqa: N818 - Locust's name
    """End this user."""


class RescheduleTask(Exception):  # noqa: N818 - Locust's name
    """End this task; the next one follows after the wait time."""


class RescheduleTaskImmediately(Exception):  # noqa: N818 - Locust's name
    """End this task; the next one follows at once."""


CONTROL_FLOW = (InterruptTaskSet, StopUser, RescheduleTask, RescheduleTaskImmediately)
"""What a task raises to say what it wants next, which is no failure."""

STEERING = (*CONTROL_FLOW, StopTest)
"""As `CONTROL_FLOW`, with what ends the whole load."""
