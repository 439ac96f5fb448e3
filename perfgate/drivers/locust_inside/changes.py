"""What an order changes about Locust: the load, the hosts, the pauses, the certificates."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

STEADY_STOP_S = 5.0
NO_LIMIT = 64
"""The exit code for a run that would never end."""


def apply(order: dict[str, Any], redirect: Any, recorder: Any) -> None:
    """Change Locust's classes before the locustfile is imported."""
    sessions = [import_module("locust.clients").HttpSession]
    sessions.append(import_module("locust.contrib.fasthttp").FastHttpSession)
    for session in sessions:
        _redirect_urls(session, redirect)
    _redirect_answers(sessions[0], redirect)
    _watch_other_clients(sessions[0], redirect)
    if order["insecure"]:
        _accept_any_certificate(*sessions)
    if order["skip_think"]:
        task = import_module("locust.user.task")
        gevent = import_module("gevent")
        task.TaskSet._sleep = lambda self, seconds: gevent.sleep(0)
    runner = import_module("locust.runners").Runner
    spawn_users = runner.spawn_users

    def spawned(self: Any, *args: Any, **kwargs: Any) -> Any:
        for user_class in self.user_classes:
            user_class.host = redirect.hosts.get(user_class, self.environment.host)
        recorder.runner = self
        return spawn_users(self, *args, **kwargs)

    runner.spawn_users = spawned


def settle_load(options: Any, given: dict[str, Any], order: dict[str, Any], report: dict[str, Any]) -> None:
    """Give a round its short and steady load, and see that a run has an end."""
    shape = given.get("shape_class")
    if order["steady"]:
        asked = [f"{name}={value}" for name, value in _load(options).items() if value]
        if shape:
            asked.append(f"the shape {type(shape).__name__}")
            given["shape_class"] = shape = None
        options.num_users = order["users"] or options.num_users or 1
        options.spawn_rate = options.num_users
        options.run_time = order["run_time_s"] or options.run_time
        if options.stop_timeout in (None, 0, "0"):
            options.stop_timeout = STEADY_STOP_S
        instead = f" in place of {', '.join(asked)}" if asked else ""
        length = f"{options.run_time:g} s" if isinstance(options.run_time, float) else options.run_time
        report["notes"].append(f"{options.num_users} users, all at once, for {length}{instead}")
    if (
        not shape
        and not options.run_time
        and not order["ends_itself"]
        and not getattr(options, "iterations", 0)
    ):
        sys.exit(NO_LIMIT)


def settle_hosts(user_classes: list[Any], options: Any, redirect: Any) -> None:
    """Keep the paths of the hosts the file and its options name."""
    if options.host:
        options.host = redirect.moved_host(options.host)
        redirect.hosts = dict.fromkeys(user_classes, options.host)
        return
    redirect.hosts = {cls: redirect.moved_host(getattr(cls, "host", None)) for cls in user_classes}
    options.host = redirect.origin


def _load(options: Any) -> dict[str, Any]:
    return {"users": options.num_users, "spawn-rate": options.spawn_rate, "run-time": options.run_time}


def _redirect_urls(session: Any, redirect: Any) -> None:
    build_url = session._build_url
    session._build_url = lambda self, path: redirect.moved(build_url(self, path))


def _redirect_answers(session: Any, redirect: Any) -> None:
    target_of = session.get_redirect_target

    def get_redirect_target(self: Any, response: Any) -> Any:
        target = target_of(self, response)
        return redirect.moved(f"http:{target}" if target.startswith("//") else target) if target else target

    session.get_redirect_target = get_redirect_target
    request = getattr(import_module("geventhttpclient.useragent"), "CompatRequest", None)
    if request is not None and hasattr(request, "redirect"):
        follow = request.redirect
        request.redirect = lambda self, code, location: follow(self, code, redirect.moved(location))


def _watch_other_clients(session: Any, redirect: Any) -> None:
    requests = import_module("requests")
    send = requests.Session.send
    session.send = send

    def watched(self: Any, request: Any, **kwargs: Any) -> Any:
        redirect.outside(str(request.url))
        return send(self, request, **kwargs)

    requests.Session.send = watched


def _accept_any_certificate(session: Any, fast_session: Any) -> None:
    import_module("urllib3").disable_warnings()
    begin, begin_fast = session.__init__, fast_session.__init__

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.verify = False

    def begun_fast(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["insecure"] = True
        begin_fast(self, *args, **kwargs)

    session.__init__, fast_session.__init__ = begun, begun_fast
