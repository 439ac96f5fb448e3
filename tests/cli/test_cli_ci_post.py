"""A bundle on its way to the pull request: against a GitHub on loopback that is strict about requests."""

import html
import json

import pytest
from cli_ci import KEY, document_of, failed, inconclusive, outputs_of, passing, regressed

from perfgate.cli.ci_bundle import write_bundle
from perfgate.cli.main import main
from tests.github.github_server import TOKEN, github_server
from tests.report.report_gfm import assert_inert

HEAD = "1" * 40
NASTY = "<script>alert(1)</script> @octocat #1 `x` | [a](http://evil.example) \u202e"


@pytest.fixture
def github():
    with github_server() as server:
        yield server


def seen(text):
    """The words of a comment as people read them."""
    return html.unescape(text).replace("\u200b", "")


def assert_harmless(text):
    marker, _, rest = text.partition("\n")
    shown = rest if marker.startswith("<!-- perfgate:") else text
    assert_inert(shown, links=("https://github.com/acme/shop/actions/runs/77",))


class Job:
    """The posting job: a folder with the bundle, the variables of GitHub, and `perfgate ci post` in it."""

    def __init__(self, github, folder, monkeypatch, capsys):
        self.github, self.folder, self.monkeypatch, self.capsys = github, folder, monkeypatch, capsys
        self.bundle = folder / "bundle"
        monkeypatch.chdir(folder)

    def post(self, event_name, event, *arguments, **more):
        for name, value in self.github.environ(self.folder, event_name, event, **more).items():
            self.monkeypatch.setenv(name, value)
        code = main(["ci", "post", "--bundle", str(self.bundle), *arguments])
        captured = self.capsys.readouterr()
        assert TOKEN not in captured.out + captured.err + self.summary()
        return code, captured.out, captured.err

    def after_fork(self, *arguments, **changes):
        """Post as the workflow_run that follows a fork's run."""
        number = self.github.add_pull(head_sha=HEAD, head_repository="stranger/shop")
        event = self.github.workflow_run_event(number)
        event["workflow_run"].update(changes.pop("run", {}))
        return number, self.post("workflow_run", event | changes, *arguments)

    def summary(self):
        path = self.folder / "step_summary"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def job(github, tmp_path, monkeypatch, capsys):
    return Job(github, tmp_path, monkeypatch, capsys)


def test_a_forks_regression_reaches_its_pull_request(job, github):
    write_bundle(job.bundle, regressed())
    number, (code, out, err) = job.after_fork()
    assert (code, err) == (0, "")
    (comment,) = github.comments[number]
    assert "REGRESSED: GET /items p50 is 50.0 % slower" in comment["body"]
    assert HEAD[:10] in comment["body"]
    assert f"comment: {comment['html_url']}" in out
    (check,) = github.checks
    assert (check["head_sha"], check["status"], check["conclusion"]) == (HEAD, "completed", "failure")
    assert check["name"] == f"perfgate: {KEY}"
    sent = next(each.body for each in github.requests if each.line.endswith("/check-runs") and each.body)
    (annotation,) = sent["output"]["annotations"]
    assert (annotation["path"], annotation["start_line"]) == ("perfgate.yml", 9)
    assert annotation["annotation_level"] == "failure"
    assert "50.0 % slower" in annotation["message"]
    assert "up to 3 %" in annotation["message"].replace("3.0 %", "3 %")
    assert "https://github.com/acme/shop/actions/runs/77" in comment["body"]
    assert outputs_of(job.folder)["verdict"] == "REGRESSED"
    assert "REGRESSED" in job.summary()


@pytest.mark.parametrize(
    ("made", "arguments", "conclusion"),
    [
        (passing, (), "success"),
        (regressed, (), "failure"),
        (inconclusive, (), "neutral"),
        (inconclusive, ("--inconclusive", "failure"), "failure"),
        (failed, (), "action_required"),
    ],
)
def test_the_check_concludes_as_the_verdict_does(job, github, made, arguments, conclusion):
    write_bundle(job.bundle, made())
    assert job.after_fork(*arguments)[1][0] == 0
    assert [check["conclusion"] for check in github.checks] == [conclusion]


def test_why_nothing_was_measured_is_said_and_is_not_green(job, github):
    write_bundle(job.bundle, failed(head_sha=""))
    number, (code, _, _) = job.after_fork()
    assert code == 0
    (comment,) = github.comments[number]
    assert "perfgate could not measure" in comment["body"]
    assert "unknown key" in comment["body"]
    assert outputs_of(job.folder) == {"verdict": "ERROR", "exit-code": "2", "report": "", "regressed": "[]"}


def test_a_run_that_left_nothing_is_not_silence(job, github):
    number, (code, _, err) = job.after_fork(run={"conclusion": "failure"})
    assert code == 4
    assert "error: the measuring run left no report" in err
    assert "left no report (it ended as: failure)" in github.comments[number][0]["body"]
    assert [check["conclusion"] for check in github.checks] == ["action_required"]


@pytest.mark.parametrize("ended", ["cancelled", "skipped", "action_required"])
def test_a_run_that_was_stopped_or_waits_ends_the_check_and_leaves_the_comment_alone(job, github, ended):
    number, (code, _, _) = job.after_fork(run={"conclusion": ended})
    assert code == 0
    assert number not in github.comments
    assert [check["conclusion"] for check in github.checks] == ["action_required"]


def test_a_run_of_an_older_commit_does_not_touch_the_comment(job, github):
    write_bundle(job.bundle, passing(head_sha="2" * 40))
    number, (code, _, _) = job.after_fork(run={"head_sha": "2" * 40})
    assert code == 0
    assert number not in github.comments
    assert [check["head_sha"] for check in github.checks] == ["2" * 40]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.update(head_sha="9" * 40), "of commit 999999999999"),
        (lambda d: d.update(key="other.yml"), "configuration other.yml"),
        (lambda d: d.update(exit_code=0), "exit_code"),
        (lambda d: d.update(number=1), "number"),
    ],
    ids=["commit", "configuration", "exit code", "field"],
)
def test_a_bundle_that_is_refused_is_said_to_be_on_the_events_own_pull_request(job, github, spoil, said):
    write_bundle(job.bundle, regressed())
    document = document_of(job.bundle)
    spoil(document)
    (job.bundle / "bundle.json").write_text(json.dumps(document))
    number, (code, _, err) = job.after_fork()
    assert code == 2
    assert "error: bundle.json" in err
    (comment,) = github.comments[number]
    assert said in seen(comment["body"])
    assert [(check["head_sha"], check["conclusion"]) for check in github.checks] == [
        (HEAD, "action_required")
    ]


def test_nothing_of_a_hostile_bundle_becomes_markup(job, github):
    write_bundle(job.bundle, regressed(endpoint=NASTY))
    document = document_of(job.bundle)
    document["verdict"].update(workload_name=NASTY, reproduce=NASTY, headline="# PASS")
    document["verdict"]["base"].update(ref=NASTY)
    document["verdict"]["warnings"] = [{"code": NASTY, "text": NASTY, "remedy": NASTY}]
    (job.bundle / "bundle.json").write_text(json.dumps(document))
    number, (code, _, _) = job.after_fork()
    assert code == 0
    texts = [github.comments[number][0]["body"], job.summary(), github.checks[0]["output"]["summary"]]
    for text in texts:
        assert_harmless(text)
        assert "# PASS" not in text


def test_a_failure_of_hostile_words_stays_inert(job, github):
    write_bundle(job.bundle, failed())
    document = document_of(job.bundle) | {"failure": {"message": f"# {NASTY}\n\n# x", "hint": NASTY}}
    (job.bundle / "bundle.json").write_text(json.dumps(document))
    number, _ = job.after_fork()
    assert_harmless(github.comments[number][0]["body"])


@pytest.mark.parametrize(
    ("denied", "expected"), [({"comments"}, 0), ({"checks"}, 0), ({"comments", "checks", "statuses"}, 1)]
)
def test_what_is_not_allowed_degrades_to_the_summary_with_a_notice(job, github, denied, expected):
    """Where neither check nor status may tell the verdict, the exit code does."""
    github.denied = denied
    write_bundle(job.bundle, regressed())
    _, (code, out, _) = job.after_fork()
    assert code == expected
    assert "::notice title=perfgate::" in out
    assert "403" in job.summary()
    assert "REGRESSED" in job.summary()


def test_a_measuring_step_of_the_same_run_is_posted_too(job, github):
    write_bundle(job.bundle, regressed())
    number = github.add_pull(head_sha=HEAD)
    code, _, _ = job.post("pull_request", github.pull_request_event(number))
    assert code == 0
    assert len(github.comments[number]) == 1
    assert job.summary() == ""


@pytest.mark.parametrize("since", [{"state": "closed"}, {"head": "pushed"}], ids=["closed", "pushed to"])
def test_an_old_run_that_is_repeated_leaves_the_comment_of_the_newer_head(job, github, since):
    number = github.add_pull(head_sha=HEAD)
    event = json.loads(json.dumps(github.pull_request_event(number)))
    (pull,) = github.pulls
    if since == {"head": "pushed"}:
        pull["head"]["sha"] = "2" * 40
    else:
        pull.update(since)
    write_bundle(job.bundle, passing())
    assert job.post("pull_request", event)[0] == 0
    assert github.comments == {}
    assert [(check["head_sha"], check["conclusion"]) for check in github.checks] == [(HEAD, "success")]


@pytest.mark.parametrize("branch", ["-x", "a" * 2000])
def test_a_branch_of_an_odd_name_has_no_comment_and_is_not_spared_the_check(job, github, branch):
    write_bundle(job.bundle, regressed())
    _, (code, _, _) = job.after_fork(run={"head_branch": branch})
    assert code == 0
    assert [check["conclusion"] for check in github.checks] == ["failure"]
    assert "No comment" in job.summary()


def test_pull_requests_that_cannot_be_listed_do_not_keep_the_check_from_failing(job, github):
    github.fail_next(50, 422, message="no", when="/pulls")
    write_bundle(job.bundle, regressed())
    _, (code, _, err) = job.after_fork()
    assert code == 4
    assert "GET /repos/acme/shop/pulls" in err
    assert [check["conclusion"] for check in github.checks] == ["failure"]


def test_posting_again_changes_what_is_there(job, github):
    number = github.add_pull(head_sha=HEAD)
    event = github.pull_request_event(number)
    for made in (regressed, passing):
        write_bundle(job.bundle, made())
        assert job.post("pull_request", event)[0] == 0
    (comment,) = github.comments[number]
    assert "PASS" in comment["body"]
    assert "REGRESSED" not in comment["body"]


def test_a_check_is_shown_in_progress_and_then_completed(job, github):
    number = github.add_pull(head_sha=HEAD)
    event = github.pull_request_event(number)
    assert job.post("pull_request", event, "--start")[0] == 0
    assert [check["status"] for check in github.checks] == ["in_progress"]
    started = outputs_of(job.folder)["check-id"]
    write_bundle(job.bundle, passing())
    assert job.post("pull_request", event, PERFGATE_CI_CHECK_ID=started)[0] == 0
    assert [(check["status"], check["conclusion"]) for check in github.checks] == [("completed", "success")]


def test_the_posting_workflow_shows_it_when_the_other_one_begins(job, github):
    number, (code, _, _) = job.after_fork(action="requested", run={"conclusion": None})
    assert code == 0
    assert [check["status"] for check in github.checks] == ["in_progress"]
    assert number not in github.comments
    write_bundle(job.bundle, passing())
    assert job.post("workflow_run", github.workflow_run_event(number))[0] == 0
    assert [(check["status"], check["conclusion"]) for check in github.checks] == [("completed", "success")]


@pytest.mark.parametrize("why", ["ended", "unseen"])
def test_a_beginning_that_arrives_late_begins_no_check_that_nobody_would_end(job, github, why):
    write_bundle(job.bundle, regressed())
    number, _ = job.after_fork()
    if why == "ended":
        github.ended_runs.add(77)
    else:
        github.denied = {"actions"}
    event = github.workflow_run_event(number) | {"action": "requested"}
    code, out, _ = job.post("workflow_run", event)
    assert code == 0
    assert "check not started" in out
    assert [(check["status"], check["conclusion"]) for check in github.checks] == [("completed", "failure")]


@pytest.mark.parametrize("after", ["pull_request", "workflow_run"])
@pytest.mark.parametrize("head_ref", ["feature", "another-branch"])
@pytest.mark.parametrize(
    ("made", "arguments", "conclusion"),
    [
        (passing, (), "action_required"),
        (inconclusive, (), "action_required"),
        (inconclusive, ("--inconclusive", "failure"), "failure"),
        (regressed, (), "failure"),
    ],
)
def test_what_pull_requests_into_two_bases_share_is_never_green(
    job, github, after, head_ref, made, arguments, conclusion
):
    """The check is the commit's: what passes against one base must not open the way into another."""
    number = github.add_pull(head_sha=HEAD, base_ref="stable", head_repository="mallory/shop")
    base = "main<b>@octocat"
    other = github.add_pull(head_sha=HEAD, head_ref=head_ref, head_repository="mallory/shop", base_ref=base)
    write_bundle(job.bundle, made())
    assert job.post(after, getattr(github, f"{after}_event")(number), *arguments)[0] == 0
    assert [check["conclusion"] for check in github.checks] == [conclusion]
    if conclusion == "action_required":
        told = f"is the head of #{other} into {base}"
        assert told in seen(job.summary())
        comments = [each["body"].partition("\n")[2] for each in github.comments.get(number, [])]
        assert len(comments) == (head_ref != "feature" or after == "pull_request")
        for text in [github.checks[0]["output"]["summary"], *comments]:
            assert_inert(text.split("\n\n")[0])
            assert seen(text).startswith("**Not passed:** commit 1111111111 ")
            assert told in seen(text)


def test_where_nothing_may_tell_so_the_exit_code_does(job, github):
    github.denied = {"comments", "checks", "statuses"}
    number = github.add_pull(head_sha=HEAD)
    github.add_pull(head_sha=HEAD, head_ref="<script>@octocat", base_ref="stable")
    write_bundle(job.bundle, passing())
    code, _, _ = job.post("pull_request", github.pull_request_event(number))
    assert code == 4


def test_pull_requests_into_one_base_may_share_a_pass(job, github):
    number = github.add_pull(head_sha=HEAD)
    github.add_pull(head_sha=HEAD, head_ref="the-same-commit")
    github.add_pull(head_sha="2" * 40, base_ref="stable", head_ref="another-commit")
    write_bundle(job.bundle, passing())
    assert job.post("workflow_run", github.workflow_run_event(number))[0] == 0
    assert [check["conclusion"] for check in github.checks] == ["success"]


@pytest.mark.parametrize(
    ("status", "expected", "conclusion"), [(422, 4, "action_required"), (403, 0, "success")]
)
def test_a_pass_waits_for_the_list_of_pull_requests(job, github, status, expected, conclusion):
    """Where the token may not see them nothing is known of others, as in a repository without any."""
    write_bundle(job.bundle, passing())
    number = github.add_pull(head_sha=HEAD)
    github.fail_next(1, 200, body=[github.pulls[0]], when="/pulls")
    github.fail_next(9, status, message="no", when="/pulls")
    code, _, err = job.post("workflow_run", github.workflow_run_event(number))
    assert code == expected
    assert ("GET /repos/acme/shop/pulls" in err) == (expected == 4)
    assert [check["conclusion"] for check in github.checks] == [conclusion]


def test_one_that_was_closed_does_not_answer_for_another_with_its_head(job, github):
    number = github.add_pull(head_sha=HEAD)
    event = json.loads(json.dumps(github.pull_request_event(number)))
    github.pulls[0]["state"] = "closed"
    github.add_pull(head_sha=HEAD, base_ref="stable")
    write_bundle(job.bundle, passing())
    assert job.post("pull_request", event)[0] == 0
    assert github.comments == {}
    assert [check["conclusion"] for check in github.checks] == ["action_required"]


def test_a_push_has_a_check_and_no_comment(job, github):
    write_bundle(job.bundle, passing(head_sha="c" * 40))
    assert job.post("push", {})[0] == 0
    assert [check["head_sha"] for check in github.checks] == ["c" * 40]
    assert github.comments == {}


@pytest.mark.parametrize(
    ("event_name", "event", "more", "said"),
    [
        ("pull_request_target", {}, {}, "pull_request_target"),
        ("workflow_run", {}, {}, "names no run"),
        ("workflow_run", {"workflow_run": {"head_sha": "../x", "id": 1}}, {}, "names no run"),
        ("push", {}, {"GITHUB_TOKEN": ""}, "no token"),
        ("push", {}, {"GITHUB_ACTIONS": ""}, "no job of GitHub Actions"),
    ],
)
def test_what_cannot_be_posted_is_refused(job, github, event_name, event, more, said):
    write_bundle(job.bundle, passing())
    code, _, err = job.post(event_name, event, **more)
    assert code == 2
    assert said in err
    assert github.requests == []


def test_a_github_that_is_down_is_an_error_after_the_summary(job, github):
    github.fail_next(50, 422, message="no", when="/comments")
    write_bundle(job.bundle, regressed())
    _, (code, _, err) = job.after_fork()
    assert code == 4
    assert "the comment" in err
    assert "REGRESSED" in job.summary()
    assert [check["conclusion"] for check in github.checks] == ["failure"]


def test_options_before_the_subcommand_are_not_lost_without_a_word(job):
    assert main(["ci", "--budget", "60s", "post"]) == 2
    assert "before 'post'" in job.capsys.readouterr().err
