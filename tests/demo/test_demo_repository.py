"""The demo's repository: it needs nothing of its surroundings and fits perfgate."""

import os
import subprocess
import sys

import pytest

from perfgate.config import load_config
from perfgate.demo.branches import BRANCHES
from perfgate.demo.repository import create_repository
from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload


def test_it_needs_no_home_and_obeys_no_git_settings_of_the_user(tmp_path, repository):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[commit]\n gpgsign = true\n[i18n]\n commitEncoding = ISO-8859-1\n")
    script = (
        "import sys, pathlib; from perfgate.demo.repository import create_repository;"
        "create_repository(pathlib.Path(sys.argv[1]))"
    )
    for name, environment in {
        "empty": {"PATH": os.environ["PATH"]},
        "settings": {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_AUTHOR_NAME": "me",
            "GIT_DIR": "/nowhere",
        },
    }.items():
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], env=environment, check=True)
        assert heads(tmp_path / name) == heads(repository)


def test_the_checkout_is_clean_and_on_main(repository):
    assert git(repository, "status", "--porcelain", "--branch") == "## main\n"


def test_perfgate_accepts_its_configuration_and_its_workload(repository):
    config = load_config(repository / "perfgate.yml")
    assert config.service is not None
    assert config.service.command == (sys.executable, "-m", "shop")
    workload = read_workload(config.workload)
    assert set(workload.endpoints) == {"GET /items", "GET /items/{id}", "POST /orders"}
    assert {branch.endpoint for branch in BRANCHES} <= {*workload.endpoints, ""}
    assert workload.notes == ()


def test_a_directory_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="not an empty directory"):
        create_repository(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_directory_will_do(tmp_path):
    create_repository(tmp_path)
    assert (tmp_path / "shop" / "app.py").is_file()


def heads(repository):
    return git(repository, "for-each-ref", "--format=%(refname) %(objectname)")


def git(repository, *arguments):
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout
