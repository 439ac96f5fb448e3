from __future__ import annotations

import json
import os
import signal
import socket
import stat
import time
from pathlib import Path

import psutil
import pytest

from perfgate.errors import MeasureError, UsageError
from perfgate.target import service as target_service
from perfgate.target.service import check_alive, stop, stop_all, wait_ready

SHORT_NS = 300_000_000


def get(service, path="/"):
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return connection.recv(1000)


def never_ready(service):
    with pytest.raises(MeasureError) as caught:
        wait_ready(service)
    assert "\n" not in caught.value.message
    return caught.value


# Starting


def test_a_started_service_answers_on_its_port_until_it_is_stopped(start, carriers):
    service = start("ok")
    wait_ready(service)
    assert get(service).endswith(b"ok")
    stop(service)
    with pytest.raises(ConnectionRefusedError):
        get(service)
    assert not carriers(service.group.marker)


def test_both_sides_start_at_once(start):
    sides = [start("ok"), start("ok")]
    assert [side.group.exit_status() for side in sides] == [None, None]
    for side in sides:
        wait_ready(side)
    assert sides[0].port != sides[1].port


def test_the_service_sees_its_port_and_nothing_of_its_side_or_of_tokens(start, tmp_path, monkeypatch):
    withheld = {"GITHUB_TOKEN", "PERFGATE_CI_TOKEN", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH"}
    for name in withheld:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PERFGATE_SIDE", "head")
    monkeypatch.setenv("GIT_DIR", "/somewhere")
    monkeypatch.setenv("KEPT", "yes")
    wait_ready(service := start("facts", env={"MODE": "bench"}))
    facts = json.loads((tmp_path / "facts.json").read_text())
    env = facts["environ"]
    assert facts["argv"][-1] == env["PORT"] == str(service.port)
    assert len(env["PORT"]) == 5
    assert len(env["PERFGATE_SERVICE"]) == 32
    assert (env["HOST"], env["MODE"], env["KEPT"]) == ("127.0.0.1", "bench", "yes")
    assert not (withheld | {"PERFGATE_SIDE", "GIT_DIR"}) & set(env)
    assert facts["session"]
    assert Path(facts["cwd"]) == tmp_path
    assert not [fd for fd in facts["fds"] if fd > 4]  # 0-2, its socket and the directory it lists


def test_both_sides_get_environments_and_arguments_of_equal_length(start, tmp_path):
    sizes = set()
    for _ in range(2):
        wait_ready(start("facts"))
        facts = json.loads((tmp_path / "facts.json").read_text())
        sizes.add(tuple(sum(len(word) for word in facts[key]) for key in ("argv",)))
        sizes.add(tuple(len(f"{k}={v}") for k, v in sorted(facts["environ"].items())))
    assert len(sizes) == 2


def test_the_service_runs_on_its_cpus_and_the_driver_stays_where_it_was(start, tmp_path):
    before = os.sched_getaffinity(0)
    cpu = min(before)
    wait_ready(start("facts", cpus=(cpu,)))
    assert json.loads((tmp_path / "facts.json").read_text())["cpus"] == [cpu]
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("no-such-program-here",), "was not found"),
        (("./missing.sh",), "was not found"),
        (("./plain.txt",), "may not be executed"),
        (("./not-a-program",), "cannot be executed"),
        (("sh", "a\0b"), "cannot be executed"),
        ((), "is empty"),
    ],
)
def test_a_command_that_cannot_run_names_the_key(start, tmp_path, argv, said):
    (tmp_path / "plain.txt").write_text("text")
    (tmp_path / "not-a-program").write_text("\x01\x02")
    (tmp_path / "not-a-program").chmod(stat.S_IRWXU)
    with pytest.raises(UsageError, match=said) as caught:
        start("ok", argv=argv)
    assert "perfgate.yml: service.command" in caught.value.message
    assert str(tmp_path) not in caught.value.hint, "the checkout is gone when somebody reads this"


def test_a_script_whose_interpreter_is_missing_is_told_from_a_missing_script(start, tmp_path):
    (tmp_path / "run.sh").write_text("#!/no/such/shell\n")
    (tmp_path / "run.sh").chmod(stat.S_IRWXU)
    with pytest.raises(UsageError, match="was not found") as caught:
        start("ok", argv=("./run.sh",))
    assert "the interpreter in its first line" in caught.value.hint


def test_a_missing_directory_is_named(start, tmp_path):
    with pytest.raises(UsageError, match=r"service\.command cannot run in .*nowhere"):
        start("ok", cwd=tmp_path / "nowhere")


def test_a_log_that_cannot_be_written_is_named(spec, keeper, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MeasureError, match="the log cannot be written"):
        target_service.start(
            spec("ok"), side="base", cpus=None, log_path=tmp_path / "file" / "x.log", keeper=keeper
        )


# Becoming ready


def test_an_exit_before_ready_shows_the_status_and_the_last_20_lines_harmlessly(start):
    began = time.monotonic()
    error = never_ready(start("exit"))
    assert time.monotonic() - began < 3
    assert error.message == "head's service died before it was ready: exit status 3"
    lines = error.hint.splitlines()[1:]
    assert lines[-2:] == ["  | line 29 red", "  | ::error::injected"]
    assert len(lines) == 20
    assert "\x1b" not in error.hint
    assert "\x07" not in error.hint


def test_a_death_by_signal_is_named(start):
    error = never_ready(start("crash"))
    assert error.message.endswith("killed by SIGKILL")
    assert "memory" in error.hint


def test_a_service_that_goes_to_the_background_is_told_not_to(start, carriers):
    service = start("background")
    error = never_ready(service)
    assert "exit status 0" in error.message
    assert "stay in the foreground" in error.hint
    stop(service)
    assert not carriers(service.group.marker)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("unavailable", "answered status 503"),
        ("garbage", "something that is not HTTP"),
        ("hang", "did not answer"),
        ("elsewhere", "found nobody listening"),
    ],
)
def test_never_ready_says_what_came_back(start, tmp_path, eventually, mode, said):
    service = start(mode, ready_timeout_ns=SHORT_NS)
    eventually((tmp_path / "listening").exists)
    error = never_ready(service)
    assert said in error.message
    assert f"within 300 ms: GET /health on port {service.port}" in error.message


def test_listening_on_another_port_is_found_out(start, tmp_path, eventually):
    service = start("elsewhere", ready_timeout_ns=SHORT_NS)
    eventually((tmp_path / "listening").exists)
    error = never_ready(service)
    actual = {c.laddr.port for c in psutil.Process(service.group.pgid).net_connections("tcp")}
    assert f"it listens on {actual.pop()}, not on {service.port}: use {{port}} or $PORT" in error.hint


def test_a_lost_port_is_retried_once_on_another(start, tmp_path):
    wait_ready(service := start("port-taken"))
    assert get(service).endswith(b"ok")
    assert int((tmp_path / "tried").read_text()) != service.port


def test_a_port_lost_twice_says_that_both_sides_run_at_once(start):
    error = never_ready(start("port-always-taken"))
    assert "died before it was ready" in error.message
    assert "give every port it opens by {port}" in error.hint


def test_ready_statuses_are_obeyed(start):
    wait_ready(start("unavailable", ready_statuses=(503,)))
    never_ready(start("ok", ready_statuses=(204,), ready_timeout_ns=SHORT_NS))


def test_a_redirect_is_an_answer_and_is_not_followed(start):
    wait_ready(start("redirect", ready_statuses=(302,)))


def test_a_body_without_end_is_not_waited_for(start):
    wait_ready(start("endless", ready_timeout_ns=2_000_000_000))


def test_proxy_settings_are_ignored(start, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    wait_ready(start("ok"))


def test_a_flooded_log_is_cut_and_says_so(start, tmp_path):
    service = start("flood")
    wait_ready(service)
    assert (tmp_path / "0.log").stat().st_size < 100_000
    text = (tmp_path / "0.log").read_text()
    assert text.startswith("[perfgate: earlier output was cut")
    assert text.endswith("the end\n")


# Staying alive


def test_a_service_that_dies_while_measured_is_reported(start, eventually):
    wait_ready(service := start("ok"))
    check_alive(service, during="round 1")
    get(service, "/die")
    eventually(lambda: service.group.exit_status() is not None)
    with pytest.raises(MeasureError) as caught:
        check_alive(service, during="round 3")
    assert caught.value.message == "head's service died in round 3: exit status 7"
    assert "  | fatal: out of cheese" in caught.value.hint


# Stopping


def test_workers_and_daemons_are_stopped_too(start, carriers, all_up):
    wait_ready(service := start("stubborn-tree", grace_ns=100_000_000))
    all_up(service.log_path, 9)
    assert len(carriers(service.group.marker)) == 6
    stop(service)
    assert not carriers(service.group.marker)


def test_a_service_that_ignores_the_stop_signal_is_killed_after_the_grace(start):
    wait_ready(service := start("ignores-term", grace_ns=200_000_000))
    began = time.monotonic()
    stop(service)
    assert 0.2 <= time.monotonic() - began < 2
    assert service.group.exit_status() == -signal.SIGKILL


def test_the_grace_is_given_and_not_used_up(start, tmp_path):
    wait_ready(service := start("slow-stop"))
    began = time.monotonic()
    stop(service)
    assert 0.2 <= time.monotonic() - began < 2
    assert service.group.exit_status() == 0
    assert "flushed" in (tmp_path / "0.log").read_text()


def test_a_worker_that_outlives_its_parent_has_the_grace_too(start, all_up):
    wait_ready(service := start("slow-worker"))
    all_up(service.log_path, 1)
    stop(service)
    assert "flushed" in service.log_path.read_text()


def test_graces_of_two_sides_do_not_add_up(start):
    sides = [start("ignores-term", grace_ns=700_000_000) for _ in range(2)]
    for side in sides:
        wait_ready(side)
    began = time.monotonic()
    stop_all(sides)
    assert time.monotonic() - began < 1.3


def test_stop_is_quick_and_may_be_repeated_and_leaves_no_zombie(start):
    wait_ready(service := start("workers"))
    began = time.monotonic()
    stop(service)
    stop(service)
    assert time.monotonic() - began < 1
    assert not [child for child in psutil.Process().children() if child.pid == service.group.pgid]


def test_stopping_what_is_gone_already_is_fine(start):
    wait_ready(service := start("workers"))
    os.killpg(service.group.pgid, signal.SIGKILL)
    stop(service)
    assert service.group.ended


def test_an_early_stop_ends_a_service_that_never_became_ready(start, carriers):
    service = start("sleep")
    stop(service)
    assert not carriers(service.group.marker)
