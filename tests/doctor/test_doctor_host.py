"""What the doctor says of a host or container, on this one and on ones that lack something."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import tempfile

import pytest

from perfgate.doctor import host
from perfgate.doctor.check import Check
from perfgate.target.placement import detect_cpus

CHECKS = (
    host.check_clocksource,
    host.check_quota,
    host.check_proc,
    host.check_ports,
    host.check_temp,
    host.check_init,
    host.check_extras,
)


def assert_warns(check: Check, text: str, remedy: str, status: str = "warn") -> None:
    assert check.status == status
    assert text in check.text
    assert remedy in check.remedy


@pytest.mark.parametrize("ask", CHECKS, ids=lambda ask: ask.__name__)
def test_this_machine_has_an_answer_with_a_remedy_where_it_is_not_well(ask):
    check = ask()
    assert ask.__name__ == f"check_{check.name}"
    assert check.status in ("ok", "warn")
    assert check.text
    assert bool(check.remedy) == (check.status != "ok")


@pytest.mark.parametrize(
    ("share", "status"), [(None, "ok"), (0.5, "warn"), (0.999, "warn"), (1.0, "ok"), (2.0, "ok")]
)
def test_less_cpu_time_than_cpus_is_a_warning(monkeypatch, share, status):
    quota = None if share is None else share * len(detect_cpus())
    monkeypatch.setattr(host.cgroup, "cpu_quota", lambda: quota)
    check = host.check_quota()
    assert check.status == status
    assert (check.text == "no limit on CPU time") == (share is None)
    if status == "warn":
        assert_warns(check, f"CPU time for {quota:g} of {len(detect_cpus())} CPUs", "--cpuset-cpus")


@pytest.mark.parametrize(("source", "status"), [("tsc", "ok"), ("kvm-clock", "ok"), ("hpet", "warn")])
def test_a_slow_clock_is_a_warning(tmp_path, monkeypatch, source, status):
    (tmp_path / "source").write_text(f"{source}\n")
    monkeypatch.setattr(host, "_CLOCKSOURCE", tmp_path / "source")
    check = host.check_clocksource()
    assert check.status == status
    assert source in check.text


def test_a_clock_that_is_not_told_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "_CLOCKSOURCE", tmp_path / "nothing")
    assert host.check_clocksource().status == "ok"


def test_a_proc_without_processes_is_a_warning(monkeypatch):
    monkeypatch.setattr(host, "processes", lambda: iter([1]))
    assert_warns(host.check_proc(), "CPU time and memory of services stay unknown", "/proc mounted")


def test_a_kernel_that_does_not_count_connections_is_said(monkeypatch):
    assert host.check_proc().text == "shows what services use"
    monkeypatch.delattr(socket, "AF_NETLINK")
    check = host.check_proc()
    assert check.status == "ok"
    assert "not how many connections they have" in check.text


@pytest.mark.parametrize(
    ("range_text", "status", "told"),
    [
        ("32768\t60999\n", "ok", "28,232 for connections"),
        ("60000\t60999\n", "warn", "1,000 for connections"),
        ("garbage", "ok", "services get a free one"),
    ],
)
def test_few_ports_for_connections_are_a_warning(tmp_path, monkeypatch, range_text, status, told):
    (tmp_path / "range").write_text(range_text)
    monkeypatch.setattr(host, "_PORT_RANGE", tmp_path / "range")
    check = host.check_ports()
    assert (check.status, told in check.text) == (status, True)
    assert ("ip_local_port_range" in check.remedy) == (status == "warn")


def test_no_port_for_services_fails(monkeypatch):
    def bind(self, address):
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", bind)
    assert_warns(host.check_ports(), "no free port", "ss -ltn", status="fail")


def test_nowhere_to_put_temporary_files_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert_warns(host.check_temp(), "no temporary files: No such file", "--tmpfs /tmp", status="fail")


def test_being_process_1_is_a_warning(monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert_warns(host.check_init(), "process 1", "docker run --init")


def test_what_is_not_installed_is_named_with_how_to_install_it():
    script = (
        "import sys; sys.modules.update(lxml=None, pyarrow=None)\n"
        "from perfgate.doctor.host import check_extras; print(check_extras().text)"
    )
    environment = os.environ | {"PATH": ""}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    has, _, lacks = done.stdout.strip().partition("; ")
    assert "demo" in has
    assert "html" not in has
    assert "parquet" not in has
    assert lacks.startswith("without ")
    assert "pip install 'perfgate[" in lacks
    assert {"html", "parquet"} <= set(lacks.partition("[")[2].partition("]")[0].split(","))
