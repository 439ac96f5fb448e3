"""Reading a file that anyone may have written: bounded, line by line, and never a partial line in silence."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from perfgate.errors import UsageError

HEAD_BYTES = 1 << 16
MAX_BYTES = 8 << 30
MAX_LINE_BYTES = 16 << 20
MAX_DOCUMENT_BYTES = 256 << 20
MAX_ROWS = 20_000_000
MAX_NAMES = 10_000
_MAX_SHOWN = 120
_GZIP = b"\x1f\x8b"
_REMEDY = "give the file as the tool wrote it"


class BadLine(ValueError):  # noqa: N818 - what is wrong, not that something is
    """A line that is not what its format says; whoever reads the lines knows where it stands."""


def shown(text: object) -> str:
    """Text from a file for a message: one line, what cannot be printed escaped, cut where it is long."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text)[: _MAX_SHOWN + 1])
    return line if len(line) <= _MAX_SHOWN else line[:_MAX_SHOWN] + "…"


class Source:
    """One file given to be imported.

    `notes` collects what a reader of the result has to know. Where `allow_truncated` is set, a last line that
    was cut off is left out, and noted.
    """

    def __init__(self, path: Path, *, allow_truncated: bool = False) -> None:
        self.path = path
        self.allow_truncated = allow_truncated
        self.notes: list[str] = []
        self._cut = False
        self._is_left_out = False
        with self._opened() as file:
            head = _read(self, file, HEAD_BYTES)
        if not head.strip():
            self.refuse("the file is empty", "no evidence is an error: run the tool again and let it finish")
        self.raw_head = head
        self.head = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")

    def __str__(self) -> str:
        return shown(self.path)

    def first_line(self) -> str:
        """The first line that is not blank, whole where it is no longer than a line may be."""
        line = self.head.lstrip().partition("\n")[0]
        if "\n" in self.head.lstrip() or len(self.raw_head) < HEAD_BYTES:
            return line
        with self._opened() as file:
            raw = _read(self, file, MAX_LINE_BYTES)
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip().partition("\n")[0]

    def refuse(self, what: str, hint: str = _REMEDY, *, line: int | None = None) -> NoReturn:
        """Refuse the file, at a line where one is to blame.

        Raises:
            UsageError: always.
        """
        where = f"{self}:{line}" if line is not None else str(self)
        raise UsageError(f"{where}: {what}", hint)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Every line with its number, without its end.

        Raises:
            UsageError: it cannot be read, is no text, or is too large.
        """
        total = 0
        with self._opened() as file:
            for number in range(1, 1 << 62):
                raw = _read_line(self, file)
                if not raw:
                    if self._cut and not self._is_left_out:
                        self.notes.append("the last line has no line end: it was taken for whole")
                    return
                total += len(raw)
                if len(raw) > MAX_LINE_BYTES:
                    self.refuse(f"a line of more than {MAX_LINE_BYTES >> 20} MiB", line=number)
                if total > MAX_BYTES:
                    self.refuse(f"larger than {MAX_BYTES >> 30} GiB", "import a part of it")
                self._cut = not raw.endswith(b"\n")
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                yield number, self._text(raw, number).rstrip("\r\n")

    def bad(self, error: object, line: int) -> None:
        """Say what is wrong with a line; returns only for a last line that may be left out as cut off.

        Raises:
            UsageError: the line is wrong, or cut off and not allowed to be.
        """
        if not self._cut:
            self.refuse(str(error), line=line)
        if not self.allow_truncated:
            self.refuse(
                f"the last line is cut off ({error}): the tool was killed, or is still writing",
                "let the tool finish, or leave that line out with --allow-truncated",
                line=line,
            )
        self._is_left_out = True
        self.notes.append(f"the last line ({line}) was cut off and left out (--allow-truncated)")

    def document(self, prefix: str = "") -> Any:
        """The whole file as one JSON document, after a prefix such as that of a script.

        Raises:
            UsageError: too large, or not JSON.
        """
        with self._opened() as file:
            raw = _read(self, file, MAX_DOCUMENT_BYTES + 1)
        if len(raw) > MAX_DOCUMENT_BYTES:
            self.refuse(f"a document of more than {MAX_DOCUMENT_BYTES >> 20} MiB", "import a part of it")
        text = self._text(raw.removeprefix(b"\xef\xbb\xbf"), 1)
        begin = len(text) - len(text.lstrip().removeprefix(prefix))
        try:
            return json.loads(text[begin:].rstrip().rstrip(";"), parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            line = error.lineno + text.count("\n", 0, begin)
            if error.pos >= len(text[begin:].rstrip()):
                self.refuse("the file ends in the middle: it is cut off", line=line)
            self.refuse(f"column {error.colno}: not JSON: {error.msg}", line=line)
        except (ValueError, RecursionError) as error:
            self.refuse(f"not JSON: {shown(error)}")

    def _text(self, raw: bytes, line: int) -> str:
        if b"\0" in raw:
            self.refuse(
                "not text: it has bytes of value 0",
                "write it as UTF-8 (the > of PowerShell writes UTF-16)",
                line=line,
            )
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            if self._cut and error.reason == "unexpected end of data":
                return raw.decode("utf-8", "replace")
            self.refuse("not UTF-8 text", "write it as UTF-8", line=line)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            # Not Path.open: that takes no opener.
            file = open(self.path, "rb", opener=_open_regular)  # noqa: SIM115
        except (OSError, ValueError) as error:
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            self.refuse(f"cannot be read: {why}", "check the path and who may read it")
        with file:
            magic = _read(self, file, len(_GZIP))
            file.seek(0)
            if magic != _GZIP:
                yield file
                return
            with gzip.GzipFile(fileobj=file) as expanded:
                yield cast(IO[bytes], expanded)


def _open_regular(name: str, flags: int) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for somebody to write into it
    descriptor = os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise ValueError("not a regular file")


def _read(source: Source, file: IO[bytes], most: int) -> bytes:
    try:
        return file.read(most)
    except (OSError, EOFError, zlib.error) as error:
        return source.refuse(f"cannot be read: {shown(error)}", "the file is torn: copy it again")


def _read_line(source: Source, file: IO[bytes]) -> bytes:
    try:
        return file.readline(MAX_LINE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        return source.refuse(f"cannot be read: {shown(error)}", "the file is torn: copy it again")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number JSON knows")
