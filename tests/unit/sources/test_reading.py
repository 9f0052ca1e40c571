"""Bodies, paths and values of deliveries are read for certain, or refused with a reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.leads.readers.numbers import read_number
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.texts import NotAValue, as_text
from tests.senders import source

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
SOAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D</OrganizationId>
<Notification><Id>04l1</Id>
<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
<sf:Id>00Q1</sf:Id><sf:Email>ada@example.com</sf:Email></sObject></Notification>
<Notification><Id>04l2</Id>
<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
<sf:Id>00Q2</sf:Id></sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>"""


def follow(path: str, record: Any, body: Any = None) -> Any:
    return Follower(Around(body, {"x-event": "lead.created"}, AT)).follow(path, record)


def test_an_outbound_message_is_read_without_its_namespaces() -> None:
    body = read_body(SOAP, "xml")
    found = follow("Envelope.Body.notifications.Notification[].sObject.Id", body)
    assert found == ["00Q1", "00Q2"]


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" * 500 + b"</a>" * 500,
        b"<a",
        b"",
    ],
)
def test_xml_that_could_harm_is_refused(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_body(body, "xml")


def test_what_a_document_refers_to_is_never_fetched() -> None:
    assert read_body(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml") == {"a": None}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": ', "line 1"),
        (b"\xff{}", "UTF-8"),
        (b"[" * 100_000, "deep"),
        (b'{"a": NaN}', "number"),
        (b'{"a": "\\u0000"}', "NUL"),
    ],
)
def test_json_that_says_nothing_certain_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(BodyUnreadable, match=f"(?i){said}"):
        read_body(body, "json")


def test_a_field_of_a_form_that_comes_twice_is_a_list() -> None:
    assert read_body(b"a=1&b=x%20y&a=2&c=", "form") == {"a": ["1", "2"], "b": "x y", "c": ""}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("from_ms(at)", "2026-03-01T09:00:00+00:00"),
        ("from_seconds(`1772355600`)", "2026-03-01T09:00:00+00:00"),
        ("from_ms(nothing)", None),
        ("received_at()", "2026-03-01T09:00:00+00:00"),
        ("root().kind", "update"),
        ("header('X-Event')", "lead.created"),
        ("split(tags, ',')[1]", "b"),
        ("lower(name)", "ada"),
        ("'web'", "web"),
    ],
)
def test_our_own_functions(path: str, found: Any) -> None:
    record = {"at": 1772355600000, "tags": "a,b", "name": "ADA"}
    assert follow(path, record, {"kind": "update"}) == found


@pytest.mark.parametrize("path", ["lower(number)", "from_ms(name)", "sum(name)", "a.b | abs(@)"])
def test_a_function_that_cannot_take_what_is_there_says_so_without_its_value(path: str) -> None:
    with pytest.raises(PathFailed) as caught:
        follow(path, {"number": 5, "name": "Ada Lovelace", "a": {"b": "x"}})
    assert "Lovelace" not in str(caught.value)


@pytest.mark.parametrize("decimal", [".", ",", None])
@pytest.mark.parametrize("value", [1.5, 1234.567, 0.125, 1e21, 1e-7, -3.25, 12, 1200.0, 12345.678])
def test_a_number_is_read_as_the_number_it_is(value: float, decimal: Any) -> None:
    text = as_text(value, decimal)
    assert text is not None
    assert read_number(text, decimal) == pytest.approx(value)


def test_a_truth_is_a_text_and_an_empty_list_is_nothing() -> None:
    assert as_text([], None) is None
    assert as_text(False, None) == "false"


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [["a"]], ["a"], ["a", "b"]])
def test_an_object_or_a_list_is_no_value_and_is_not_joined(value: Any) -> None:
    with pytest.raises(NotAValue, match=r"name a path|PATH\[0\], or write join"):
        as_text(value, None)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("from_ms(`1772355600`)", "too long ago: are seconds meant"),
        ("from_seconds(`1772355600000`)", "to come: are milliseconds meant"),
        ("from_ms(`1772355901000`)", "to come"),
        ("from_ms(`1e300`)", "to come"),
        ("from_seconds(`-5`)", "too long ago"),
    ],
)
def test_a_count_that_is_of_no_likely_moment_is_refused_unless_any_time_is_meant(
    path: str, said: str
) -> None:
    with pytest.raises(PathFailed, match=said):
        follow(path, {})


def test_what_a_lead_will_do_may_lie_ahead_and_long_ago() -> None:
    follower = Follower(Around(None, {}, AT))
    for count, said in ((4102444800, "2100-01-01"), (315532800, "1980-01-01")):
        found = follower.follow("from_seconds(@)", count, any_time=True)
        assert str(found).startswith(said)


def test_to_string_makes_nothing_of_nothing() -> None:
    assert follow("to_string(a)", {}) is None
    assert follow("to_string(a)", {"a": [1, "x"]}) == '[1,"x"]'
    assert follow("to_string(a)", {"a": "x"}) == "x"


@pytest.mark.parametrize(
    ("body", "written_as"),
    [
        (b' {"a": 1}', "json"),
        (b"[]", "json"),
        (b'"a=b"', "json"),
        (b"null", "json"),
        (b"5", "json"),
        (b"\n<a/>", "xml"),
        (b"name=Ada&a=%7B1", "form"),
        (b"first%20name=Ada", "form"),
        (b"name", "json"),
        (b"", "json"),
    ],
)
@pytest.mark.parametrize("scheme", ["token", "hmac"])
def test_a_body_is_read_as_what_it_is_whatever_its_scheme(
    body: bytes, written_as: str, scheme: str
) -> None:
    more = {"signature": {"header": "X"}} if scheme == "hmac" else {}
    assert source(scheme, **more).written_as(body) == written_as
    assert source(scheme, format="xml", **more).written_as(body) == "xml"


def test_a_form_that_is_sent_in_parts_says_what_to_do() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n1\r\n--x--\r\n'
    with pytest.raises(BodyUnreadable, match="have it sent as JSON or as a plain form"):
        read_body(body, source("token").written_as(body))


def test_the_text_of_an_element_with_attributes_has_a_name() -> None:
    body = read_body(b'<lead><amount currency="EUR">5</amount><plan>gold</plan></lead>', "xml")
    assert follow('lead.amount."#text"', body) == "5"
    assert follow('lead.amount."@currency"', body) == "EUR"
    assert follow("lead.plan", body) == "gold"
