# ruff: noqa: E501 - a load test in a line
"""Locust's users, tasks, requests and responses: what becomes of each name here."""

from __future__ import annotations

from locust_rows import OK, PLAIN, LocustFeature, row, user

USERS: tuple[LocustFeature, ...] = (
    row("HttpUser", PLAIN),
    row("FastHttpUser", user(OK, base="FastHttpUser")),
    row(
        "User without an HTTP client",
        user(
            "self.environment.events.request.fire(request_type='GET', name='/ok', response_time=5, "
            "response_length=0, exception=None)",
            base="User",
        ),
        noted="has a client of its own",
    ),
    row("User.wait_time as a number", user("wait_time = 0.1", OK)),
    row("User.wait_time as a method", user("def wait_time(self): return 0.1", OK)),
    row("User.wait_time as a property", user("wait_time = property(lambda self: 0.1)", OK)),
    row("User.wait_time as a lambda", user("wait_time = lambda self: 0.1", OK)),
    row("between", user("wait_time = between(0.1, 0.2)", OK)),
    row("constant", user("wait_time = constant(0.1)", OK)),
    row("constant_pacing", user("wait_time = constant_pacing(0.1)", OK)),
    row("constant_throughput", user("wait_time = constant_throughput(10)", OK)),
    row(
        "User.on_start, User.on_stop",
        user("def on_start(self): self.path = '/ok'", "self.client.get(self.path)"),
    ),
    row(
        "on_start inherited",
        "class B(HttpUser):\n    abstract = True\n    def on_start(self): self.path = '/ok'\n"
        "class A(B):\n    @task\n    def t(self): self.client.get(self.path)\n",
    ),
    row("User.abstract", "class B(HttpUser):\n    abstract = True\n" + PLAIN.replace("HttpUser", "B")),
    row(
        "a class without tasks that others inherit from",
        "class B(HttpUser):\n    pass\n" + PLAIN.replace("HttpUser", "B"),
        noted="B does not run: it has no tasks, and others inherit from it",
    ),
    row("User.weight", user("weight = 3", OK)),
    row(
        "User.weight = 0",
        PLAIN + "class B(A):\n    weight = 0\n",
        noted="B does not run: its weight is 0",
    ),
    row("User.fixed_count", user("fixed_count = 1", OK)),
    row("User.host", user("host = 'http://shop.example'", "self.client.get(self.host + '/ok')")),
    row(
        "user classes of several hosts",
        user("host = 'http://a.example'", OK) + PLAIN.replace("A(", "B(") + "    host = 'http://b.example'\n",
        noted="for several hosts",
    ),
    row("User.tasks as a list", "def t(user): user.client.get('/ok')\nclass A(HttpUser):\n    tasks = [t]\n"),
    row(
        "User.tasks as a mapping",
        "def t(user): user.client.get('/ok')\nclass A(HttpUser):\n    tasks = {t: 2}\n",
    ),
    row("User.wait, User.rest of names", user("self.wait()\nself.client.get('/ok')")),
    row(
        "User.context",
        user(
            "def context(self): return {'path': '/ok'}",
            "self.client.get('/a')\nself.client.get(seen[0])",
            head="seen = []\n@events.request.add_listener\ndef heard(context, **kw): seen.append(context['path'])\n",
        ),
    ),
    row("User.stop", user("self.client.get('/ok')\nself.stop()")),
    row("User.environment", user("assert self.environment.user_classes == [A]\nself.client.get('/ok')")),
    row("task with a weight", user(OK).replace("@task", "@task(3)")),
    row("tag", user(OK).replace("@task", "@tag('slow')\n    @task")),
    row(
        "TaskSet",
        "class T(TaskSet):\n    @task\n    def t(self): self.client.get('/ok')\nclass A(HttpUser):\n    tasks = [T]\n",
    ),
    row(
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
    row(
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
    row(
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
    row(
        "MarkovTaskSet with a transition to nothing",
        "class T(MarkovTaskSet):\n    @transition('away')\n    def first(self): ...\n",
        refused="InvalidTransitionError",
    ),
    row("TaskSet.schedule_task", user("self.client.get('/ok')")),
    row(
        "InterruptTaskSet, RescheduleTask, StopUser",
        user(
            "self.client.get('/ok')\nraise RescheduleTask()",
            head="from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser",
        ),
    ),
    row(
        "StopTest",
        user(
            "self.client.get('/ok')\nraise StopTest('enough')", head="from locust.exception import StopTest"
        ),
    ),
    row(
        "client.get, post, put, patch, delete, head, options, request",
        user(
            "for name in ('post', 'put', 'patch', 'delete', 'head', 'options'): getattr(self.client, name)('/x')\n"
            "self.client.request('GET', '/ok')"
        ),
    ),
    row("client(name=)", user("self.client.get('/x?id=1', name='/ok')")),
    row("client.rename_request", user("with self.client.rename_request('/ok'): self.client.get('/x?id=1')")),
    row("client.request_name", user("self.client.request_name = '/ok'\nself.client.get('/x?id=1')")),
    row(
        "client(catch_response=True), success, failure",
        user("with self.client.get('/missing', name='/ok', catch_response=True) as r:\n    r.success()"),
    ),
    row(
        "response.failure(Exception)",
        user(
            "with self.client.get('/x', catch_response=True) as r: r.failure(ValueError('no'))\nself.client.get('/ok')"
        ),
    ),
    row(
        "response.request_meta",
        user("with self.client.get('/x', catch_response=True) as r: r.request_meta['name'] = '/ok'"),
    ),
    row(
        "client.base_url",
        user(
            "host = 'http://a.example'",
            "self.client.base_url += '/ok'\nself.client.get('')\ntry: self.client.base_url = 'http://b.example'\nexcept Exception as error: self.client.get('/' if 'another host' in str(error) else '/b', name='/ok')",
        ),
    ),
    row(
        "client.cookies",
        user(
            "self.client.cookies.clear()\nself.client.cookies['a'] = '1'\nif self.client.cookies.get('a') == '1': self.client.get('/ok')"
        ),
    ),
    row("client(context=)", user("self.client.get('/ok', context={'user': 1})")),
    row(
        "FastHttpUser.rest",
        user("with self.rest('GET', '/ok') as r: assert r.js['a'] == 1", base="FastHttpUser"),
    ),
    row(
        "Response of requests",
        user(
            "r = self.client.get('/x')\nassert r.json() == {'a': 1} and r.ok and r.status_code == 200 and r.elapsed\n"
            + OK
        ),
    ),
    row(
        "HttpSession of the file's own",
        user(
            "HttpSession(base_url='http://b.example', request_event=None, user=self)",
            head="from locust.clients import HttpSession",
        ),
        refused="HttpSession() of the file's own is not supported",
    ),
    row(
        "HttpSession for annotations",
        PLAIN + "from locust.clients import HttpSession, ResponseContextManager\n",
    ),
    row(
        "FastHttpSession, FastResponse for annotations",
        PLAIN
        + "from locust.contrib.fasthttp import FastHttpSession, FastResponse, RestResponseContextManager\n",
    ),
    row("User.pool_manager", user("pool_manager = object()", OK), refused="A.pool_manager is not supported"),
    row(
        "FastHttpUser.proxy_host",
        user("proxy_host = 'p'", OK, base="FastHttpUser"),
        refused="A.proxy_host is not supported",
    ),
    row(
        "FastHttpUser.max_retries",
        user("max_retries = 3", OK, base="FastHttpUser"),
        refused="A.max_retries is not supported",
    ),
    row(
        "FastHttpUser.network_timeout, connection_timeout, max_redirects, insecure, concurrency, default_headers",
        user(
            "network_timeout = connection_timeout = 5.0",
            "max_redirects = 5",
            "default_headers = {'A': 'b'}",
            OK,
            base="FastHttpUser",
        ),
    ),
)
