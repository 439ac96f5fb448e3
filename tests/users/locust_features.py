"""Every public name of Locust's reference and documentation, and what becomes of it here.

Each row has a load test in short. Where it works natively its users, living on a port that answers everything
with status 200 and `{"a": 1}` ("/missing": 404), ask for `/ok` only if the feature did what Locust does.
`noted`: it is read and runs, and a note says what of it does not count. `refused`: it is not run, with this message.
"""

from __future__ import annotations

import textwrap
from typing import Literal, NamedTuple


class LocustFeature(NamedTuple):
    feature: str
    how: Literal["native", "noted", "refused"]
    code: str
    says: str = ""
    """Part of the note or of the refusal."""


def _row(feature: str, code: str, **says: str) -> LocustFeature:
    how: Literal["native", "noted", "refused"] = "native"
    if "noted" in says:
        how = "noted"
    if "refused" in says:
        how = "refused"
    text = "\n".join(
        (
            "from locust import *",
            "from locust import events, tag, transition, transitions",
            textwrap.dedent(code),
        )
    )
    return LocustFeature(feature, how, text, next(iter(says.values()), ""))


_OK = "self.client.get('/ok')"
_PLAIN = "class A(HttpUser):\n    @task\n    def t(self): self.client.get('/ok')\n"


def _user(*lines: str, base: str = "HttpUser", head: str = "") -> str:
    """A user class; the last line is its task's."""
    *members, task = lines
    body = "".join(f"    {line}\n" for member in members for line in member.splitlines())
    steps = "".join(f"        {line}\n" for line in task.splitlines())
    return f"{head}\nclass A({base}):\n{body}    @task\n    def t(self):\n{steps}"


LOCUST_FEATURES: tuple[LocustFeature, ...] = (
    _row("HttpUser", _PLAIN),
    _row("FastHttpUser", _user(_OK, base="FastHttpUser")),
    _row(
        "User without an HTTP client",
        _user(
            "self.environment.events.request.fire(request_type='GET', name='/ok', response_time=5, "
            "response_length=0, exception=None)",
            base="User",
        ),
        noted="has a client of its own",
    ),
    _row("User.wait_time as a number", _user("wait_time = 0.1", _OK)),
    _row("User.wait_time as a method", _user("def wait_time(self): return 0.1", _OK)),
    _row("User.wait_time as a property", _user("wait_time = property(lambda self: 0.1)", _OK)),
    _row("User.wait_time as a lambda", _user("wait_time = lambda self: 0.1", _OK)),
    _row("between", _user("wait_time = between(0.1, 0.2)", _OK)),
    _row("constant", _user("wait_time = constant(0.1)", _OK)),
    _row("constant_pacing", _user("wait_time = constant_pacing(0.1)", _OK)),
    _row("constant_throughput", _user("wait_time = constant_throughput(10)", _OK)),
    _row(
        "User.on_start, User.on_stop",
        _user("def on_start(self): self.path = '/ok'", "self.client.get(self.path)"),
    ),
    _row(
        "on_start inherited",
        "class B(HttpUser):\n    abstract = True\n    def on_start(self): self.path = '/ok'\n"
        "class A(B):\n    @task\n    def t(self): self.client.get(self.path)\n",
    ),
    _row("User.abstract", "class B(HttpUser):\n    abstract = True\n" + _PLAIN.replace("HttpUser", "B")),
    _row(
        "a class without tasks that others inherit from",
        "class B(HttpUser):\n    pass\n" + _PLAIN.replace("HttpUser", "B"),
        noted="B does not run: it has no tasks, and others inherit from it",
    ),
    _row("User.weight", _user("weight = 3", _OK)),
    _row(
        "User.weight = 0",
        _PLAIN + "class B(A):\n    weight = 0\n",
        noted="B does not run: its weight is 0",
    ),
    _row("User.fixed_count", _user("fixed_count = 1", _OK)),
    _row("User.host", _user("host = 'http://shop.example'", "self.client.get(self.host + '/ok')")),
    _row(
        "user classes of several hosts",
        _user("host = 'http://a.example'", _OK)
        + _PLAIN.replace("A(", "B(")
        + "    host = 'http://b.example'\n",
        noted="for several hosts",
    ),
    _row(
        "User.tasks as a list", "def t(user): user.client.get('/ok')\nclass A(HttpUser):\n    tasks = [t]\n"
    ),
    _row(
        "User.tasks as a mapping",
        "def t(user): user.client.get('/ok')\nclass A(HttpUser):\n    tasks = {t: 2}\n",
    ),
    _row("User.wait, User.rest of names", _user("self.wait()\nself.client.get('/ok')")),
    _row(
        "User.context",
        _user(
            "def context(self): return {'path': '/ok'}",
            "self.client.get('/a')\nself.client.get(seen[0])",
            head="seen = []\n@events.request.add_listener\ndef heard(context, **kw): seen.append(context['path'])\n",
        ),
    ),
    _row("User.stop", _user("self.client.get('/ok')\nself.stop()")),
    _row("User.environment", _user("assert self.environment.user_classes == [A]\nself.client.get('/ok')")),
    _row("task with a weight", _user(_OK).replace("@task", "@task(3)")),
    _row("tag", _user(_OK).replace("@task", "@tag('slow')\n    @task")),
    _row(
        "TaskSet",
        "class T(TaskSet):\n    @task\n    def t(self): self.client.get('/ok')\nclass A(HttpUser):\n    tasks = [T]\n",
    ),
    _row(
        "TaskSet nested, user, parent, interrupt",
        """
        class A(HttpUser):
            @task
            class T(TaskSet):
                @task
                class U(TaskSet):
                    @task
                    def t(self):
                        assert self.parent.user is self.user and isinstance(self.parent, A.T)
                        self.client.get('/ok')
                        self.interrupt(reschedule=False)
        """,
    ),
    _row(
        "SequentialTaskSet",
        """
        class T(SequentialTaskSet):
            @task
            def first(self): self.user.path = '/ok'
            @task
            def second(self): self.client.get(self.user.path)
        class A(HttpUser):
            tasks = [T]
        """,
    ),
    _row(
        "MarkovTaskSet, transition, transitions",
        """
        class T(MarkovTaskSet):
            @transition('second')
            def first(self): self.user.path = '/ok'
            @transitions({'first': 1})
            def second(self): self.client.get(self.user.path)
        class A(HttpUser):
            tasks = [T]
        """,
    ),
    _row(
        "MarkovTaskSet with a transition to nothing",
        "class T(MarkovTaskSet):\n    @transition('away')\n    def first(self): ...\n",
        refused="InvalidTransitionError",
    ),
    _row("TaskSet.schedule_task", _user("self.client.get('/ok')")),
    _row(
        "InterruptTaskSet, RescheduleTask, StopUser",
        _user(
            "self.client.get('/ok')\nraise RescheduleTask()",
            head="from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser",
        ),
    ),
    _row(
        "StopTest",
        _user(
            "self.client.get('/ok')\nraise StopTest('enough')", head="from locust.exception import StopTest"
        ),
    ),
    _row(
        "client.get, post, put, patch, delete, head, options, request",
        _user(
            "for name in ('post', 'put', 'patch', 'delete', 'head', 'options'): getattr(self.client, name)('/x')\n"
            "self.client.request('GET', '/ok')"
        ),
    ),
    _row("client(name=)", _user("self.client.get('/x?id=1', name='/ok')")),
    _row(
        "client.rename_request", _user("with self.client.rename_request('/ok'): self.client.get('/x?id=1')")
    ),
    _row("client.request_name", _user("self.client.request_name = '/ok'\nself.client.get('/x?id=1')")),
    _row(
        "client(catch_response=True), success, failure",
        _user("with self.client.get('/missing', name='/ok', catch_response=True) as r:\n    r.success()"),
    ),
    _row(
        "response.failure(Exception)",
        _user(
            "with self.client.get('/x', catch_response=True) as r: r.failure(ValueError('no'))\nself.client.get('/ok')"
        ),
    ),
    _row(
        "response.request_meta",
        _user("with self.client.get('/x', catch_response=True) as r: r.request_meta['name'] = '/ok'"),
    ),
    _row("client(context=)", _user("self.client.get('/ok', context={'user': 1})")),
    _row(
        "FastHttpUser.rest",
        _user("with self.rest('GET', '/ok') as r: assert r.js['a'] == 1", base="FastHttpUser"),
    ),
    _row(
        "Response of requests",
        _user(
            "r = self.client.get('/x')\nassert r.json() == {'a': 1} and r.ok and r.status_code == 200 and r.elapsed\n"
            + _OK
        ),
    ),
    _row(
        "HttpSession of the file's own",
        _user(
            "HttpSession(base_url='http://b.example', request_event=None, user=self)",
            head="from locust.clients import HttpSession",
        ),
        refused="HttpSession() of the file's own is not supported",
    ),
    _row(
        "HttpSession for annotations",
        _PLAIN + "from locust.clients import HttpSession, ResponseContextManager\n",
    ),
    _row(
        "FastHttpSession, FastResponse for annotations",
        _PLAIN
        + "from locust.contrib.fasthttp import FastHttpSession, FastResponse, RestResponseContextManager\n",
    ),
    _row(
        "User.pool_manager", _user("pool_manager = object()", _OK), refused="A.pool_manager is not supported"
    ),
    _row(
        "FastHttpUser.proxy_host",
        _user("proxy_host = 'p'", _OK, base="FastHttpUser"),
        refused="A.proxy_host is not supported",
    ),
    _row(
        "FastHttpUser.max_retries",
        _user("max_retries = 3", _OK, base="FastHttpUser"),
        refused="A.max_retries is not supported",
    ),
    _row(
        "FastHttpUser.network_timeout, connection_timeout, max_redirects, insecure, concurrency, default_headers",
        _user(
            "network_timeout = connection_timeout = 5.0",
            "max_redirects = 5",
            "default_headers = {'A': 'b'}",
            _OK,
            base="FastHttpUser",
        ),
    ),
    _row(
        "events.request",
        _user(
            "self.client.get('/x')\nif heard == [('GET', '/x', None)]: self.client.get('/ok')",
            head="heard = []\n@events.request.add_listener\ndef on(request_type, name, response_time, response_length, response, "
            "context, exception, start_time, url, **kw): heard.append((request_type, name, exception))\n",
        ),
    ),
    _row(
        "events.request with RescheduleTask",
        _user(
            "self.client.get('/ok')\nself.client.get('/missing')\nraise SystemExit",
            head="from locust.exception import RescheduleTask\n@events.request.add_listener\ndef on(exception, **kw):\n"
            "    if exception: raise RescheduleTask()\n",
        ),
    ),
    _row(
        "events.request.fire, events.request.measure",
        _user(
            "with self.environment.events.request.measure('GET', '/ok') as meta: meta['response_length'] = 3"
        ),
    ),
    _row(
        "events.request_success, events.request_failure (before 2.0)",
        _user(
            "self.client.get('/x')\nif heard == ['/x']: self.client.get('/ok')",
            head="heard = []\n@events.request_success.add_listener\ndef on(request_type, name, response_time, response_length): heard.append(name)\n",
        ),
    ),
    _row(
        "events.user_error",
        _user(
            "if heard: self.client.get('/ok')\nraise KeyError('x')",
            head="heard = []\n@events.user_error.add_listener\ndef on(user_instance, exception, tb, **kw): heard.append(exception)\n",
        ),
    ),
    _row(
        "events.init, test_start, spawning_complete",
        _user(
            "if heard == ['init', 'start', 1]: self.client.get('/ok')",
            head="heard = []\n@events.init.add_listener\ndef i(environment, **kw): heard.append('init')\n"
            "@events.test_start.add_listener\ndef s(environment, **kw): heard.append('start')\n"
            "@events.spawning_complete.add_listener\ndef c(user_count, **kw): heard.append(user_count)\n",
        ),
    ),
    _row(
        "events.test_stopping, test_stop, quitting, quit",
        _PLAIN + "for hook in (events.test_stopping, events.test_stop, events.quitting):\n"
        "    @hook.add_listener\n    def on(environment, **kw): assert environment.stats.total.num_requests\n"
        "@events.quit.add_listener\ndef q(exit_code, **kw): assert exit_code == 0\n",
    ),
    _row(
        "events.init_command_line_parser, environment.parsed_options",
        _user(
            "self.client.get(self.environment.parsed_options.my_path)",
            head="@events.init_command_line_parser.add_listener\ndef p(parser): parser.add_argument('--my-path', "
            "env_var='MY_PATH', default='/ok', include_in_web_ui=False, is_secret=True, is_required=True)\n",
        ),
    ),
    *(
        _row(
            f"events.{name}",
            _PLAIN + f"@events.{name}.add_listener\ndef on(**kw): ...\n",
            noted=f"listeners of events.{name} are never called",
        )
        for name in (
            "report_to_master",
            "worker_report",
            "worker_connect",
            "heartbeat_sent",
            "heartbeat_received",
            "reset_stats",
            "cpu_warning",
            "usage_monitor",
        )
    ),
    _row(
        "EventHook of the file's own",
        _user(
            "mine.fire(path='/ok', user=self)",
            head="from locust.event import EventHook\nmine = EventHook()\n@mine.add_listener\ndef on(path, user): user.client.get(path)\n",
        ),
    ),
    _row(
        "LoadTestShape",
        _PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10) if self.n < 3 else None\n",
        noted="the load shape of the file is not replayed in paired rounds",
    ),
    _row(
        "LoadTestShape with user classes",
        _PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10, [A]) if self.n < 3 else None\n",
        noted="not replayed in paired rounds",
    ),
    _row(
        "LoadTestShape.get_run_time, reset_time, get_current_user_count, runner",
        _PLAIN
        + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n        self.reset_time()\n"
        "        assert self.get_run_time() < 5 and self.get_current_user_count() == 0 and self.runner\n"
        "        return (1, 10) if self.n < 3 else None\n",
        noted="not replayed in paired rounds",
    ),
    _row(
        "LoadTestShape.use_common_options",
        _PLAIN + "class S(LoadTestShape):\n    use_common_options = True\n    n = 0\n"
        "    def tick(self):\n        self.n += 1\n        return (1, 10) if self.n < 3 else None\n",
        noted="-e LOCUST_USERS=50",
    ),
    _row("LoadTestShape.abstract", _PLAIN + "class S(LoadTestShape):\n    abstract = True\n"),
    _row(
        "several LoadTestShapes",
        _PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10) if self.n < 3 else None\nclass R(S):\n    pass\n",
        noted="the first counts, S, and not R",
    ),
    _row("environment.runner.quit, stop", _user("self.client.get('/ok')\nself.environment.runner.quit()")),
    _row(
        "environment.runner.stats",
        _user(
            "self.client.get('/x')\nself.client.get('/missing')\ntotal = self.environment.runner.stats.total\n"
            "if 0 < total.fail_ratio < 1 and total.num_requests > 1 and total.get_response_time_percentile(0.95) and "
            "total.avg_response_time and self.environment.stats.get('/x', 'GET').num_failures == 0: self.client.get('/ok')"
        ),
    ),
    _row(
        "environment.runner.user_count, target_user_count, state",
        _user(
            "runner = self.environment.runner\nif (runner.user_count, runner.target_user_count, runner.state) == (1, 1, 'running'): "
            "self.client.get('/ok')"
        ),
    ),
    _row(
        "runner.register_message, send_message",
        _user(
            "self.environment.runner.send_message('go', {'user': self})",
            head="def on(environment, msg, **kw): msg.data['user'].client.get('/ok')\n@events.init.add_listener\n"
            "def i(environment, **kw): environment.runner.register_message('go', on)\n",
        ),
    ),
    _row(
        "isinstance(runner, MasterRunner), WorkerRunner, LocalRunner",
        _user(
            "runner = self.environment.runner\nif isinstance(runner, LocalRunner) and not isinstance(runner, (MasterRunner, WorkerRunner)): "
            "self.client.get('/ok')",
            head="from locust.runners import LocalRunner, MasterRunner, WorkerRunner, STATE_STOPPED, STATE_STOPPING, STATE_CLEANUP\n",
        ),
    ),
    _row(
        "environment.process_exit_code",
        _PLAIN
        + "@events.quitting.add_listener\ndef q(environment, **kw): environment.process_exit_code = 0\n",
    ),
    _row("environment.web_ui", _user("if self.environment.web_ui is None: self.client.get('/ok')")),
    _row("environment.host, environment.shape_class", _user("assert self.environment.host\n" + _OK)),
    _row(
        "locust.stats settings",
        _PLAIN + "import locust.stats\nlocust.stats.PERCENTILES_TO_CHART = [0.9]\n",
        noted="locust.stats.PERCENTILES_TO_CHART changes nothing here",
    ),
    _row("run_single_user", _PLAIN + "if __name__ == '__main__':\n    run_single_user(A)\n"),
    _row(
        "locust.util.timespan.parse_timespan",
        _user(
            "if parse_timespan('1h2m3s') == 3723: self.client.get('/ok')",
            head="from locust.util.timespan import parse_timespan",
        ),
    ),
    _row(
        "imports inside functions",
        _user("from locust.exception import RescheduleTask\nimport locust\n" + _OK),
    ),
    _row(
        "gevent.sleep, spawn, joinall",
        _user(
            "import gevent\ngevent.sleep(0)\ngevent.joinall([gevent.spawn(self.client.get, '/ok')])",
            head="import gevent",
        ),
        noted="greenlets are threads here",
    ),
    _row(
        "gevent.pool.Group, Pool",
        _user(
            "pool = Pool(2)\nfor _ in range(3): pool.spawn(self.client.get, '/ok')\npool.join()",
            head="from gevent.pool import Group, Pool",
        ),
        noted="greenlets are threads here",
    ),
    _row(
        "gevent.lock.Semaphore, gevent.event.Event",
        _user(
            "ready.set()\nwith lock: ready.wait()\nself.client.get('/ok')",
            head="from gevent.lock import Semaphore\nfrom gevent.event import Event\nlock, ready = Semaphore(), Event()",
        ),
        noted="greenlets are threads here",
    ),
    _row(
        "flask routes for the web UI",
        _PLAIN + "from flask import Blueprint, request\next = Blueprint('a', 'b')\n"
        "@events.init.add_listener\ndef i(environment, **kw):\n    if environment.web_ui: environment.web_ui.app.route('/x')\n",
    ),
    _row("perfgate's own import", "import perfgate\nfrom perfgate import HttpUser, task, events\n" + _PLAIN),
    *(
        _row(f"{text.splitlines()[0]}", _PLAIN + text, refused=says)
        for text, says in (
            ("from locust import HttpLocust", "locust has no 'HttpLocust' in perfgate"),
            ("from locust import Locust", "locust has no 'Locust' in perfgate"),
            ("from locust import TaskSequence", "locust has no 'TaskSequence' in perfgate"),
            ("from locust import seq_task", "locust has no 'seq_task' in perfgate"),
            ("from locust.main import main", "there is no locust.main in perfgate"),
            ("from locust.web import WebUI", "there is no locust.web in perfgate"),
            ("from locust.rpc import Message", "there is no locust.rpc in perfgate"),
            ("from locust.dispatch import UsersDispatcher", "there is no locust.dispatch in perfgate"),
            ("from locust.log import setup_logging", "locust.log has no 'setup_logging' in perfgate"),
            ("from locust.stats import stats_printer", "locust.stats has no 'stats_printer' in perfgate"),
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
    _row(
        "min_wait, max_wait (before 1.0)", _user("min_wait = 5", _OK), refused="A.min_wait is not supported"
    ),
    _row(
        "wait_function (before 1.0)",
        _user("wait_function = lambda self: 5", _OK),
        refused="A.wait_function is not supported",
    ),
    _row("task_set (before 1.0)", _user("task_set = object", _OK), refused="A.task_set is not supported"),
)
