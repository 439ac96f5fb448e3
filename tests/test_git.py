import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from perfgate.errors import MeasureError, PerfgateError, UsageError
from perfgate.git import Repository, git_version, open_repository
from perfgate.gitcommand import scrubbed


@pytest.fixture(autouse=True)
def _own_git_settings(tmp_path_factory, monkeypatch):
    settings = tmp_path_factory.mktemp("home") / "gitconfig"
    settings.write_text(
        "[user]\n\tname = Ann Example\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    git(folder, "add", name)
    git(folder, "commit", "-qm", f"{name}: {text}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path):
    """Main with two commits, and a branch `feature` with one more, checked out."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "app", "one")
    commit(folder, "app", "two")
    git(folder, "checkout", "-qb", "feature")
    commit(folder, "app", "three")
    return folder


@pytest.fixture
def repository(project):
    return open_repository(project)


def refused(action, *arguments) -> PerfgateError:
    with pytest.raises(PerfgateError) as caught:
        action(*arguments)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_opens_from_a_folder_inside(project):
    (project / "deep").mkdir()
    assert open_repository(project / "deep").toplevel == project


def test_a_folder_outside_any_repository_is_refused(tmp_path):
    error = refused(open_repository, tmp_path)
    assert isinstance(error, UsageError)
    assert "not a git repository" in error.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_somebody_elses_repository_is_not_trusted_and_the_hint_names_its_top(project):
    (project / "deep er").mkdir()
    for path in (project, project / ".git", project / "deep er"):
        os.chown(path, 12345, 12345)
    error = refused(open_repository, project / "deep er")
    assert "another user owns it" in error.message
    assert "docker run --user" in error.hint
    assert f"safe.directory {project}`" in error.hint


@pytest.mark.parametrize("kind", ["missing", "bare", "inside .git"])
def test_places_without_a_checkout_are_refused_by_name(project, tmp_path, kind):
    if kind == "bare":
        git(tmp_path, "init", "-q", "--bare", "bare")
    place = {"missing": tmp_path / "nowhere", "bare": tmp_path / "bare", "inside .git": project / ".git"}[
        kind
    ]
    expected = {"missing": "no such directory", "bare": "bare", "inside .git": "inside .git"}[kind]
    assert expected in refused(open_repository, place).message


def test_no_git_program_is_a_plain_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no git program" in refused(open_repository, tmp_path).message


def test_git_version_is_a_number():
    assert int(git_version().split(".")[0]) >= 2


@pytest.mark.parametrize(
    ("ref", "branch"), [("main", "main"), ("refs/heads/main", "main"), ("HEAD", "feature"), ("HEAD~1", None)]
)
def test_resolves_to_the_whole_sha_and_the_branch(repository, project, ref, branch):
    found = repository.resolve(ref)
    assert found.sha == git(project, "rev-parse", ref)
    assert (found.ref, found.branch) == (ref, branch)


def test_resolves_tags_and_short_shas_to_commits(repository, project):
    git(project, "tag", "-a", "v1", "-m", "one", "main")
    sha = git(project, "rev-parse", "main")
    assert repository.resolve("v1").sha == sha
    assert repository.resolve("v1").branch is None
    assert repository.resolve(sha[:8]).sha == sha


@pytest.mark.parametrize(
    "ref", ["", "-h", "--upload-pack=touch owned", "a\0b", "a\nb", "main..feature", "^main", "\x1b[31m"]
)
def test_unsafe_refs_never_reach_git(repository, project, ref):
    assert "is not a ref" in refused(repository.resolve, ref).message
    assert not (project / "owned").exists()


def test_an_unknown_ref_suggests_the_nearest_branch(repository):
    error = refused(repository.resolve, "featrue")
    assert error.message == "unknown ref 'featrue'"
    assert error.hint == "did you mean feature?"


def test_a_ref_that_only_the_remote_has_is_suggested_with_its_remote(repository, project, tmp_path):
    git(tmp_path, "clone", "-q", "--branch", "feature", str(project), "clone")
    assert refused(open_repository(tmp_path / "clone").resolve, "main").hint == "did you mean origin/main?"


def test_a_name_of_both_a_branch_and_a_tag_is_ambiguous(repository, project):
    git(project, "tag", "main", "feature")
    error = refused(repository.resolve, "main")
    assert "ambiguous" in error.message
    assert "refs/heads/main" in error.hint


def test_a_file_is_not_a_commit(repository, project):
    blob = git(project, "rev-parse", "HEAD:app")
    assert "not a commit" in refused(repository.resolve, blob).message


def test_the_base_of_a_branch_is_where_it_left_the_default_branch(repository, project):
    left = git(project, "rev-parse", "main")
    git(project, "checkout", "-q", "main")
    commit(project, "app", "moved on")
    base = repository.default_base(git(project, "rev-parse", "feature"))
    assert (base.sha, base.branch) == (left, "main")


def test_the_base_on_the_default_branch_is_the_first_parent(repository, project):
    head = git(project, "rev-parse", "main")
    assert repository.default_base(head).sha == git(project, "rev-parse", "main~1")


def test_the_first_commit_has_no_base(repository, project):
    root = git(project, "rev-parse", "main~1")
    git(project, "branch", "-f", "main", root)
    assert "first commit" in refused(repository.default_base, root).message


def test_unrelated_history_has_no_base(repository, project):
    git(project, "checkout", "-q", "--orphan", "island")
    sha = commit(project, "app", "elsewhere")
    assert "shares no history with main" in refused(repository.default_base, sha).message


def test_the_default_branch_is_what_the_remote_says(project, tmp_path):
    git(tmp_path, "clone", "-q", str(project), "clone")
    assert open_repository(tmp_path / "clone").default_branch() == "origin/feature"


@pytest.mark.parametrize("name", ["main", "master", "trunk"])
def test_without_a_remote_the_usual_names_are_tried(repository, project, name):
    git(project, "config", "init.defaultBranch", "trunk")
    git(project, "branch", "-m", "main", name)
    assert repository.default_branch() == name


def test_no_default_branch_is_an_error(repository, project):
    git(project, "branch", "-m", "main", "other")
    assert "no default branch" in refused(repository.default_branch).message


def test_the_line_of_a_ref_follows_first_parents_oldest_first(repository, project):
    first = git(project, "rev-list", "--max-parents=0", "main").strip()
    git(project, "checkout", "--quiet", "main")
    git(project, "checkout", "--quiet", "-b", "side")
    side = commit(project, "side.txt", "side")
    git(project, "checkout", "--quiet", "main")
    git(project, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    line = repository.line_of("main")
    shas = [sha for sha, _ in line]
    assert shas[0] == first
    assert shas[-1] == repository.resolve("main").sha
    assert side not in shas
    assert all(datetime.fromisoformat(at).tzinfo is not None for _, at in line)


def test_a_shallow_clone_says_how_to_deepen_it(project, tmp_path):
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    clone = open_repository(tmp_path / "clone")
    assert clone.is_shallow()
    head = git(project, "rev-parse", "HEAD")
    for error in (
        refused(clone.default_base, head),
        refused(clone.resolve, git(project, "rev-parse", "main")),
        refused(clone.resolve, "HEAD~1"),
    ):
        assert "shallow" in error.message
        assert "fetch-depth: 0" in error.hint
        assert "git fetch --unshallow" in error.hint
    assert not open_repository(project).is_shallow()


def test_dirty_are_changed_and_staged_files_not_untracked_ones(repository, project):
    assert repository.dirty_files() == ()
    (project / "app").write_text("changed")
    (project / "añadido x").write_text("staged")
    git(project, "add", "añadido x")
    (project / "notes").write_text("untracked")
    assert sorted(repository.dirty_files()) == ["app", "añadido x"]


def test_author_and_branch(repository, project):
    assert repository.author() == "Ann Example <ann@example.org>"
    assert repository.branch() == "feature"
    git(project, "checkout", "-q", "--detach")
    assert repository.branch() is None


def test_an_author_nobody_configured_is_unknown(repository, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert repository.author() == "unknown"


def test_a_worktree_holds_the_commit_and_leaves_no_trace(repository, project, tmp_path):
    sha = repository.resolve("main").sha
    tree = tmp_path / "trees" / "base"
    repository.checkout_worktree(sha, tree)
    assert (tree / "app").read_text() == "two"
    assert repository.worktrees_under(tmp_path / "trees") == (tree,)
    (tree / "built").write_text("by the build step")
    repository.remove_worktree(tree)
    repository.remove_worktree(tree)
    assert not tree.exists()
    assert repository.worktrees_under(tmp_path / "trees") == ()
    assert (project / "app").read_text() == "three"


def test_a_worktree_whose_directory_vanished_is_forgotten(repository, tmp_path):
    tree = tmp_path / "tree"
    repository.checkout_worktree(repository.resolve("main").sha, tree)
    shutil.rmtree(tree)
    repository.checkout_worktree(repository.resolve("HEAD").sha, tree)
    shutil.rmtree(tree)
    repository.remove_worktree(tree)
    assert repository.worktrees_under(tmp_path) == (repository.toplevel,)


def test_the_projects_hooks_do_not_run(repository, project, tmp_path):
    hook = project / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    repository.checkout_worktree(repository.resolve("main").sha, tmp_path / "tree")
    assert not (tmp_path / "ran").exists()
    git(project, "checkout", "-q", "main")
    assert (tmp_path / "ran").exists(), "the hook works when git runs it"


def test_submodules_are_refused_by_name(repository, project, tmp_path):
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(project), "vendored")
    git(project, "commit", "-qm", "vendor")
    sha = repository.resolve("HEAD").sha
    assert "vendored" in refused(repository.checkout_worktree, sha, tmp_path / "tree").message
    assert not (tmp_path / "tree").exists()


def test_a_worktree_that_cannot_be_made_leaves_nothing(repository, tmp_path):
    (tmp_path / "occupied").write_text("a file")
    error = refused(
        repository.checkout_worktree, repository.resolve("main").sha, tmp_path / "occupied" / "tree"
    )
    assert isinstance(error, MeasureError)
    assert repository.worktrees_under(tmp_path / "occupied") == ()


def test_what_lies_where_a_worktree_should_go_is_left_alone(repository, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("x")
    error = refused(repository.checkout_worktree, repository.resolve("main").sha, tmp_path / "full")
    assert "already exists" in error.message
    assert (tmp_path / "full" / "precious").exists()


def test_only_a_whole_sha_is_checked_out(repository, tmp_path):
    assert "full commit id" in refused(repository.checkout_worktree, "main", tmp_path / "tree").message


def test_the_repository_itself_is_never_removed(repository, project):
    for path in (project, project.parent):
        refused(repository.remove_worktree, path)
    assert (project / "app").exists()


def test_works_inside_a_git_hook(project, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, "stray", "x")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    repository = open_repository(project)
    assert isinstance(repository, Repository)
    assert repository.toplevel == project
    assert repository.dirty_files() == ()
    repository.checkout_worktree(repository.resolve("feature").sha, tmp_path / "tree")
    assert (tmp_path / "tree" / "app").read_text() == "three"
    assert scrubbed({"GIT_DIR": "x", "GIT_AUTHOR_NAME": "y", "PATH": "z"}) == {
        "GIT_AUTHOR_NAME": "y",
        "PATH": "z",
    }
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    assert git(other, "status", "--porcelain") == ""


def test_history_is_what_led_to_a_commit(project, repository):
    main = git(project, "rev-parse", "main")
    first = git(project, "rev-parse", "main~1")
    assert repository.history(main, 10) == {main, first}
    assert repository.history(main, 1) == {main}
    assert repository.history("0" * 40, 10) == frozenset()


def test_a_file_is_read_as_it_is_in_a_commit(repository, project):
    folder = project / "perf"
    folder.mkdir()
    content = b"tolerance: 3\xc2\xa0%\r\n\xff\n\n"
    (folder / "[x].yml").write_bytes(content)
    git(project, "add", "perf")
    git(project, "commit", "-qm", "perf")
    sha = git(project, "rev-parse", "HEAD")
    (folder / "[x].yml").write_bytes(b"loosened")
    for path in (Path("perf/[x].yml"), folder / "[x].yml", Path("perf/../perf/[x].yml")):
        assert repository.file_at(sha, path, max_bytes=1000) == content
    assert repository.file_at(sha, Path("perf/x.yml"), max_bytes=1000) is None
    assert repository.file_at(git(project, "rev-parse", "main"), Path("perf/[x].yml"), max_bytes=9) is None
    assert (
        "larger than" in refused(lambda: repository.file_at(sha, Path("perf/[x].yml"), max_bytes=3)).message
    )


def test_what_is_no_plain_file_in_a_commit_is_refused(repository, project):
    (project / "link.yml").symlink_to("/etc/hostname")
    (project / "folder").mkdir()
    (project / "folder" / "inner.yml").write_text("x")
    (project / "way").symlink_to("folder")
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(project), "vendored")
    git(project, "add", "--all")
    git(project, "commit", "-qm", "links")
    sha = git(project, "rev-parse", "HEAD")

    def reading(name: str) -> PerfgateError:
        return refused(lambda: repository.file_at(sha, Path(name), max_bytes=1000))

    assert "symbolic link" in reading("link.yml").message
    assert "folder" in reading("folder").message
    assert "submodule" in reading("vendored").message
    for outside in ("../secret", "/etc/hostname", ".", "folder/../../x"):
        assert "leads out" in reading(outside).message
    # A path through a link is not followed: the commit has no such path.
    assert repository.file_at(sha, Path("way/inner.yml"), max_bytes=1000) is None
    assert repository.file_at(sha, Path(":(glob)*"), max_bytes=1000) is None


def test_only_a_whole_commit_id_names_the_commit_of_a_file(repository):
    assert "full commit id" in refused(lambda: repository.file_at("-h", Path("app"), max_bytes=9)).message
