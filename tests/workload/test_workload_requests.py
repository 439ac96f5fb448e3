"""Keys of a request that become headers and bodies of their own: cookie, auth, gzip, formData."""

import base64
import email.message
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload

CAPTURE = "- get: {url: /, capture: {json: $.t, as: t}}\n"


def headers_of(walk, workload, *answers, request=0):
    return dict(walk(workload, *answers).requests[request].headers)


def test_cookies_become_a_header(flow, walk):
    workload = flow("- get: {url: /, cookie: {sid: '{{ v }}', n: 5}}", config="variables: {v: a=b}")
    assert headers_of(walk, workload)["cookie"] == "sid=a=b; n=5"


def test_default_cookies_go_with_every_request_and_give_way(flow, walk):
    steps = "- get: {url: /}\n- get: {url: /, cookie: {b: mine, c: 3}}"
    workload = flow(steps, config="http: {defaults: {cookie: {a: 1, b: 2}}}")
    first, second = walk(workload).requests
    assert dict(first.headers)["cookie"] == "a=1; b=2"
    assert dict(second.headers)["cookie"] == "a=1; b=mine; c=3"


def test_a_request_s_cookies_are_put_among_those_of_the_user(flow, walk):
    [cookies] = walk(flow("- get: {url: /a/b, cookie: {c: d}}\n- get: {url: /a}")).cookies
    assert (cookies.line, cookies.target) == ("c=d", "/a/b")


def test_a_captured_value_cannot_add_a_cookie(flow, walk, answer):
    workload = flow(CAPTURE + "- get: {url: /, cookie: {a: '{{ t }}'}}")
    done = walk(workload, answer(body='{"t": "x; admin=1"}'))
    assert dict(done.requests[1].headers)["cookie"] == "a=x? admin=1"
    assert done.errors[1] == "unsendable cookie a"


def test_basic_authentication(flow, walk, answer):
    workload = flow("- get: {url: /, auth: {user: 'ann', pass: 's:é'}}")
    kind, _, code = headers_of(walk, workload)["authorization"].partition(" ")
    assert (kind, base64.b64decode(code).decode()) == ("Basic", "ann:s:é")
    workload = flow(CAPTURE + "- get: {url: /, auth: {user: '{{ t }}'}}")
    code = headers_of(walk, workload, answer(body='{"t": "bob"}'), request=1)["authorization"]
    assert base64.b64decode(code.removeprefix("Basic ")) == b"bob:"


def test_a_request_s_own_credentials_replace_default_headers(flow, walk):
    config = "defaults: {headers: {Authorization: Bearer x, Cookie: z=1}}"
    sent = headers_of(walk, flow("- get: {url: /, auth: {user: a}, cookie: {b: 2}}", config=config))
    assert sent["authorization"].startswith("Basic ")
    assert sent["cookie"] == "b=2"


def test_gzip_asks_for_compression(flow, walk):
    assert headers_of(walk, flow("- get: {url: /, gzip: true}"))["accept-encoding"] == "gzip, deflate, br"
    assert "accept-encoding" not in headers_of(walk, flow("- get: {url: /, gzip: false}"))
    own = flow("- get: {url: /, gzip: true, headers: {Accept-Encoding: br}}")
    assert headers_of(walk, own)["accept-encoding"] == "br"


def parts_of(request):
    """The parts as another parser of MIME reads them: name, file name, type, content."""
    content_type = dict(request.headers)["content-type"]
    raw = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + request.body
    message = email.message_from_bytes(raw, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


FORM = """
- post:
    url: /upload
    formData:
      text: "v={{ v }}"
      count: 3
      meta: {value: '{"a": 1}', contentType: application/json}
      logo: {fromFile: files/logo.png}
      raw: {fromFile: files/x.unheard-of, contentType: application/x-raw}
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "logo.png").write_bytes(b"\x89PNG\r\n\x00\xff")
    (tmp_path / "files" / "x.unheard-of").write_bytes(b"raw")
    return tmp_path / "files"


def test_multipart_forms(flow, walk, files):
    [request] = walk(flow(FORM, config="variables: {v: [é]}")).requests
    assert parts_of(request) == [
        ("text", None, None, "v=é".encode()),
        ("count", None, None, b"3"),
        ("meta", None, "application/json", b'{"a": 1}'),
        ("logo", "logo.png", "image/png", b"\x89PNG\r\n\x00\xff"),
        ("raw", "x.unheard-of", "application/x-raw", b"raw"),
    ]


def test_both_sides_get_the_same_bytes(flow, walk, files):
    workload = flow(FORM, config="variables: {v: [a, b, c]}")
    first, second, other = (walk(workload, seed=seed).requests[0] for seed in (1, 1, 2))
    assert (first.body, first.headers) == (second.body, second.headers)
    assert first.headers == other.headers
    assert first.body != other.body


def test_a_sent_file_is_part_of_the_digest(flow, files):
    before = flow(FORM, config="variables: {v: x}").digest
    (files / "logo.png").write_bytes(b"other")
    assert flow(FORM, config="variables: {v: x}").digest != before


def test_formdata_sets_the_content_type_whatever_the_defaults_say(flow, walk):
    workload = flow("- post: {url: /, formData: {a: b}}", config="defaults: {headers: {content-type: x/y}}")
    assert headers_of(walk, workload)["content-type"].startswith("multipart/form-data; boundary=perfgate-")


def test_a_value_with_the_boundary_is_not_sent(flow, walk, answer):
    workload = flow(CAPTURE + "- post: {url: /, formData: {a: '{{ t }}'}}")
    boundary = headers_of(walk, workload, answer(body='{"t": "x"}'), request=1)["content-type"].partition(
        "="
    )[2]
    done = walk(workload, answer(body=f'{{"t": "--{boundary}"}}'))
    assert (done.requests[1].body, done.errors[1]) == (b"", "unsendable body")


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text(), min_size=1
    )
)
def test_any_form_comes_out_as_it_went_in(folder, fields):
    import json

    path = folder / "load.yml"
    step = {
        "post": {
            "url": "/",
            "formData": {name: {"value": "{{ v" + str(n) + " }}"} for n, name in enumerate(fields)},
        }
    }
    variables = {f"v{n}": [value] for n, value in enumerate(fields.values())}
    path.write_text(json.dumps({"config": {"variables": variables}, "scenarios": [{"flow": [step]}]}))
    try:
        request = next(read_workload(path).scenarios[0].start(1))
    except UsageError:
        return  # a surrogate, or a template in a value
    boundary = dict(request.headers)["content-type"].partition("=")[2].encode()
    chunks = request.body.split(b"--" + boundary)
    assert (chunks[0], chunks[-1]) == (b"", b"--\r\n")
    found = [chunk.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n").decode() for chunk in chunks[1:-1]]
    assert found == list(fields.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


UPLOAD = "- post: {url: /, formData: {doc: {fromFile: './files/{{ name }}'}}}"


def test_a_file_chosen_by_a_variable(flow, walk, files):
    workload = flow(UPLOAD, config="variables: {name: [logo.png, x.unheard-of]}")
    sent = {parts_of(walk(workload, seed=seed).requests[0])[0] for seed in range(20)}
    assert sent == {
        ("doc", "logo.png", "image/png", b"\x89PNG\r\n\x00\xff"),
        ("doc", "x.unheard-of", "application/octet-stream", b"raw"),
    }
    (files / "logo.png").write_bytes(b"other")
    assert flow(UPLOAD, config="variables: {name: [logo.png, x.unheard-of]}").digest != workload.digest


def test_a_file_that_a_variable_may_choose_must_be_there(flow, files):
    with pytest.raises(UsageError, match=r"gone\.png' is not a file"):
        flow(UPLOAD, config="variables: {name: [logo.png, gone.png]}")


def test_a_captured_name_chooses_no_file_outside_the_folder(flow, walk, answer, files):
    workload = flow("- get: {url: /, capture: {json: $.n, as: name}}\n" + UPLOAD)
    assert walk(workload, answer(body='{"n": "logo.png"}')).errors == ["", ""]
    done = walk(workload, answer(body='{"n": "../../../etc/passwd"}'))
    assert (done.requests[1].body, done.errors[1]) == (b"", "unsendable body")
