"""The pages on CI systems: what they tell readers to paste is valid, and does what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perfgate.cli.output import FORMATS
from perfgate.errors import ExitCode, UsageError
from perfgate.git import open_repository
from tests.cli.cli_project import Project

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "schema"),
    [("how-to/gitlab-ci.md", "vendor.gitlab-ci"), ("how-to/buildkite.md", "vendor.buildkite")],
)
def test_configuration_to_paste_is_valid(page: str, schema: str, tmp_path: Path) -> None:
    (text,) = blocks(page, "yaml")
    (tmp_path / "ci.yml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(tmp_path / "ci.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["github-action", "publish-history-on-pages"])
def test_a_workflow_to_paste_is_valid(page: str, tmp_path: Path) -> None:
    whole = [each for each in blocks(f"how-to/{page}.md", "yaml") if each.startswith("name:")]
    (tmp_path / "workflow.yml").write_text(*whole)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*command, "workflow.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_page_installs_what_a_stranger_may_have_given_our_name_on_an_index() -> None:
    for path in (DOCS / "how-to").glob("*.md"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"^\s*(- |run: )*pip install\b.*perfgate|\(`pip install\b.*perfgate", line):
                assert "github.com/OWNER/perfgate" in line or line.startswith("pip install 'perfgate["), line


@pytest.fixture
def shell(tmp_path: Path):
    """Runs a script where `perfgate ci` ends with a code, and tells what the agent of Buildkite was given."""
    tools = tmp_path / "bin"
    tools.mkdir()

    def tool(name: str, body: str) -> None:
        (tools / name).write_text(f"#!/bin/bash\n{body}\n")
        (tools / name).chmod(0o755)

    def run(script: str, code: int, *, summary: bool = True) -> tuple[int, str]:
        left = "mkdir -p .perfgate/ci; echo '### sentence' > .perfgate/ci/summary.md;" if summary else ""
        tool("perfgate", f"{left} exit {code}")
        tool("buildkite-agent", 'echo "$@" > agent; cat >> agent')
        environ = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, check=False)
        agent = tmp_path / "agent"
        return done.returncode, agent.read_text() if agent.exists() else ""

    return run


@pytest.mark.parametrize(
    ("code", "style"),
    [(ExitCode.OK, "success"), (ExitCode.REGRESSED, "error"), (ExitCode.INVALID, "warning")],
)
def test_buildkite_shows_the_summary_and_keeps_the_exit_code(shell, code: int, style: str) -> None:
    (script,) = blocks("how-to/buildkite.md", "bash")
    assert shell(script, code) == (code, f"annotate --context perfgate --style {style}\n### sentence\n")


def test_buildkite_keeps_the_exit_code_where_there_is_no_summary(shell) -> None:
    (script,) = blocks("how-to/buildkite.md", "bash")
    assert shell(script, ExitCode.USAGE, summary=False) == (ExitCode.USAGE, "")


@pytest.mark.parametrize("code", ExitCode)
def test_only_inconclusive_passes_where_the_page_lets_it(shell, code: int) -> None:
    script = blocks("how-to/any-ci.md", "bash")[1]
    assert shell(script, code)[0] == (0 if code == ExitCode.INCONCLUSIVE else code)


def test_base_is_found_in_the_clone_of_one_commit_that_the_page_begins_with(shell, tmp_path: Path) -> None:
    source = Project(tmp_path / "source")
    source.git("checkout", "--quiet", "-b", "feature")
    source.write("change.txt", "of the branch")
    source.commit("feature")
    source.git("checkout", "--quiet", "main")
    where = tmp_path / "clone"
    source.git("clone", "--quiet", "--depth=1", "--branch=feature", source.path.as_uri(), str(where))
    with pytest.raises(UsageError, match="no default branch"):
        open_repository(where).default_branch()
    assert shell(f"cd {where}; {blocks('how-to/any-ci.md', 'bash')[0]}", ExitCode.OK)[0] == 0
    repository = open_repository(where)
    assert not repository.is_shallow()
    assert (
        repository.default_base(repository.resolve("HEAD").sha).sha == source.git("rev-parse", "main").strip()
    )


def test_every_exit_code_is_in_the_table() -> None:
    text = (DOCS / "how-to/any-ci.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == list(ExitCode)


def test_every_format_has_its_row_and_nothing_else_is_promised() -> None:
    text = (DOCS / "reference/outputs.md").read_text(encoding="utf-8")
    table = text.split("\n\n")[2]
    assert sorted(
        re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    ) == sorted(FORMATS)
    for page in ("gitlab-ci", "buildkite", "any-ci"):
        asked = re.findall(r"-o ([a-z-]+)=", (DOCS / f"how-to/{page}.md").read_text(encoding="utf-8"))
        assert asked
        assert set(asked) <= set(FORMATS)
