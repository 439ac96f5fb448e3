"""Asking a script what comes next."""

from __future__ import annotations

from perfgate.model import Action, Cookies, Failure, Request, Response, Script, Think, Together


def advance(script: Script | None, answer: Response | None) -> Action | None:
    """The script's next wish, or None when it has ended."""
    if script is None:
        return None
    try:
        return script.send(answer)
    except StopIteration:
        return None


def first_endpoint(script: Script) -> int | None:
    """The endpoint of the first request of a script; what comes before it is passed over."""
    action = advance(script, None)
    while isinstance(action, Think | Cookies):
        action = advance(script, None)
    if isinstance(action, Together):
        found = [endpoint for branch in action.branches if (endpoint := first_endpoint(branch)) is not None]
        return found[0] if found else None
    return action.endpoint if isinstance(action, Request | Failure) else None
