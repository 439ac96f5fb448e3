import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfgate
from perfgate.cli.main import main
from perfgate.config import load_config
from perfgate.scaffold.guess import guess_start
from perfgate.scaffold.texts import config_text, with_ignored
from perfgate.workload.artillery import read_workload


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=tmp_path, check=True)
    return tmp_path


def test_writes_files_that_perfgate_itself_accepts(project, capsys):
    assert main(["init"]) == 0
    config = load_config(Path("perfgate.yml"))
    assert config.service is not None
    assert config.workload == project / "load-test.yml"
    assert read_workload(config.workload).endpoints
    assert (project / ".gitignore").read_text() == ".perfgate/\n"
    shown = capsys.readouterr().out
    assert shown.splitlines()[-2:] == ["  perfgate doctor", "  perfgate compare main HEAD"]
    assert "placeholder" in shown


def test_the_schema_line_leads_to_the_schema(project):
    main(["init"])
    first = (project / "perfgate.yml").read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    shipped = Path(perfgate.__file__).with_name("perfgate.schema.json").read_text()
    assert (project / first.removeprefix(prefix)).read_text() == shipped


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_an_existing_configuration_is_never_overwritten(project, capsys, kind):
    path = project / "perfgate.yml"
    if kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to(project / "elsewhere")
    assert main(["init"]) == 2
    assert "error: perfgate.yml exists already\n" in capsys.readouterr().err
    assert {each.name for each in project.iterdir()} == {".git", "perfgate.yml"}
    assert not (project / "elsewhere").exists()


def test_an_existing_workload_is_kept_and_used(project, capsys):
    (project / "artillery.yml").write_text("mine")
    assert main(["init"]) == 0
    assert (project / "artillery.yml").read_text() == "mine"
    assert load_config(Path("perfgate.yml")).workload == project / "artillery.yml"
    assert "kept  artillery.yml" in capsys.readouterr().out
    assert not (project / "load-test.yml").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b".perfgate/\n"),
        (b"node_modules\n", b"node_modules\n.perfgate/\n"),
        (b"node_modules", b"node_modules\n.perfgate/\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n.perfgate/\r\n"),
        (b".perfgate/\nx", b".perfgate/\nx"),
        (b"  /.perfgate  \n", b"  /.perfgate  \n"),
        (b"\xff\xfe odd bytes\n", b"\xff\xfe odd bytes\n.perfgate/\n"),
    ],
)
def test_gitignore_gains_one_line_and_loses_nothing(project, before, after):
    (project / ".gitignore").write_bytes(before)
    assert main(["init"]) == 0
    assert (project / ".gitignore").read_bytes() == after


@given(st.binary())
def test_ignoring_twice_is_ignoring_once(content):
    once = with_ignored(content)
    assert once.startswith(content)
    assert with_ignored(once) == once


def test_a_linked_gitignore_is_refused(project, capsys):
    (project / "other").write_text("")
    (project / ".gitignore").symlink_to("other")
    assert main(["init"]) == 2
    assert "symbolic link" in capsys.readouterr().err
    assert (project / "other").read_text() == ""


def test_names_the_default_branch_in_the_next_command(project, capsys):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run(["git", "branch", "-m", "master"], check=True)
    assert main(["init"]) == 0
    assert capsys.readouterr().out.endswith("  perfgate compare master HEAD\n")


def test_outside_git_it_works_and_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["init"]) == 0
    assert "not a git repository" in capsys.readouterr().out


GUESSES = [
    (
        {"Procfile": "worker: x\nweb: gunicorn shop:app -b 0.0.0.0:$PORT\n"},
        ("gunicorn", "shop:app", "-b", "0.0.0.0:{port}"),
    ),
    ({"Procfile": "web: serve --port ${PORT:-8000}\r\n"}, ("serve", "--port", "{port}")),
    ({"Procfile": "web: migrate && serve $PORT"}, ("sh", "-c", "migrate && serve $PORT")),
    ({"package.json": '{"scripts": {"start": "node ."}}'}, ("npm", "start")),
    ({"manage.py": "import django"}, ("python", "manage.py", "runserver", "--noreload", "{host}:{port}")),
    (
        {"app.py": "app = Flask(__name__)"},
        ("flask", "--app", "app:app", "run", "--host", "{host}", "--port", "{port}"),
    ),
    (
        {"main.py": "api: FastAPI = fastapi.FastAPI()"},
        ("uvicorn", "main:api", "--host", "{host}", "--port", "{port}"),
    ),
]


@pytest.mark.parametrize(
    ("files", "command"), GUESSES, ids=[next(iter(each[0])) + str(i) for i, each in enumerate(GUESSES)]
)
def test_guesses_the_start_command_and_says_so(project, capsys, files, command):
    for name, text in files.items():
        (project / name).write_bytes(text.encode())
    assert main(["init"]) == 0
    service = load_config(Path("perfgate.yml")).service
    assert service is not None
    assert service.command == command
    name = next(iter(files))
    assert f"guessed from {name}" in capsys.readouterr().out
    assert f"# Guessed from {name}" in (project / "perfgate.yml").read_text()


@pytest.mark.parametrize(("lock", "build"), [(True, ("npm", "ci")), (False, ("npm", "install"))])
def test_a_node_project_is_also_built(project, lock, build):
    (project / "package.json").write_text('{"scripts": {"start": "x", "build": "y"}}')
    if lock:
        (project / "package-lock.json").write_text("{}")
    main(["init"])
    service = load_config(Path("perfgate.yml")).service
    assert service is not None
    assert service.build == (build, ("npm", "run", "build"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", "{"),
        ("package.json", "[]"),
        ("package.json", '{"scripts": []}'),
        ("app.py", "x = 1"),
        ("Procfile", "web:"),
    ],
)
def test_what_says_nothing_is_no_guess(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert guess_start(tmp_path) is None


@settings(max_examples=30, deadline=None)  # each example writes a project
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_whatever_a_procfile_says_the_configuration_stays_valid(tmp_path_factory, start):
    folder = tmp_path_factory.mktemp("procfile")
    (folder / "Procfile").write_text(f"web: {start}\n", encoding="utf-8")
    (folder / "load-test.yml").write_text("x: 1\n")
    (folder / "perfgate.yml").write_text(config_text(guess_start(folder), "load-test.yml"), encoding="utf-8")
    service = load_config(folder / "perfgate.yml").service
    assert service is not None
    assert service.command


def test_every_commented_example_is_valid_too(project):
    main(["init"])
    path = project / "perfgate.yml"
    lines = path.read_text().splitlines()
    for index, line in enumerate(lines):
        bare = line.replace("# ", "", 1)
        key = bare.strip().partition(":")[0]
        if not line.lstrip().startswith("# ") or key not in ("build", "env", "stop", "level", "load"):
            continue
        path.write_text("\n".join([*lines[:index], bare, *lines[index + 1 :]]))
        load_config(path)
        lines[index] = bare
    assert json.loads((project / ".perfgate" / "perfgate.schema.json").read_text())["required"]
    config = load_config(path)
    assert (config.gate.level, config.load.connections) == ({"cpu": "warn"}, 1)
    assert config.service is not None
    assert config.service.env == {"WORKERS": "2"}
