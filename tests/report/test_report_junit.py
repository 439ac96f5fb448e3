import dataclasses
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from report_strategies import verdicts
from report_verdicts import EVERY, HOSTILE_NAME, comparison, hostile, regression, threshold_breach, verdict

from perfgate.model import Metric, Outcome
from perfgate.report.distinct import distinct_names
from perfgate.report.junit import render_junit

JUNIT = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:complexType name="result"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message"/><xs:attribute name="type"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:attributeGroup name="counts">
    <xs:attribute name="name"/><xs:attribute name="tests" type="xs:nonNegativeInteger"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger"/><xs:attribute name="time" type="xs:decimal"/>
  </xs:attributeGroup>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element ref="testsuite" maxOccurs="unbounded"/></xs:sequence>
    <xs:attributeGroup ref="counts"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType>
    <xs:sequence>
      <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence>
        <xs:element name="property" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
          <xs:attribute name="name" use="required"/><xs:attribute name="value" use="required"/>
        </xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:choice minOccurs="0">
          <xs:element name="failure" type="result"/><xs:element name="error" type="result"/>
          <xs:element name="skipped" type="result"/>
        </xs:choice>
        <xs:attribute name="classname" use="required"/><xs:attribute name="name" use="required"/>
        <xs:attribute name="time" type="xs:decimal"/>
      </xs:complexType></xs:element>
    </xs:sequence>
    <xs:attributeGroup ref="counts"/><xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
"""What Jenkins' schema of JUnit files allows, as far as it is used here."""

SCHEMA = etree.XMLSchema(etree.fromstring(JUNIT))


def read(v) -> etree._Element:
    root = etree.fromstring(render_junit(v).encode())
    SCHEMA.assertValid(root)
    return root


def results(v) -> dict[tuple[str, str], str]:
    """Every test case by class and name, with what a viewer of tests makes of it."""
    return {
        (case.get("classname"), case.get("name")): case[0].tag if len(case) else "passed"
        for case in read(v).iter("testcase")
    }


def test_each_metric_is_a_test_case_of_its_endpoint() -> None:
    found = results(regression())
    assert found["perfgate", "verdict"] == "failure"
    assert found["GET /items", "p50"] == "failure"
    assert found["all endpoints", "cpu"] == "failure"
    assert found["GET /items", "p99"] == "skipped"
    assert found["POST /items", "p50"] == "passed"
    assert len(found) == len(regression().comparisons) + 1 + len(regression().reasons)


def test_a_failure_says_the_numbers_and_why() -> None:
    case = read(regression()).xpath("//testcase[@classname='GET /items' and @name='p50']/failure")[0]
    assert case.get("message") == "REGRESSED: +46.2 % [+44.1, +48.0]"
    assert case.get("type") == "REGRESSED"
    assert "1.20 → 1.75 ms" in case.text
    assert case.text.startswith("REGRESSED: +46.2 %")
    skipped = read(regression()).xpath("//testcase[@classname='GET /items' and @name='p99']/skipped")[0]
    assert "only 240 requests a round" in skipped.text
    assert "→ Raise rounds.requests" in skipped.text


def test_a_broken_threshold_is_a_failed_test_case_of_its_own() -> None:
    names = [name for (_, name), result in results(threshold_breach()).items() if result == "failure"]
    assert names == [
        "verdict",
        "threshold-breached: http_req_duration{endpoint:GET /items} p(95)<2 is 2.95 ms on head",
    ]


@pytest.mark.parametrize("kind", EVERY)
def test_a_verdict_that_is_no_pass_is_never_all_green(kind: str) -> None:
    v = EVERY[kind]()
    bad = {"failure", "error"} & set(results(v).values())
    assert bool(bad) == (v.outcome not in (Outcome.PASS, Outcome.IMPROVED))


def test_what_is_open_or_unusable_is_an_error_and_not_skipped() -> None:
    for kind in ("inconclusive", "invalid"):
        assert results(EVERY[kind]())["perfgate", "verdict"] == "error"
    assert results(EVERY["inconclusive"]())["GET /items", "p50"] == "error"


def test_hostile_names_are_text() -> None:
    root = read(hostile())
    assert {element.tag for element in root.iter()} == {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure")
    }
    name = "[red]GET[/red] `|/<script>alert(1)</script>|` @octocat #12 red | --- |gnp.exe"
    assert name in {case.get("classname") for case in root.iter("testcase")}
    assert HOSTILE_NAME not in render_junit(hostile())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts)
def test_any_verdict_is_a_valid_file_whose_counts_are_right(v) -> None:
    root = read(v)
    suite = root[0]
    cases = list(suite.iter("testcase"))
    kinds = Counter(case[0].tag for case in cases if len(case))
    for element in (root, suite):
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(kinds["failure"])
        assert element.get("errors") == str(kinds["error"])
    assert suite.get("skipped") == str(kinds["skipped"])
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)
    assert len(cases) == 1 + len(v.reasons) + len(v.comparisons)
    if v.outcome not in (Outcome.PASS, Outcome.IMPROVED):
        assert kinds["failure"] + kinds["error"] > 0


def test_reasons_that_read_the_same_are_told_apart() -> None:
    v = threshold_breach()
    again = dataclasses.replace(v, reasons=v.reasons * 2)
    names = [name for group, name in results(again) if group == "perfgate"]
    assert len(set(names)) == len(names) == 3
    assert names[2] == f"{names[1]} (2)"


def test_names_that_read_the_same_are_told_apart() -> None:
    rows = [comparison(name, "p50") for name in ("GET /a", "GET /a\u200b", "GET  /a", "*", "all endpoints")]
    found = [group for group, _ in results(verdict(Outcome.PASS, *rows)) if group != "perfgate"]
    assert found == ["all endpoints", "GET /a", "GET /a (2)", "GET /a (3)", "all endpoints (2)"]
    metrics = [Metric(endpoint=name, statistic="p50") for name in ("a", "a\u200b", "a (2)")]
    assert sorted(distinct_names(metrics).values()) == ["a", "a (2)", "a (3)"]
