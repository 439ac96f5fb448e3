"""The `perfgate` command: finds the subcommand, and is the one place where errors become exit codes.

Subcommands are imported only when they are run, so that `perfgate --help` answers at once.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import keyword
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from perfgate import __version__
from perfgate.cli import streams
from perfgate.errors import ExitCode, PerfgateError

COMMANDS = {
    "run": "Measure one commit and store the result, or drive a running service with a load test.",
    "compare": "Compare two commits and say whether the second is slower.",
    "ci": "Judge the change that a CI job is about, and write what its pull request shows.",
    "check": "Judge HEAD against the committed baseline.",
    "report": "Show a stored comparison again, on the terminal and in files; nothing is measured.",
    "baseline": "Update or show the committed baseline.",
    "history": "Show how every metric moved from commit to commit, with change points and creep.",
    "import": "Make a result from what other tools measured: k6, Locust, vegeta, JMeter, Go and more.",
    "export": "Write a stored result in a format that other tools read.",
    "convert": "Turn a HAR recording or an OpenAPI document into a starting workload.",
    "calibrate": "Measure how often the gate is wrong on your own service, and what it can see.",
    "accept": "Accept a slowdown of one metric, up to a bound and until a day.",
    "init": "Write a perfgate.yml and a first workload.",
    "doctor": "Check whether this machine and project are fit to measure.",
    "demo": "Compare known-good and known-bad changes of a small example service.",
}
"""The subcommands with the first line of their help, in the order of use."""

_EXIT_CODES = """\b
Exit codes:
  0    pass or improved
  1    regressed, or a threshold breached
  2    a flag, ref or file cannot be used
  3    inconclusive
  4    could not measure, or the measurement is invalid
  70   a bug in perfgate
  130  interrupted; what was measured is kept"""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class _Commands(click.Group):
    """A group whose help needs none of its commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            raise click.UsageError(
                f"no such command {cmd_name!r}" + (f", did you mean {near[0]!r}?" if near else ""), ctx
            )
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = importlib.import_module(f"perfgate.cli.{module}").command
        assert isinstance(command, click.Command)  # noqa: S101 - what each module promises
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXIT_CODES,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def perfgate() -> None:
    """Tell whether a change made an HTTP service slower, fail more, or hold less.

    Start with `perfgate init`, then `perfgate doctor`, then `perfgate compare main HEAD`.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one perfgate command and return its exit code; errors are written to stderr, one line each."""
    streams.replace_closed()
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    for number, handler in before.items():
        if handler == signal.SIG_DFL:  # nohup ignores one of them, and means it
            signal.signal(number, _interrupt)
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BaseException as error:
        if arguments is None:
            # On the way out another signal must not turn the answer into a crash.
            for number in (signal.SIGINT, *_STOP_SIGNALS):
                signal.signal(number, signal.SIG_IGN)
            before = {}
        return _report(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


def _run(arguments: list[str]) -> int:
    # Not click's own main(): that turns a closed pipe into exit code 1, which here means "regressed".
    with perfgate.make_context("perfgate", arguments) as context:
        code = perfgate.invoke(context)
    return int(code or ExitCode.OK)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # The same path as Ctrl-C, so that everything that was started is stopped on the way out.
    raise KeyboardInterrupt


def _report(error: BaseException) -> int:
    try:
        code, message, hint = _explain(error)
        if message:
            sys.stderr.write(f"error: {_lines(message)}\n" + (f"  hint: {_lines(hint)}\n" if hint else ""))
        if os.environ.get("PERFGATE_DEBUG") == "1" and code not in (ExitCode.OK, ExitCode.INTERRUPTED):
            import traceback

            traceback.print_exception(error)
        sys.stderr.flush()
    except BrokenPipeError as second:
        code, error = ExitCode.INVALID, second
    if isinstance(error, BrokenPipeError):
        # The interpreter flushes both once more at exit and would complain again.
        streams.discard(sys.stdout)
        streams.discard(sys.stderr)
    return int(code)


def _explain(error: BaseException) -> tuple[int, str, str]:
    """The exit code, the message and the hint of an error; no message where nothing needs saying."""
    match error:
        case PerfgateError():
            return error.exit_code, error.message, error.hint
        case click.exceptions.Exit():
            return error.exit_code, "", ""
        case click.exceptions.NoArgsIsHelpError():
            sys.stderr.write(f"{error.format_message()}\n")
            return ExitCode.USAGE, "", ""
        case click.ClickException():
            path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "perfgate"
            return ExitCode.USAGE, _sentence(error.format_message()), f"see `{path} --help`"
        # Python 3.11 wraps what comes up while a class is being made, as in the midst of imports.
        case KeyboardInterrupt() | click.Abort() | RuntimeError(__cause__=KeyboardInterrupt()):
            return ExitCode.INTERRUPTED, "interrupted", ""
        case BrokenPipeError():
            return ExitCode.INVALID, "", ""
        case OSError(errno=number) if number in _FULL:
            where = f"{error.filename}: " if error.filename else ""
            return (
                ExitCode.INVALID,
                f"{where}{error.strerror}",
                "free some space or raise the limit, and run it again",
            )
        case SystemExit():
            return error.code if isinstance(error.code, int) else ExitCode.BUG, "", ""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = "please report it with the command you ran; PERFGATE_DEBUG=1 shows where it happened"
    return ExitCode.BUG, f"this is a bug in perfgate {__version__}: {what}", hint


def _sentence(text: str) -> str:
    text = " ".join(text.split()).removesuffix(".")
    return text[:1].lower() + text[1:]


def _lines(text: str) -> str:
    """Text that may quote a service's output, without escape sequences, further lines indented."""
    lines = ["".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in text.split("\n")]
    if os.environ.get("GITHUB_ACTIONS") == "true":
        lines = [_no_command(line) for line in lines]
    return "\n    ".join(lines)


def _no_command(line: str) -> str:
    """A line in which the runner of GitHub Actions finds no command (actions/runner, ActionCommand.cs)."""
    line = line.replace("##[", "# #[")
    return f": {line.lstrip()[1:]}" if line.lstrip().startswith("::") else line
