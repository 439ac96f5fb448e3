"""What is done once for each side: `before` the first user begins, and `after` the last one has ended."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfgate.errors import MeasureError
from perfgate.load.address import Address, default_authority
from perfgate.load.client import Client
from perfgate.load.connection import Connection
from perfgate.load.dial import context_for
from perfgate.load.plan import LoadPlan
from perfgate.load.together import Sent, walk_together
from perfgate.model import Cookies, Failure, Request, Response, Scenario, Think, Together

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOR_EVER_NS = 1 << 62


class _Patient:
    """There is no load around these flows that could end."""

    is_over = False

    def pause(self, duration_ns: int, until_ns: int) -> bool:
        time.sleep(duration_ns / 1e9)
        return True


def prepared(plan: LoadPlan) -> LoadPlan:
    """The plan with what `before` has left on each side; a plan without one stays as it is.

    Raises:
        MeasureError: a request of it failed, or a function.
    """
    if plan.before is None:
        return plan
    given = tuple(_walk(plan, address, plan.before, {}, "before") for address in plan.addresses)
    return replace(plan, given=given)


def clean_up(plan: LoadPlan) -> tuple[str, ...]:
    """Walk `after` on each side, with what `before` has left there; how it failed, if it did.

    What was measured by then is not the worse for it, so it is told and nothing is raised.
    """
    if plan.after is None:
        return ()
    failed: list[str] = []
    for address, variables in zip(plan.addresses, plan.given or ({},) * len(plan.addresses), strict=True):
        try:
            _walk(plan, address, plan.after, dict(variables), "after")
        except MeasureError as error:
            failed.append(error.message)
    return tuple(failed)


def require_portable(plan: LoadPlan) -> None:
    """Make sure that other processes can be given what `before` has left.

    Raises:
        MeasureError: they cannot.
    """
    try:
        pickle.dumps(plan.given)
    except Exception as error:
        raise MeasureError(
            "before: a function left a variable that other processes cannot be given",
            "use one process (--processes 1), or keep to text, numbers, lists and mappings",
        ) from error


def _walk(
    plan: LoadPlan, address: Address, scenario: Scenario, variables: dict[str, Any], what: str
) -> dict[str, Any]:
    """One pass through a flow; every request must be answered as the file expects."""
    context = context_for(address)
    client = Client(Connection(address, plan.timeouts, context), secure=context is not None)
    where = address.authority or default_authority(address)
    if len(plan.addresses) == 2:
        where = f"{('base', 'head')[plan.addresses.index(address)]} ({where})"
    script = (scenario.given(variables) if scenario.given else scenario).start(plan.seed)
    answer: Response | None = None
    try:
        while True:
            action = script.send(answer)
            answer = None
            if isinstance(action, Request):
                exchange = client.exchange(action)
                _require([Sent(action.endpoint, exchange, action)], what, where)
                answer = exchange.response
            elif isinstance(action, Think):
                time.sleep(action.duration_ns / 1e9)
            elif isinstance(action, Cookies):
                client.put(action)
            elif isinstance(action, Failure):
                raise _failed(what, where, action.error)
            elif isinstance(action, Together):
                for branch in walk_together(client, action, _Patient(), _FOR_EVER_NS):
                    _require(branch, what, where)
    except StopIteration:
        return variables
    finally:
        client.close()


def _require(sent: Sequence[Sent], what: str, where: str) -> None:
    for _, exchange, request in sent:
        if exchange.error:
            asked = f"{request.method} {request.target}: " if request else ""
            raise _failed(what, where, f"{asked}{exchange.error}")


def _failed(what: str, where: str, how: str) -> MeasureError:
    return MeasureError(
        f"{what!r} failed on {where}: {how}"[:400],
        "see what the service logged; another status than 2xx or 3xx needs expect: statusCode",
    )
