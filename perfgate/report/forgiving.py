"""A text stream that never fails: a report nobody reads any more must not stop a measurement."""

import os
from contextlib import suppress
from typing import IO


class Forgiving:
    """A text stream whose reader may go away: from then on everything written is dropped."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream: IO[str] | None = stream

    @property
    def encoding(self) -> str:
        """How the stream encodes text; rich draws in ASCII where it must."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write what the stream can take: question marks for letters it lacks, nothing once it is gone."""
        try:
            if self._stream is not None:
                self._stream.write(text)
        except UnicodeEncodeError:
            self._write_ascii(text)
        except (OSError, ValueError):
            self._give_up()
        return len(text)

    def flush(self) -> None:
        """Flush what was written, if anybody still reads."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError):
            self._give_up()

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        return self._stream is not None and is_terminal(self._stream)

    def fileno(self) -> int:
        """The descriptor, which rich asks for the width of the terminal."""
        return self._stream.fileno() if self._stream is not None else -1

    def _give_up(self) -> None:
        """Nobody reads any more. What is still buffered has to go somewhere when the interpreter ends.

        It would fail to flush it then and exit with 120, whatever the verdict was.
        """
        stream, self._stream = self._stream, None
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                if stream is not None:
                    os.dup2(nowhere, stream.fileno())
            finally:
                os.close(nowhere)

    def _write_ascii(self, text: str) -> None:
        self.write(text.encode("ascii", "replace").decode("ascii"))


def is_terminal(stream: IO[str]) -> bool:
    """Whether the stream is a terminal; a closed one is not."""
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False
