"""Payload files: rows become variables, drawn from the seed; files that cannot be used are refused."""

import pytest

from perfgate.errors import UsageError
from perfgate.model import Request
from perfgate.workload.artillery import read_workload

STEP = "- post: {url: '/{{ name }}', json: '{{ n }}'}"


@pytest.fixture
def users(tmp_path):
    def write(content: str | bytes, name: str = "users.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def payload(**keys: str) -> str:
    entries = {"path": "users.csv", "fields": "[name, n]", **keys}
    return "payload: {" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def sent(walk, workload, seeds=60):
    return {
        (request.target, request.body)
        for request in (walk(workload, seed=seed).requests[0] for seed in range(seeds))
    }


def test_rows_are_drawn_from_the_seed_and_stay_together(flow, walk, users):
    users("ann,1\nbob,2.5\ncyd,x\n")
    workload = flow(STEP, config=payload())
    assert sent(walk, workload) == {("/ann", b"1"), ("/bob", b"2.5"), ("/cyd", b'"x"')}
    assert workload.notes == ()


def test_options(flow, walk, users):
    users('name;n;extra\n\n"a;b";007;z\n')
    config = payload(skipHeader="true", delimiter='";"')
    assert sent(walk, flow(STEP, config=config)) == {("/a;b", b"7")}
    config = payload(skipHeader="true", delimiter='";"', cast="false")
    assert sent(walk, flow(STEP, config=config)) == {("/a;b", b'"007"')}


def test_sequence_follows_the_number_of_the_pass_whatever_the_seed(flow, users):
    users("ann,1\nbob,2\n")
    [scenario] = flow(STEP, config=payload(order="sequence")).scenarios
    sent_first = [next(scenario.start_nth(seed, nth)).target for seed, nth in ((7, 0), (8, 1), (9, 2))]
    assert sent_first == ["/ann", "/bob", "/ann"]


def test_passes_without_a_payload_in_sequence_have_no_order(flow, users):
    users("ann,1\nbob,2\n")
    [scenario] = flow(STEP, config=payload()).scenarios
    assert scenario.start_nth is None


def test_several_files_and_variables_that_win(flow, walk, users):
    users("ann,1\n")
    users("7\n", "more.csv")
    config = """
        payload:
          - {path: users.csv, fields: [name, n]}
          - {path: ./more.csv, fields: [n]}
        variables: {name: fixed}
    """
    assert sent(walk, flow(STEP, config=config)) == {("/fixed", b"7")}
    given = flow(STEP, config=config, variables={"n": "given"})
    assert sent(walk, given) == {("/fixed", b'"given"')}


def test_a_variable_wins_over_a_field_even_where_a_capture_may_replace_both(flow, walk, users):
    users("ann,1\n")
    steps = STEP + "\n- get: {url: /, capture: {json: $.name, as: name}}"
    assert sent(walk, flow(steps, config=payload() + "\nvariables: {name: fixed}")) == {("/fixed", b"1")}


@pytest.mark.parametrize(
    ("content", "keys", "what"),
    [
        (None, {}, "is not a file"),
        ("", {}, "has no rows"),
        ("name,n\n", {"skipHeader": "true"}, "has no rows"),
        ("ann,1\nbob\n", {}, "line 2 of the payload has 1 columns, its first row has 2"),
        ('ann,"1\n', {}, "not CSV"),
        (b"ann,\xff\n", {}, "not CSV in UTF-8"),
        ("a,1\n", {"path": "../users.csv"}, "outside the workload's folder"),
        ("a,1\n", {"path": "/etc/hostname"}, "outside the workload's folder"),
        ("a,1\n", {"path": "link.csv"}, "outside the workload's folder"),
        ("a,1\n", {"path": "'a\\0b'"}, "is not a file"),
        ("a,1\n", {"path": '"a\\0b"'}, "cannot be read"),
        ("a,1\n", {"fields": "[n, n]"}, "same name"),
        ("a,1\n", {"fields": "[]"}, "is empty"),
        ("a,1\n", {"order": "shuffled"}, "must be one of: sequence, random"),
        ("a,1\n", {"delimiter": "ab"}, "one character"),
        ("a,1\n", {"loadAll": "true"}, "loadAll needs 'name'"),
        ("a,1\n", {"skipHeaders": "true"}, "did you mean 'skipHeader'"),
    ],
)
def test_refused(flow, users, tmp_path, content, keys, what):
    if content is not None:
        users(content)
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    with pytest.raises(UsageError) as caught:
        flow(STEP, config=payload(**keys))
    assert what in caught.value.message
    assert caught.value.message.startswith(f"{tmp_path / 'load.yml'}:2:")
    assert "\n" not in caught.value.message


def test_contents_are_part_of_the_digest(flow, users):
    users("ann,1\n")
    before = flow(STEP, config=payload()).digest
    users("ann,2\n")
    assert flow(STEP, config=payload()).digest != before


ROWS = "- get: {url: '/{{ users[1].name }}/{{ users[1].n }}'}"


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({}, "/bob/2"),
        ({"fields": "[n, name]"}, "/2/bob"),
        ({"fields": "[name, n]", "cast": "false"}, "/bob/2"),
    ],
)
def test_load_all_gives_every_row_by_its_fields(flow, walk, users, keys, path):
    users("ann,1\nbob,2\n")
    workload = flow(ROWS, config=payload(loadAll="true", name="users", **keys))
    assert walk(workload).requests[0].target == path


def test_load_all_without_fields_gives_lists(flow, walk, users):
    users("ann,1\nbob,2\n")
    config = "payload: {path: users.csv, loadAll: true, name: users}"
    assert walk(flow("- get: {url: '/{{ users[1][0] }}'}", config=config)).requests[0].target == "/bob"


def test_the_rows_of_a_table_are_part_of_the_digest(flow, users):
    config = payload(loadAll="true", name="users")
    users("ann,1\nbob,2\n")
    before = flow(ROWS, config=config).digest
    users("ann,1\nbob,3\n")
    assert flow(ROWS, config=config).digest != before


@pytest.mark.parametrize(
    ("content", "keys", "rows"),
    [
        ("\ufeffann,1\n", {}, {("/ann", b"1")}),
        ('"a ""b""\nc",1\n', {}, {("/a%20%22b%22%0Ac", b"1")}),
        (" ann ,1\n", {}, {("/%20ann%20", b"1")}),
        ("ann, 1 \n", {}, {("/ann", b"1")}),
        ("'a,b',1\n", {"options": '{quote: "\'"}'}, {("/a,b", b"1")}),
        ("'a',1\n", {"options": "{quote: false}"}, {("/'a'", b"1")}),
        ("a;1\n", {"options": "{delimiter: ';'}"}, {("/a", b"1")}),
        ("x,y\nx,y\nann,1\n", {"options": "{fromLine: 3}"}, {("/ann", b"1")}),
        ("ann,0x10\n", {}, {("/ann", b'"0x10"')}),
    ],
)
def test_cells_are_read_as_artillery_reads_them(flow, walk, users, content, keys, rows):
    users(content)
    assert sent(walk, flow(STEP, config=payload(**keys))) == rows


def test_a_path_may_name_the_environment(flow, walk, users):
    users("ann,1\n", "users-test.csv")
    config = payload(path="'users-{{ $environment }}.csv'") + "\nenvironments: {test: {}}"
    assert sent(walk, flow(STEP, config=config, environment="test")) == {("/ann", b"1")}


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"loadAll": "true", "name": "users", "order": "random"}, "there is no 'order'"),
        ({"name": "users"}, "'name' is for all rows at once"),
        ({"options": "{columns: true}"}, "'columns' is not supported"),
        ({"options": "{relaxColumnCount: true}"}, "'relaxColumnCount' is not supported"),
        ({"options": "{colour: red}"}, "unknown key 'colour'"),
    ],
)
def test_keys_that_do_not_go_together(flow, users, keys, what):
    users("ann,1\n")
    with pytest.raises(UsageError, match=what):
        flow(STEP, config=payload(**keys))


def test_a_file_elsewhere_in_the_repository_is_read_and_one_outside_of_it_is_not(tmp_path):
    (tmp_path / "users.csv").write_text("ann\n")
    repository = tmp_path / "shop"
    for folder in (".git", "data", "processors", "scenarios"):
        (repository / folder).mkdir(parents=True)
    (repository / "data" / "users.csv").write_text("bob\n")
    (repository / "processors" / "sign.py").write_text("def sign(context, events): pass\n")
    path = repository / "scenarios" / "load.yml"
    text = """
config:
  target: ""
  processor: ../processors/sign.js
  payload: {path: PATH, fields: [name]}
scenarios: [{flow: [{function: sign}, {get: {url: '/{{ name }}'}}]}]
"""
    path.write_text(text.replace("PATH", "../data/users.csv"))
    asked = list(read_workload(path).scenarios[0].start(0))
    assert [step.target for step in asked if isinstance(step, Request)] == ["/bob"]
    path.write_text(text.replace("PATH", "../../users.csv"))
    with pytest.raises(UsageError, match=r"load\.yml:5:\d+: .* is outside the workload's repository"):
        read_workload(path)
