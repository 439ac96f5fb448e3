import json
import re
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfgate
from perfgate.config import Config, load_config
from perfgate.config.commands import CommandError, split_command
from perfgate.config.schema import schema_text
from perfgate.errors import UsageError

SMALLEST = "version: 1\nworkload: load.yml\n"
EVERYTHING = """\
version: 1
service:
  build: [[npm, ci], npm run build]
  command: node server.js --port {port} --title 'a | b' --template {{name}}
  cwd: shop
  env: {NODE_ENV: production, WORKERS: 2}
  ready: {path: /health, timeout: 1.5m, status: [200, 204]}
  stop: {signal: INT, grace: 500ms}
workload: load.yml
variables: {item: 7, ratio: 0.5, name: ann, on: true}
load: {model: open, connections: 8, rate: 1200/m, arrivals: even}
measure:
  {rounds: 20, max_rounds: 24, round: 2s, warmup: 0s, timeout: 900.5ms, connect_timeout: 100ms, seed: 42}
placement: {pin: false}
gate:
  tolerance: {p50: 1%, errors: 0%}
  require: {p99: 25.5%}
  level: {cpu: off}
  endpoints:
    "GET /items/*":
      tolerance: {p50: 0.5%}
      require: {p50: 2%}
      level: {p99: off}
    "* /orders": {level: {errors: warn}}
thresholds:
  http_req_duration: ["p(95)<200", "p(99)<400"]
  http_req_failed: ["rate<0.01"]
store: out/results
baselines: perf/baselines
allow_hosts: [staging.example.org, "10.0.0.7:8080"]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "load.yml").write_text("scenarios: []\n")
    return tmp_path


def load(folder: Path, text: str) -> Config:
    path = folder / "perfgate.yml"
    path.write_text(text)
    return load_config(path)


def refused(folder: Path, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(folder, text)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_the_smallest_file_gets_the_documented_defaults(folder):
    config = load(folder, SMALLEST)
    assert config.service is None
    assert config.workload == folder / "load.yml"
    assert (config.load.model, config.load.connections, config.load.rate_rps) == ("closed", 1, None)
    measure = config.measure
    assert (measure.rounds, measure.max_rounds, measure.seed) == (13, 26, None)
    assert (measure.round_ns, measure.warmup_ns, measure.timeout_ns) == (10**9, 250 * 10**6, 10**10)
    assert config.placement.pin
    assert config.gate.tolerance == {
        "p50": 0.03,
        "p95": 0.05,
        "p99": 0.1,
        "cpu": 0.03,
        "throughput": 0.05,
        "memory": 256.0,
        "errors": 0.001,
    }
    assert config.gate.require == {"p50": 0.05, "p95": 0.15, "p99": 0.4, "cpu": 0.05, "throughput": 0.15}
    assert config.gate.named == frozenset()
    assert (config.gate.level, config.gate.endpoints) == ({}, ())
    assert (config.store, config.baselines) == (folder / ".perfgate" / "results", folder / "baselines")
    assert (config.thresholds, config.variables, config.allow_hosts) == ((), {}, ())


def test_the_services_defaults(folder):
    service = load(folder, SMALLEST + "service: {command: ./serve}\n").service
    assert service is not None
    assert (service.command, service.build, service.cwd, service.env) == (("./serve",), (), Path(), {})
    assert (service.ready.path, service.ready.timeout_ns, service.ready.status) == ("/", 30 * 10**9, ())
    assert (service.stop.signal, service.stop.grace_ns) == (signal.SIGTERM, 5 * 10**9)


def test_every_key_arrives_in_base_units(folder):
    config = load(folder, EVERYTHING)
    service = config.service
    assert service is not None
    assert service.build == (("npm", "ci"), ("npm", "run", "build"))
    assert service.command == (
        *("node", "server.js", "--port", "{port}", "--title", "a | b", "--template", "{{name}}"),
    )
    assert (service.cwd, service.env) == (Path("shop"), {"NODE_ENV": "production", "WORKERS": "2"})
    assert (service.ready.path, service.ready.timeout_ns, service.ready.status) == (
        *("/health", 90 * 10**9, (200, 204)),
    )
    assert (service.stop.signal, service.stop.grace_ns) == (signal.SIGINT, 500 * 10**6)
    assert config.variables == {"item": "7", "ratio": "0.5", "name": "ann", "on": "true"}
    assert (config.load.model, config.load.connections, config.load.rate_rps) == ("open", 8, 20.0)
    assert config.load.arrivals == "even"
    assert (config.measure.connect_timeout_ns, config.measure.first_byte_timeout_ns) == (100_000_000, 0)
    assert (config.measure.rounds, config.measure.max_rounds, config.measure.seed) == (20, 24, 42)
    assert (config.measure.round_ns, config.measure.warmup_ns, config.measure.timeout_ns) == (
        2 * 10**9,
        0,
        900_500_000,
    )
    assert not config.placement.pin
    assert config.gate.tolerance["p50"] == 0.01
    assert config.gate.tolerance["p95"] == 0.05
    assert config.gate.tolerance["errors"] == 0
    assert config.gate.require["p99"] == pytest.approx(0.255)
    assert config.gate.level == {"cpu": "off"}
    assert [rule.glob for rule in config.gate.endpoints] == ["GET /items/*", "* /orders"]
    items, orders = config.gate.endpoints
    assert (items.tolerance, items.require, items.level) == ({"p50": 0.005}, {"p50": 0.02}, {"p99": "off"})
    assert orders.level == {"errors": "warn"}
    place = EVERYTHING.splitlines().index('    "* /orders": {level: {errors: warn}}') + 1
    assert orders.where == f"{folder / 'perfgate.yml'}:{place}:5"
    assert [(each.metric, each.expression) for each in config.thresholds] == [
        ("http_req_duration", "p(95)<200"),
        ("http_req_duration", "p(99)<400"),
        ("http_req_failed", "rate<0.01"),
    ]
    line = EVERYTHING.splitlines().index('  http_req_failed: ["rate<0.01"]') + 1
    assert config.thresholds[2].where == f"{folder / 'perfgate.yml'}:{line}:21"
    assert (config.store, config.baselines) == (folder / "out" / "results", folder / "perf" / "baselines")
    assert config.allow_hosts == ("staging.example.org", "10.0.0.7:8080")


WRONG = [
    # what is appended, the end of the position, a part of the message, a part of the hint
    ("measure:\n  roundss: 9\n", "4:3", "unknown key 'roundss', did you mean 'rounds'?", "max_rounds"),
    ("messure: {}\n", "3:1", "did you mean 'measure'?", "baselines"),
    ("measure: {round: 30}\n", "3:11", "measure.round: 30 has no unit", "write 30s"),
    ('measure: {round: "30"}\n', "3:11", "'30' has no unit", "write 30s"),
    ("measure: {round: 3 parsecs}\n", "3:11", "is not a duration", "200ms"),
    ("measure: {round: [1s]}\n", "3:11", "a list is not a duration", "3s"),
    ("measure: {round: 99ms}\n", "3:11", "99ms is out of range", "100ms to 10m"),
    ("measure: {round: 11m}\n", "3:11", "11m is out of range", "100ms to 10m"),
    ("measure: {rounds: 7}\n", "3:11", "7 is out of range", "8 to 26"),
    ("measure: {rounds: 27}\n", "3:11", "27 is out of range", "8 to 26"),
    ("measure: {rounds: true}\n", "3:11", "true is not a whole number", "8 to 26"),
    ("measure: {rounds: 20, max_rounds: 19}\n", "3:23", "less than the 20 rounds", "raise max_rounds"),
    ("measure: {seed: }\n", "3:11", "nothing is not a whole number", "0 to"),
    ("measure: fast\n", "3:1", "measure needs keys of its own", "below it"),
    ("service:\n", "3:1", "service needs keys of its own", "below it"),
    ("service: {command: a && b}\n", "3:11", "service.command: && needs a shell", "list"),
    ("service: {command: a | b}\n", "3:11", "| needs a shell", "sh -c"),
    ("service: {command: 'a; b'}\n", "3:11", "; needs a shell", "sh -c"),
    ("service: {command: a > b}\n", "3:11", "> needs a shell", "sh -c"),
    ("service: {command: a $(b)}\n", "3:11", "$( needs a shell", "sh -c"),
    ("service: {command: a `b`}\n", "3:11", "` needs a shell", "sh -c"),
    ('service: {command: "a \\"$(b)\\""}\n', "3:11", "$( needs a shell", "sh -c"),
    ("service: {command: a -p $PORT}\n", "3:11", "$PORT is not replaced", "write {port}"),
    ("service: {command: 'A=1 b'}\n", "3:11", "'A=1' sets a variable", "service.env"),
    ('service: {command: ""}\n', "3:11", "an empty command", "the program"),
    ('service: {command: "a \'b"}\n', "3:11", "no closing quotation", "close the quote"),
    ("service: {command: [a, [b]]}\n", "3:24", "service.command.1: a list is not a word", "quotes"),
    ("service: {command: 3}\n", "3:11", "3 is not a command", "text, or a list"),
    ("service:\n  build:\n    - make\n    - a | b\n", "6:7", "service.build.1: | needs a shell", "list"),
    ("service: {cwd: ../..}\n", "3:11", "leads out of the repository", "inside"),
    ("service: {cwd: /srv}\n", "3:11", "'/srv' is not relative", "relative"),
    ("service: {env: {A B: 1}}\n", "3:17", "'A B' cannot be used", "DATABASE_URL"),
    ("service: {env: {DEBUG: true}}\n", "3:17", "true is not text", "quotes"),
    ("service: {env: {HOST: x}}\n", "3:17", "perfgate sets HOST", "another name"),
    ("service: {env: {PORT: 80}}\n", "3:17", "perfgate sets PORT", "another name"),
    ('service: {env: {URL: "x:{port}"}}\n', "3:17", "service.command only", "PORT"),
    ("service: {ready: {path: health}}\n", "3:19", "'health' cannot be used", "/health"),
    ("service: {ready: {status: 200}}\n", "3:19", "service.ready.status is not a list", "[ ]"),
    ("service: {ready: {status: [99]}}\n", "3:28", "99 is out of range", "100 to 599"),
    ("service: {stop: {signal: KILL}}\n", "3:18", "'KILL' is not a choice", "TERM or INT or QUIT"),
    ("load: {model: open}\n", "3:8", "the open model needs a rate", "rate: 200/s"),
    ("load: {rate: 200/s}\n", "3:8", "no meaning in the closed model", "model: open"),
    ("load: {model: open, rate: 1/s, max_rate: 2/s}\n", "3:32", "no meaning in the open model", "rate"),
    ("load: {arrivals: even}\n", "3:8", "no meaning in the closed model", "model: open"),
    ("load: {model: open, rate: 1/s, arrivals: uniform}\n", "3:32", "uniform", "even"),
    ("load: {max_rate: 200}\n", "3:8", "200 has no unit", "200/s"),
    ("load: {max_rate: 0/s}\n", "3:8", "0/s is out of range", "more than 0/s"),
    ("load: {connections: 513}\n", "3:8", "513 is out of range", "1 to 512"),
    ("load: {rate: auto}\n", "3:8", "no meaning in the closed model", "model: open"),
    ("load: {max_rate: automatic}\n", "3:8", "'automatic' is not a rate", "200/s"),
    ("measure: {budget: 4s}\n", "3:11", "4s is out of range", "5s to 2h"),
    ("measure: {budget: 60}\n", "3:11", "60 has no unit", "60s"),
    ("placement: {driver_cpus: 1}\n", "3:13", "is not a list of CPUs", "[0, 1]"),
    ("placement: {driver_cpus: []}\n", "3:13", "is not a list of CPUs", "[0, 1]"),
    ("placement: {service_cpus: [0, 0]}\n", "3:13", "named twice", "once"),
    ("placement: {service_cpus: [-1]}\n", "3:13", "-1 is out of range", "0 to 4095"),
    (
        "placement: {driver_cpus: [1], service_cpus: [0, 1]}\n",
        "3:31",
        "CPU 1 is in driver_cpus",
        "one of them",
    ),
    ("placement: {pin: false, driver_cpus: [1]}\n", "3:25", "nothing with pin: false", "drop one"),
    ("placement: {pin: maybe}\n", "3:13", "'maybe' is neither true nor false", "true or false"),
    ("gate: {tolerance: {p50: 3}}\n", "3:20", "gate.tolerance.p50: 3 has no unit", "write 3%"),
    ("gate: {tolerance: {p90: 3%}}\n", "3:20", "unknown key 'p90'", "p99"),
    ("gate: {require: {p50: 0%}}\n", "3:18", "0% is out of range", "more than 0%"),
    ("gate: {require: {errors: 1%}}\n", "3:18", "unknown key 'errors'", "cpu"),
    ("gate: {level: {cpu: maybe}}\n", "3:16", "'maybe' is not a choice", "error or warn or off"),
    ("gate: {level: {cpu: false}}\n", "3:16", "false is not a choice", "error or warn or off"),
    ("gate: {level: {p90: warn}}\n", "3:16", "unknown statistic 'p90', did you mean 'p9", "p50, p95"),
    ("gate: {level: warn}\n", "3:8", "gate.level needs keys of its own", "below it"),
    ("gate: {cpu: warn}\n", "3:8", "unknown key 'cpu'", "gate.level.cpu"),
    ("gate: {endpoints: {x: {tolerence: {p50: 1%}}}}\n", "3:24", "did you mean 'tolerance'?", "level"),
    ("gate: {endpoints: {x: {tolerance: {p5: 1%}}}}\n", "3:36", "unknown statistic 'p5'", "p50, p95"),
    ("gate: {endpoints: {x: {tolerance: {cpu: 1%}}}}\n", "3:36", "cpu is measured of the whole", "gate.tol"),
    ("gate: {endpoints: {x: {level: {cpu: off}}}}\n", "3:32", "cpu is measured of the whole", "gate.level"),
    ("gate: {endpoints: {x: {require: {errors: 1%}}}}\n", "3:34", "unknown statistic 'errors'", "p50, p95"),
    ("gate: {endpoints: {x: {require: {p50: 0%}}}}\n", "3:34", "0% is out of range", "more than 0%"),
    ("gate: {endpoints: {x: 3}}\n", "3:20", "gate.endpoints.x needs keys of its own", "below it"),
    ('gate: {endpoints: {"": {}}}\n', "3:20", "cannot be used here", "GET /items/*"),
    ("thresholds: {a: p(95)<200}\n", "3:14", "thresholds.a is not a list", "[ ]"),
    ("thresholds: {a: [{treshold: x}]}\n", "3:19", "'treshold' is no key of a threshold", "mean threshold?"),
    ("thresholds: {a: [{abortOnFail: true}]}\n", "3:18", "without its text", "p(95)<200"),
    (
        "thresholds: {a: [{threshold: x, abortOnFail: 1}]}\n",
        "3:33",
        "neither true nor false",
        "true or false",
    ),
    ("thresholds: {a: [{threshold: x, delayAbortEval: 1s}]}\n", "3:18", "without abortOnFail", "remove"),
    (
        "thresholds: {a: [{threshold: x, abortOnFail: true, delayAbortEval: soon}]}\n",
        "3:52",
        "'soon' is not a duration",
        "1m30s",
    ),
    ("variables: {a: [1, 2]}\n", "3:13", "variables.a: a list of values", "config.variables"),
    ("variables: {a: {b: c}}\n", "3:13", "a mapping is not a value", "text, a number"),
    ("store: ../results\n", "3:1", "'../results' leads out of the repository", "inside"),
    ("baselines: ~/b\n", "3:1", "'~/b' is not relative", "relative"),
    ("allow_hosts: [http://x/]\n", "3:15", "'http://x/' cannot be used", "staging.example.org"),
    ("version: 1\n", "3:1", "duplicate key", "remove"),
    ("measure: {round: 1s\n", "4:1", "not valid YAML", "indentation"),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), WRONG, ids=[each[0].strip() for each in WRONG])
def test_what_is_wrong_is_named_with_its_place_and_remedy(folder, text, place, message, hint):
    error = refused(folder, SMALLEST + text)
    assert error.message.startswith(f"{folder / 'perfgate.yml'}:{place}: ")
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", ":1:1: the file is empty", "key"),
        ("workload: load.yml\n", ":1:1: version is missing", "add version: 1"),
        ("verion: 1\nworkload: load.yml\n", ":1:1: unknown key 'verion', did you mean 'version'?", "version"),
        ("version: 2\nworkload: load.yml\n", ":1:1: version 2 is newer", "upgrade perfgate"),
        ("version: one\nworkload: load.yml\n", ":1:1: version: 'one' is not a whole number", "1"),
        ("version: 1\nworkload: lost.yml\n", ":2:1: lost.yml: no such file", "directory"),
        ("version: 1\nworkload: ../load.yml\n", ":2:1: workload: '../load.yml' leads out", "inside"),
        ("version: 1\nworkload: /etc/hosts\n", ":2:1: workload: '/etc/hosts' is not relative", "relative"),
        ("- version\n", ":1:1: the top level is a list", "key"),
    ],
)
def test_a_file_without_its_base_is_refused(folder, text, message, hint):
    error = refused(folder, text)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('say "a && b"', ("say", "a && b")),
        ('say "it\'s; fine"', ("say", "it's; fine")),
        ("say '$(x) `y` $HOME \"'", ("say", '$(x) `y` $HOME "')),
        (r"say a\;b \$HOME", ("say", "a;b", "$HOME")),
        ("./app  --port={port}\n", ("./app", "--port={port}")),
    ],
)
def test_what_is_quoted_is_meant_literally(text, words):
    assert split_command(text) == words


@pytest.mark.parametrize(
    "text",
    ["say \"it's\" && say 'x'", "say \"it's $(x) isn't\"", 'say "a" | "b"', "a\nb", "a &", "(a)", "a 2>&1"],
)
def test_quotes_of_one_kind_do_not_hide_a_shell_behind_the_other(text):
    with pytest.raises(CommandError, match="needs a shell"):
        split_command(text)


def test_a_missing_file_points_to_init(folder):
    with pytest.raises(UsageError) as caught:
        load_config(folder / "perfgate.yml")
    assert "no such file" in caught.value.message
    assert "perfgate init" in caught.value.hint


def test_a_link_out_of_the_repository_is_not_followed(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.yml"
    secret.write_text("x: 1\n")
    (folder / "linked.yml").symlink_to(secret)
    assert "leads out" in refused(folder, "version: 1\nworkload: linked.yml\n").message


def test_a_file_in_a_subfolder_may_use_the_whole_repository(folder):
    inner = folder / "perf"
    inner.mkdir()
    config = load(inner, "version: 1\nworkload: ../load.yml\nservice: {cwd: ..}\n")
    assert config.workload == folder / "load.yml"
    assert config.root == inner
    assert config.service is not None
    assert config.service.cwd == Path("..")


def test_a_relative_path_stays_as_the_user_wrote_it(folder, monkeypatch):
    load(folder, SMALLEST)
    monkeypatch.chdir(folder)
    config = load_config(Path("perfgate.yml"))
    assert config.path == Path("perfgate.yml")
    assert config.workload.is_absolute()


def test_a_budget_leaves_open_what_the_file_does_not_fix(folder):
    measure = load(folder, SMALLEST + "measure: {budget: 1.5m, rounds: 13, warmup: 0s}\n").measure
    assert (measure.budget_ns, measure.fixed) == (90 * 10**9, {"rounds"})
    assert load(folder, SMALLEST).measure.budget_ns is None


@pytest.mark.parametrize(
    ("text", "calibrate"),
    [
        ("load: {model: open, rate: auto}\n", True),
        ("load: {max_rate: auto}\n", True),
        ("load: {model: open}\nmeasure: {budget: 60s}\n", True),
        ("load: {model: open, rate: 5/s}\nmeasure: {budget: 60s}\n", False),
        ("measure: {budget: 60s}\n", False),
    ],
)
def test_a_rate_is_found_where_it_is_left_to_perfgate(folder, text, calibrate):
    found = load(folder, SMALLEST + text).load
    assert found.calibrate is calibrate
    assert not calibrate or (found.rate_rps, found.max_rate_rps) == (None, None)


def test_named_cpus_are_read_in_order(folder):
    placement = load(folder, SMALLEST + "placement: {driver_cpus: [3, 1], service_cpus: [0]}\n").placement
    assert (placement.driver_cpus, placement.service_cpus) == ((1, 3), (0,))


def test_the_shipped_schema_is_the_generated_one():
    shipped = Path(perfgate.__file__).with_name("perfgate.schema.json").read_text()
    remedy = "python -c 'from perfgate.config.schema import schema_text as t; print(t(), end=\"\")'"
    assert shipped == schema_text(), f"write it anew: {remedy} > perfgate/perfgate.schema.json"


def test_the_schema_knows_every_key_and_its_default():
    schema = json.loads(schema_text())
    assert schema["required"] == ["version"]
    assert set(schema["properties"]) >= {"service", "load", "measure", "gate", "thresholds", "allow_hosts"}
    assert schema["$defs"]["Measure"]["properties"]["round"]["default"] == "1s"
    assert schema["$defs"]["Measure"]["additionalProperties"] is False
    pattern = schema["$defs"]["Measure"]["properties"]["round"]["pattern"]
    assert re.match(pattern, "250ms")
    assert not re.match(pattern, "30")


def test_the_reference_page_names_every_key_and_default():
    page = (Path(perfgate.__file__).parents[1] / "docs" / "reference" / "configuration.md").read_text()
    schema = json.loads(schema_text())

    def names(node, prefix=""):
        for key, value in node["properties"].items():
            section = schema["$defs"].get(value.get("$ref", "").rpartition("/")[2])
            if section:
                yield from names(section, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value.get("default")

    for name, default in names(schema):
        row = next((line for line in page.splitlines() if line.startswith(f"| `{name}` |")), None)
        assert row, f"{name} is not in the table"
        if default is not None:
            assert f"| `{str(default).lower() if isinstance(default, bool) else default}` |" in row, name


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\0'", exclude_categories=["Cs"])), min_size=1)
)
def test_quoted_words_survive_splitting(words):
    words = ["run", *words]
    assert split_command(" ".join(f"'{word}'" for word in words)) == tuple(words)


@given(st.text())
def test_splitting_refuses_or_gives_words_but_never_crashes(text):
    try:
        words = split_command(text)
    except CommandError:
        return
    assert words[0]
    assert not any("`" in word for word in words if "'" not in text and "\\" not in text)


@settings(max_examples=25, deadline=None)  # each example reads six files
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_any_value_of_any_key_is_taken_or_refused(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("any")
    (folder / "load.yml").write_text("x: 1\n")
    for key in ("service", "variables", "load", "thresholds", "store", "allow_hosts"):
        (folder / "perfgate.yml").write_text(SMALLEST + f"{key}: {json.dumps(value)}\n")
        try:
            load_config(folder / "perfgate.yml")
        except UsageError:
            continue


def test_the_examples_of_the_reference_page_are_valid(folder):
    page = (Path(perfgate.__file__).parents[1] / "docs" / "reference" / "configuration.md").read_text()
    (folder / "load-test.yml").write_text("scenarios: []\n")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    whole = [example for example in examples if example.startswith("version")]
    for example in whole:
        assert load(folder, example).service is not None
    for part in set(examples) - set(whole):
        load(folder, SMALLEST + part)
    assert (len(whole), len(examples)) == (2, 5)


def test_limits_of_throughput_and_memory_are_read_and_remembered_as_named(folder):
    text = SMALLEST + "gate: {tolerance: {memory: 1KiB}, require: {throughput: 20%}}\n"
    gate = load(folder, text).gate
    assert (gate.tolerance["memory"], gate.require["throughput"]) == (1024, 0.2)
    assert "memory" not in gate.require
    assert gate.named == {"memory", "throughput"}
    assert load(folder, SMALLEST + "gate: {require: {memory: 4KB}}\n").gate.require["memory"] == 4000


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("tolerance: {memory: 3%}", "gate.tolerance.memory: '3%' is not a size"),
        ("tolerance: {memory: 256}", "gate.tolerance.memory: 256 has no unit"),
        ("tolerance: {memory: 5GB}", "gate.tolerance.memory: '5GB' is not a size"),
        ("tolerance: {memory: 5000MB}", "5000MB is out of range"),
        ("require: {memory: 0B}", "0B is out of range"),
        ("require: {memory: 100B}", "gate.tolerance.memory is not below gate.require.memory"),
        ("tolerance: {throughput: 100%}", "100% is out of range"),
        ("require: {errors: 1%}", "errors"),
    ],
)
def test_limits_that_make_no_sense_are_refused(folder, section, says):
    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        load(folder, f"{SMALLEST}gate: {{{section}}}\n")
    assert caught.value.hint
