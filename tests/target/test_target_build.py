from __future__ import annotations

import sys
import time

import pytest

from perfgate.errors import MeasureError, UsageError
from perfgate.target.build import run_build


@pytest.fixture
def build(keeper, tmp_path):
    def run(*steps, **changes):
        values = {"cwd": tmp_path, "env": {}, "log_path": tmp_path / "log", "keeper": keeper}
        run_build(tuple(steps), **(values | changes))

    return run


def test_steps_run_in_order_with_their_environment_and_no_shell(build, tmp_path):
    build(("sh", "-c", "echo $WHAT > made"), ("cp", "made", "$copy;x"), env={"WHAT": "it works"})
    assert (tmp_path / "$copy;x").read_text() == "it works\n"


def test_the_output_of_every_step_is_in_the_log(build, tmp_path):
    build(("echo", "one"), ("sh", "-c", "echo two >&2"))
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_failing_step_is_named_with_its_status_and_its_last_20_lines(build, tmp_path):
    script = "for i in $(seq 30); do echo line $i; done; exit 5"
    with pytest.raises(MeasureError) as caught:
        build(("true",), ("sh", "-c", script), ("touch", "never"))
    assert caught.value.message.startswith("build step 2 of 3 (sh -c for i in")
    assert caught.value.message.endswith("failed: exit status 5")
    quoted = [line for line in caught.value.hint.splitlines() if line.startswith("  | ")]
    assert quoted == [f"  | line {number}" for number in range(11, 31)]
    assert not (tmp_path / "never").exists()


def test_a_program_that_is_missing_names_the_step(build):
    with pytest.raises(UsageError, match=r"perfgate.yml: service.build, step 2 of 2: 'no-such-tool' was not"):
        build(("true",), ("no-such-tool", "install"))


def test_a_missing_directory_is_named(build, tmp_path):
    with pytest.raises(UsageError, match="there is no such directory"):
        build(("true",), cwd=tmp_path / "gone")


def test_time_is_limited_over_all_steps(build):
    began = time.monotonic()
    with pytest.raises(MeasureError, match=r"step 2 of 2 \(sleep 30\) was not done when 300 ms were up"):
        build(("sleep", "0.2"), ("sleep", "30"), timeout_ns=300_000_000)
    assert time.monotonic() - began < 3


def test_what_a_step_leaves_in_the_background_is_ended(build, tmp_path, carriers):
    program = "import os,sys; print(os.environ['PERFGATE_SERVICE']); sys.stdout.flush()\n"
    program += "if os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(60)\n"
    build((sys.executable, "-S", "-c", program), ("sh", "-c", "sleep 60 &"))
    marker = (tmp_path / "log").read_text().strip()
    assert len(marker) == 32
    assert not carriers(marker)


def test_a_build_reads_nothing_from_the_terminal(build, tmp_path):
    build(("sh", "-c", "cat > input"))
    assert (tmp_path / "input").read_text() == ""
