"""A Python file becomes a workload, or an error that says where; and importing it leaves no trace."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from users_port import FakePort, answer, run

from perfgate.errors import UsageError
from perfgate.users.reading import read_users

GUIDE = """
    from locust import HttpUser, task, between


    class ApiUser(HttpUser):
        wait_time = between(1, 3)

        def on_start(self):
            answer = self.client.post("/auth/token", json={"username": "a@example.com", "password": "b"})
            self.token = answer.json()["access_token"]

        @task(3)
        def list_users(self):
            with self.client.get(
                "/api/users", headers={"Authorization": f"Bearer {self.token}"}, catch_response=True
            ) as response:
                if response.status_code != 200:
                    response.failure(f"Expected 200, got {response.status_code}")

        @task(1)
        def create_order(self):
            with self.client.post(
                "/api/orders", json={"item_id": 1}, headers={"Authorization": f"Bearer {self.token}"},
                catch_response=True,
            ) as response:
                if response.status_code not in (200, 201):
                    response.failure(f"Unexpected status: {response.status_code}")
"""


def test_a_locust_file_runs_as_it_is(read):
    workload = read(GUIDE)
    assert workload.name == "load_test"
    assert workload.target is None
    [kind] = workload.users
    assert (kind.name, kind.weight, kind.fixed_count) == ("ApiUser", 1, 0)

    def reply(request):
        if request.target == "/auth/token":
            return answer(body='{"access_token": "t1"}')
        return answer(201 if request.method == "POST" else 503)

    port = FakePort(reply, pauses=100)
    kind.live(port)
    assert port.counted[0] == ("POST /auth/token", "")
    assert set(port.counted[1:]) == {("GET /api/users", "Expected 200, got 503"), ("POST /api/orders", "")}
    assert all(("Authorization", "Bearer t1") in sent.headers for sent in port.sent[1:])
    assert all(1_000_000_000 <= pause <= 3_000_000_000 for pause in port.pauses)


def test_classes_with_weights_and_counts(read):
    workload = read("""
        from perfgate import FastHttpUser, HttpUser, task

        class Base(HttpUser):
            abstract = True
            host = "http://ann:secret@shop.example/api"

            @task
            def some(self): ...

        class Many(Base):
            weight = 2.5

        class Two(FastHttpUser, ):
            fixed_count = 2

            @task
            def some(self): ...

        Again = Two
        """)
    assert [(kind.name, kind.weight, kind.fixed_count) for kind in workload.users] == [
        ("Many", 2.5, 0),
        ("Two", 1.0, 2),
    ]
    assert workload.target == "http://shop.example/api"


NO_URL = "write an http or https URL"
USER = """
    class Shop(HttpUser):
        @task
        def some(self): ...
"""
HEAD = "\n    from locust import HttpUser, FastHttpUser, TaskSet, User, task\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", ":1: '(' was never closed"),
        ("\n\n1/0", ":3: ZeroDivisionError while the file was imported: division by zero"),
        ("import sys\nsys.exit('no')", ":2: SystemExit while the file was imported: no"),
        ("import nothing_of_that_name", ":1: there is no module 'nothing_of_that_name'"),
        ("import locust.rpc", ":1: there is no locust.rpc in perfgate"),
        ("\nfrom locust import HttpUser, seq_task", ":2: locust has no 'seq_task' in perfgate"),
        ("import locust\n\nlocust.TaskSequence", ":3: locust has no 'TaskSequence' in perfgate"),
        ("from locust.contrib.mqtt import MqttUser", ":1: there is no locust.contrib.mqtt in perfgate"),
        ("import locust_plugins", ":1: locust_plugins cannot be used"),
        ("from gevent import subprocess", ":1: gevent has no 'subprocess' in perfgate"),
        ("x = 1", ":1: there is no user class"),
        (HEAD + "    class A(HttpUser): ...", ":3: A has no tasks"),
        (
            HEAD + "    class B(TaskSet): ...\n    class A(HttpUser):\n        tasks = [B]",
            ":4: B has no tasks",
        ),
        (HEAD + "    class A(HttpUser):\n        tasks = ['x']", ":3: 'x' of A is no task"),
        (HEAD + USER + "        min_wait = 5", ":4: Shop.min_wait is not supported"),
        (HEAD + USER + "        weight = 0", ":1: every user class has weight 0"),
        (HEAD + USER + "        weight = -1", ":4: Shop.weight must be a number"),
        (HEAD + USER + "        fixed_count = -1", ":4: Shop.fixed_count must be a whole number"),
        (HEAD + USER + "        wait_time = 'long'", ":4: Shop.wait_time must be a function or a number"),
        (
            HEAD + USER + "        host = 'shop.example'",
            f":4: host 'shop.example': {NO_URL}",
        ),
        (
            HEAD + USER + "        host = 'http://a:port/'",
            f":4: host 'http://a:port/': {NO_URL}",
        ),
        (
            HEAD + USER + "        host = 'http://a/?b=1'",
            f":4: host 'http://a/?b=1': {NO_URL}",
        ),
        (
            HEAD + "    class A(HttpUser):\n        @task(-1)\n        def a(self): ...",
            ":4: ValueError while",
        ),
        (HEAD + "    class A(HttpUser):\n        @task\n        def run(self): ...", ":4: ValueError while"),
        (HEAD + USER + "        def run(self): ...", ":4: Shop.run is not supported"),
    ],
)
def test_refusals_say_where(read, write, text, message):
    path = write("")
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.message.startswith(f"{path}{message}")
    assert caught.value.hint


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_users(tmp_path / "none.py", environ={})


def test_an_error_inside_the_standard_library_is_shown_at_the_line_that_led_there(
    read, tmp_path, monkeypatch
):
    # Frames of frozen modules have names that look like files of the current folder.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=":3: KeyError while the file was imported"):
        read("import os\n\nKEY = os.environ['PERFGATE_NO_SUCH']\n")


def test_an_error_in_a_helper_is_shown_there(read, write):
    helper = write("\nimport locust.nothing", "a_helper.py")
    with pytest.raises(UsageError) as caught:
        read("import a_helper")
    assert caught.value.message.startswith(f"{helper}:2: ")


def test_helpers_are_imported_from_the_folder_and_count_in_the_digest(read, write):
    text = (
        "import statistics_of_mine as own\n"
        + "from perfgate import HttpUser, task\n"
        + "class A(HttpUser):\n"
    )
    text += "    @task\n    def a(self): self.client.get(own.PATH)\n"
    write("PATH = '/one'", "statistics_of_mine.py")
    one = read(text)
    again = read(text)
    helper = write("PATH = '/three'", "statistics_of_mine.py")
    os.utime(helper, (1, 1))
    three = read(text)
    assert one.digest == again.digest != three.digest
    assert len(one.digest) == 64
    for workload, path in ((one, "/one"), (three, "/three")):
        port = FakePort(pauses=1)
        workload.users[0].live(port)
        assert port.sent[0].target == path


def test_the_digest_follows_the_file(read):
    assert read(GUIDE).digest == read(GUIDE).digest
    assert read(GUIDE).digest != read(GUIDE.replace("(3)", "(2)")).digest


def test_nothing_stays_behind(read, write):
    write("x = 1", "json_of_mine.py")
    modules, path, environ = dict(sys.modules), sys.path[:], dict(os.environ)
    text = "import json_of_mine, sys, os\nassert 'locust' in sys.modules\n"
    text += "os.environ['X'] = '1'\nsys.path.append('/x')\n"
    with pytest.raises(UsageError):
        read(text)
    assert all(name.startswith("perfgate_users_") for name in set(sys.modules) - set(modules))
    assert "json_of_mine" not in sys.modules
    assert "locust" not in sys.modules
    assert sys.path == path
    os.environ.pop("X")
    read_users(write(text + GUIDE.replace("\n    ", "\n")), environ={"A": "b"})
    assert all(name.startswith("perfgate_users_") for name in set(sys.modules) - set(modules))
    assert sys.path == path
    assert dict(os.environ) == environ


def test_what_was_imported_as_locust_before_is_there_again(read, monkeypatch):
    real = type(sys)("locust")
    below = type(sys)("locust.event")
    monkeypatch.setitem(sys.modules, "locust", real)
    monkeypatch.setitem(sys.modules, "locust.event", below)
    read(GUIDE)
    assert sys.modules["locust"] is real
    assert sys.modules["locust.event"] is below


def test_every_way_to_import_the_stand_in(read):
    read("""
        import locust
        import locust.contrib.fasthttp
        from locust import *
        from locust import run_single_user
        from locust.clients import HttpSession, ResponseContextManager
        from locust.contrib.fasthttp import FastHttpUser as Fast
        from locust.exception import InterruptTaskSet, RescheduleTask, StopUser
        from locust.user.task import TaskSet as Tasks
        from locust.user.wait_time import constant_throughput
        from perfgate import HttpUser as Own

        assert Own is HttpUser is locust.HttpUser
        assert Fast is locust.contrib.fasthttp.FastHttpUser

        class A(Fast):
            wait_time = locust.constant(1)

            @locust.task
            def a(self): ...

        if __name__ == "__main__":
            run_single_user(A)
        """)


def test_the_environment_is_what_the_caller_says(write):
    path = write("""
        import os
        from locust import HttpUser, task

        class A(HttpUser):
            host = os.environ["SHOP"]

            @task
            def a(self): ...
        """)
    assert read_users(path, environ={"SHOP": "http://shop.example"}).target == "http://shop.example"


def test_importing_perfgate_imports_no_user_code():
    program = (
        "import sys, perfgate; assert not [n for n in sys.modules if n.startswith('perfgate.')];"
        "from perfgate import *; import perfgate.users.reading;"
        "assert HttpUser and task; assert 'requests' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_imports_inside_functions_find_the_same_modules_later(write, tmp_path, capsys):
    (tmp_path / "shop_data").mkdir()
    (tmp_path / "shop_data" / "__init__.py").write_text("from .paths import path_of\n")
    (tmp_path / "shop_data" / "paths.py").write_text(
        "def path_of(user):\n"
        "    from locust.exception import StopUser\n"
        "    from locust import HttpUser\n"
        "    print('looking')\n"
        "    assert isinstance(user, HttpUser)\n"
        "    return '/late'\n"
    )
    text = """
        from locust import HttpUser, task

        class A(HttpUser):
            @task
            def t(self):
                from shop_data import path_of
                self.client.get(path_of(self))
        """
    before = {name for name in sys.modules if name.partition(".")[0] in ("locust", "gevent", "shop_data")}
    steering, objections = run(read_users(write(text), environ={}), pauses=2)
    assert ("GET /late", "") in steering.counted
    assert objections == ()
    after = {name for name in sys.modules if name.partition(".")[0] in ("locust", "gevent", "shop_data")}
    assert before == after
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "looking" in captured.err


def test_a_real_locust_that_others_have_imported_is_not_touched(write, monkeypatch):
    real = ModuleType("locust")
    monkeypatch.setitem(sys.modules, "locust", real)
    read_users(
        write("from locust import HttpUser, task\nclass A(HttpUser):\n    @task\n    def t(self): ...\n"),
        environ={},
    )
    assert sys.modules["locust"] is real


def test_the_digest_covers_the_tags(write):
    path = write(
        """
        from locust import HttpUser, tag, task

        class A(HttpUser):
            @tag("a")
            @task
            def one(self): ...

            @task
            def two(self): ...
        """
    )
    plain = read_users(path, environ={}).digest
    tagged = read_users(path, environ={"LOCUST_TAGS": "a"}).digest
    assert plain != tagged == read_users(path, environ={"LOCUST_TAGS": " a "}).digest
