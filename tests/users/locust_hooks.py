# ruff: noqa: E501 - a load test in a line
"""Locust's events, shapes, environment and runner: what becomes of each name here."""

from __future__ import annotations

from locust_rows import OK, PLAIN, LocustFeature, row, user

HOOKS: tuple[LocustFeature, ...] = (
    row(
        "events.request",
        user(
            "self.client.get('/x')\nif heard == [('GET', '/x', None)]: self.client.get('/ok')",
            head="heard = []\n@events.request.add_listener\ndef on(request_type, name, response_time, response_length, response, "
            "context, exception, start_time, url, **kw): heard.append((request_type, name, exception))\n",
        ),
    ),
    row(
        "events.request with RescheduleTask",
        user(
            "self.client.get('/ok')\nself.client.get('/missing')\nraise SystemExit",
            head="from locust.exception import RescheduleTask\n@events.request.add_listener\ndef on(exception, **kw):\n"
            "    if exception: raise RescheduleTask()\n",
        ),
    ),
    row(
        "events.request.fire, events.request.measure",
        user(
            "with self.environment.events.request.measure('GET', '/ok') as meta: meta['response_length'] = 3"
        ),
    ),
    row(
        "events.request_success, events.request_failure (before 2.0)",
        user(
            "self.client.get('/x')\nif heard == ['/x']: self.client.get('/ok')",
            head="heard = []\n@events.request_success.add_listener\ndef on(request_type, name, response_time, response_length): heard.append(name)\n",
        ),
    ),
    row(
        "events.user_error",
        user(
            "if heard: self.client.get('/ok')\nraise KeyError('x')",
            head="heard = []\n@events.user_error.add_listener\ndef on(user_instance, exception, tb, **kw): heard.append(exception)\n",
        ),
    ),
    row(
        "events.init, test_start, spawning_complete",
        user(
            "if heard == ['init', 'start', 1]: self.client.get('/ok')",
            head="heard = []\n@events.init.add_listener\ndef i(environment, **kw): heard.append('init')\n"
            "@events.test_start.add_listener\ndef s(environment, **kw): heard.append('start')\n"
            "@events.spawning_complete.add_listener\ndef c(user_count, **kw): heard.append(user_count)\n",
        ),
    ),
    row(
        "events.test_stopping, test_stop, quitting, quit",
        PLAIN + "for hook in (events.test_stopping, events.test_stop, events.quitting):\n"
        "    @hook.add_listener\n    def on(environment, **kw): assert environment.stats.total.num_requests\n"
        "@events.quit.add_listener\ndef q(exit_code, **kw): assert exit_code == 0\n",
    ),
    row(
        "events.init_command_line_parser, environment.parsed_options",
        user(
            "self.client.get(self.environment.parsed_options.my_path)",
            head="@events.init_command_line_parser.add_listener\ndef p(parser): parser.add_argument('--my-path', "
            "env_var='MY_PATH', default='/ok', include_in_web_ui=False, is_secret=True, is_required=True)\n",
        ),
    ),
    *(
        row(
            f"events.{name}",
            PLAIN + f"@events.{name}.add_listener\ndef on(**kw): ...\n",
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
    row(
        "EventHook of the file's own",
        user(
            "mine.fire(path='/ok', user=self)",
            head="from locust.event import EventHook\nmine = EventHook()\n@mine.add_listener\ndef on(path, user): user.client.get(path)\n",
        ),
    ),
    row(
        "LoadTestShape",
        PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10) if self.n < 3 else None\n",
        noted="the load shape of the file is not replayed in paired rounds",
    ),
    row(
        "LoadTestShape with user classes",
        PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10, [A]) if self.n < 3 else None\n",
        noted="not replayed in paired rounds",
    ),
    row(
        "LoadTestShape.get_run_time, reset_time, get_current_user_count, runner",
        PLAIN
        + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n        self.reset_time()\n"
        "        assert self.get_run_time() < 5 and self.get_current_user_count() == 0 and self.runner\n"
        "        return (1, 10) if self.n < 3 else None\n",
        noted="not replayed in paired rounds",
    ),
    row(
        "LoadTestShape.use_common_options",
        PLAIN + "class S(LoadTestShape):\n    use_common_options = True\n    n = 0\n"
        "    def tick(self):\n        self.n += 1\n        return (1, 10) if self.n < 3 else None\n",
        noted="-e LOCUST_USERS=50",
    ),
    row("LoadTestShape.abstract", PLAIN + "class S(LoadTestShape):\n    abstract = True\n"),
    row(
        "several LoadTestShapes",
        PLAIN + "class S(LoadTestShape):\n    n = 0\n    def tick(self):\n        self.n += 1\n"
        "        return (1, 10) if self.n < 3 else None\nclass R(S):\n    pass\n",
        noted="the first counts, S, and not R",
    ),
    row("environment.runner.quit, stop", user("self.client.get('/ok')\nself.environment.runner.quit()")),
    row(
        "environment.runner.stats",
        user(
            "self.client.get('/x')\nself.client.get('/missing')\ntotal = self.environment.runner.stats.total\n"
            "if 0 < total.fail_ratio < 1 and total.num_requests > 1 and total.get_response_time_percentile(0.95) and "
            "total.avg_response_time and self.environment.stats.get('/x', 'GET').num_failures == 0: self.client.get('/ok')"
        ),
    ),
    row(
        "environment.runner.user_count, target_user_count, state",
        user(
            "runner = self.environment.runner\nif (runner.user_count, runner.target_user_count, runner.state) == (1, 1, 'running'): "
            "self.client.get('/ok')"
        ),
    ),
    row(
        "runner.register_message, send_message",
        user(
            "self.environment.runner.send_message('go', {'user': self})",
            head="def on(environment, msg, **kw): msg.data['user'].client.get('/ok')\n@events.init.add_listener\n"
            "def i(environment, **kw): environment.runner.register_message('go', on)\n",
        ),
    ),
    row(
        "isinstance(runner, MasterRunner), WorkerRunner, LocalRunner",
        user(
            "runner = self.environment.runner\nif isinstance(runner, LocalRunner) and not isinstance(runner, (MasterRunner, WorkerRunner)): "
            "self.client.get('/ok')",
            head="from locust.runners import LocalRunner, MasterRunner, WorkerRunner, STATE_STOPPED, STATE_STOPPING, STATE_CLEANUP\n",
        ),
    ),
    row(
        "environment.process_exit_code",
        PLAIN
        + "@events.quitting.add_listener\ndef q(environment, **kw): environment.process_exit_code = 0\n",
    ),
    row(
        "environment with attributes of the file's own",
        user(
            "env = self.environment\nif not hasattr(env, 'mine') and not hasattr(env.runner, 'mine'): env.mine = '/ok'\nself.client.get(env.mine)"
        ),
    ),
    row("environment.web_ui", user("if self.environment.web_ui is None: self.client.get('/ok')")),
    row("environment.host, environment.shape_class", user("assert self.environment.host\n" + OK)),
    row(
        "locust.stats settings",
        PLAIN + "import locust.stats\nlocust.stats.PERCENTILES_TO_CHART = [0.9]\n",
        noted="locust.stats.PERCENTILES_TO_CHART changes nothing here",
    ),
    row("run_single_user", PLAIN + "if __name__ == '__main__':\n    run_single_user(A)\n"),
    row(
        "locust.util.timespan.parse_timespan",
        user(
            "if parse_timespan('1h2m3s') == 3723: self.client.get('/ok')",
            head="from locust.util.timespan import parse_timespan",
        ),
    ),
    row(
        "imports inside functions",
        user("from locust.exception import RescheduleTask\nimport locust\n" + OK),
    ),
)
