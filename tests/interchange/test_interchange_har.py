"""A recording becomes a workload that loads, sends the same and holds no secret."""

import base64
import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from har_recordings import SHOP, convert, entry, loaded, pairs, posted, requests_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.interchange.draftyaml import write_draft
from perfgate.interchange.har import read_har
from perfgate.interchange.secretnames import assigned_secrets, is_secret_name
from perfgate.yamlfile import parse_yaml

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"


def notes(draft) -> str:
    return "\n".join(draft.notes)


def test_order_names_statuses_and_pauses_are_those_of_the_recording(tmp_path: Path) -> None:
    draft = convert(
        entry("GET", f"{SHOP}/items/3", at_s=4, status=404),
        entry("GET", f"{SHOP}/items?page=2", at_s=0, took_ms=500),
        entry("POST", f"{SHOP}/orders", at_s=3.04, status=201, post=posted({"id": 7})),
    )
    workload = loaded(draft, tmp_path)
    assert workload.endpoints == ("GET /items", "POST /orders", "GET /items/{id}")
    assert workload.target == SHOP
    assert [step if isinstance(step, float) else step.statuses for step in draft.scenarios[0].steps] == [
        (200,),
        2.5,
        (201,),
        0.9,
        (404,),
    ]
    assert "answers that were errors are expected again (1 × 404: entry 1)" in notes(draft)
    assert not any(
        isinstance(s, float)
        for s in convert(*[entry("GET", f"{SHOP}/", at_s=t) for t in (0, 9)], think=False).scenarios[0].steps
    )


def test_requests_that_overlap_have_no_pause_and_a_long_one_is_cut() -> None:
    draft = convert(
        entry("GET", f"{SHOP}/a", at_s=0, took_ms=10_000),
        entry("GET", f"{SHOP}/b", at_s=1),
        entry("GET", f"{SHOP}/c", at_s=9),
        entry("GET", f"{SHOP}/d", at_s=59),
    )
    assert [step for step in draft.scenarios[0].steps if isinstance(step, float)] == [30.0]
    assert "1 pauses were longer than 30 s" in notes(draft)


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        (entry("GET", "https://cdn.example.net/x"), "other hosts left out: https://cdn.example.net (1)"),
        (entry("GET", f"{SHOP}/app.js", mime="text/javascript", _resourceType="script"), "static files"),
        (entry("GET", f"{SHOP}/logo", mime="image/png"), "static files"),
        (entry("GET", f"{SHOP}/x", status=0, _error="net::ERR_ABORTED"), "without an answer"),
        (entry("GET", f"{SHOP}/x", _fromCache="disk"), "cache"),
        (entry("GET", f"{SHOP}/x", _fetchType="Memory Cache"), "cache"),
        (entry("GET", "wss://shop.example.com/ws", status=101, _resourceType="websocket"), "websocket"),
        (entry("GET", f"{SHOP}/ws", status=101), "websocket"),
        (entry("GET", "data:image/png;base64,AAAA"), "data: URLs"),
        (entry("GET", "blob:https://shop.example.com/1"), "blob: URLs"),
        (entry("CONNECT", f"{SHOP}:443/"), "method CONNECT"),
        (entry("OPTIONS", f"{SHOP}/x", headers=pairs(access_control_request_method="POST")), "preflight"),
        (entry("GET", f"{SHOP}/events", mime="text/event-stream"), "event streams"),
        (entry("GET", f"{SHOP}/search", post=posted({"q": 1})), "GET request with a body"),
        (entry("POST", f"{SHOP}/bin", post=posted("\x00\x01", "application/x-protobuf")), "is not text"),
        (entry("POST", f"{SHOP}/t", post=posted("Hello {{ name }}", "text/plain")), "taken for a template"),
        (entry("POST", f"{SHOP}/l", headers=pairs(content_length="9")), "not in the recording"),
        (
            entry(
                "POST",
                f"{SHOP}/up",
                post={
                    "mimeType": "multipart/form-data; boundary=x",
                    "params": [{"name": "f", "fileName": "a.png"}],
                },
            ),
            "uploads a file ('f')",
        ),
    ],
)
def test_what_is_left_out_is_said_with_the_reason(left_out, why: str) -> None:
    draft = convert(entry("GET", f"{SHOP}/kept"), entry("GET", f"{SHOP}/kept"), left_out)
    assert [each.name for each in requests_of(draft)] == ["GET /kept", "GET /kept"]
    assert why in notes(draft)
    assert "left out" in notes(draft)


def test_static_files_are_kept_when_asked_for() -> None:
    static = entry("GET", f"{SHOP}/app.css", mime="text/css")
    assert convert(static, include_static=True).requests == 1
    with pytest.raises(UsageError, match="1 static files"):
        convert(static)


def test_a_host_can_be_chosen_and_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    entries = [
        entry("GET", f"{SHOP}/"),
        entry("GET", f"{SHOP}/"),
        entry("GET", "http://api.example.com:8080/x"),
    ]
    assert convert(*entries).target == SHOP
    for host in ("api.example.com", "api.example.com:8080", "http://API.example.com:8080"):
        assert convert(*entries, host=host).target == "http://api.example.com:8080"
    with pytest.raises(UsageError) as caught:
        convert(*entries, host="nowhere")
    assert SHOP in caught.value.hint


SECRETS = [
    "s3cr3t-cookie",
    "hunter2-hunter2",
    "key-in-the-query",
    "key-in-a-header",
    "nested-secret",
    "xml-secret",
    TOKEN,
]


def test_no_secret_is_copied_and_each_has_a_variable_that_is_named(tmp_path: Path) -> None:
    draft = convert(
        entry(
            "GET",
            f"{SHOP}/items?api_key=key-in-the-query&page=2",
            headers=pairs(
                Authorization=f"Bearer {TOKEN}",
                X_Api_Key="key-in-a-header",
                Cookie="session=s3cr3t-cookie; _ga=GA1.2",
            ),
        ),
        entry(
            "POST",
            f"{SHOP}/login",
            post=posted({"user": "ann", "password": "hunter2-hunter2", "secrets": {"a": "nested-secret"}}),
        ),
        entry(
            "POST",
            f"{SHOP}/again",
            post=posted("user=ann&password=hunter2-hunter2", "application/x-www-form-urlencoded"),
        ),
        entry("POST", f"{SHOP}/soap", post=posted("<a><password>xml-secret</password></a>", "text/xml")),
        entry("GET", f"{SHOP}/verify/{TOKEN}"),
        entry("POST", f"{SHOP}/echo", post=posted({"comment": f"my token is {TOKEN}, and hunter2-hunter2"})),
    )
    text = write_draft(draft)
    for secret in SECRETS:
        assert secret not in text
        assert secret not in notes(draft)
    assert "set API_TOKEN: a secret, the header authorization, is not copied" in draft.notes
    assert "_ga" in notes(draft)
    one = requests_of(draft)[0]
    assert one.headers["authorization"] == "Bearer {{ $env.API_TOKEN }}"
    assert one.cookies == {"session": "{{ $env.COOKIE_SESSION }}"}
    assert one.url == "/items?api_key={{ $env.API_KEY }}&page=2"
    assert requests_of(draft)[2].body["password"] == requests_of(draft)[1].body["password"]
    loaded(draft, tmp_path)


HIDDEN = [
    ("GET", "/next?return=https%3A%2F%2Fx%2F%3Ftoken%3Ds3cr3tZq9&a=1", None),
    ("GET", "/next?to=https%253A%252F%252Fx%252F%253Faccess_token%253Ds3cr3tZq9", None),
    ("GET", "/back?code=s3cr3tZq9&state=abcd", None),
    ("POST", "/rpc", {"payload": '{"a": 1, "password": "s3cr3tZq9"}'}),
    ("POST", "/graphql", {"query": 'mutation { login(user: "ann", password: "s3cr3tZq9") { id } }'}),
    ("POST", "/fields", [{"name": "password", "value": "s3cr3tZq9"}, {"name": "user", "value": "ann"}]),
]


@pytest.mark.parametrize(("method", "path", "body"), HIDDEN)
def test_secrets_inside_other_values_are_not_copied(method: str, path: str, body, tmp_path: Path) -> None:
    draft = convert(entry(method, f"{SHOP}{path}", post=posted(body) if body else None))
    text = write_draft(draft)
    assert "s3cr3tZq9" not in text
    assert "s3cr3tZq9" not in notes(draft)
    assert "$env." in text
    assert "ann" in text or "ann" not in str(body)
    loaded(draft, tmp_path)


def test_a_country_code_and_a_sentence_are_no_secrets() -> None:
    draft = convert(
        entry("POST", f"{SHOP}/a?code=CH&q=1", post=posted({"note": "the session: tomorrow, at ten"}))
    )
    assert requests_of(draft)[0].url == "/a?code=CH&q=1"
    assert requests_of(draft)[0].body == {"note": "the session: tomorrow, at ten"}


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *(
            (name, True)
            for name in (
                "Authorization",
                "X-API-Key",
                "accessToken",
                "access_token",
                "PASSWORD",
                "client_secret",
                "csrfmiddlewaretoken",
                "JSESSIONID",
                "x-amz-security-token",
                "key",
            )
        ),
        *(
            (name, False)
            for name in (
                "author",
                "page",
                "token_type",
                "keyword",
                "tokens_used",
                "passenger",
                "monkey",
                "nextPageToken",
                "id",
            )
        ),
    ],
)
def test_secret_names_are_told_from_names_that_look_like_them(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) == is_secret


def test_a_token_of_an_answer_is_captured_and_not_copied(tmp_path: Path) -> None:
    draft = convert(
        entry(
            "POST",
            f"{SHOP}/login",
            answer=json.dumps({"data": {"token": TOKEN, "expires in": 3600}}),
            post=posted({"a": 1}),
        ),
        entry(
            "POST",
            f"{SHOP}/orders",
            answer=json.dumps([{"id": "order-77ab12"}]),
            headers=pairs(authorization=f"Bearer {TOKEN}"),
        ),
        entry(
            "GET",
            f"{SHOP}/orders/order-77ab12?of=order-77ab12",
            headers=pairs(authorization=f"Bearer {TOKEN}"),
        ),
        entry("PUT", f"{SHOP}/x", post=posted({"order": "order-77ab12", "plain": "order"})),
    )
    login, order, get, put = requests_of(draft)
    assert login.captures == (("$.data.token", "token"),)
    assert order.captures == (("$[0].id", "id"),)
    assert order.headers["authorization"] == "Bearer {{ token }}"
    assert get.url == "/orders/{{ id }}?of={{ id }}"
    assert put.body == {"order": "{{ id }}", "plain": "order"}
    assert TOKEN not in write_draft(draft)
    assert "captured from answers for later requests: token, id" in draft.notes
    loaded(draft, tmp_path)


def test_what_could_be_chance_is_not_captured() -> None:
    draft = convert(
        entry(
            "GET",
            f"{SHOP}/a",
            answer=json.dumps(
                {
                    "n": 7,
                    "s": "short",
                    "d": "2026-01-02T03:04",
                    "twice": ["abcd1234e", "abcd1234e"],
                    "own": "mine-1234567",
                }
            ),
            headers=pairs(x_own="mine-1234567"),
        ),
        entry("GET", f"{SHOP}/b/7/short/2026-01-02T03:04/abcd1234e/mine-1234567"),
    )
    assert requests_of(draft)[0].captures == ()
    assert requests_of(draft)[1].url == "/b/7/short/2026-01-02T03:04/abcd1234e/mine-1234567"


def test_templates_in_recorded_values_stay_text(tmp_path: Path) -> None:
    draft = convert(
        entry("GET", f"{SHOP}/a?q={{{{ $env.HOME }}}}", headers=pairs(x_a="{{ $env.HOME }}", x_b="b")),
        entry(
            "POST", f"{SHOP}/j", post=posted({"{{ name }}": "{{ $env.HOME }}", "password": "hunter2-hunter2"})
        ),
        entry("POST", f"{SHOP}/f", post=posted("a=%7B%7B+x+%7D%7D&b=1", "application/x-www-form-urlencoded")),
    )
    workload = loaded(draft, tmp_path)
    get, post, form = requests_of(draft)
    assert "%7B%7B%20$env.HOME%20%7D%7D" in get.url
    assert get.headers == {"x-b": "b"}
    assert "the header x-a" in notes(draft)
    assert json.loads(post.body) == {"{{ name }}": "{{ $env.HOME }}", "password": "{{ $env.PASSWORD }}"}
    assert form.body == "a=%7B%7B+x+%7D%7D&b=1"
    sent = next(iter(workload.scenarios)).start(1)
    first = next(sent)
    assert b"HOME" not in first.body


def test_headers_of_browser_and_connection_go_and_those_of_the_api_stay() -> None:
    headers = pairs(
        **{
            ":authority": "x",
            "Host": "x",
            "Content-Length": "2",
            "If-None-Match": "x",
            "sec-ch-ua": "x",
            "sec-fetch-mode": "cors",
            "User-Agent": "x",
            "Accept-Encoding": "gzip, br, zstd",
            "traceparent": "x",
            "Accept": "application/json",
            "X-Tenant": "blue",
            "Content-Type": "application/json",
        }
    )
    (one,) = requests_of(convert(entry("POST", f"{SHOP}/x", headers=headers, post=posted({}))))
    assert one.headers == {"accept": "application/json", "x-tenant": "blue"}
    assert one.gzip


def test_recorders_differ_and_all_are_read() -> None:
    firefox = entry("GET", f"{SHOP}/ff", status=304, mime="text/html")
    firefox["startedDateTime"] = "2026-01-02T03:04:05.123+01:00"
    mitm = entry(
        "POST", f"{SHOP}/mitm", post={"mimeType": "application/json", "text": '{"a": 1.5}', "params": []}
    )
    charles = entry(
        "POST",
        f"{SHOP}/charles",
        post={"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "1 2"}]},
    )
    encoded = entry(
        "POST",
        f"{SHOP}/b64",
        post={"mimeType": "text/plain", "encoding": "base64", "text": base64.b64encode(b"hello").decode()},
    )
    draft = convert(firefox, mitm, charles, encoded)
    by_name = {each.name: each for each in requests_of(draft)}
    assert by_name["GET /ff"].statuses == (200,)
    assert by_name["POST /mitm"].body == {"a": 1.5}
    assert by_name["POST /charles"].body == {"a": "1 2"}
    assert by_name["POST /b64"].body == "hello"
    (never_sent,) = requests_of(convert(entry("GET", f"{SHOP}/x", status=0), creator="Insomnia REST Client"))
    assert never_sent.statuses == ()


def test_redirects_are_recorded_twice_and_sent_once() -> None:
    draft = convert(entry("POST", f"{SHOP}/login", status=302), entry("GET", f"{SHOP}/home"))
    assert [(each.follows_redirects, each.statuses) for each in requests_of(draft)] == [
        (False, (302,)),
        (True, (200,)),
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"log": {"entries": []}}, "no request was recorded"),
        ({"log": {"entries": {}}}, "log.entries is no list"),
        ({"log": {"entries": [5]}}, r"log.entries\[0\] has no request"),
        ({"log": {"entries": [{"request": {"url": 5}}]}}, r"log.entries\[0\].request has no method and url"),
        ({"log": {"entries": [{"request": {"method": "GET", "url": "http://[x"}}]}}, "is no URL"),
    ],
)
def test_a_broken_recording_is_refused_by_the_place(document, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_har(document, "x.har")


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    body=anything.filter(lambda value: value is not None),
    header=st.text(max_size=20),
    query=st.text(max_size=20),
    title=st.text(max_size=20),
)
@example(body={"\x85": ["\u2028", "\ufeff", "a\x85b"]}, header="", query="", title="\x85")
def test_whatever_was_recorded_the_file_loads_and_means_the_same(
    tmp_path_factory, body, header, query, title
) -> None:
    recorded = entry(
        "POST",
        f"{SHOP}/x?q={query}",
        headers=[{"name": "x-note", "value": header}],
        post=posted(json.dumps(body)),
    )
    draft = convert(entry("GET", f"{SHOP}/"), recorded)
    text = write_draft(draft)
    assert text == write_draft(convert(entry("GET", f"{SHOP}/"), recorded))
    document = parse_yaml(Path("w.yml"), text.encode()).data
    loaded(draft, tmp_path_factory.mktemp("w"))
    found = [step["post"] for step in document["scenarios"][0]["flow"] if "post" in step]
    if "x-note" not in text.partition("config:")[0] and found and not is_secret_name("x-note"):
        assert found[0].get("headers", {}).get("x-note", "").strip() == header.strip()
    if found and "json" in found[0]:
        assert found[0]["json"] == body
    elif found and "body" in found[0]:
        assert json.loads(found[0]["body"]) == body


@settings(max_examples=20, deadline=None)
@given(anything)
def test_a_file_that_is_nearly_a_recording_is_read_or_refused(value) -> None:
    broken = entry("GET", f"{SHOP}/")
    for place in (broken, broken["request"], broken["response"], broken["response"]["content"]):
        for key in list(place):
            kept = place[key]
            place[key] = value
            with suppress(UsageError):
                write_draft(convert(entry("GET", f"{SHOP}/ok"), broken))
            place[key] = kept


@pytest.mark.parametrize("text", ["\x85", "a\u2028b", "\ufeff", "a\x85 ", "\x7f", "\t", " \n "])
def test_line_ends_that_yaml_knows_stay_in_a_value(text: str, tmp_path: Path) -> None:
    draft = convert(entry("POST", f"{SHOP}/x", post=posted({"a": text, text: "b"})))
    document = parse_yaml(Path("w.yml"), write_draft(draft).encode()).data
    sent = document["scenarios"][0]["flow"][0]["post"]
    assert (sent["json"] if "json" in sent else json.loads(sent["body"])) == {"a": text, text: "b"}
    loaded(draft, tmp_path)


@pytest.mark.parametrize("piece", ["x", "a=", "token ", "'\\\\", "token=\\\\ "])
def test_a_long_value_is_searched_in_no_time(piece: str) -> None:
    begun = time.process_time()
    assigned_secrets(piece * 200_000)
    assert time.process_time() - begun < 5
