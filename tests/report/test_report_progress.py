import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from perfgate.report.progress import make_progress

STORY = """
import sys
from perfgate.report.progress import make_progress
progress = make_progress(sys.stderr, quiet=False, color="--color" in sys.argv)
progress.phase("measuring main and slow-query")
for done in range(1, 27):
    progress.update(done, 26, "round \\x1b[31m[red]" + str(done))
progress.note("round 3 was dropped: the driver was late")
progress.phase("comparing")
progress.close()
progress.close()
print("still here")
"""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def on_terminal(columns: int, *arguments: str, term: str = "xterm") -> tuple[str, str]:
    """What the story prints on a real terminal of that width, and on stdout."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")} | {
        "TERM": term
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", STORY, *arguments],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=follower,
        env=environment,
        text=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    return shown.decode(), said


@pytest.mark.parametrize("columns", [0, 1, 2, 10, 25, 80])
def test_live_bar_survives_any_terminal(columns: int) -> None:
    shown, said = on_terminal(columns)
    assert said == "still here\n"
    assert "Traceback" not in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h"), "the cursor is given back"
    assert "\x1b[31m" not in shown


def test_live_bar_tells_phase_and_step_on_one_line() -> None:
    shown, _ = on_terminal(100)
    assert "measuring main and slow-query" in shown
    assert "100%" in shown
    assert "round [red]26" in shown
    assert "round 3 was dropped" in shown
    redraws = re.split(r"\r|\n", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
    assert max(map(len, redraws)) <= 100


def test_narrow_bar_still_tells_the_step() -> None:
    assert "[red]26" in on_terminal(25)[0]


def test_live_bar_never_takes_a_second_line_however_narrow() -> None:
    for columns in (10, 25):
        shown, _ = on_terminal(columns)
        before_the_end, _, _ = shown.partition("\x1b[?25h")
        assert "\x1b[1A" not in before_the_end, "the cursor went up, so there was more than one line"


def test_color_is_used_only_when_allowed() -> None:
    assert re.search(r"\x1b\[[0-9;]*m", on_terminal(80)[0]) is None
    assert re.search(r"\x1b\[[0-9;]*m", on_terminal(80, "--color")[0])


def test_dumb_terminal_gets_plain_lines() -> None:
    shown, _ = on_terminal(80, term="dumb")
    assert "\x1b" not in shown
    assert "comparing" in shown


def test_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STORY],
        stdout=subprocess.PIPE,
        stderr=writer,
        timeout=20,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stdout) == (0, b"still here\n")


def test_plain_lines_come_once_a_second_at_most_but_phases_always() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = make_progress(stream, quiet=False, color=True, clock=clock)
    progress.phase("building base")
    progress.phase("measuring")
    for step in range(1, 41):
        clock.now += 0.125
        progress.update(step, 40, f"round {step}")
    progress.note("one round was dropped")
    progress.close()
    assert stream.getvalue().splitlines() == [
        "building base",
        "measuring",
        "  1/40 round 1, about 5 s left",
        "  9/40 round 9, about 4 s left",
        "  17/40 round 17, about 3 s left",
        "  25/40 round 25, about 2 s left",
        "  33/40 round 33, about 1 s left",
        "  one round was dropped",
    ]


def test_plain_lines_hold_no_foreign_control_and_stay_lines() -> None:
    stream = io.StringIO()
    make_progress(stream, quiet=False, color=True).phase("building \x1b[2Jmain\n\u202efake line" + "x" * 9000)
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 250


def test_quiet_is_quiet() -> None:
    stream = io.StringIO()
    progress = make_progress(stream, quiet=True, color=True)
    progress.phase("a")
    progress.update(1, 2, "b")
    progress.note("c")
    progress.close()
    assert stream.getvalue() == ""


def test_closed_stream_is_no_error() -> None:
    stream = io.StringIO()
    progress = make_progress(stream, quiet=False, color=False)
    stream.close()
    progress.phase("a")
    progress.note("b")


def test_stream_without_the_letters_gets_question_marks(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w", encoding="ascii") as stream:
        make_progress(stream, quiet=False, color=False).phase("prüfen → ok")
    assert path.read_text(encoding="ascii") == "pr?fen ? ok\n"
