import importlib
import importlib.util
import os
import shlex
import signal
import subprocess
import sys
import types
from pathlib import Path

import click
import pytest

import perfgate
from perfgate.cli.main import COMMANDS, main
from perfgate.errors import ExitCode, Interrupted, MeasureError, UsageError

WRITTEN = [name for name in COMMANDS if importlib.util.find_spec(f"perfgate.cli.{name}")]
HEAVY = ("numpy", "scipy", "git", "rich", "pydantic", "requests", "psutil", "ruamel", "matplotlib", "dask")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `perfgate probe` with the given body; returns exit code, stdout and stderr."""

    def _run(body, *arguments):
        @click.command(name="probe")
        @click.option("--count", type=int)
        def command(count):
            """Probe."""
            return body()

        module = types.ModuleType("perfgate.cli.probe")
        module.command = command
        monkeypatch.setitem(COMMANDS, "probe", "Probe.")
        monkeypatch.setitem(sys.modules, "perfgate.cli.probe", module)
        code = main(["probe", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


def raising(error):
    def body():
        raise error

    return body


def in_a_process(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30, **options
    )


def test_help_names_every_command_and_exit_code(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, text in COMMANDS.items():
        assert f"  {name} " in shown
        assert text in " ".join(shown.split())
    for code in ExitCode:
        assert f"\n    {code.value} " in shown


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], ["comapre"], []])
def test_what_needs_no_command_imports_nothing_heavy(arguments):
    done = in_a_process(
        "import sys\nfrom perfgate.cli.main import main\n"
        f"main({arguments!r})\n"
        "print('|'.join(name for name in sys.modules), file=sys.stderr)"
    )
    loaded = done.stderr.splitlines()[-1].split("|")
    assert "click" in loaded
    assert not [name for name in loaded if name.partition(".")[0] in HEAVY]
    ours = {name for name in loaded if name.startswith("perfgate.cli.")}
    assert ours == {"perfgate.cli.main", "perfgate.cli.streams"}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_listed_text_is_the_commands_own(name):
    command = importlib.import_module(f"perfgate.cli.{name}").command
    first = command.help.split("\n\n")[0].replace("\n", " ").strip()
    assert first == COMMANDS[name]


@pytest.mark.parametrize("name", WRITTEN)
def test_every_command_has_help(name, capsys):
    assert main([name, "-h"]) == 0
    assert f"Usage: perfgate {name}" in capsys.readouterr().out


def test_python_m_perfgate_is_perfgate():
    done = subprocess.run(
        [sys.executable, "-m", "perfgate", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == f"perfgate {perfgate.__version__}\n"


@pytest.mark.parametrize("code", [None, 0, ExitCode.REGRESSED, 3])
def test_a_commands_answer_is_the_exit_code(run, code):
    assert run(lambda: code) == (code or 0, "", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("perfgate.yml:3:1: unknown key 'x'", "remove it"), 2),
        (MeasureError("the build failed", "see its log"), 4),
        (Interrupted("interrupted after 3 rounds", "they are stored"), 130),
    ],
)
def test_errors_are_a_line_and_a_hint(run, error, code):
    assert run(raising(error)) == (code, "", f"error: {error.message}\n  hint: {error.hint}\n")


def test_a_services_output_in_an_error_cannot_steer_the_terminal(run):
    code, _, err = run(raising(MeasureError("\x1b[2Jdied\r", "its last lines:\nok\nbad\x07")))
    assert code == 4
    assert err == "error: \\x1b[2Jdied\\r\n  hint: its last lines:\n    ok\n    bad\\x07\n"


def test_a_services_output_in_an_error_is_no_command_to_the_runner_of_github(run, monkeypatch):
    """It takes `::name::` at the start of a line, spaces or not, and `##[name]` anywhere in it."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = "its log:\n::set-output name=verdict::PASS\n \t::add-mask::e\nx ##[set-output name=verdict]PASS"
    _, _, err = run(raising(MeasureError("##[add-mask]e", said)))
    assert "##[" not in err
    assert not [line for line in err.splitlines() if line.lstrip().startswith("::")]
    assert "set-output name=verdict::PASS" in err


def test_an_unexpected_error_is_called_a_bug_without_its_traceback(run, monkeypatch):
    monkeypatch.delenv("PERFGATE_DEBUG", raising=False)
    code, _, err = run(raising(KeyError("speed")))
    assert code == 70
    assert err.startswith(f"error: this is a bug in perfgate {perfgate.__version__}: KeyError: 'speed'\n")
    assert "PERFGATE_DEBUG=1" in err
    assert "Traceback" not in err


def test_debugging_shows_the_traceback(run, monkeypatch):
    monkeypatch.setenv("PERFGATE_DEBUG", "1")
    _, _, err = run(raising(KeyError("speed")))
    assert "Traceback" in err
    assert "test_cli_main.py" in err


def test_a_full_disk_is_not_a_bug(run):
    code, _, err = run(raising(OSError(28, "No space left on device", "/results/x")))
    assert (code, err.splitlines()[0]) == (4, "error: /results/x: No space left on device")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["comapre"], "error: no such command 'comapre', did you mean 'compare'?", "perfgate --help"),
        (["--fast"], "error: no such option '--fast'", "perfgate --help"),
        (
            ["probe", "--count", "x"],
            "error: invalid value for '--count': 'x' is not a valid integer",
            "perfgate probe",
        ),
        (["probe", "extra"], "error: got unexpected extra argument ('extra')", "perfgate probe"),
    ],
)
def test_wrong_arguments_are_said_in_the_same_style(run, capsys, arguments, message, hint):
    run(lambda: 0)
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].replace("(extra)", "('extra')") == message
    assert lines[1].startswith("  hint: see `")
    assert hint in lines[1]
    assert len(lines) == 2


def test_no_arguments_show_the_help_on_stderr(capsys):
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Usage: perfgate")


def test_ctrl_c_exits_130(run):
    assert run(raising(KeyboardInterrupt())) == (130, "", "error: interrupted\n")
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    assert run(raising(wrapped)) == (130, "", "error: interrupted\n")


_HANGING = """
import sys, time, types, click
from perfgate.cli.main import COMMANDS, main
module = types.ModuleType("perfgate.cli.hang")
@click.command()
def command():
    try:
        print("started", flush=True)
        time.sleep(30)
    finally:
        print("stopped", flush=True)
module.command = command
sys.modules["perfgate.cli.hang"] = module
COMMANDS["hang"] = "Hang."
sys.exit(main(["hang"]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_lets_the_command_clean_up(number):
    with subprocess.Popen(
        [sys.executable, "-c", _HANGING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "stopped\n", "error: interrupted\n")


def test_signal_handlers_are_put_back(run):
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        run(lambda: 0)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_closed_pipe_is_quiet_and_not_a_regression():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "perfgate", "--help"]
    with os.fdopen(writing, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (4, b"")


def through(text):
    """The command line in a shell, which can close a stream or leave a pipe."""
    command = text.replace("python", shlex.quote(sys.executable))
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=30)


def test_closed_streams_are_no_bug_and_no_place_for_the_next_file():
    done = through(
        "python -m perfgate --version >&-; echo $? >&2; python -m perfgate nosuch 2>&-; echo $? >&2"
    )
    assert (done.stdout, done.stderr) == ("", "0\n2\n")
    opening = "import os; from perfgate.cli import streams; streams.replace_closed(); "
    opening += "os.write(2, str(os.open('/', 0)).encode())"
    done = through(f"python -c {shlex.quote(opening)} <&- >&-")
    assert int(done.stderr) > 2


def test_every_command_module_is_listed():
    folder = Path(perfgate.__file__).with_name("cli")
    commands = (path for path in folder.glob("*.py") if "\n@click.command" in path.read_text())
    modules = {path.stem.removesuffix("_") for path in commands}
    assert modules <= set(COMMANDS)
