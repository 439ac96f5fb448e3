"""The Dockerfile, what it is built from and what it installs, read as files, which takes no engine."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import tomllib
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

import perfgate

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"passw|secret|token|credential|api_?key|private", re.I)


class Instruction(NamedTuple):
    word: str
    text: str


def parsed(text: str) -> list[Instruction]:
    """Instructions with their continuation lines joined, comments left out as Docker does."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.split(None, 1) for line in whole.splitlines() if line.strip())
    return [Instruction(word.upper(), rest) for word, rest in pairs]


INSTRUCTIONS = parsed((ROOT / "Dockerfile").read_text())
FINAL = INSTRUCTIONS[max(at for at, each in enumerate(INSTRUCTIONS) if each.word == "FROM") :]


def of(word: str, instructions: list[Instruction] = INSTRUCTIONS) -> list[str]:
    return [each.text for each in instructions if each.word == word]


def last(word: str) -> str:
    return of(word, FINAL)[-1]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last line that fits it or a folder of it decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        bare = pattern.removeprefix("**/")
        parts = path.split("/")
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(fnmatch.fnmatch(each, pattern) for each in above) or (
            bare != pattern and any(fnmatch.fnmatch(part, bare) for part in parts)
        ):
            ignored = not line.startswith("!")
    return ignored


def requirements(name: str) -> dict[str, set[str]]:
    """The versions of each package in a lock, of which there may be one for each Python."""
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.M):
        found.setdefault(match[1], set()).add(match[2])
    return found


def test_every_base_is_pinned_by_digest_and_says_which_version_that_is():
    stages: set[str] = set()
    for text in of("FROM"):
        image, *name = text.split()
        assert image in stages or PINNED.fullmatch(image), image
        stages |= set(name[1:])
    assert len([text for text in of("FROM") if "@sha256:" in text]) == 1, "one base, named once"


def test_the_base_runs_a_python_that_perfgate_runs_on():
    version = re.match(r"python:(\d+)\.(\d+)", of("FROM")[0])
    assert version is not None
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert (int(version[1]), int(version[2])) >= tuple(map(int, wanted.removeprefix(">=").split(".")))


def test_it_runs_as_nobody_in_particular_by_number():
    user, _, group = last("USER").partition(":")
    assert user.isdecimal()
    assert group.isdecimal()
    assert int(user) >= 1000
    before = list(takewhile(lambda each: each.word != "USER", FINAL))
    assert not of("RUN", FINAL[len(before) :]), "what runs after it would not be root's"
    assert not of("COPY", FINAL[len(before) :])


def test_it_is_the_command_itself_and_says_how_it_is_used():
    assert json.loads(last("ENTRYPOINT")) == ["perfgate"]
    assert json.loads(last("CMD")) == ["--help"]
    assert last("HEALTHCHECK") == "NONE"


def test_only_the_installed_environment_reaches_the_image():
    assert of("COPY", FINAL) == ["--from=build /opt/perfgate /opt/perfgate"]
    assert not of("ADD")
    assert not of("VOLUME")


def test_everything_installed_by_pip_is_hashed_or_was_built_here():
    commands = [c.strip() for run in of("RUN") for c in run.split("&&") if " pip " in c]
    assert len(commands) == 4
    for command in commands:
        hashed = "--require-hashes" in command and "--only-binary :all:" in command
        built = "--no-deps" in command and ("--no-index" in command or "--no-build-isolation" in command)
        assert hashed or built, command


def test_no_secret_has_a_place_in_it():
    for text in of("ARG") + of("ENV"):
        assert not SECRET.search(text), text
    assert not any("--mount=type=secret" in run or "curl" in run or "wget" in run for run in of("RUN"))


def test_git_trusts_the_folder_that_is_mounted_and_no_other():
    trusted = re.findall(r"safe\.directory (\S+)", " ".join(of("RUN")))
    assert trusted == [last("WORKDIR")] == ["/repo"]


def test_labels_say_what_is_in_it():
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last("LABEL")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert labels["version"] == project["version"] == perfgate.__version__
    assert labels["licenses"] == project["license"]
    assert project["description"].startswith(labels["description"])


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        ".perfgate/results/x.json",
        ".env",
        ".bench/k6",
        "tests/test_dockerfile.py",
        "baselines/x.json",
        "docs/README.md",
        "perfgate/cli/__pycache__/main.cpython-313.pyc",
        "perfgate/stray.pyc",
        "id_rsa",
    ],
)
def test_what_the_wheel_is_not_made_of_stays_out(path):
    assert is_ignored(path)


def test_what_is_copied_is_let_in_and_there():
    sources = [word for text in of("COPY") if "--from" not in text for word in text.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert not is_ignored(source)
    tracked = subprocess.run(
        ["git", "ls-files", "perfgate"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not [path for path in tracked if is_ignored(path)]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt"])
def test_locks_are_whole_hashed_and_those_that_are_tested(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    tested = requirements("requirements-dev.txt")
    for package, versions in requirements(name).items():
        assert versions <= tested[package], package
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


def test_the_image_has_every_dependency_and_the_extras_that_are_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["demo"] + extras["html"] + extras["k6"]
    names = {re.split(r"[<>=\[]", each)[0].lower().replace(".", "-") for each in wanted}
    assert names <= requirements("requirements.txt").keys()
    assert {"apache-otava", "pyarrow", "pytest"}.isdisjoint(requirements("requirements.txt"))
