"""What the stand-in modules hold: every name of Locust and of gevent that a load test may import here."""

from __future__ import annotations

import queue
import threading
from typing import Any, NoReturn

from perfgate.users import exceptions, greenlets, locks, markov, runner, stats, waiting
from perfgate.users.caught import CaughtFastResponse, CaughtHttpResponse
from perfgate.users.client import FastHttpSession, HttpSession
from perfgate.users.current import sleep
from perfgate.users.environment import Environment
from perfgate.users.events import EventHook, Events
from perfgate.users.http import FastHttpUser, HttpUser
from perfgate.users.options import ArgumentParser
from perfgate.users.refusals import refused_when_called
from perfgate.users.response import FastResponse
from perfgate.users.shape import LoadTestShape
from perfgate.users.tasks import tag, task
from perfgate.users.taskset import SequentialTaskSet, TaskSet
from perfgate.users.timespan import parse_timespan
from perfgate.users.user import User

VERSION = "2.99"
"""Of the Locust whose words these are: files ask whether it is old."""

STATS_SETTINGS: dict[str, Any] = {
    "CONSOLE_STATS_INTERVAL_SEC": 2,
    "HISTORY_STATS_INTERVAL_SEC": 5,
    "CSV_STATS_INTERVAL_SEC": 1,
    "CSV_STATS_FLUSH_INTERVAL_SEC": 10,
    "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW": 10,
    "STATS_AUTORESIZE": True,
    "STATS_NAME_WIDTH": 60,
    "STATS_TYPE_WIDTH": 8,
    "PERCENTILES_TO_REPORT": [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0],
    "PERCENTILES_TO_STATISTICS": [0.95, 0.99],
    "PERCENTILES_TO_CHART": [0.5, 0.95],
}
RUNNER_SETTINGS: dict[str, Any] = {
    "CPU_MONITOR_INTERVAL": 5.0,
    "CPU_WARNING_THRESHOLD": 90,
    "HEARTBEAT_INTERVAL": 1,
    "HEARTBEAT_LIVENESS": 3,
    "FALLBACK_INTERVAL": 5,
    "CONNECT_TIMEOUT": 5,
    "CONNECT_RETRY_COUNT": 60,
    "MASTER_HEARTBEAT_TIMEOUT": 60,
    "WORKER_REPORT_INTERVAL": 3.0,
    "WORKER_LOG_REPORT_INTERVAL": 10,
}
SETTINGS = {"locust.stats": STATS_SETTINGS, "locust.runners": RUNNER_SETTINGS}
"""What a file may set, and what then changes nothing here: it is noted."""


def run_single_user(*_: object, **__: object) -> NoReturn:
    """Locust's way to debug a file by running it, which perfgate has no part in."""
    raise exceptions.UnsupportedError("run_single_user", "use Locust itself to debug a single user")


def contents_of(environment: Environment) -> dict[str, dict[str, Any]]:
    """The names of every module."""
    return {**_locust(environment), **_gevent()}


def _locust(environment: Environment) -> dict[str, dict[str, Any]]:
    waits = ("between", "constant", "constant_pacing", "constant_throughput", "poisson")
    times = {name: getattr(waiting, name) for name in waits}
    tasks = {"task": task, "tag": tag, "TaskSet": TaskSet}
    sequential = {"SequentialTaskSet": SequentialTaskSet}
    chains = {
        name: value
        for name, value in vars(markov).items()
        if name in ("MarkovTaskSet", "transition", "transitions") or name.endswith("Error")
    }
    users = {"User": User, "HttpUser": HttpUser}
    fast = {"FastHttpUser": FastHttpUser}
    raised = {name: value for name, value in vars(exceptions).items() if isinstance(value, type)}
    del raised["UnsupportedError"], raised["MissingError"]
    single = {"run_single_user": run_single_user}
    shape = {"LoadTestShape": LoadTestShape}
    states = {name: value for name, value in vars(runner).items() if name.startswith("STATE_")}
    runners = {
        cls.__name__: cls
        for cls in (runner.Runner, runner.LocalRunner, runner.MasterRunner, runner.WorkerRunner)
    }
    main = {"events": environment.events, "__version__": VERSION, **single, **shape}
    main |= {name: chains[name] for name in ("MarkovTaskSet", "transition", "transitions")}
    return {
        "locust": {**users, **fast, **tasks, **sequential, **times, **main},
        "locust.exception": raised,
        "locust.wait_time": times,
        "locust.user": {**users, **tasks},
        "locust.user.users": {**users, **tasks},
        "locust.user.task": tasks,
        "locust.user.sequential_taskset": sequential,
        "locust.user.markov_taskset": chains,
        "locust.user.wait_time": times,
        "locust.contrib": {},
        "locust.contrib.fasthttp": {
            **fast,
            "FastHttpSession": FastHttpSession,
            "FastResponse": FastResponse,
            "ResponseContextManager": CaughtFastResponse,
            "RestResponseContextManager": CaughtFastResponse,
        },
        "locust.clients": {"HttpSession": HttpSession, "ResponseContextManager": CaughtHttpResponse},
        "locust.env": {"Environment": Environment},
        "locust.event": {"EventHook": EventHook, "Events": Events},
        "locust.shape": shape,
        "locust.debug": single,
        "locust.runners": {**runners, **states, **RUNNER_SETTINGS},
        "locust.stats": {
            "StatsEntry": stats.StatsEntry,
            "StatsError": stats.StatsError,
            "RequestStats": stats.RequestStats,
            **STATS_SETTINGS,
            **refused_when_called("locust.stats"),
        },
        "locust.argument_parser": {"LocustArgumentParser": ArgumentParser},
        "locust.log": refused_when_called("locust.log"),
        "locust.util": {},
        "locust.util.timespan": {"parse_timespan": parse_timespan},
    }


def _gevent() -> dict[str, dict[str, Any]]:
    pools = {"Group": greenlets.Group, "Pool": greenlets.Group}
    main = {
        "Greenlet": greenlets.Greenlet,
        "GreenletExit": greenlets.GreenletExit,
        "Timeout": greenlets.Timeout,
        "idle": greenlets.idle,
        "joinall": greenlets.joinall,
        "killall": greenlets.killall,
        "sleep": lambda seconds=0, ref=True: sleep(seconds),
        "spawn": greenlets.Greenlet.spawn,
        "spawn_later": greenlets.spawn_later,
        "wait": greenlets.joinall,
    }
    semaphores = {"Semaphore": locks.Semaphore, "BoundedSemaphore": locks.Semaphore}
    queues = {name: getattr(queue, name) for name in ("Queue", "LifoQueue", "PriorityQueue", "Empty", "Full")}
    return {
        "gevent": main,
        "gevent.event": {"Event": locks.Event},
        "gevent.lock": {**semaphores, "RLock": threading.RLock},
        "gevent.monkey": {"patch_all": greenlets.patch_all},
        "gevent.pool": pools,
        "gevent.queue": queues,
    }
