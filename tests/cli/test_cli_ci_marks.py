"""Which line of perfgate.yml an annotation is at, and what it says there."""

import pytest
from cli_project import Project

from perfgate.cli.ci_marks import annotation_of, marks_of
from perfgate.config import load_config
from perfgate.git import open_repository
from perfgate.model import Outcome, Reason
from tests.report.report_verdicts import comparison, verdict

CONFIG = """\
version: 1
service: {command: ./serve}
workload: load-test.yml
gate:
  tolerance:
    p50: 3%
    p95: 5%
  require: {p50: 50%}
  endpoints:
    "GET /items*":
      tolerance: {p50: 1%, p95: 9%}
    "GET *":
      tolerance: {p95: 2%}
thresholds:
  http_req_duration:
    - p(95)<200
    - p(95)<2000
"""
SLOWER = {"outcome": Outcome.REGRESSED, "change": 0.5}


class Repository:
    def __init__(self, path):
        self.project = Project(path)
        self.project.write("perfgate.yml", CONFIG)
        self.base = self.project.commit("base")

    def lines(self, outcome, *comparisons, reasons=()):
        """The text of the marked lines, as it is in the checkout."""
        found = verdict(outcome, *comparisons, reasons=reasons)
        config = load_config(self.project.path / "perfgate.yml")
        repository = open_repository(self.project.path)
        marks = marks_of(found, config, repository, repository.resolve(self.base))
        text = (self.project.path / "perfgate.yml").read_text().splitlines()
        assert all(mark.path == "perfgate.yml" for mark in marks)
        return [text[mark.line - 1].strip() for mark in marks]


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "shop")


@pytest.mark.parametrize(
    ("endpoint", "statistic", "line"),
    [
        ("GET /items/1", "p50", "tolerance: {p50: 1%, p95: 9%}"),
        ("GET /items/1", "p95", "tolerance: {p95: 2%}"),
        ("POST /items", "p50", "p50: 3%"),
        ("POST /items", "p99", "tolerance:"),
    ],
)
def test_the_limit_that_was_passed_is_marked_where_it_is_written(repository, endpoint, statistic, line):
    assert repository.lines(Outcome.REGRESSED, comparison(endpoint, statistic, **SLOWER)) == [line]


def test_what_could_not_be_told_is_marked_at_the_requirement(repository):
    unsure = comparison("GET /home", "p50", Outcome.INCONCLUSIVE)
    assert repository.lines(Outcome.INCONCLUSIVE, unsure) == ["require: {p50: 50%}"]


@pytest.mark.parametrize("limit", ["200", "2000"])
def test_a_threshold_is_marked_where_it_is_written(repository, limit):
    text = f"head: http_req_duration: p(95)<{limit} is breached: 2500 ms"
    reason = Reason(code="threshold_breached", text=text)
    assert repository.lines(Outcome.THRESHOLD_BREACHED, reasons=(reason,)) == [f"- p(95)<{limit}"]


def test_what_only_warns_is_not_marked(repository):
    slower = comparison("GET /items/1", "p50", level="warn", **SLOWER)
    assert repository.lines(Outcome.PASS, slower) == []


def test_a_line_that_has_moved_is_found_where_it_is_now(repository):
    repository.project.edit("perfgate.yml", "version: 1\n", "version: 1\n# a comment\n\n")
    slower = comparison("POST /items", "p50", **SLOWER)
    assert repository.lines(Outcome.REGRESSED, slower) == ["p50: 3%"]


def test_a_line_that_says_something_else_now_is_not_blamed(repository):
    repository.project.edit("perfgate.yml", "p50: 3%", "p50: 40%")
    slower = comparison("POST /items", "p50", **SLOWER)
    assert repository.lines(Outcome.REGRESSED, slower) == ["version: 1"]


def test_a_threshold_that_was_taken_out_is_not_found_elsewhere(repository):
    repository.project.edit("perfgate.yml", "    - p(95)<200\n", "")
    text = "head: http_req_duration: p(95)<200 is breached: 250 ms"
    reason = Reason(code="threshold_breached", text=text)
    assert repository.lines(Outcome.THRESHOLD_BREACHED, reasons=(reason,)) == ["version: 1"]


def test_there_are_ten_at_most(repository):
    many = [comparison(f"GET /{n}", "p50", **SLOWER) for n in range(40)]
    assert len(repository.lines(Outcome.REGRESSED, *many)) == 10


def test_without_a_base_policy_the_checkouts_own_lines_are_marked(repository):
    repository.project.git("rm", "--quiet", "--cached", "perfgate.yml")
    repository.project.git("commit", "--quiet", "--message", "without")
    repository.base = repository.project.git("rev-parse", "HEAD").strip()
    assert repository.lines(Outcome.REGRESSED, comparison("POST /items", "p50", **SLOWER)) == ["p50: 3%"]


def test_a_configuration_outside_the_repository_has_no_marks(repository, tmp_path):
    (tmp_path / "perfgate.yml").write_text(CONFIG)
    (tmp_path / "load-test.yml").write_text("scenarios: []\n")
    found = verdict(Outcome.REGRESSED, comparison("GET /", "p50", **SLOWER))
    opened = open_repository(repository.project.path)
    config = load_config(tmp_path / "perfgate.yml")
    assert marks_of(found, config, opened, opened.resolve("HEAD")) == ()


def test_the_words_of_an_annotation_are_of_the_verdict(repository):
    slower = comparison("GET /items\x1b[31m", "p50", **SLOWER)
    found = verdict(Outcome.REGRESSED, slower)
    opened = open_repository(repository.project.path)
    config = load_config(repository.project.path / "perfgate.yml")
    (mark,) = marks_of(found, config, opened, opened.resolve("HEAD"))
    annotation = annotation_of(mark, found)
    assert annotation.level == "failure"
    assert annotation.title == "REGRESSED: GET /items p50"
    assert "50.0 % slower" in annotation.message
