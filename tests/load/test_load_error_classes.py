"""The page of error classes names all that the driver gives, or their names would be anybody's guess."""

import re
from pathlib import Path

import pytest

from perfgate.load import failure, tls_errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/error-classes.md").read_text()
GIVEN = re.compile(
    r'(?:ProtocolError|TlsError|_breach)\(\s*"([^"]+)"|NOT_SENT = "([^"]+)"|return "((?:re|too)[^"]+)"'
)


def classes_in_the_code() -> set[str]:
    found = set()
    for path in (ROOT / "perfgate/load").glob("*.py"):
        found.update("".join(groups) for groups in GIVEN.findall(path.read_text()))
    return found


@pytest.mark.parametrize("name", sorted(classes_in_the_code()))
def test_the_page_names_every_class_of_the_driver(name):
    assert f"`{name}`" in PAGE


def test_the_page_names_no_class_that_is_gone():
    source = "".join(path.read_text() for path in (ROOT / "perfgate/load").glob("*.py"))
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.M) for name in re.findall("`([^`…]+)`", row)
    }
    for name in named - {"connect"}:
        word = name.removeprefix("connect ").removeprefix("tls alert ")
        assert word in source or re.fullmatch("e[a-z]+", word), name


def test_the_certificates_faults_are_named():
    for name in tls_errors._CERTIFICATE.values():
        assert name.removeprefix("tls certificate ") in PAGE


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ConnectionRefusedError(), "connection refused"),
        (BrokenPipeError(), "connect reset"),
        (TimeoutError(), "connect timeout"),
        (OSError(113, "No route to host"), "connect ehostunreach"),
        (OSError(99_999, "\x1b[31mevil"), "connect failed"),
        (OSError("evil"), "connect failed"),
    ],
)
def test_a_failure_of_the_network_has_a_name_nobody_else_can_choose(error, name):
    assert failure.error_class(error, "connect ") == name
