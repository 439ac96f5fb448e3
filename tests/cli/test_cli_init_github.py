"""`perfgate init --github`: which files it writes, and that they are sound workflows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from perfgate.cli.main import main
from perfgate.scaffold.workflows import WORKFLOWS, is_action, repository_of

ACTION = f"acme/perfgate@{'a' * 40}"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments):
    return main(["init", "--github", "--action", ACTION, *arguments])


def workflows(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / ".github" / "workflows").iterdir()}


def test_a_fresh_project_gains_everything(repository, capsys):
    assert init() == 0
    assert (repository / "perfgate.yml").exists()
    assert set(workflows(repository)) == set(WORKFLOWS)
    shown = capsys.readouterr().out
    assert "Allow GitHub Actions to create and approve pull requests" in shown
    assert 'require the check "perfgate: perfgate.yml"' in shown


def test_a_project_that_is_set_up_gains_the_workflows_alone(repository, capsys):
    (repository / "perfgate.yml").write_text("mine")
    assert init() == 0
    assert (repository / "perfgate.yml").read_text() == "mine"
    assert not (repository / "load-test.yml").exists()
    assert set(workflows(repository)) == set(WORKFLOWS)


def test_nothing_is_overwritten(repository, capsys):
    folder = repository / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "perfgate.yml").write_text("mine")
    (folder / "perfgate-post.yml").symlink_to(repository / "elsewhere")
    assert init() == 0
    assert (folder / "perfgate.yml").read_text() == "mine"
    assert not (repository / "elsewhere").exists()
    shown = capsys.readouterr().out
    assert "kept  .github/workflows/perfgate.yml\n" in shown
    assert "kept  .github/workflows/perfgate-post.yml\n" in shown
    assert "wrote .github/workflows/perfgate-baseline.yml: " in shown


def test_it_says_of_no_file_that_was_kept_which_action_it_uses(repository, capsys):
    assert init() == 0
    assert f"What was written uses {ACTION}." in capsys.readouterr().out
    assert main(["init", "--github", "--action", "acme/perfgate@v2"]) == 0
    shown = capsys.readouterr().out
    assert "Nothing was written" in shown
    assert "acme/perfgate@v2" not in shown


def test_a_service_in_a_folder_is_named_from_the_top(repository, monkeypatch):
    folder = repository / "services" / "it's one"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert init() == 0
    assert not (folder / ".github").exists()
    for text in workflows(repository).values():
        steps = next(iter(yaml.safe_load(text)["jobs"].values()))["steps"]
        (used,) = (step["with"] for step in steps if step["uses"] == ACTION)
        assert used["config"] == "services/it's one/perfgate.yml"


@pytest.mark.parametrize("name", ["${{ github.token }}", "two\nlines"])
def test_a_folder_that_github_would_read_as_more_than_a_name_is_refused(
    repository, monkeypatch, capsys, name
):
    (repository / name).mkdir()
    monkeypatch.chdir(repository / name)
    assert init() == 2
    assert "cannot stand in a workflow" in capsys.readouterr().err
    assert not list((repository / ".github").glob("workflows/*"))


@pytest.mark.parametrize("name", ["acme/perfgate", "perfgate@v1", "a/b@v1\nrun: x", "a/b@$(id)", "a b/c@v1"])
def test_what_names_no_action_is_refused_before_anything_is_written(repository, name, capsys):
    assert main(["init", "--github", "--action", name]) == 2
    assert "is not OWNER/NAME@REF" in capsys.readouterr().err
    assert {path.name for path in repository.iterdir()} == {".git"}


def test_an_action_without_workflows_means_nothing(repository, capsys):
    assert main(["init", "--action", ACTION]) == 2
    assert "--github" in capsys.readouterr().err


def test_without_a_repository_there_is_nowhere_to_put_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert init() == 2
    assert "not a git repository" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_linked_folder_is_not_written_through(repository, tmp_path_factory, capsys):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (repository / ".github").symlink_to(elsewhere)
    assert init() == 2
    assert "symbolic link" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


def installed(folder, recorded):
    """What pip leaves of an installation of perfgate."""
    about = folder / "perfgate-9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: perfgate\nVersion: 9\n")
    (about / "direct_url.json").write_text(json.dumps(recorded))


def test_an_installation_from_github_names_its_own_commit(repository, tmp_path_factory, monkeypatch):
    site, sha = tmp_path_factory.mktemp("site"), "b" * 40
    installed(
        site, {"url": "https://github.com/acme/perfgate.git", "vcs_info": {"vcs": "git", "commit_id": sha}}
    )
    monkeypatch.syspath_prepend(site)
    assert main(["init", "--github"]) == 0
    for text in workflows(repository).values():
        assert f"uses: acme/perfgate@{sha}\n" in text


def test_a_clone_of_github_names_the_commit_it_is_at_though_pip_copied_it(
    repository, tmp_path_factory, monkeypatch
):
    site, clone = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("a clone")
    (clone / "perfgate").mkdir()
    (clone / "action.yml").touch()
    for words in (
        ["init", "-q"],
        ["remote", "add", "origin", "git@github.com:acme/perfgate.git"],
        ["add", "."],
        ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", "-C", str(clone), *words], check=True)
    head = subprocess.run(
        ["git", "-C", str(clone), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    installed(site, {"url": clone.as_uri(), "dir_info": {}})
    monkeypatch.syspath_prepend(site)
    assert main(["init", "--github"]) == 0
    for text in workflows(repository).values():
        assert f"uses: acme/perfgate@{head}\n" in text


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/perfgate", "acme/perfgate"),
        ("https://github.com/acme/perfgate.git", "acme/perfgate"),
        ("https://someone:secret@github.com/acme/perfgate.git", "acme/perfgate"),
        ("git@github.com:acme/perfgate.git", "acme/perfgate"),
        ("ssh://git@github.com/acme/perf.gate", "acme/perf.gate"),
        ("https://github.com.example.invalid/acme/perfgate", None),
        ("https://example.invalid/github.com/acme/perfgate", None),
        ("/srv/git/perfgate.git", None),
        ("", None),
    ],
)
def test_only_an_origin_on_github_names_the_action(url, name):
    assert repository_of(url) == name


@pytest.mark.parametrize("name", ["a/b@v1", "a-b/c.d@main", f"a/b@{'0' * 40}", "a/b/c@releases/v1"])
def test_actions_are_named_as_uses_takes_them(name):
    assert is_action(name)


@pytest.mark.parametrize("action", [ACTION, "acme/perfgate@v1"], ids=["commit", "tag"])
def test_they_pass_the_schema_and_zizmor(repository, action, capsys):
    assert main(["init", "--github", "--action", action]) == 0
    paths = [str(path) for path in (repository / ".github" / "workflows").iterdir()]
    tools = Path(sys.executable).parent
    schema = [str(tools / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *paths]
    done = subprocess.run(schema, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    audit = [str(tools / "zizmor"), "--offline", "--no-online-audits", "--format", "json", *paths]
    done = subprocess.run(audit, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == [], done.stdout
