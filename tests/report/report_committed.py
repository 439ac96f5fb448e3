"""Text compared with a committed file, or written there when PERFGATE_REWRITE_GOLDEN is set."""

import os
from pathlib import Path


def assert_committed(path: Path, text: str) -> None:
    if os.environ.get("PERFGATE_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
