"""Writing Python load tests to files and reading them."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from perfgate.model import Workload
from perfgate.users.reading import read_users


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "load_test.py") -> Path:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture(name="read")
def _read(write: Callable[..., Path]) -> Callable[..., Workload]:
    return lambda text: read_users(write(text), environ=os.environ)
