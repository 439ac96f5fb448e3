"""What a workload file may not say, each refused with its line, its column and a way out."""

import pytest

from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload

MINIMAL = "- get: {url: /}"


def refused(make, *args, **options) -> UsageError:
    with pytest.raises(UsageError) as caught:
        make(*args, **options)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def test_the_place_is_exact(read, tmp_path):
    error = refused(read, "scenarios:\n  - flow:\n      - get:\n          url: /\n          captur: {}\n")
    path = tmp_path / "load.yml"
    assert error.message == f"{path}:5:11: unknown key 'captur', did you mean 'capture'?"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("config: {}", "no scenarios"),
        ("scenarios: []", "'scenarios' is empty"),
        ("scenarios: {}", "must be a list"),
        ("scenarios: [1]", "must be a mapping"),
        ("scenarios: [{name: a}]", "no flow"),
        ("scenarios: [{flow: []}]", "'flow' is empty"),
        ("scenarios: [{flow: [{think: 1}]}]", "makes no request"),
        ("scenarios: [{weight: 0, flow: [{get: {url: /}}]}]", "every scenario has weight 0"),
        ("scenarios: [{weight: 0.5, flow: [{get: {url: /}}]}]", "whole number"),
        ("scenarios: [{weight: -1, flow: [{get: {url: /}}]}]", "0 or more"),
        ("scenarios: [{engine: ws, flow: [{send: x}]}]", "only the http engine"),
        ("scenarios: [{flows: []}]", "did you mean 'flow'"),
        ("scenarios: [{beforeScenario: f, flow: []}]", "f is called, and config names no processor"),
        ("scenario: []", "did you mean 'scenarios'"),
        ("config:\nscenarios: [{flow: [{get: {url: /}}]}]", "'config' must be a mapping"),
    ],
)
def test_files(read, text, what):
    assert what in refused(read, text).message


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("processor: ./f.rb", "must name a .js, .ts or .py file"),
        ("plugins: {slack: {}}", "'slack' is not supported"),
        ("plugins: {apdex: {threshold: 0}}", "more than 0"),
        ("ensure: {p95: 5}\nplugins: {ensure: {p95: 5}}", "stands in config and under plugins"),
        ("plugins: {expect: {outputformat: x}}", "did you mean 'outputFormat'"),
        ("timeout: 5\nhttp: {timeout: 5}", "given twice"),
        ("http: {timeout: 0}", "more than 0"),
        ("http: {timeout: soon}", "must be a number"),
        ("http: {pool: 5}", "'pool' is not supported"),
        ("http: {cookieJarOptions: {looseMode: true}}", "looseMode: true is not supported"),
        ("defaults: {cookie: {a: 1}}\nhttp: {defaults: {cookie: {a: 2}}}", "given twice"),
        ("tls: {rejectUnauthorized: no thanks}", "true or false"),
        ("tls: {ca: x.pem}", "is not a file"),
        ("tls: {ca: '-----BEGIN CERTIFICATE-----'}", "itself stands here"),
        ("tls: {key: load.yml}", "'key' without 'cert'"),
        ("tls: {pfx: x.pfx}", "'pfx' is not supported"),
        ("tls: {rejectUnauthorised: false}", "did you mean 'rejectUnauthorized'"),
        ("defaults: {header: {}}", "did you mean 'headers'"),
        ("defaults: {headers: {a: 1}}\nhttp: {defaults: {headers: {a: 2}}}", "given twice"),
        ("defaults: {headers: {Host: x}}", "belongs to the connection"),
        ("variables: {a: []}", "has no values"),
        ("variables: {$a: 1}", "cannot name a variable"),
        ("variables: {a: '{{ $randomNumber(1, 2) }}'}", "read once, at load"),
        ("variables: {a: '{{ b }}'}", "no value here"),
        ("target: ftp://host", "must be an http or https URL"),
        ("target: http://user:secret@host", "no query, fragment or password"),
        ("target: http://host:99999", "not a URL"),
        ("target: '{{ $env.GONE }}'", "not set"),
        ("target: 5", "must be an http or https URL"),
        ("phases: {}", "must be a list"),
        ("phases: [{duration: 60}]", "arrivalRate, rampTo or arrivalCount"),
        ("phases: [{arrivalRate: 5}]", "needs a duration or a pause"),
        ("phases: [{duration: soon, arrivalRate: 5}]", "not a duration"),
        ("phases: [{duration: 0, arrivalRate: 5}]", "must last"),
        ("phases: [{duration: 1e300s, arrivalRate: 5}]", "not a duration"),
        ("phases: [{duration: 5, arrivalRate: 5, arrivalCount: 3}]", "excludes"),
        ("phases: [{pause: 5, arrivalRate: 5}]", "a pause has no 'arrivalRate'"),
        ("phases: [{duration: 60, arivalRate: 5}]", "did you mean 'arrivalRate'"),
    ],
)
def test_config(flow, config, what):
    error = refused(flow, MINIMAL, config=config, environ={})
    assert what in error.message
    assert "secret" not in error.message


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("- loop: []\n  count: 5", "'loop' is not supported"),
        ("- parallel: []", "'parallel' is not supported"),
        ("- function: f", "f is called, and config names no processor"),
        ("- gett: {url: /}", "did you mean 'get'"),
        ("- get: {url: /}\n  think: 1", "exactly one action"),
        ("- think: soon", "not a duration"),
        ("- think: -1", "0 or more"),
        ("- think: '{{ x }}'", "not a duration"),
        ("- get: {}", "no url"),
        ("- get:", "must be a mapping"),
        ("- get: {url: 5}", "must be text"),
        ("- get: {url: items}", "leads away from the target"),
        ("- get: {url: //evil.test/x}", "leads away from the target"),
        ("- get: {url: 'http://other.test/x'}", "leads away from the target http://shop.test"),
        ("- get: {url: 'http://shop.test.evil.test/x'}", "leads away from the target"),
        ("- get: {url: 'http://shop.test@evil.test/x'}", "leads away from the target"),
        ("- get: {url: '/{{ token }}'}", "'token' has no value here"),
        ("- get: {url: '/{{ b }}', capture: {json: $.b, as: b}}", "'b' has no value here"),
        ("- get: {url: /, ifTrue: x}", "'ifTrue' is not supported"),
        ("- get: {url: /, json: {}}", "get request has no body"),
        ("- post: {url: /, json: {}, body: x}", "both give the request a body"),
        ("- post: {url: /, body: {a: 1}}", "'body' must be text"),
        ("- post: {url: /, form: {a: {b: 1}}}", "must be a single value"),
        ("- post: {url: /, json: {a: '{{ gone }}'}}", "'gone' has no value here"),
        ("- get: {url: /, qs: {'{{ a }}': 1}}", "template in the name"),
        ("- get: {url: /, headers: {'a b': 1}}", "cannot name a header"),
        ('- get: {url: /, headers: {a: "x\\r\\ny"}}', "cannot be sent"),
        ("- get: {url: /, headers: {content-length: 3}}", "belongs to the connection"),
        ("- get: {url: /, headers: {a: 1, A: 2}}", "given twice"),
        ("- get: {url: /, followRedirect: maybe}", "true or false"),
        ("- get: {url: /, expect: {statusCode: 302}}", "its status is never seen"),
        ("- get: {url: /, expect: {statusCode: [301, 308]}}", "its status is never seen"),
        ("- get: {url: /, cookie: x}", "must be a mapping"),
        ("- get: {url: /, cookie: {a b: x}}", "cannot name a cookie"),
        ("- get: {url: /, cookie: {a: [x]}}", "single value"),
        ("- get: {url: /, cookie: {a: 'x;y'}}", "cannot be sent"),
        ('- get: {url: /, cookie: {a: "x\\ny"}}', "cannot be sent"),
        ("- get: {url: /, cookie: {a: x}, headers: {Cookie: a=x}}", "given by another key"),
        ("- get: {url: /, auth: {user: a, pass: b}, headers: {authorization: x}}", "given by another key"),
        ("- get: {url: /, auth: {pass: b}}", "no user"),
        ("- get: {url: /, auth: {bearer: b}}", "'bearer' is not supported"),
        ("- get: {url: /, auth: {usr: b}}", "did you mean 'user'"),
        ("- get: {url: /, auth: {user: '{{ gone }}'}}", "'gone' has no value here"),
        ("- get: {url: /, gzip: zstd}", "true or false"),
        ("- get: {url: /, formData: {a: b}}", "get request has no body"),
        ("- post: {url: /, formData: {a: b}, form: {a: b}}", "both give the request a body"),
        ("- post: {url: /, formData: {a: b}, headers: {content-type: x}}", "given by another key"),
        ("- post: {url: /, formData: {}}", "no parts"),
        ("- post: {url: /, formData: {a: [b]}}", "single value"),
        ("- post: {url: /, formData: {'{{ a }}': b}}", "template in the name"),
        ("- post: {url: /, formData: {a: {contentType: b}}}", "one of value and fromFile"),
        ("- post: {url: /, formData: {a: {value: b, fromFile: c}}}", "one of value and fromFile"),
        ("- post: {url: /, formData: {a: {value: b, filename: c}}}", "unknown key 'filename'"),
        ("- post: {url: /, formData: {a: {fromFile: '{{ f }}'}}}", "no template"),
        ("- post: {url: /, formData: {a: {fromFile: gone.bin}}}", "is not a file"),
        ("- post: {url: /, formData: {a: {fromFile: ../x}}}", "outside the workload's folder"),
        ("- post: {url: /, formData: {a: {fromFile: /etc/hostname}}}", "outside the workload's folder"),
        ("- post: {url: /, formData: {a: b}, setContentLengthHeader: true}", "is not supported"),
        ("- get: {url: /, capture: {json: $.a}}", "no name"),
        ("- get: {url: /, capture: {as: a}}", "one of json, header and regexp"),
        ("- get: {url: /, capture: {json: a.b, as: a}}", "not a JSONPath"),
        ("- get: {url: /, capture: {json: '$.a[', as: a}}", "not a JSONPath"),
        ("- get: {url: /, capture: {json: $.a, as: a b}}", "cannot name a variable"),
        ("- get: {url: /, capture: {json: $.a, as: a, group: 1}}", "belongs to regexp"),
        ("- get: {url: /, capture: {regexp: '(', as: a}}", "not a regexp"),
        ("- get: {url: /, capture: {regexp: a, as: a, group: 1}}", "no group 1"),
        ("- get: {url: /, capture: {regexp: a, as: a, flags: y}}", "flag 'y'"),
        ("- get: {url: /, capture: {xpath: //a, as: a}}", "'xpath' is not supported"),
        ("- get: {url: /, expect: {statuscode: 200}}", "did you mean 'statusCode'"),
        ("- get: {url: /, expect: {statusCode: ok}}", "must be a number"),
        ("- get: {url: /, expect: {statusCode: 20}}", "must be HTTP statuses"),
        ("- get: {url: /, expect: {cdnHit: true}}", "'cdnHit' is not supported"),
        ("- get: {url: /, expect: {equals: [a]}}", "two or more"),
        ("- get: {url: /, expect: {headerEquals: [a]}}", "a header and its value"),
        ("- get: {url: /, expect: {hasProperty: 'a b['}}", "not a property"),
        ("- get: {url: /, expect: {matchesRegexp: '*'}}", "not a regexp"),
        ("- get: {url: /, expect: []}", "'expect' is empty"),
        ("- get: {url: /, expect: [{}]}", "expectation is empty"),
    ],
)
def test_steps(flow, step, what):
    error = refused(flow, step, config="target: http://shop.test")
    assert what in error.message


def test_a_missing_file(tmp_path):
    assert "No such file" in refused(read_workload, tmp_path / "gone.yml").message
