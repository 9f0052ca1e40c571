"""A company's own types of events: declared once, taken, counted, refused with what to do."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.declares import EVENT_TYPES
from leadflow.leads.events.own_types import (
    Declared,
    EventTypesIn,
    EventTypesInvalid,
    declare,
    load_event_types,
)
from leadflow.leads.events.payloads import PayloadRefused
from leadflow.leads.events.recording import EventIn, record_events
from leadflow.leads.events.types import known_types, list_types, put_in, read_types
from leadflow.leads.tables import EventTypeRow, Lead, LeadEvent
from leadflow.privacy.encryption import LARGER_BY

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEMO: dict[str, Any] = {"label": "Asked for a demo"}


def declared(session: Session, **types: dict[str, Any]) -> Declared:
    return declare(session, EventTypesIn(event_types=types), "mara", NOW)


def refusals(session: Session, **types: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(EventTypesInvalid) as caught:
        declared(session, **types)
    return {found.place: found.problem for found in caught.value.problems}


def a_lead(session: Session) -> str:
    lead = Lead(source="api", created_at=NOW, known_from=NOW)
    session.add(lead)
    session.flush()
    return lead.id


def test_the_store_has_the_types_that_rooms_declare(session: Session) -> None:
    assert set(read_types(session).types) >= set(EVENT_TYPES)
    assert put_in(session, {"leads": EVENT_TYPES}, NOW) == 0
    session.execute(text("UPDATE event_types SET label = 'x' WHERE name = 'meeting'"))
    session.execute(text("DELETE FROM event_types WHERE name = 'rep_call'"))
    assert put_in(session, {"leads": EVENT_TYPES}, NOW) == 2
    assert set(read_types(session).types) >= set(EVENT_TYPES)


def test_a_declared_type_is_known_to_all_at_once(session: Session) -> None:
    before = known_types(session)
    assert declared(session, demo_request=DEMO) == Declared(("demo_request",), ())
    types = read_types(session)
    assert types.revision != before.revision
    demo = types.by_name["demo_request"]
    assert (demo.counts_as, demo.done_by, demo.has_features) == ("demo_request", "lead", True)
    assert [row.declared_by for row in list_types(session) if row.name == demo.name] == ["company"]
    assert read_types(session) is types


def test_declaring_the_same_again_changes_nothing_and_another_label_does(
    session: Session,
) -> None:
    declared(session, demo_request=DEMO)
    types = read_types(session)
    assert declared(session, demo_request=DEMO) == Declared((), ())
    assert read_types(session) is types
    other = declared(session, demo_request=DEMO | {"label": "Demo"})
    assert other == Declared((), ("demo_request",))
    assert read_types(session).revision != types.revision


def test_declaring_is_audited_without_labels_or_schemas(session: Session) -> None:
    declared(session, demo_request=DEMO)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.action) == ("mara", "event_type.declared")
    assert entry.subject == "event_type/demo_request"
    assert "demo" not in str(entry.detail).replace("demo_request", "").lower()


# Forty letters would keep a matcher busy for longer than anybody waits.
SLOW = {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
# Each part refers to the next one twice: checked as often as two to the power of thirty.
GROWS = {
    "$ref": "#/$defs/a0",
    "$defs": {
        **{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)},
        "a30": {"type": "object"},
    },
}


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"meeting": DEMO}, "meeting", "built in"),
        ({"a": DEMO | {"counts_as": "form_sen"}}, "a.counts_as", "form_sent"),
        ({"a": DEMO | {"counts_as": "rep_call"}}, "a.done_by", "done by the rep"),
        ({"a": DEMO | {"touch": True}}, "a.touch", "salesperson"),
        ({"a": DEMO | {"done_by": "rep", "features": True}}, "a.features", "lead does"),
        ({"a": DEMO | {"counts_as": "meeting", "features": True}}, "a.features", "as itself"),
        ({"a": DEMO | {"payload": {"type": "thing"}}}, "a.payload", "no JSON schema"),
        ({"a": DEMO | {"payload": {"$ref": "http://127.0.0.1:1/x"}}}, "a.payload", "not in it"),
        ({"a": DEMO | {"payload": {"$ref": "#"}}}, "a.payload", "without end"),
        ({"a": DEMO | {"payload": SLOW}}, "a.payload", "regular expressions"),
        ({"a": DEMO | {"payload": {"patternProperties": {"^(a+)+$": {}}}}}, "a.payload", "regular"),
        (
            {"a": DEMO | {"payload": {"properties": {"b": {"uniqueItems": True}}}}},
            "a.payload",
            "uses",
        ),
        ({"a": DEMO | {"payload": {"items": {"$id": "http://x/y"}}}}, "a.payload", "$id inside"),
        ({"a": DEMO | {"payload": GROWS}}, "a.payload", "references followed"),
        (
            {"a": DEMO | {"counts_as": "b"}, "b": DEMO | {"counts_as": "meeting"}},
            "a.counts_as",
            "counts as meeting itself",
        ),
    ],
)
def test_a_type_that_cannot_be_used_is_refused_with_its_place(
    session: Session, given: dict[str, Any], place: str, said: str
) -> None:
    before = read_types(session)
    found = refusals(session, **given)
    assert said in found[f"event_types.{place}"]
    assert read_types(session) is before


def test_a_type_that_others_count_as_goes_on_counting_as_itself(session: Session) -> None:
    declared(session, demo=DEMO, demo_online=DEMO | {"counts_as": "demo"})
    found = refusals(session, demo=DEMO | {"counts_as": "meeting"})
    assert "demo_online counts as this one" in found["event_types.demo.counts_as"]


def test_what_events_count_as_does_not_change_once_there_are_some(session: Session) -> None:
    declared(session, demo=DEMO)
    declared(session, demo=DEMO | {"counts_as": "form_sent"})  # none has come yet
    record_events(session, [(a_lead(session), EventIn(type="demo"))], NOW)
    found = refusals(session, demo=DEMO)
    assert "there are events of it" in found["event_types.demo"]
    assert declared(session, demo=DEMO | {"counts_as": "form_sent", "label": "Other"}).changed


def test_the_database_refuses_what_the_service_would(session: Session) -> None:
    for wrong in (
        {"is_touch": True},
        {"done_by": "somebody"},
        {"counts_as": "nothing_of_the_kind"},
        {"has_features": True, "counts_as": "meeting"},
    ):
        row = {"name": "a", "label": "A", "counts_as": "a", "dimension": "fit"} | wrong
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(insert(EventTypeRow).values(**row, declared_by="company"))


def test_a_file_that_cannot_be_used_names_every_place(tmp_path: Any) -> None:
    path = tmp_path / "types.yaml"
    path.write_text("event_types:\n  Demo: {label: x}\n  demo: {labl: x}\n")
    with pytest.raises(EventTypesInvalid) as caught:
        load_event_types(path)
    said = str(caught.value)
    assert "Demo" in said
    assert "small letters" in said
    assert "demo.labl" in said
    for content in ("- a", "event_types: [", "event_types: {}"):
        path.write_text(content)
        with pytest.raises(EventTypesInvalid):
            load_event_types(path)
    with pytest.raises(EventTypesInvalid, match="cannot be read"):
        load_event_types(tmp_path / "nothing.yaml")


def test_two_who_declare_at_once_leave_both_types(store: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(name: str) -> None:
        with unit_of_work() as session:
            declared(session, **{name: DEMO})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, ["a", "b", "c", "d"]))
    with unit_of_work() as session:
        assert {"a", "b", "c", "d"} <= set(read_types(session).by_name)


SCHEMA = {
    "type": "object",
    "properties": {"seats": {"type": "integer", "minimum": 1}, "mail": {"type": "string"}},
    "required": ["seats"],
    "additionalProperties": False,
}


def test_a_payload_is_kept_as_it_was_sent(session: Session) -> None:
    declared(session, demo=DEMO | {"payload": SCHEMA})
    sent = EventIn(type="demo", payload={"seats": 3, "mail": "ä"})
    bare = EventIn(type="meeting", payload={"anything": [1, 2.5, None, {"x": True}]})
    lead_id = a_lead(session)
    record_events(session, [(lead_id, sent), (lead_id, bare)], NOW)
    rows = session.scalars(select(LeadEvent).order_by(LeadEvent.type))
    assert [row.payload for row in rows] == [sent.payload, bare.payload]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"seats": "canary"}, "seats does not keep type"),
        ({"seats": 0}, "seats does not keep minimum: 1"),
        ({"mail": "canary"}, "lacks seats"),
        ({"seats": 1, "canary": 1}, "a key that the type does not name"),
        ({"seats": 1, "mail": "a\x00canary"}, "NUL"),
        ({"seats": 1, "mail": "canary" * 2000}, "may have 8,192"),
        (None, "lacks seats"),
    ],
)
def test_a_payload_that_is_not_what_its_type_says_is_refused_and_never_repeated(
    session: Session, payload: dict[str, Any] | None, said: str
) -> None:
    declared(session, demo=DEMO | {"payload": SCHEMA})
    with pytest.raises(PayloadRefused) as caught:
        record_events(session, [(a_lead(session), EventIn(type="demo", payload=payload))], NOW)
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)
    assert session.scalar(select(func.count()).select_from(LeadEvent)) == 0


@pytest.mark.parametrize("number", [1e300, 1e-300, 123456.789, -0.1, 10**200, 1e16])
def test_a_payload_is_measured_as_it_is_stored(session: Session, number: float) -> None:
    lead_id = a_lead(session)
    # So many are kept for certain, and so many not: between them halves are tried.
    kept, refused = 0, 8192
    while refused - kept > 1:
        count = (kept + refused) // 2
        sent = EventIn(type="meeting", payload={"numbers": [number] * count})
        try:
            record_events(session, [(lead_id, sent)], NOW)
            kept = count
        except PayloadRefused:
            refused = count
    assert kept > 0
    longest = session.scalar(select(func.max(func.octet_length(LeadEvent.payload))))
    assert longest is not None
    assert 8192 - 210 < longest - LARGER_BY <= 8192


def test_a_larger_payload_is_refused_by_the_database_too(session: Session) -> None:
    event = {"lead_id": a_lead(session), "type": "meeting", "occurred_at": NOW, "source": "t"}
    wide = insert(LeadEvent).values(**event, payload={"x": "y" * 8192})
    with pytest.raises(IntegrityError, match="payload_size"), session.begin_nested():
        session.execute(wide)


def test_a_payload_goes_with_its_lead(session: Session) -> None:
    lead_id = a_lead(session)
    record_events(session, [(lead_id, EventIn(type="meeting", payload={"a": "canary"}))], NOW)
    session.execute(text("DELETE FROM leads WHERE id = :id"), {"id": lead_id})
    assert session.scalar(select(func.count()).select_from(LeadEvent)) == 0


def test_what_is_refused_of_an_event_does_not_show_its_payload() -> None:
    with pytest.raises(ValidationError) as caught:
        EventIn(type="demo", payload="canary")
    assert "canary" not in str(caught.value)
