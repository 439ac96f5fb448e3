"""action.yml and the workflows of this repository: sound, pinned, and run as GitHub runs their steps."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from perfgate.target.childenv import TOKENS
from tests.github.github_server import TOKEN, github_server

TOP = Path(__file__).parent.parent
ACTION = yaml.safe_load((TOP / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
TOOLS = Path(sys.executable).parent
GENERATED = sorted((TOP / "perfgate" / "scaffold" / "github").glob("*.yml"))


def step(name):
    (found,) = (each for each in STEPS if each["name"] == name)
    return found


class Runner:
    """A runner of GitHub's: folders with spaces in them, its variables, and bash as it starts it."""

    def __init__(self, path):
        self.workspace, self.temp = path / "my work", path / "the temp"
        self.workspace.mkdir()
        self.temp.mkdir()
        self.environ = {
            name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ
        }
        self.environ |= {"RUNNER_TEMP": str(self.temp), "GITHUB_ACTION_PATH": str(TOP)}

    def installed(self):
        """What the first step does, from what is here."""
        bin_ = self.temp / "perfgate-venv" / "bin"
        bin_.mkdir(parents=True)
        (bin_ / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (bin_ / "python").chmod(0o755)
        self.environ["PYTHONPATH"] = str(TOP)
        return self

    def run(self, name, inputs=None, **outputs):
        """Run one step with the action's inputs, as its expressions say."""
        given = {key: each.get("default", "") for key, each in ACTION["inputs"].items()} | (inputs or {})
        environ = self.environ | {
            key: evaluated(value, given, outputs) for key, value in step(name).get("env", {}).items()
        }
        script = self.temp / "script.sh"
        script.write_text(step(name)["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def evaluated(expression, inputs, outputs):
    match = re.fullmatch(r"\$\{\{ (inputs|steps\.start\.outputs)\.([\w-]+) \}\}", expression)
    assert match, expression
    return str(inputs[match[2]] if match[1] == "inputs" else outputs.get(match[2].replace("-", "_"), ""))


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def test_the_inputs_and_outputs_are_those_that_are_documented():
    assert set(ACTION["inputs"]) == {
        *("mode", "config", "workload", "base", "budget", "inconclusive", "report-path", "token")
    }
    assert set(ACTION["outputs"]) == {"verdict", "exit-code", "report", "regressed"}
    told = (TOP / "docs" / "reference" / "action.md").read_text()
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in told


def test_no_expression_is_ever_part_of_a_script():
    for each in STEPS:
        assert "${{" not in each["run"]
        assert each["shell"] == "bash"


MEASURING = ("Measure base and head", "Refresh the baseline")


def test_only_what_posts_or_pushes_is_given_the_token():
    with_token = {each["name"] for each in STEPS if "inputs.token" in str(each.get("env"))}
    assert with_token == {"Show that it has begun", "Post the verdict", "Propose the baseline"}


@pytest.mark.parametrize("name", MEASURING)
def test_a_token_of_the_job_is_to_be_read_nowhere_while_it_is_measured(runner, name):
    """Neither in the environment of what measures nor in that of a shell that waits for it."""
    runner.installed()
    python = runner.temp / "perfgate-venv" / "bin" / "python"
    python.write_text("#!/bin/sh\necho around: $PPID\ntr '\\0' '\\n' < /proc/$$/environ\n")
    runner.environ |= dict.fromkeys((*TOKENS, "GITHUB_OUTPUT"), TOKEN)
    done = runner.run(name, {"token": TOKEN})
    assert done.returncode == 0, done.stderr
    assert f"around: {os.getpid()}\n" in done.stdout
    assert f"GITHUB_OUTPUT={TOKEN}" in done.stdout
    assert done.stdout.count(TOKEN) == 1


@pytest.mark.parametrize("path", [*WORKFLOWS, *GENERATED, TOP / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path):
    for name, reference in re.findall(r"uses: ([^@\s]+)@(\S+)", path.read_text()):
        assert re.fullmatch("[0-9a-f]{40}", reference), name
    assert len(re.findall(r"@[0-9a-f]{40}\n", path.read_text())) == 0, "say which version the commit is"


def test_the_action_and_the_workflows_pass_their_schemas():
    kinds = {"actions": [TOP / "action.yml"], "workflows": WORKFLOWS}
    for kind, paths in kinds.items():
        command = [TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "folder", [TOP / ".github" / "workflows", GENERATED[0].parent], ids=["own", "generated"]
)
def test_a_bundle_is_found_by_the_attempt_that_left_it_and_by_no_other(folder):
    """GitHub keeps an earlier attempt's artifacts, and takes one of theirs where a newer has none."""
    (kept,) = (
        each["with"] for each in steps_of(folder / "perfgate.yml") if "bundle" in str(each.get("with"))
    )
    (found,) = (
        each["with"] for each in steps_of(folder / "perfgate-post.yml") if "run-id" in str(each.get("with"))
    )
    named = {
        attempt: (
            kept["name"].replace("${{ github.run_attempt }}", attempt),
            found["name"].replace("${{ github.event.workflow_run.run_attempt }}", attempt),
        )
        for attempt in ("1", "2")
    }
    assert all(here == there and "$" not in here for here, there in named.values())
    assert named["1"] != named["2"]


def steps_of(path):
    (job,) = yaml.safe_load(path.read_text())["jobs"].values()
    return job["steps"]


def test_zizmor_finds_nothing():
    command = [
        TOOLS / "zizmor",
        "--offline",
        "--no-online-audits",
        "--format",
        "json",
        TOP / "action.yml",
        *WORKFLOWS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [(each["ident"], each["desc"]) for each in json.loads(done.stdout)]
    assert found == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"mode": "mesure"}, "mode is none of"),
        ({"mode": "$(touch pwned)"}, "mode is none of"),
        ({"inconclusive": "success"}, "inconclusive is neither"),
    ],
)
def test_a_misspelt_input_is_refused_and_not_skipped(runner, inputs, said):
    done = runner.run("Install perfgate", inputs)
    assert done.returncode == 2
    assert f"::error title=perfgate::{said}" in done.stdout
    assert list(runner.workspace.iterdir()) == []


def shim(runner, text):
    """A python3 in front of the real one."""
    path = runner.temp / "shim" / "python3"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    runner.environ["PATH"] = f"{path.parent}:{runner.environ['PATH']}"


def test_a_python_that_is_too_old_is_told_of_setup_python(runner):
    shim(runner, 'case "$1" in -c) exit 1;; esac')
    done = runner.run("Install perfgate")
    assert done.returncode == 2
    assert "add actions/setup-python before it" in done.stdout


def test_it_installs_pinned_requirements_from_its_own_checkout_and_nothing_else(runner):
    shim(
        runner,
        'case "$1" in -c) exit 0;; esac\n'
        'mkdir -p "$3/bin" "$3/site"\n'
        'cat > "$3/bin/python" <<EOF\n'
        "#!/bin/sh\n"
        'echo "\\$@" >> "$3/asked"\n'
        '[ "\\$1" != -c ] || echo "$3/site"\n'
        "EOF\n"
        'chmod +x "$3/bin/python"',
    )
    done = runner.run("Install perfgate")
    assert done.returncode == 0, done.stdout + done.stderr
    venv = runner.temp / "perfgate-venv"
    asked = (venv / "asked").read_text().splitlines()[0]
    assert "--require-hashes" in asked
    assert asked.endswith(f"-r {TOP}/requirements.txt")
    assert (venv / "site" / "perfgate.pth").read_text() == f"{TOP}\n"
    pinned = (TOP / "requirements.txt").read_text()
    assert "--hash=sha256:" in pinned


def test_the_steps_measure_nothing_to_post_and_post_it(runner):
    """All of mode all, on a pull request whose configuration is missing: the check must say so."""
    runner.installed()
    for command in (["init", "-q", "."], ["commit", "-q", "--allow-empty", "-m", "first"]):
        identity = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.invalid",
            "-c",
            "init.defaultBranch=main",
        ]
        subprocess.run(["git", *identity, *command], cwd=runner.workspace, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=runner.workspace, check=True, capture_output=True, text=True
    ).stdout.strip()
    with github_server() as github:
        number = github.add_pull(head_sha=head, base_sha=head)
        job = github.environ(runner.temp, "pull_request", github.pull_request_event(number))
        del job["GITHUB_TOKEN"]
        runner.environ |= job
        inputs = {"mode": "all", "token": TOKEN, "config": "a b.yml; touch pwned"}
        begun = runner.run("Show that it has begun", inputs)
        assert begun.returncode == 0, begun.stderr
        assert [check["status"] for check in github.checks] == ["in_progress"]
        started = re.search(r"check-id<<(\S+)\n(\d+)\n", (runner.temp / "output").read_text())
        assert started
        measured = runner.run("Measure base and head", inputs)
        assert measured.returncode == 2
        assert "a b.yml; touch pwned: no such file" in measured.stderr
        posted = runner.run("Post the verdict", inputs, check_id=started[2])
        assert posted.returncode == 0, posted.stderr
        (check,) = github.checks
        assert (check["status"], check["conclusion"]) == ("completed", "action_required")
        assert "could not measure" in github.comments[number][0]["body"]
    assert "verdict<<" in (runner.temp / "output").read_text()
    assert TOKEN not in measured.stdout + measured.stderr + posted.stdout + posted.stderr
    assert not (runner.workspace / "pwned").exists()
    assert "could not measure" in (runner.temp / "step_summary").read_text()


def test_a_mode_runs_its_own_steps():
    """The conditions as GitHub evaluates them, for every mode."""
    ran = {}
    for mode in ("measure", "post", "all", "refresh-baseline"):
        conditions = {each["name"]: each.get("if", "true") for each in STEPS}
        python = {
            name: text.replace("always()", "True").replace("&&", "and").replace("||", "or")
            for name, text in conditions.items()
        }
        ran[mode] = [
            name
            for name, text in python.items()
            if eval(text.replace("inputs.mode", repr(mode)).replace("true", "True"))
        ]
    assert ran == {
        "measure": ["Install perfgate", "Measure base and head"],
        "post": ["Install perfgate", "Post the verdict"],
        "all": ["Install perfgate", "Show that it has begun", "Measure base and head", "Post the verdict"],
        "refresh-baseline": ["Install perfgate", "Refresh the baseline", "Propose the baseline"],
    }
    assert "always()" in step("Post the verdict")["if"]
