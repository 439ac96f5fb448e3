"""An API description becomes requests with valid values; what cannot be made is listed by name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from har_recordings import loaded, requests_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.interchange.documents import read_document
from perfgate.interchange.draft import LeftOutError
from perfgate.interchange.draftyaml import write_draft
from perfgate.interchange.openapiconvert import draft_of_openapi
from perfgate.interchange.openapirefs import References
from perfgate.interchange.openapivalues import Generator
from perfgate.interchange.vault import Vault

OK = {"200": {"description": "fine"}}


def api(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}


def convert(paths: dict[str, Any], *, every: bool = False, seed: int = 0, **more: Any):
    return draft_of_openapi(api(paths, **more), "api.yaml", every=every, seed=seed)


def get_with(*parameters: dict[str, Any], path: str = "/x", **more: Any):
    draft = convert({path: {"get": {"parameters": list(parameters), "responses": OK}}}, **more)
    return requests_of(draft)[0]


def value(schema: Any, document: dict[str, Any] | None = None, name: str = "") -> Any:
    return Generator(References(document or {}), Vault(), "0").value(schema, name)


def test_operations_that_read_become_scenarios_and_those_that_write_do_when_asked_for(tmp_path: Path) -> None:
    paths = {
        "/pets": {
            "get": {"tags": ["pets"], "operationId": "listPets", "responses": OK},
            "post": {
                "responses": {"201": {}},
                "requestBody": {"content": {"application/json": {"example": {"a": 1}}}},
            },
            "options": {"responses": OK},
        }
    }
    draft = convert(paths)
    assert [s.name for s in draft.scenarios] == ["pets: listPets"]
    assert (
        "left out: 1 operations that write (POST, PUT, PATCH, DELETE); --all converts them too" in draft.notes
    )
    assert "left out: OPTIONS /pets: its method is for the protocol, not for load" in draft.notes
    everything = convert(paths, every=True)
    assert loaded(everything, tmp_path).endpoints == ("GET /pets", "POST /pets")
    assert requests_of(everything)[1].body == {"a": 1}
    assert [r.statuses for r in requests_of(everything)] == [(200,), (201,)]


@pytest.mark.parametrize(
    ("parameter", "url"),
    [
        ({"in": "query", "required": True, "schema": {"type": "integer", "minimum": 5}}, "/x?p=5"),
        ({"in": "query", "required": True, "schema": {"type": "integer"}, "example": 9}, "/x?p=9"),
        ({"in": "query", "examples": {"one": {"value": "a b&c"}}}, "/x?p=a%20b%26c"),
        ({"in": "query", "required": True, "schema": {"default": "d"}}, "/x?p=d"),
        ({"in": "query", "required": True, "schema": {"enum": ["e", "f"]}}, "/x?p=e"),
        (
            {
                "in": "query",
                "required": True,
                "schema": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            },
            "/x?p=1&p=1",
        ),
        ({"in": "query", "required": True, "explode": False, "example": ["a", "b"]}, "/x?p=a,b"),
        ({"in": "query", "required": True, "style": "pipeDelimited", "example": ["a", "b"]}, "/x?p=a|b"),
        ({"in": "query", "required": True, "style": "deepObject", "example": {"k": 1}}, "/x?p%5Bk%5D=1"),
        (
            {"in": "query", "required": True, "content": {"application/json": {"example": {"k": 1}}}},
            "/x?p=%7B%22k%22:1%7D",
        ),
        ({"in": "query", "required": True, "example": "{{ $env.HOME }}"}, "/x?p=%7B%7B%20$env.HOME%20%7D%7D"),
    ],
)
def test_query_parameters_are_written_as_their_style_says(parameter, url: str) -> None:
    assert get_with({"name": "p", **parameter}).url == url


def test_path_parameters_are_filled_and_the_name_keeps_the_placeholder() -> None:
    one = get_with(
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}, path="/pets/{id}"
    )
    assert (one.url, one.name) == ("/pets/1", "GET /pets/{id}")
    assert one.notes == ("made up: id=1; put in what your service has",)
    assert get_with({"name": "id", "in": "path", "example": "a/b"}, path="/pets/{id}").url == "/pets/a%2Fb"


def test_an_optional_body_that_cannot_be_made_is_said_and_optional_defaults_are_sent() -> None:
    body = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    draft = convert({"/x": {"post": {"requestBody": body, "responses": OK}}}, every=True)
    assert requests_of(draft)[0].notes == (
        "its body is optional and of a kind that cannot be made up: none is sent",
    )
    assert get_with({"name": "s", "in": "query", "schema": {"default": "new"}}).url == "/x?s=new"
    token = get_with(
        {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}
    )
    assert token.headers == {"authorization": "{{ $env.AUTHORIZATION }}"}


def test_optional_parameters_without_an_example_are_named() -> None:
    one = get_with({"name": "limit", "in": "query", "schema": {"type": "integer"}})
    assert (one.url, one.notes) == ("/x", ("optional parameters that are not sent: limit",))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "minLength": 9}, "stringstr"),
        ({"type": "string", "maxLength": 2}, "st"),
        ({"type": "string", "format": "date-time"}, "2024-01-31T12:00:00Z"),
        ({"type": ["null", "integer"], "exclusiveMinimum": 4}, 5),
        ({"type": "integer", "minimum": 4, "exclusiveMinimum": True}, 5),
        ({"type": "integer", "multipleOf": 7, "minimum": 8}, 14),
        ({"type": "number", "maximum": -2.5}, -2.5),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            ["string0", "string1"],
        ),
        ({"required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}, {"a": True}),
        ({"required": ["a"], "properties": {"a": {"readOnly": True}}}, {}),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]}, {"a": 1}),
        ({"oneOf": [{"type": "string", "pattern": r"(a+)+\Z"}, {"type": "integer"}]}, 1),
        ({"anyOf": [{"type": "null"}, {"const": "c"}]}, "c"),
        ({"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"}, "AAA-1111"),
    ],
)
def test_made_values_are_the_smallest_that_the_schema_allows(schema, expected) -> None:
    assert value(schema) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            r"^[a-z0-9]+(-[a-z0-9]+)*$",
            r"^\d{2}:\d{2}$",
            r"^(GB|FR)[A-Z\d]{5,9}$",
            r"^[^\s@]+@[^\s@]+$",
            r"^.{3,}$",
            r"^/[\w/-]*$",
        ]
    ),
    st.integers(0, 12),
)
def test_texts_match_their_pattern_and_length_or_are_refused(pattern: str, shortest: int) -> None:
    try:
        made = value({"type": "string", "pattern": pattern, "minLength": shortest})
    except LeftOutError:
        assume(False)
    assert re.search(pattern, made)
    assert len(made) >= shortest


def test_a_recursive_schema_ends_and_one_that_cannot_is_refused() -> None:
    tree = {
        "type": "object",
        "required": ["children"],
        "properties": {"children": {"type": "array", "items": {"$ref": "#/c/Tree"}}},
    }
    assert json.dumps(value({"$ref": "#/c/Tree"}, {"c": {"Tree": tree}})).count("children") < 10
    endless = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/c/Node"}}}
    with pytest.raises(LeftOutError, match="without end"):
        value({"$ref": "#/c/Node"}, {"c": {"Node": endless}})


def test_an_alternative_says_which_one_it_is() -> None:
    document = {"c": {"Cat": {"type": "object", "properties": {"kind": {"type": "string"}}}}}
    schema = {
        "oneOf": [{"$ref": "#/c/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/c/Cat"}},
    }
    assert value(schema, document) == {"kind": "cat"}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("other.yaml#/Pet", "$ref 'other.yaml#/Pet' leads out of the document"),
        ("https://example.com/x.json", "leads out of the document"),
        ("#/components/schemas/Nothing", "leads nowhere"),
        ("#/paths/~1x/get/parameters/0", "leads back to itself"),
    ],
)
def test_references_that_cannot_be_followed_are_named_with_their_operation(reference: str, said: str) -> None:
    draft = convert(
        {
            "/x": {"get": {"parameters": [{"$ref": reference}], "responses": OK}},
            "/y": {"get": {"responses": OK}},
        }
    )
    (note,) = (note for note in draft.notes if note.startswith("left out: GET /x: "))
    assert said in note


def test_credentials_are_variables_of_the_environment(tmp_path: Path) -> None:
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "login": {"type": "http", "scheme": "basic"},
        "cert": {"type": "mutualTLS"},
    }
    paths = {f"/{name}": {"get": {"security": [{name: []}], "responses": OK}} for name in schemes}
    paths["/open"] = {"get": {"security": [], "responses": OK}}
    draft = convert(paths, security=[{"token": []}], components={"securitySchemes": schemes})
    token, key, login, cert, free = requests_of(draft)
    assert token.headers == {"authorization": "Bearer {{ $env.API_TOKEN }}"}
    assert key.headers == {"x-api-key": "{{ $env.API_KEY }}"}
    assert login.auth == {"user": "{{ $env.API_USER }}", "pass": "{{ $env.API_PASSWORD }}"}
    assert "cannot be given" in cert.notes[0]
    assert free.headers == {}
    loaded(draft, tmp_path)


def test_an_example_that_is_a_secret_is_not_copied() -> None:
    body = {"content": {"application/json": {"example": {"user": "ann", "password": "hunter2-hunter2"}}}}
    draft = convert({"/login": {"post": {"requestBody": body, "responses": OK}}}, every=True)
    assert requests_of(draft)[0].body == {"user": "ann", "password": "{{ $env.PASSWORD }}"}
    assert "hunter2" not in write_draft(draft)
    assert "set PASSWORD: the field password" in draft.notes


@pytest.mark.parametrize(
    ("servers", "target"),
    [
        (
            [
                {
                    "url": "https://{e}.example.com:{p}/v1/",
                    "variables": {"e": {"default": "api"}, "p": {"default": 8443}},
                }
            ],
            "https://api.example.com:8443/v1",
        ),
        ([{"url": "/v2"}], "http://127.0.0.1:8000/v2"),
        ([], "http://127.0.0.1:8000"),
    ],
)
def test_the_target_is_the_first_server(servers, target: str) -> None:
    assert convert({"/x": {"get": {"responses": OK}}}, servers=servers).target == target


def test_files_and_unknown_bodies_are_listed() -> None:
    upload = {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["f"],
                    "properties": {"f": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
    image = {"required": True, "content": {"image/png": {}}}
    draft = convert(
        {
            "/ok": {"get": {"responses": OK}},
            "/up": {"post": {"requestBody": upload, "responses": OK}},
            "/img": {"put": {"requestBody": image, "responses": OK}},
        },
        every=True,
    )
    assert "left out: POST /up: it uploads a file ('f'): write it with formData and fromFile" in draft.notes
    assert "left out: PUT /img: its body is image/png, which cannot be made up" in draft.notes


def test_swagger_2_is_converted_like_openapi(tmp_path: Path) -> None:
    document = {
        "swagger": "2.0",
        "host": "shop.example.com",
        "basePath": "/api",
        "schemes": ["http"],
        "securityDefinitions": {"k": {"type": "apiKey", "in": "query", "name": "key"}},
        "security": [{"k": []}],
        "definitions": {
            "Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
        },
        "parameters": {
            "Limit": {"name": "limit", "in": "query", "required": True, "type": "integer", "minimum": 3}
        },
        "paths": {
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
                "get": {
                    "parameters": [
                        {"$ref": "#/parameters/Limit"},
                        {
                            "name": "s",
                            "in": "query",
                            "required": True,
                            "type": "array",
                            "items": {"type": "string"},
                            "collectionFormat": "multi",
                        },
                    ],
                    "responses": {"200": {}},
                },
                "put": {
                    "parameters": [{"in": "body", "name": "b", "schema": {"$ref": "#/definitions/Pet"}}],
                    "responses": {"204": {}},
                },
                "post": {
                    "parameters": [{"in": "formData", "name": "n", "type": "string", "required": True}],
                    "responses": {"200": {}},
                },
            }
        },
    }
    draft = draft_of_openapi(document, "api.json", every=True, seed=0)
    by_method = {each.method: each for each in requests_of(draft)}
    assert draft.target == "http://shop.example.com/api"
    assert by_method["get"].url == "/pets/string?limit=3&s=string&key={{ $env.API_KEY }}"
    assert by_method["put"].body == {"name": "string"}
    assert (by_method["post"].body_kind, by_method["post"].body) == ("form", {"n": "string"})
    loaded(draft, tmp_path)


def test_the_same_seed_gives_the_same_file_and_another_one_other_values() -> None:
    paths = {
        "/x/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "schema": {"format": "uuid"}}],
                "responses": OK,
            }
        }
    }
    assert write_draft(convert(paths)) == write_draft(convert(paths))
    assert write_draft(convert(paths)) != write_draft(convert(paths, seed=1))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"openapi": "4.0.0"}, "'4.0.0' is not known"),
        ({"openapi": "3.1.0"}, "there are no paths"),
        ({"openapi": "3.1.0", "paths": {"/x": {"post": {}}}}, "all 1 write"),
        ({"openapi": "3.1.0", "paths": {"/x/{id}": {"get": {}}}}, "its path parameter 'id' is not described"),
    ],
)
def test_a_document_without_anything_to_send_is_refused(document, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        draft_of_openapi(document, "api.yaml", every=False, seed=0)


def test_yaml_with_numbers_as_keys_and_dates_is_read(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text("openapi: 3.0.0\npaths: {/x: {get: {responses: {200: {description: 2024-01-31}}}}}\n")
    assert read_document(path)["paths"]["/x"]["get"]["responses"] == {"200": {"description": "2024-01-31"}}


def test_aliases_cannot_make_a_small_file_large(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    path = tmp_path / "bomb.yaml"
    path.write_text(
        "openapi: 3.0.0\n"
        + "\n".join(lines)
        + "\npaths: {/x: {get: {parameters: [{name: a, in: query, example: *a59}]}}}"
    )
    document = read_document(path)
    with pytest.raises(UsageError, match="too large"):
        draft_of_openapi(document, "bomb.yaml", every=False, seed=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "no keys with values"),
        (b'{"log": ', "not valid YAML"),
        (b"a: [1", "not valid YAML"),
        (b"a: 1\na: 2", "not valid YAML"),
        (b"!!python/object/apply:os.system [x]", "not valid YAML"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_neither_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_document(path)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["object", "array", "string", "#/x", "query"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "$ref",
                    "type",
                    "properties",
                    "items",
                    "required",
                    "enum",
                    "allOf",
                    "oneOf",
                    "in",
                    "name",
                    "schema",
                    "content",
                    "minimum",
                    "pattern",
                    "format",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(anything)
def test_whatever_a_document_holds_it_is_converted_or_listed(tmp_path_factory, value) -> None:
    operation = {
        "parameters": value,
        "requestBody": value,
        "responses": value,
        "tags": value,
        "security": value,
    }
    holders = [
        {"/x": {"post": operation}},
        {"/x": {"get": {"parameters": [{"name": "p", "in": "query", "required": True, "schema": value}]}}},
        {"/x": {"post": {"requestBody": {"content": {"application/json": {"schema": value}}}}}},
        {"/x": value},
    ]
    for paths in holders:
        try:
            draft = convert(paths, every=True, components=value, servers=value)
        except UsageError:
            continue
        loaded(draft, tmp_path_factory.mktemp("w"))


def test_secrets_in_headers_and_in_examples_become_variables(tmp_path: Path) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"
    draft = convert(
        {
            "/x": {
                "get": {
                    "parameters": [
                        {"name": "X-Auth-Token", "in": "header", "required": True, "example": "hunter2"},
                        {"name": "session", "in": "cookie", "required": True, "schema": {"type": "string"}},
                        {"name": "q", "in": "query", "required": True, "example": token},
                    ],
                    "responses": OK,
                }
            }
        }
    )
    text = write_draft(draft)
    assert "x-auth-token: '{{ $env.X_AUTH_TOKEN }}'" in text
    assert "hunter2" not in text
    assert token not in text
    loaded(draft, tmp_path)


def test_what_describes_nothing_is_named() -> None:
    draft = convert(
        {
            "/a": None,
            "/b": {"get": None},
            "/c": {"get": {"parameters": "x", "responses": OK}},
            "/d": {"get": {"parameters": [{"in": "query"}], "responses": OK}},
            "/e": {"get": {"responses": OK}},
        }
    )
    assert [request.url for request in requests_of(draft)] == ["/e"]
    said = "\n".join(draft.notes)
    for label in ("GET /a: nothing", "GET /b: nothing", "GET /c: its parameters", "GET /d: one of its"):
        assert f"left out: {label}" in said


def test_a_default_of_null_is_not_sent_and_any_schema_has_a_value() -> None:
    draft = get_with(
        {"name": "ref", "in": "query", "schema": {"type": ["string", "null"], "default": None}},
        {"name": "any", "in": "query", "required": True, "schema": True},
    )
    assert draft.url == "/x?any=string"
    assert "optional parameters that are not sent: ref" in draft.notes
