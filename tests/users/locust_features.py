# ruff: noqa: E501 - a load test in a line
"""Every public name of Locust's reference and documentation, and what becomes of it here.

Each row has a load test in short. Where it works natively its users, living on a port that answers everything
with status 200 and `{"a": 1}` ("/missing": 404), ask for `/ok` only if the feature did what Locust does.
`noted`: it is read and runs, and a note says what of it does not count. `refused`: it is not run, with this message.
"""

from __future__ import annotations

from locust_hooks import HOOKS
from locust_rows import OK, PLAIN, LocustFeature, row, user
from locust_users import USERS

_OTHERS: tuple[LocustFeature, ...] = (
    row(
        "gevent.sleep, spawn, joinall",
        user(
            "import gevent\ngevent.sleep(0)\ngevent.joinall([gevent.spawn(self.client.get, '/ok')])",
            head="import gevent",
        ),
        noted="greenlets are threads here",
    ),
    row(
        "gevent.pool.Group, Pool",
        user(
            "pool = Pool(2)\nfor _ in range(3): pool.spawn(self.client.get, '/ok')\npool.join()",
            head="from gevent.pool import Group, Pool",
        ),
        noted="greenlets are threads here",
    ),
    row(
        "gevent.lock.Semaphore, gevent.event.Event",
        user(
            "ready.set()\nwith lock: ready.wait()\nself.client.get('/ok')",
            head="from gevent.lock import Semaphore\nfrom gevent.event import Event\nlock, ready = Semaphore(), Event()",
        ),
        noted="greenlets are threads here",
    ),
    row(
        "flask routes for the web UI",
        PLAIN + "from flask import Blueprint, request\next = Blueprint('a', 'b')\n"
        "@events.init.add_listener\ndef i(environment, **kw):\n    if environment.web_ui: environment.web_ui.app.route('/x')\n",
    ),
    row(
        "functions for running the file as a program",
        PLAIN
        + "from locust.log import setup_logging\nfrom locust.stats import stats_history, stats_printer\n"
        "if __name__ == '__main__':\n    setup_logging('INFO')\n    stats_printer(None)\n",
    ),
    row("perfgate's own import", "import perfgate\nfrom perfgate import HttpUser, task, events\n" + PLAIN),
    *(
        row(f"{text.splitlines()[0]}", PLAIN + text, refused=says)
        for text, says in (
            ("from locust import HttpLocust", "locust has no 'HttpLocust' in perfgate"),
            ("from locust import Locust", "locust has no 'Locust' in perfgate"),
            ("from locust import TaskSequence", "locust has no 'TaskSequence' in perfgate"),
            ("from locust import seq_task", "locust has no 'seq_task' in perfgate"),
            ("from locust.main import main", "there is no locust.main in perfgate"),
            ("from locust.web import WebUI", "there is no locust.web in perfgate"),
            ("from locust.rpc import Message", "there is no locust.rpc in perfgate"),
            ("from locust.dispatch import UsersDispatcher", "there is no locust.dispatch in perfgate"),
            (
                "from locust.log import setup_logging\nsetup_logging('INFO')",
                "locust.log has no 'setup_logging' in perfgate",
            ),
            (
                "from locust.stats import stats_printer\nstats_printer(None)",
                "locust.stats has no 'stats_printer' in perfgate",
            ),
            (
                "from locust.env import Environment\nEnvironment(user_classes=[A])",
                "UnsupportedError while the file",
            ),
            ("from locust.contrib.postgres import PostgresUser", "there is no locust.contrib.postgres"),
            ("from locust.contrib.mongodb import MongoDBUser", "there is no locust.contrib.mongodb"),
            ("from locust.contrib.milvus import MilvusUser", "there is no locust.contrib.milvus"),
            ("from locust.contrib.qdrant import QdrantUser", "there is no locust.contrib.qdrant"),
            ("from locust.contrib.oai import OpenAIUser", "there is no locust.contrib.oai"),
            ("from locust.contrib.mqtt import MqttUser", "there is no locust.contrib.mqtt"),
            ("from locust.contrib.socketio import SocketIOUser", "there is no locust.contrib.socketio"),
            ("from locust.contrib.dns import DNSUser", "there is no locust.contrib.dns"),
            (
                "from locust.contrib.csv_request_logger import CsvRequestLogger",
                "locust.contrib.csv_request_logger",
            ),
            ("from locust_plugins.users import RestUser", "locust_plugins.users cannot be used"),
            ("import geventhttpclient", "geventhttpclient cannot be used"),
        )
    ),
    row("min_wait, max_wait (before 1.0)", user("min_wait = 5", OK), refused="A.min_wait is not supported"),
    row(
        "wait_function (before 1.0)",
        user("wait_function = lambda self: 5", OK),
        refused="A.wait_function is not supported",
    ),
    row("task_set (before 1.0)", user("task_set = object", OK), refused="A.task_set is not supported"),
)

LOCUST_FEATURES: tuple[LocustFeature, ...] = (*USERS, *HOOKS, *_OTHERS)
