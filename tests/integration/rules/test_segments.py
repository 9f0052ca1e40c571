"""Segments: conditions by name, that rules and other segments go by."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.leads.tables import Lead
from leadflow.rules import service as rules
from leadflow.rules.segments import service
from leadflow.rules.segments.definitions import SegmentsInvalid
from leadflow.rules.segments.service import NoSegment, SegmentInUse

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fits(**fields: Any) -> dict[str, Any]:
    return {name: {"operator": "equals", "value": value} for name, value in fields.items()}


def within(name: str) -> dict[str, Any]:
    return {"segments": {"operator": "contains", "value": name}}


def segments(**conditions: dict[str, Any]) -> dict[str, Any]:
    return {"segments": {name: {"conditions": said} for name, said in conditions.items()}}


def rule_of(conditions: dict[str, Any]) -> dict[str, Any]:
    actions = {"assign_lead": True}
    return {"rules": [{"rule_id": "a", "name": "A", "conditions": conditions, "actions": actions}]}


@pytest.fixture
def leads(session: Session) -> list[str]:
    """Two of retail, one of them large, and one of health."""
    made = [
        Lead(source="test", industry="retail", company_size=5000),
        Lead(source="test", industry="Retail", company_size=5),
        Lead(source="test", industry="health", company_size=5000),
    ]
    session.add_all(made)
    session.flush()
    return [lead.id for lead in made]


LARGE = {"company_size": {"operator": "greater_than", "value": 1000}}


def test_leads_are_counted_also_of_segments_that_name_others(
    session: Session, leads: list[str]
) -> None:
    said = segments(
        shops=fits(industry="retail"),
        large_shops={**within("shops"), **LARGE},
        others={"none": [within("shops")]},
        in_some={"segments": {"operator": "exists"}},
    )
    assert service.apply(session, said, "ana", NOW).new == (
        "shops",
        "large_shops",
        "others",
        "in_some",
    )
    assert service.counts(session, NOW) == {
        "in_some": 3,
        "large_shops": 1,
        "others": 1,
        "shops": 2,
    }


def test_a_rule_goes_by_what_a_segment_says_now(session: Session, leads: list[str]) -> None:
    service.apply(session, segments(chosen=fits(industry="retail")), "ana", NOW)
    read = rules.read_rules(session, "assignment", rule_of(within("chosen")))
    rules.store_rules(session, "assignment", read, "ana", None, activate=True)
    stored = rules.active_rules(session, "assignment")
    assert stored is not None
    assert stored.rules.content == rule_of(within("chosen"))
    assert rules.matches(session, stored.rules, NOW) == {"a": 2, None: 1}
    service.apply(session, segments(chosen=LARGE), "ana", NOW)
    changed = rules.active_rules(session, "assignment")
    assert changed is not None
    assert rules.matches(session, changed.rules, NOW) == {"a": 2, None: 1}
    one = {"industry": "health", "company_size": 5000}
    assert rules.first_match(changed.rules, one, NOW) is not None
    assert rules.first_match(stored.rules, one, NOW) is None


def test_each_change_is_a_version_and_what_is_the_same_is_not(session: Session) -> None:
    first = segments(shops=fits(industry="retail"), large=LARGE)
    service.apply(session, first, "ana", NOW)
    again = service.apply(session, first, "ana", NOW)
    assert (again.new, again.changed) == ((), ())
    other = service.apply(session, segments(shops=fits(industry="food")), "ben", NOW)
    assert (other.new, other.changed) == ((), ("shops",))
    service.remove(session, "shops", "ben", NOW)
    assert [(row.version, row.created_by) for row in service.versions(session, "shops")] == [
        (3, "ben"),
        (2, "ben"),
        (1, "ana"),
    ]
    assert list(service.segments_now(session)) == ["large"]
    with pytest.raises(NoSegment, match="leadflow segments apply"):
        service.remove(session, "shops", "ben", NOW)
    said = session.scalars(select(AuditEntry.action)).all()
    assert said.count("segment.applied") == 3
    assert said.count("segment.removed") == 1


def test_a_rule_that_names_a_segment_where_there_is_none_is_refused(session: Session) -> None:
    with pytest.raises(RuleSetInvalid, match="There are none yet"):
        rules.read_rules(session, "assignment", rule_of(within("shops")))


def test_a_segment_that_is_named_stays(session: Session) -> None:
    service.apply(session, segments(shops=fits(industry="retail")), "ana", NOW)
    service.apply(session, segments(large={**within("shops"), **LARGE}), "ana", NOW)
    read = rules.read_rules(session, "assignment", rule_of(within("large")))
    rules.store_rules(session, "assignment", read, "ana", None, activate=True)
    with pytest.raises(SegmentInUse, match="the segment large"):
        service.remove(session, "shops", "ana", NOW)
    with pytest.raises(SegmentInUse, match="the assignment rules"):
        service.remove(session, "large", "ana", NOW)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (segments(a=within("b")), "It is a"),
        (segments(a=within("a")), "a → a"),
        (segments(a=within("b"), b=within("c"), c={"none": [within("a")]}), "a → b → c → a"),
        (segments(a={"industri": {"operator": "exists"}}), "industry"),
        (segments(a={"segments": {"operator": "equals", "value": "b"}}), "contains"),
        ({"segments": {"A b": {"conditions": LARGE}}}, "small letters"),
        ({"segments": {"a": {"conditions": {}}}}, "at least one condition"),
        ({"segments": {"a": {"condition": LARGE}}}, "There is no such key"),
        ({"segments": {}}, "segments"),
        ([], "Write a mapping"),
        ({"segments": ["a"]}, "segments"),
    ],
)
def test_what_cannot_be_used_is_refused(session: Session, content: Any, said: str) -> None:
    with pytest.raises(SegmentsInvalid, match=said):
        service.apply(session, content, "ana", NOW)
    assert service.segments_now(session) == {}


def test_all_that_is_wrong_is_said_at_once(session: Session) -> None:
    reversed_size = {"company_size": {"operator": "between", "value": [50, 10]}}
    content = segments(a=reversed_size, b=within("c"), c=within("b"), d=within("d"), e=within("b"))
    content["segments"] |= {
        "A b": {"conditions": {"industri": {"operator": "exists"}}},
        "f": {"condition": LARGE},
        "g": {"conditions": within("f"), "descripton": "x"},
    }
    with pytest.raises(SegmentsInvalid) as refused:
        service.apply(session, content, "ana", NOW)
    said = {(one.place, one.problem) for one in refused.value.problems}
    for place, words in (
        ("segments.a.conditions.company_size.value", "write the lower one first"),
        ("segments.b", "in a circle: b → c → b"),
        ("segments.d", "in a circle: d → d"),
        ("segments.A b", "small letters"),
        ("segments.A b.conditions.industri", "industry"),
        ("segments.f.condition", "no such key"),
        ("segments.f.conditions", "required"),
        ("segments.g.descripton", "no such key"),
    ):
        assert any(at == place and words in problem for at, problem in said), (place, said)
    assert len(refused.value.problems) == 8, said


def test_a_change_that_closes_a_circle_is_refused(session: Session) -> None:
    service.apply(session, segments(a=LARGE, b=within("a")), "ana", NOW)
    with pytest.raises(SegmentsInvalid, match="in a circle"):
        service.apply(session, segments(a=within("b")), "ana", NOW)


def test_a_rule_of_an_unknown_segment_is_refused(session: Session) -> None:
    service.apply(session, segments(shops=fits(industry="retail")), "ana", NOW)
    with pytest.raises(RuleSetInvalid, match="It is shops"):
        rules.read_rules(session, "assignment", rule_of(within("shop")))


def test_segments_over_the_api(client: TestClient) -> None:
    assert (
        client.post("/leads", json={"email": "eve@example.com", "industry": "retail"}).status_code
        == 201
    )
    put = client.put("/segments", json=segments(shops=fits(industry="retail")))
    assert (put.status_code, put.json()) == (200, {"new": ["shops"], "changed": []})
    [listed] = client.get("/segments").json()["items"]
    assert (listed["name"], listed["leads"], listed["version"]) == ("shops", 1, 1)
    assert client.get("/segments/shops").json()["content"]["conditions"]
    missing = client.get("/segments/shop")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/segment-not-found")
    wrong = client.put("/segments", json=segments(a=within("b")))
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/segments-invalid")
    assert wrong.json()["errors"][0]["place"] == "segments.a.conditions.segments.value"
    client.put("/rules/assignment", json=rule_of(within("shops")))
    used = client.delete("/segments/shops")
    assert (used.status_code, used.json()["type"]) == (409, "/problems/segment-in-use")
    client.put("/rules/assignment", json={"rules": []})
    assert client.delete("/segments/shops").status_code == 204
    assert client.get("/segments").json()["items"] == []
    [removed, _] = client.get("/segments/shops/versions").json()["items"]
    assert removed["content"] is None
