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


def demo(*arguments, **options):
    command = [sys.executable, "-m", "perfgate", "demo", *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_ends_the_comparison_and_removes_the_directory(signum):
    with tempfile.TemporaryDirectory(prefix="test-demo-") as scratch:
        running = demo("--branch", "docs-only", env={**os.environ, "TMPDIR": scratch})
        children = _wait_for_services(running)
        running.send_signal(signum)
        output = running.communicate(timeout=60)[0]
        assert running.returncode == 130, output
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []
        assert list(Path(scratch).iterdir()) == []


def _wait_for_services(running):
    """Every process under the demo, once a shop is among them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, running.communicate()[0]
        children = psutil.Process(running.pid).children(recursive=True)
        if any("shop" in _words(child) for child in children):
            return children
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
