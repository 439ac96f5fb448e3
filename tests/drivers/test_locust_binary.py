"""Finding Locust and its Python: the forms of console scripts, and versions that are too old."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from locust_service import ENVIRON, NEEDS_LOCUST, user

from perfgate.drivers.locust import read_locustfile
from perfgate.drivers.locust_binary import find_locust
from perfgate.errors import UsageError


def script(folder: Path, head: str) -> dict[str, str]:
    path = folder / "locust"
    path.write_text(head + "\nimport locust\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:{Path(sys.executable).parent}"}


@pytest.mark.parametrize(
    "head",
    [
        f"#!{sys.executable}",
        f"#!/usr/bin/env {Path(sys.executable).name}",
        f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''",
        f"#!/bin/sh\n'''exec' {sys.executable} \"$0\" \"$@\"\n' '''",
    ],
    ids=["shebang", "env", "exec quoted", "exec"],
)
def test_the_python_of_a_console_script_is_found(tmp_path, head):
    found = find_locust(script(tmp_path, head))
    assert found.path == str(tmp_path / "locust")
    assert found.python == (sys.executable,)


@pytest.mark.parametrize("head", ["#!/usr/bin/env bash", "#!/nowhere/python", "\x7fELF", ""])
def test_a_script_that_names_no_python_is_refused(tmp_path, head):
    with pytest.raises(UsageError) as refusal:
        find_locust(script(tmp_path, head))
    assert refusal.value.message == f"{tmp_path}/locust does not name the Python it runs on"
    assert "activate the environment" in refusal.value.hint


@NEEDS_LOCUST
def test_a_version_that_is_too_old_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("perfgate.drivers.locust_source.OLDEST", (99, 0))
    (tmp_path / "l.py").write_text(user("pass"))
    with pytest.raises(UsageError) as refusal:
        read_locustfile(tmp_path / "l.py", environ=ENVIRON, variables={})
    assert refusal.value.message.endswith("is too old: perfgate needs 99.0")
    assert refusal.value.hint == "pip install --upgrade locust"


@pytest.mark.skipif(find_spec("locust") is not None, reason="this Python has Locust")
def test_a_python_without_locust_is_told_from_a_broken_file(tmp_path):
    (tmp_path / "l.py").write_text("x = 1\n")
    environ = script(tmp_path, f"#!{sys.executable}")
    with pytest.raises(UsageError) as refusal:
        read_locustfile(tmp_path / "l.py", environ=environ, variables={})
    assert "the Python of the locust script has no module locust" in refusal.value.message
