"""What perfgate makes of features of locustfiles on Locust itself: one row a feature, proven by a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from locust_service import user

Treatment = Literal["through locust", "noted", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustFeature:
    """`file` shows the feature; `endpoints` are what must be measured, `message` what must be said."""

    feature: str
    file: str
    treatment: Treatment = "through locust"
    endpoints: tuple[str, ...] = ()
    message: str = ""
    arguments: tuple[str, ...] = ()


def _body(feature: str, body: str, *endpoints: str, message: str = "", **file: str) -> LocustFeature:
    return LocustFeature(
        feature=feature,
        file=user(body, **file),
        treatment="noted" if message else "through locust",
        endpoints=endpoints,
        message=message,
    )


_CUSTOM = """
import xmlrpc.client
class Client:
    def __init__(self, host, request_event):
        self.host, self.event = host, request_event
    def call(self, name):
        started, watch = time.time(), time.perf_counter()
        gevent.sleep(0.01)
        self.event.fire(request_type='rpc', name=name, start_time=started,
                        response_time=(time.perf_counter() - watch) * 1000, response_length=3,
                        response=None, context={}, exception=None)
class RpcUser(User):
    abstract = True
    def __init__(self, environment):
        super().__init__(environment)
        self.client = Client(self.host, environment.events.request)
"""
_SHAPE = """
class Steps(LoadTestShape):
    def tick(self):
        return (2, 10) if self.get_run_time() < 1 else None
"""
_VERBS = """
for verb in ('post', 'put', 'patch', 'delete'):
    getattr(self.client, verb)('/u/7', name='/u/[id]')
"""
_LISTENERS = """
@events.init.add_listener
def on_init(environment, **_):
    environment.own = 'own'
@events.test_start.add_listener
def on_test_start(environment, **_):
    assert environment.own and environment.host
@events.request.add_listener
def on_request(name, **_):
    raise ValueError('a listener that fails')
"""
_ARGUMENT = """
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument('--place', default='none')
"""
_EXIT = """
@events.quitting.add_listener
def judge(environment, **_):
    environment.process_exit_code = 3 if environment.stats.total.num_requests else 0
"""
_SPAWN = """
jobs = [gevent.spawn(self.client.get, f'/part/{n}', name='/part') for n in range(3)]
gevent.joinall(jobs)
"""
_FAST = """
self.client.get('/a?x=1')
with self.rest('GET', '/b') as answer:
    assert answer.js['n'] == 1
self.client.get('/away')
"""
_ABSOLUTE = """
self.client.get('https://api.example.com/a')
self.client.get('/away')
self.client.get('/moved')
"""
_RAISES = """
self.client.get('/a')
if hasattr(self, 'n'):
    return self.environment.runner.quit()
self.n = 1
raise KeyError('x')
"""
_OTHER_CLIENT = """
self.client.get('/a')
import requests
try:
    requests.get('http://127.0.0.1:9/x', timeout=1)
except OSError:
    pass
"""
_SEQUENCE = """
from locust import HttpUser, SequentialTaskSet, tag, task
class Flow(SequentialTaskSet):
    @tag('a')
    @task
    def one(self):
        self.client.get('/1')
    @tag('b')
    @task
    def two(self):
        self.client.get('/2')
    @tag('a')
    @task
    class Inner(SequentialTaskSet):
        @task
        def end(self):
            self.client.get('/3')
            self.user.environment.runner.quit()
class Visitor(HttpUser):
    host = 'https://api.example.com'
    tasks = [Flow]
"""

LOCUST_DRIVER_FEATURES = (
    _body("HttpUser: get, head, options",
          "for m in ('get', 'head', 'options'): getattr(self.client, m)('/a')",
          "GET /a", "HEAD /a", "OPTIONS /a"),
    _body("HttpUser: post, put, patch, delete, name=",
          _VERBS,
          "POST /u/[id]", "PUT /u/[id]", "PATCH /u/[id]", "DELETE /u/[id]"),
    _body("FastHttpUser, rest, redirects",
          _FAST,
          "GET /a?x=1", "GET /b", "GET /away", base="FastHttpUser"),
    _body("absolute URLs, and redirects to other hosts",
          _ABSOLUTE,
          "GET /a", "GET /away", "GET /moved", message="redirected to http://127.0.0.1"),
    LocustFeature(
        feature="a path in host",
        file=user("self.client.get('/a')").replace("api.example.com'", "api.example.com/v1'"),
        endpoints=("GET /v1/a",),
    ),
    _body("greenlets of the file's own", _SPAWN, "GET /part", "GET /part", "GET /part"),
    _body("custom clients that fire events.request", "self.client.call('sum')", "rpc sum",
          head=_CUSTOM, base="RpcUser", message="1 requests succeeded without a status, and count as 200"),
    _body("events.request.measure",
          "with self.environment.events.request.measure('job', 'import') as meta:\n    gevent.sleep(0.01)",
          "job import"),
    LocustFeature(
        feature="a LoadTestShape beside options it does not read",
        file=user("self.client.get('/a')\ntime.sleep(0.4)", head=_SHAPE, then=""),
        arguments=("-u", "9"),
        treatment="noted",
        endpoints=("GET /a",),
        message="locust warned: The following option(s) will be ignored: --users",
    ),
    _body("LoadTestShape", "self.client.get('/a')\ntime.sleep(0.4)", "GET /a", head=_SHAPE, then=""),
    _body("listeners of init, test_start, request; their failures", "self.client.get('/a')", "GET /a",
          head=_LISTENERS, message="locust ended with"),
    LocustFeature(
        feature="custom command-line arguments",
        file=user("self.client.get(f'/{self.environment.parsed_options.place}')", head=_ARGUMENT),
        arguments=("--place", "here"),
        endpoints=("GET /here",),
    ),
    _body("process_exit_code", "self.client.get('/a')", "GET /a", head=_EXIT,
          message="locust ended with 3: the file's own exit code"),
    _body("exceptions in tasks", _RAISES, "GET /a", then="", message="1 exceptions left the code of users"),
    _body("requests of other clients", _OTHER_CLIENT, "GET /a",
          message="1 requests of other clients went to http://127.0.0.1:9: neither redirected nor measured"),
    LocustFeature(
        feature="SequentialTaskSet, nested task sets, tags",
        file=_SEQUENCE,
        arguments=("--tags", "a"),
        endpoints=("GET /1", "GET /3"),
    ),
    LocustFeature(
        feature="a run without an end", file=user("self.client.get('/a')", then=""), treatment="refused",
        message="nothing says when the run ends",
    ),
    LocustFeature(
        feature="a file without users", file="x = 1\n", treatment="refused", message="No User class found",
    ),
    LocustFeature(
        feature="a module that Locust's Python does not have", file="import not_there_at_all\n",
        treatment="refused", message="No module named 'not_there_at_all'",
    ),
    LocustFeature(
        feature="--master, --worker, --processes as arguments", file=user("self.client.get('/a')"),
        arguments=("--processes", "2"), treatment="refused", message="perfgate runs Locust in one process",
    ),
)  # fmt: skip
