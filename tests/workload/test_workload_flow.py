"""What a pass does: loops, pauses, conditions, branches, and failures of the script itself."""

import pytest

TOKEN = "- get: {url: /start, capture: {json: $.t, as: t, strict: false}}\n"


@pytest.mark.parametrize(
    ("loop", "targets"),
    [
        ("count: 3", ["/0", "/1", "/2"]),
        ("count: '3'", ["/0", "/1", "/2"]),
        ('count: "2-4"', ["/2", "/3"]),
        ("over: [a, b]", ["/a", "/b"]),
        ("over: names", ["/Ann", "/Bob"]),
        ("over: deep.list", ["/x", "/y"]),
        ("over: '{{ names }}'", ["/Ann", "/Bob"]),
        ("count: '{{ two }}'", ["/0", "/1"]),
        ("whileTrue: $loopCount < 2", ["/0", "/1", "/2"]),
        ('over: [a, b, c]\n  whileTrue: $loopElement == "a"', ["/a", "/b"]),
    ],
)
def test_loops(flow, walk, loop, targets):
    value = "$loopElement" if "over" in loop else "$loopCount"
    config = "variables: {names: [[Ann, Bob]], deep: {list: [x, y]}, two: 2}"
    workload = flow(f"- loop:\n    - get: {{url: '/{{{{ {value} }}}}'}}\n  {loop}", config=config)
    assert walk(workload).targets == targets


def test_nested_loops_keep_their_own_elements(flow, walk):
    steps = """
    - loop:
        - loop:
            - get: {url: '/{{ outer }}/{{ $loopElement }}'}
          over: [1, 2]
        - get: {url: '/{{ outer }}/{{ $loopCount }}'}
      over: [a, b]
      loopElement: outer
    """
    assert walk(flow(steps)).targets == ["/a/1", "/a/2", "/a/0", "/b/1", "/b/2", "/b/1"]


def test_a_later_capture_of_a_loop_is_known_to_its_next_turn(flow, walk, answer):
    steps = """
    - loop:
        - get: {url: '/{{ next }}', ifTrue: next}
        - get: {url: /list, capture: {json: $.next, as: next}}
      count: 2
    """
    assert walk(flow(steps), answer(body='{"next": 7}')).targets == ["/list", "/7", "/list"]


def test_over_what_an_answer_gave(flow, walk, answer):
    steps = """
    - get: {url: /, capture: {json: '$.items[*].id', as: ids, multiple: false}}
    - loop: [{get: {url: '/{{ $loopElement }}'}}]
      over: ids
    """
    done = walk(flow(steps), answer(body='{"items": [{"id": 1}, {"id": 2}]}'))
    assert done.targets == ["/", "/1", "/2"]


def test_a_loop_over_what_is_no_list_is_a_failure(flow, walk, answer):
    workload = flow(TOKEN + "- loop: [{get: {url: /x}}]\n  over: t\n- get: {url: /end}")
    done = walk(workload, answer(body='{"t": "text"}'))
    assert (done.failures, done.targets) == (["loop without a list or a number"], ["/start", "/end"])


def test_a_loop_without_an_end_goes_on_until_the_load_is_over(flow, walk):
    assert len(walk(flow("- loop: [{get: {url: /}}]")).requests) == 1000


def test_a_loop_that_never_asks_for_anything_is_ended(flow, walk, answer):
    workload = flow(TOKEN + "- loop: [{get: {url: /x, ifTrue: t}}]\n- get: {url: /end}")
    done = walk(workload, answer(body="{}"))
    assert (done.failures, done.targets) == (["endless loop"], ["/start"])


def test_a_pause_s_jitter_is_drawn_from_the_seed(flow, walk):
    workload = flow("- think: 2\n  jitter: 25%\n- think: 1\n  jitter: 200\n- get: {url: /}")
    first, second = (walk(workload, seed=seed).thinks for seed in (1, 2))
    assert first == walk(workload, seed=1).thinks
    assert first != second
    for long_ns, short_ns in (first, second):
        assert 1.5e9 <= long_ns <= 2.5e9
        assert 0.8e9 <= short_ns <= 1.2e9


def test_jitter_for_every_pause(flow, walk):
    workload = flow("- think: 2\n- get: {url: /}", config="http: {defaults: {think: {jitter: 50%}}}")
    assert 1e9 <= walk(workload).thinks[0] <= 3e9
    assert len({walk(workload, seed=seed).thinks[0] for seed in range(5)}) == 5


@pytest.mark.parametrize(("value", "length_ns"), [("2", 2e9), ('"500ms"', 5e8), ('"1.5"', 1.5e9)])
def test_a_pause_of_a_length_that_was_captured(flow, walk, answer, value, length_ns):
    done = walk(flow(TOKEN + "- think: '{{ t }}'"), answer(body=f'{{"t": {value}}}'))
    assert (done.thinks, done.failures) == ([length_ns], [])


@pytest.mark.parametrize("value", ['"soon"', "-1", "[1]", '""'])
def test_a_pause_of_no_length_is_a_failure(flow, walk, answer, value):
    done = walk(flow(TOKEN + "- think: '{{ t }}'\n- get: {url: /end}"), answer(body=f'{{"t": {value}}}'))
    assert (done.failures, done.targets[-1]) == (["think time is no duration"], "/end")


@pytest.mark.parametrize(
    ("condition", "is_sent"),
    [
        ("t", True),
        ("t > 5 and t < 8", True),
        ("not t", False),
        ('user.name == \\"ann\\"', True),
        ("user.age >= 18 or t == 7", True),
        ("t in (1, 2)", False),
        ("t ? user.age : 1", True),
    ],
)
@pytest.mark.parametrize("place", ["inside", "beside"])
def test_conditions(flow, walk, answer, condition, is_sent, place):
    inside = f'- get: {{url: /x, ifTrue: "{condition}"}}'
    beside = f'- get: {{url: /x}}\n  ifTrue: "{condition}"'
    workload = flow(
        TOKEN + (inside if place == "inside" else beside), config="variables: {user: {name: ann, age: 3}}"
    )
    assert ("/x" in walk(workload, answer(body='{"t": 7}')).targets) == is_sent


def test_a_condition_on_what_was_not_captured(flow, walk, answer):
    workload = flow(TOKEN + "- get: {url: /x, ifTrue: t}")
    assert walk(workload, answer(body='{"t": "yes"}')).targets == ["/start", "/x"]
    assert walk(workload, answer(body="{}")).targets == ["/start"]


def test_probability_is_drawn_from_the_seed(flow, walk):
    workload = flow("- get: {url: /}\n- get: {url: /x, probability: 30}")
    sent = [len(walk(workload, seed=seed).requests) - 1 for seed in range(400)]
    assert sent == [len(walk(workload, seed=seed).requests) - 1 for seed in range(400)]
    assert 80 <= sum(sent) <= 160


def test_branches_are_one_step(flow, walk, answer):
    steps = """
    - parallel:
        - get: {url: '/a/{{ $randomString(5) }}', capture: {json: $.t, as: t}}
        - loop: [{get: {url: '/b/{{ $loopCount }}'}}, {think: 1}]
          count: 2
    - get: {url: '/{{ t }}'}
    """
    workload = flow(steps)
    done = walk(workload, answer(body='{"t": 5}'))
    assert (done.together, done.targets[1:]) == ([2], ["/b/0", "/b/1", "/5"])
    assert done.targets == walk(workload, answer(body='{"t": 5}')).targets
    assert done.targets != walk(workload, answer(body='{"t": 5}'), seed=2).targets


def test_a_branch_that_ends_early_ends_the_pass(flow, walk, answer):
    branches = "[{get: {url: /a, capture: {json: $.t, as: t}}}, {get: {url: /b}}]"
    assert walk(flow(f"- parallel: {branches}\n- get: {{url: /c}}"), answer(body="{}")).targets == [
        "/a",
        "/b",
    ]


def test_a_flow_without_variables_keeps_the_fast_path(flow):
    steps = "- get: {url: /a}\n- think: 1\n- get: {url: /b, cookie: {a: b}}\n- get: {url: /c}"
    assert [type(action).__name__ for action in flow(steps).scenarios[0].fixed] == [
        *("Request", "Think", "Cookies", "Request", "Request")
    ]
    assert not flow("- loop: [{get: {url: /}}]\n  count: 2").scenarios[0].fixed


def test_before_leaves_its_captures_to_every_scenario(read, follow, answer):
    workload = read(
        """
        before: {flow: [{post: {url: /login, capture: {json: $.t, as: token}}}]}
        after: {flow: [{post: {url: '/logout/{{ token }}'}}]}
        scenarios: [{flow: [{get: {url: '/{{ token }}'}}]}]
        """
    )
    assert workload.endpoints == ("GET /{{ token }}",)
    left: dict[str, object] = {}
    follow(workload.before.given(left).start(1), answer(body='{"t": "abc"}'))
    assert left == {"token": "abc"}
    for scenario, target in ((workload.scenarios[0], "/abc"), (workload.after, "/logout/abc")):
        assert follow(scenario.given(left).start(1)).targets == [target]


def test_log_steps_are_counted_however_deep(flow):
    steps = "- get: {url: /}\n- loop: [{log: x}, {get: {url: /}}]\n  count: 2\n- log: y"
    assert "2 in this file" in flow(steps).notes[0]


def test_a_list_repeats_its_name_in_a_query_and_is_joined_in_a_form(flow, walk):
    steps = "- post: {url: /, qs: {id: '{{ ids }}'}, form: {'{{ field }}': '{{ ids }}'}}"
    [request] = walk(flow(steps, config="variables: {ids: [[1, 2]], field: a}")).requests
    assert (request.target, request.body) == ("/?id=1&id=2", b"a=1%2C2")
    steps = "- post: {url: /, qs: {id: [1, x]}, form: {a: [1, x], b: y}}"
    [request] = walk(flow(steps)).requests
    assert (request.target, request.body) == ("/?id=1&id=x", b"a=1%2Cx&b=y")
