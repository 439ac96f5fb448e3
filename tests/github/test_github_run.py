"""What is read of a run in GitHub Actions, and what is refused."""

import json
import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.github.checked import ref_name
from perfgate.github.plain import plain
from perfgate.github.run import read_run


@pytest.fixture(name="environ")
def _environ(github, tmp_path):
    return github.environ(tmp_path, "push", {"after": "x"})


def test_a_run_is_read(environ, github, tmp_path):
    run = read_run(environ)
    assert (run.repository, run.event_name, run.sha) == ("acme/shop", "push", "c" * 40)
    assert (run.ref, run.api_url, run.event) == ("refs/heads/main", github.url, {"after": "x"})
    assert (run.output_path, run.summary_path) == (tmp_path / "output", tmp_path / "step_summary")
    assert run.run_url == "https://github.com/acme/shop/actions/runs/4711/attempts/1"
    assert (run.workflow, run.job, run.actor) == ("performance", "measure", "octocat")


@pytest.mark.parametrize("value", [None, "", "false", "1", "TRUE"])
def test_elsewhere_there_is_none(environ, value):
    environ.pop("GITHUB_ACTIONS")
    assert read_run(environ if value is None else environ | {"GITHUB_ACTIONS": value}) is None


def test_files_may_be_missing(environ, tmp_path):
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH", "GITHUB_RUN_ATTEMPT"):
        del environ[name]
    run = read_run(environ)
    assert (run.output_path, run.summary_path, run.event) == (None, None, {})
    assert read_run(environ | {"GITHUB_EVENT_PATH": str(tmp_path / "none")}).event == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "acme"),
        ("GITHUB_REPOSITORY", "acme/shop/../../user"),
        ("GITHUB_REPOSITORY", "acme/.."),
        ("GITHUB_REPOSITORY", "acme/shop\n"),
        ("GITHUB_REPOSITORY", "acme/shop?x"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_EVENT_NAME", "pull request"),
        ("GITHUB_SHA", "HEAD"),
        ("GITHUB_REF", "refs/heads/a..b"),
        ("GITHUB_API_URL", "http://api.github.com"),
        ("GITHUB_API_URL", "https://user:secret@api.github.com"),
        ("GITHUB_API_URL", "https://api.github.com@evil.example"),
        ("GITHUB_API_URL", "https://api.github.com\\@evil.example"),
        ("GITHUB_API_URL", "https://api.github.com?x="),
        ("GITHUB_API_URL", "https://api.github.com#"),
        ("GITHUB_API_URL", "https://"),
        ("GITHUB_API_URL", "https://[::1"),
        ("GITHUB_API_URL", "https://x:port"),
        ("GITHUB_API_URL", "https://a b"),
        ("GITHUB_API_URL", "file:///etc/passwd"),
        ("GITHUB_API_URL", "api.github.com"),
        ("GITHUB_SERVER_URL", "javascript:alert(1)"),
        ("GITHUB_RUN_ID", "1/../.."),
        ("GITHUB_RUN_ATTEMPT", "1 2"),
    ],
)
def test_what_is_not_githubs_is_refused_by_name(environ, name, value):
    with pytest.raises(UsageError, match=name) as error:
        read_run(environ | {name: value})
    assert error.value.message.isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://ghe.example.com:8443/api/v3",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost:1/api",
    ],
)
def test_addresses_of_other_githubs_are_read(environ, url):
    assert read_run(environ | {"GITHUB_API_URL": url + "/"}).api_url == url


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b'{"a": ', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (b'"x"', "not an object"),
        (b" " * ((32 << 20) + 1), "larger than 32 MiB"),
    ],
)
def test_a_torn_event_file_is_refused(environ, tmp_path, content, said):
    (tmp_path / "event.json").write_bytes(content)
    with pytest.raises(UsageError, match=said) as error:
        read_run(environ)
    assert "event.json" in error.value.message


def test_an_event_file_that_cannot_be_read_is_refused(environ, tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(environ | {"GITHUB_EVENT_PATH": str(tmp_path)})
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(environ | {"GITHUB_EVENT_PATH": "a\0b"})


def test_words_of_anybodys_become_one_line(environ, tmp_path):
    (tmp_path / "event.json").write_text(json.dumps({"text": "\u202e\n"}))
    run = read_run(environ | {"GITHUB_WORKFLOW": "a\n::error::b\u202e" + "x" * 999})
    assert run.workflow.startswith("a ::error::bx")
    assert len(run.workflow) == 200
    assert run.event == {"text": "\u202e\n"}


def test_refs_are_read_as_git_does(tmp_path):
    """Against the real git; perfgate also refuses what a command line would take for an option."""
    pieces = [
        "a",
        "b/c",
        "ü",
        "a.b",
        "$(x)",
        "`x`",
        "a;b",
        "a&b",
        "'",
        '"',
        "a@b",
        "@",
        "#1",
        "%0a",
        "\u202e",
    ]
    bad = ["", "a b", "a..b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a//b", "/a", "a/", "a."]
    bad += [".a", "a/.b", "a.lock", "a.lock/b", "a@{b", "a\tb", "a\x7fb", "a\x01b"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for name in [*pieces, *bad]:
        ref = f"refs/heads/{name}"
        git = subprocess.run(["git", "check-ref-format", ref], env=environ, check=False).returncode == 0
        try:
            ours = ref_name(ref, "it") == ref
        except UsageError:
            ours = False
        assert (ours, git) == (name in pieces, name in pieces), name
    for name in ("-x", "--upload-pack=x", "@", "x" * 1025):
        with pytest.raises(UsageError):
            ref_name(name, "it")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.integers(1, 50))
def test_a_plain_text_is_one_bounded_line(text, limit):
    line = plain(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert line == line.strip()
    line.encode()
