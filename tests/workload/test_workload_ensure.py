"""`config.ensure`: every form is read into demands; a metric that cannot be known is refused at its line."""

import pytest

from perfgate.errors import UsageError

STEPS = """
- get: {url: "/items/{{ $uuid }}?page=1"}
- post: {url: "/items/{{ $uuid }}?page=2", json: {}}
- get: {url: /cart, name: open cart}
"""


def demands(flow, config: str, **options):
    return flow(STEPS, config=config, **options).ensured.demands


def sources(flow, config: str) -> list[str]:
    return [demand.source for demand in demands(flow, config)]


def test_the_forms(flow):
    config = """
        ensure:
          thresholds:
            - http.response_time.p95: 250
            - http.codes.500: "1"
          conditions:
            - expression: http.request_rate > 10 and
                http.codes.200 >= 1
            - {expression: vusers.failed == 0, strict: "false"}
          p99: 500
          maxErrorRate: 1.5
    """
    assert sources(flow, config) == [
        "http.response_time.p95 < 250",
        "http.codes.500 < 1",
        "http.request_rate > 10 and http.codes.200 >= 1",
        "vusers.failed == 0",
        "http.response_time.p99 < 500",
        "maxErrorRate <= 1.5",
    ]
    assert [demand.strict for demand in demands(flow, config)] == [True, True, True, False, True, True]


def test_it_may_stand_under_plugins_and_use_the_environment(flow):
    config = "plugins: {ensure: {thresholds: [{http.response_time.max: '{{ $env.LIMIT }}'}]}}"
    [demand] = demands(flow, config, environ={"LIMIT": "75"})
    assert demand.holds({"http.response_time.max": 74.0})
    assert not demand.holds({"http.response_time.max": 75.0})


def test_empty_sections_demand_nothing(flow):
    assert demands(flow, "ensure: {}\nplugins: {ensure: {}}") == ()


def test_it_is_noted_that_paired_rounds_do_not_judge_it(flow):
    assert any(
        note.startswith("config.ensure is not judged") for note in flow(STEPS, "ensure: {p95: 9}").notes
    )


@pytest.mark.parametrize(
    ("metric", "endpoints"),
    [
        (
            "response_time./items/{{ $uuid }}.p95",
            ("GET /items/{{ $uuid }}?page=1", "POST /items/{{ $uuid }}?page=2"),
        ),
        ("response_time./cart (open cart).p95", ("open cart",)),
        ("/cart (open cart).codes.200", ("open cart",)),
    ],
)
def test_metrics_of_endpoints(flow, metric, endpoints):
    metric = f"plugins.metrics-by-endpoint.{metric}"
    config = f"ensure: {{thresholds: [{{'{metric}': 5}}], conditions: [{{expression: '{metric} < 5'}}]}}"
    for demand in demands(flow, config):
        assert [figure.endpoints for figure in demand.figures] == [endpoints]


def test_options_of_the_plugin_rename_them(flow):
    config = """
        plugins:
          metrics-by-endpoint: {useOnlyRequestNames: true, stripQueryString: true, metricsNamespace: mine}
          ensure: {thresholds: [{mine.response_time.open cart.p50: 5}]}
    """
    workload = flow(STEPS, config=config)
    assert workload.ensured.demands[0].figures[0].endpoints == ("open cart",)
    assert workload.endpoints == ("GET /items/{{ $uuid }}", "POST /items/{{ $uuid }}", "open cart")


@pytest.mark.parametrize(
    ("ensure", "what"),
    [
        ("{thresholds: [{http.response_time.p96: 5}]}", "did you mean 'http.response_time.p9"),
        ("{thresholds: [{orders.made: 5}]}", "perfgate knows no metric 'orders.made'"),
        ("{thresholds: [{vusers.session_length.p95: 5}]}", "how long passes took is not kept"),
        ("{thresholds: [{http.response_time.p95: fast}]}", "must be a number"),
        ("{thresholds: [{vusers.created_by_name.shop: 5}]}", "there is no scenario 'shop'"),
        ("{thresholds: [{plugins.metrics-by-endpoint.response_time./gone.p95: 5}]}", "of no endpoint"),
        ("{thresholds: {http.response_time.p95: 5}}", "'thresholds' must be a list"),
        ("{conditions: [{expression: http.response_time.p95 <}]}", "the end"),
        ("{conditions: [{expression: 1 < 2}]}", "names no metric"),
        ("{conditions: [{expression: 'plugins.metrics-by-endpoint./gone.codes.200 > 1'}]}", "of no endpoint"),
        ("{conditions: [{expresion: http.requests > 1}]}", "did you mean 'expression'"),
        ("{conditions: [{strict: true}]}", "has no expression"),
        ("{conditions: [{expression: http.requests > 1, strict: maybe}]}", "true or false"),
        ("{p98: 5}", "unknown key 'p98'"),
    ],
)
def test_refused_when_the_file_is_read(flow, tmp_path, ensure, what):
    with pytest.raises(UsageError) as caught:
        flow(STEPS, config=f"ensure: {ensure}")
    assert what in caught.value.message
    assert caught.value.message.startswith(f"{tmp_path / 'load.yml'}:2:")
    assert caught.value.hint
