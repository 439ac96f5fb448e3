"""Every documented key of Artillery's scenarios and requests, with a good use and a nonsense neighbour.

`text` is a flow, or (`whole`) all that follows `config`; `message` is part of the refusal of what is refused.
`neighbour` is the same text with one key that means nothing there.
"""

from typing import NamedTuple

CAPTURE = "- get: {url: /, capture: {json: $.t, as: t}}\n"
PROCESSOR = """
def act(context, events): events.emit("counter", "n", 1)
def ask(context): return False
def before(request, context, events): request["headers"]["x-made"] = "yes"
def after(request, response, context, events): context.vars["code"] = response.status_code
def broken(error, request, context, events): context.vars["seen"] = error
"""


class Feature(NamedTuple):
    name: str
    text: str
    neighbour: str = ""
    message: str = ""
    whole: bool = False

    @property
    def is_native(self) -> bool:
        return not self.message


def _scenario(extra: str, neighbour: str, name: str) -> Feature:
    begin, end = "scenarios: [{flow: [{get: {url: /}}], ", "}]"
    return Feature(name, f"{begin}{extra}{end}", f"{begin}{neighbour}{end}", whole=True)


def _request(extra: str, neighbour: str, name: str, *, verb: str = "get") -> Feature:
    begin = f"{CAPTURE}- {verb}: {{url: '/'"
    return Feature(name, f"{begin}, {extra}}}", f"{begin}, {neighbour}}}")


def _step(text: str, neighbour: str, name: str) -> Feature:
    return Feature(name, CAPTURE + text, CAPTURE + neighbour)


def _refused(text: str, message: str, name: str) -> Feature:
    return Feature(name, text, message=message)


FLOW_FEATURES = (
    _scenario("name: a", "nam: a", "scenarios[].name"),
    _scenario("weight: 2", "wieght: 2", "scenarios[].weight"),
    _scenario("weight: '{{ $env.W }}'", "weigth: 1", "scenarios[].weight from the environment"),
    _scenario("engine: http", "engin: http", "scenarios[].engine: http"),
    _scenario("beforeScenario: act", "beforeScenari: act", "scenarios[].beforeScenario"),
    _scenario("afterScenario: [act, act]", "afterscenario: act", "scenarios[].afterScenario"),
    _scenario("beforeRequest: before", "beforeRequests: before", "scenarios[].beforeRequest"),
    _scenario("afterResponse: after", "afterResponses: after", "scenarios[].afterResponse"),
    _scenario("onError: broken", "onErrors: broken", "scenarios[].onError"),
    Feature(
        "before",
        "before: {flow: [{post: {url: /login}}]}\nscenarios: [{flow: [{get: {url: /}}]}]",
        "before: {flow: [{post: {url: /login}}], weight: 1}\nscenarios: [{flow: [{get: {url: /}}]}]",
        whole=True,
    ),
    Feature(
        "version",
        "version: 1\nscenarios: [{flow: [{get: {url: /}}]}]",
        "versions: 1\nscenarios: [{flow: [{get: {url: /}}]}]",
        whole=True,
    ),
    Feature(
        "$schema",
        "$schema: https://example.com/artillery.json\nscenarios: [{flow: [{get: {url: /}}]}]",
        "$schemas: x\nscenarios: [{flow: [{get: {url: /}}]}]",
        whole=True,
    ),
    Feature(
        "after",
        "after: {name: tidy, flow: [{delete: {url: /}}]}\nscenarios: [{flow: [{get: {url: /}}]}]",
        "after: {flows: [{delete: {url: /}}]}\nscenarios: [{flow: [{get: {url: /}}]}]",
        whole=True,
    ),
    *(
        Feature(
            f"scenarios[].engine: {engine}",
            f"scenarios: [{{engine: {engine}, flow: [{{get: {{url: /}}}}]}}]",
            message="driver: artillery",
            whole=True,
        )
        for engine in ("ws", "socketio", "playwright", "grpc", "kinesis")
    ),
    *(
        Feature(f"flow[].{verb}", f"- {verb}: {{url: /x}}", f"- {verb}s: {{url: /x}}")
        for verb in ("get", "post", "put", "patch", "delete", "head", "options")
    ),
    _step("- think: 1", "- thinks: 1", "think: seconds"),
    _step("- think: 500ms", "- think: 1\n  jiter: 1", "think: with a unit"),
    _step("- think: '{{ t }}'", "- think: '{{ tt }}'", "think: template"),
    _step("- think: '{{ $randomNumber(1, 3) }}'", "- think: '{{ $randomNumbers(1, 3) }}'", "think: random"),
    _step("- think: 2\n  jitter: 20%", "- think: 2\n  jitter: some", "think: jitter in percent"),
    _step("- think: 2\n  jitter: 500", "- think: 2\n  jitters: 500", "think: jitter in milliseconds"),
    _step("- log: 'at {{ t }}'", "- logs: x", "log"),
    _step("- log: x\n  ifTrue: t", "- log: x\n  iftrue: t", "ifTrue beside a step"),
    _step("- function: act", "- function: acts", "function"),
    _step(
        "- parallel:\n    - get: {url: /a}\n    - think: 1", "- parallels:\n    - get: {url: /a}", "parallel"
    ),
    _step(
        "- parallel:\n    - get: {url: /a}\n  limit: 2",
        "- parallel:\n    - get: {url: /a}\n  limits: 2",
        "parallel: limit",
    ),
    *(
        _step(
            f"- loop:\n    - get: {{url: '/{{{{ {value} }}}}'}}\n  {extra}",
            f"- loop:\n    - get: {{url: /}}\n  {neighbour}",
            f"loop: {name}",
        )
        for extra, neighbour, value, name in (
            ("count: 3", "counts: 3", "$loopCount", "count"),
            ('count: "1-3"', "count: some", "$loopCount", "count as a range"),
            ("count: '{{ t }}'", "count: '{{ tt }}'", "$loopCount", "count from a template"),
            ("over: [a, b]", "overs: [a, b]", "$loopElement", "over a list"),
            ("over: t", "over: tt", "$loopElement", "over a variable"),
            ("over: [a]\n  loopElement: x", "over: [a]\n  loopElemen: x", "x", "loopElement"),
            ("count: 2\n  loopValue: i", "count: 2\n  loopVal: i", "i", "loopValue"),
            ("whileTrue: ask", "whileTru: ask", "$loopCount", "whileTrue with a function"),
            ("whileTrue: $loopCount < 3", "whileTrue: $loopCoun < 3", "$loopCount", "whileTrue, expression"),
            ("count: 2\n  ifTrue: t", "count: 2\n  ifTru: t", "$loopCount", "ifTrue"),
        )
    ),
    Feature("url, relative", "- get: {url: /x}", "- get: {urll: /x}"),
    Feature("url, absolute", "- get: {url: 'http://shop.test/x'}", "- get: {url: 'http://shop.tes/x'}"),
    Feature("url with {{ target }}", "- get: {url: '{{ target }}/x'}", "- get: {url: '{{ targe }}/x'}"),
    Feature("uri", "- get: {uri: /x}", "- get: {urn: /x}"),
    _request("name: n", "nmae: n", "name"),
    _request("headers: {x-a: '{{ t }}'}", "header: {x-a: 1}", "headers"),
    _request("headers: {'x-{{ t }}': 1}", "headers: {'x-{{ tt }}': 1}", "headers: template in a name"),
    _request("cookie: {a: b}", "cookies: {a: b}", "cookie"),
    _request("qs: {q: '{{ t }}', list: [1, 2]}", "qs: {q: {a: 1}}", "qs"),
    _request("json: {a: '{{ t }}'}", "jsn: {}", "json", verb="post"),
    _request("json: {'{{ t }}': 1}", "json: {'{{ tt }}': 1}", "json: template in a key", verb="post"),
    _request("body: text", "boby: text", "body", verb="put"),
    _request("form: {a: 1}", "forms: {a: 1}", "form", verb="post"),
    _request("formData: {a: {value: 1}}", "formdata: {a: 1}", "formData", verb="post"),
    _request(
        "formData: {a: {fromFile: data.txt}}, setContentLengthHeader: true",
        "formData: {a: {fromFiles: data.txt}}",
        "formData: fromFile",
        verb="post",
    ),
    _request(
        "formData: {a: {fromFile: '{{ t }}.txt'}}",
        "formData: {a: {fromFile: '{{ tt }}.txt'}}",
        "formData: fromFile from a template",
        verb="post",
    ),
    _request("auth: {user: a, pass: b}", "auth: {user: a, password: b}", "auth"),
    _request("followRedirect: false", "followRedirects: false", "followRedirect"),
    _request("gzip: true", "gzipp: true", "gzip"),
    _request("ifTrue: t", "ifTru: t", "ifTrue on a variable"),
    _request("ifTrue: 't > 5 and not (t == 7)'", "ifTrue: 't >> 5'", "ifTrue with an expression"),
    _request("ifTrue: ask", "ifTrue: asks", "ifTrue with a function"),
    _request("probability: 30", "probabilty: 30", "probability"),
    _request("beforeRequest: before", "beforeRequest: befor", "beforeRequest"),
    _request("afterResponse: [after]", "afterResponse: [afte]", "afterResponse"),
    *(
        _request(
            f"capture: {{{what}, as: v}}", f"capture: {{{what}, as: v, nonsense: 1}}", f"capture: {name}"
        )
        for what, name in (
            ("json: '$.a.b[0]'", "json"),
            ("json: '$..id'", "json, descendants"),
            ("json: '$.a[?(@.b==1)].c'", "json, filter"),
            ("json: a.b, multiple: false", "json, multiple"),
            ("json: '$.items[{{ t }}]'", "json with a template"),
            ("regexp: 'a(b)', group: 1, flags: i", "regexp"),
            ("header: etag", "header"),
            ("xpath: '//a/@href'", "xpath"),
            ("selector: 'a[href]', attr: href, index: last", "selector"),
            ("json: $.a, strict: false", "strict"),
        )
    ),
    _request("match: {json: $.a, value: '{{ t }}'}", "match: {json: $.a, valu: 1}", "match"),
    *(
        _request(f"expect: [{{{kind}: {value}}}]", f"expect: [{{{kind}s: {value}}}]", f"expect: {kind}")
        for kind, value in (
            ("statusCode", "[200, 201]"),
            ("notStatusCode", "500"),
            ("contentType", "json"),
            ("hasProperty", "a.b"),
            ("notHasProperty", "'{{ t }}'"),
            ("equals", "['{{ t }}', 1]"),
            ("hasHeader", "etag"),
            ("headerEquals", "[etag, '{{ t }}']"),
            ("matchesRegexp", "'^a'"),
            ("cdnHit", "true"),
            ("jmespath", "'items[0]'"),
            ("jpath", "'items[0]'"),
        )
    ),
    _request("expect: {statusCode: '{{ t }}'}", "expect: {statusCode: '{{ tt }}'}", "expect with a template"),
    *(
        _request(f"qs: {{q: '{{{{ {text} }}}}'}}", f"qs: {{q: '{{{{ {wrong} }}}}'}}", f"{{{{ {text} }}}}")
        for text, wrong in (
            ("t.a[0].b", "tt.a"),
            ("$randomString(8)", "$randomStrings(8)"),
            ("$randomNumber(1, 10)", "$randomInt(1, 10)"),
            ("$uuid", "$uuidd"),
            ("$env.W", "$env.GONE"),
            ("$processEnvironment.W", "$processEnv.W"),
        )
    ),
    _refused("- get: {url: '/{{ $testId }}'}", "$testId", "{{ $testId }}"),
    _refused("- get: {url: '/{{ $dirname }}'}", "$dirname", "{{ $dirname }}"),
    _refused("- get: {url: '/{{ $fakerName() }}'}", "$fakerName", "{{ $fakerName() }}"),
    _refused("- get: {url: /, timeout: 5}", "config.http.timeout", "timeout of a request"),
    _refused(
        "- get: {url: /, followAllRedirects: true}", "'followAllRedirects' is not", "followAllRedirects"
    ),
    _refused("- get: {url: /, auth: {bearer: x}}", "'bearer' is not", "auth: other schemes"),
    _refused("- get: {url: /, capture: {json: '$.a^', as: a}}", "parent selector", "capture: json with ^"),
    _refused(
        "- get: {url: /, capture: {json: $.a, transform: f, as: a}}",
        "'transform' is not",
        "capture: transform",
    ),
    *(
        _refused(f"- {key}: x", "driver: artillery", f"flow[].{key}")
        for key in ("emit", "send", "connect", "wait")
    ),
)
