"""`perfgate demo` as a command: what it refuses, and that stopping it leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest


def demo(*arguments, stdout=subprocess.PIPE, **options):
    command = [sys.executable, "-m", "perfgate", "demo", *arguments]
    return subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.STDOUT, text=True, start_new_session=True, **options
    )


def test_stopping_it_ends_the_comparison_and_removes_the_directory(tmp_path):
    with tempfile.TemporaryDirectory(prefix="test-demo-") as scratch:
        # Into a file: a pipe would keep us waiting until everything that holds its other end is gone.
        with (tmp_path / "output").open("w") as output:
            running = demo("--branch", "docs-only", env={**os.environ, "TMPDIR": scratch}, stdout=output)
            children = _wait_for_services(running)
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=60) == 130
        assert [child for child in children if child.is_running()] == []
        assert list(Path(scratch).iterdir()) == []


def _wait_for_services(running):
    """The comparison and the shops, once there is one; not the watchdog, which outlives the comparison."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, "the demo ended by itself"
        children = psutil.Process(running.pid).children(recursive=True)
        if any("shop" in _words(child) for child in children):
            return [child for child in children if {"shop", "compare"} & set(_words(child))]
        time.sleep(0.05)
    running.kill()
    pytest.fail("no shop was started within 60 s")


def _words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_directory_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine").write_text("precious")
    running = demo("--keep", str(tmp_path))
    output = running.communicate(timeout=30)[0]
    assert running.returncode == 2
    assert "not an empty directory" in output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_branch_that_does_not_exist_is_refused_by_name():
    running = demo("--branch", "fast")
    output = running.communicate(timeout=30)[0]
    assert running.returncode == 2
    assert "fast" in output
    assert "slow-query" in output
