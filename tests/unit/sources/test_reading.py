"""Bodies, paths and values of deliveries are read for certain, or refused with a reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.leads.readers.numbers import read_number
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.texts import NotAValue, as_text

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


def test_lists_and_truths_are_texts() -> None:
    assert as_text(["crm", None, 5, True], None) == "crm; 5; true"
    assert as_text([], None) is None
    assert as_text(False, None) == "false"


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [["a"]]])
def test_an_object_is_no_value(value: Any) -> None:
    with pytest.raises(NotAValue, match="name a path"):
        as_text(value, None)
