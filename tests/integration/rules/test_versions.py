"""Rule sets are kept in versions that never change, one of which counts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import AttributeDefinition, Lead, LeadEvent
from leadflow.rules import rule_kinds, service
from leadflow.rules.rule_kinds import RuleKind
from leadflow.rules.schemas import RuleSet, parse_rules
from leadflow.rules.tables import RuleSetRow
from tests.integration.rules.made_up import declare_demos
from tests.made_up import AnyActions

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KIND = "assignment"


@pytest.fixture(autouse=True)
def actions_of_any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the actions may say is another room's matter."""
    monkeypatch.setitem(rule_kinds.KINDS, KIND, RuleKind(KIND, AnyActions))


def rules(score: float = 80, **more: Any) -> RuleSet:
    content = {
        "rules": [
            {
                "rule_id": "high",
                "name": "High",
                "conditions": {"total_score": {"operator": "greater_than", "value": score}},
                "actions": {"assign_lead": True},
            }
        ]
    }
    return parse_rules(content | more, AnyActions)


def add(session: Session, written: RuleSet, activate: bool = True) -> int:
    return service.store_rules(session, KIND, written, "ana", "why", activate)


def audited(session: Session) -> list[tuple[str, str, Any]]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
    return [(entry.actor, entry.action, entry.detail["version"]) for entry in entries]


def test_a_version_is_added_and_counts(session: Session) -> None:
    assert service.active_rules(session, KIND) is None
    assert add(session, rules(80)) == 1
    assert add(session, rules(70)) == 2
    stored = service.active_rules(session, KIND)
    assert stored is not None
    assert (stored.version, stored.active, stored.created_by, stored.note) == (
        2,
        True,
        "ana",
        "why",
    )
    assert stored.rules == rules(70)
    assert service.read_version(session, KIND, 1).rules == rules(80)
    assert [(row.version, row.active) for row in service.versions(session, KIND)] == [
        (2, True),
        (1, False),
    ]
    assert audited(session) == [("ana", "rules.stored", 1), ("ana", "rules.stored", 2)]


def test_what_is_stored_already_is_no_new_version(session: Session) -> None:
    assert add(session, rules(80)) == 1
    assert add(session, rules(80)) == 1
    assert add(session, rules(70), activate=False) == 2
    assert add(session, rules(70), activate=False) == 2
    assert add(session, rules(80), activate=False) == 1
    assert [row.active for row in service.versions(session, KIND)] == [False, True]
    assert add(session, rules(70)) == 2
    assert [row.active for row in service.versions(session, KIND)] == [True, False]
    assert add(session, rules(80)) == 3
    assert [action for _, action, _ in audited(session)] == [
        "rules.stored",
        "rules.stored",
        "rules.activated",
        "rules.stored",
    ]


def test_the_order_of_keys_makes_no_new_version(session: Session) -> None:
    first = rules(80, default={"a": 1, "b": 2})
    assert add(session, first) == 1
    turned = parse_rules(dict(reversed(first.content.items())), AnyActions)
    assert add(session, turned) == 1


def test_an_earlier_version_is_gone_back_to(session: Session) -> None:
    add(session, rules(80))
    add(session, rules(70))
    service.activate(session, KIND, 1, "ben")
    service.activate(session, KIND, 1, "ben")
    stored = service.active_rules(session, KIND)
    assert stored is not None
    assert stored.version == 1
    assert audited(session)[2:] == [("ben", "rules.activated", 1)]
    with pytest.raises(service.NoRules, match="no version 3"):
        service.activate(session, KIND, 3, "ben")
    with pytest.raises(rule_kinds.UnknownRuleKind):
        service.activate(session, "nothing", 1, "ben")


def test_those_who_store_at_once_take_turns(store: Engine) -> None:
    def one(score: int) -> int:
        with unit_of_work(store) as session:
            return service.store_rules(session, KIND, rules(score), "ana", None, True)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == [1, 2, 3, 4, 5, 6]
    with unit_of_work(store) as session:
        assert [row.active for row in service.versions(session, KIND)] == [True] + [False] * 5


class OnlyThis(BaseModel):
    """Actions of a room that has changed its mind."""

    model_config = ConfigDict(extra="forbid")

    only_this: bool


def test_a_version_whose_actions_are_no_longer_understood_is_not_switched_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(session, rules(80), activate=False)
    monkeypatch.setitem(rule_kinds.KINDS, KIND, RuleKind(KIND, OnlyThis))
    with pytest.raises(RuleSetInvalid, match=r"rules\[0\]\.actions\.only_this"):
        service.activate(session, KIND, 1, "ben")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rule_sets SET content = '{}'",
        # Encrypted under another key it may be written anew; with the same one it is another note.
        r"UPDATE rule_sets SET note = note || '\x63', active = false",
        "DELETE FROM rule_sets",
        "TRUNCATE rule_sets",
    ],
)
def test_the_store_refuses_to_change_what_was_written(session: Session, statement: str) -> None:
    add(session, rules())
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_the_store_has_one_active_version_of_a_kind(session: Session) -> None:
    add(session, rules(80))
    add(session, rules(70))
    with pytest.raises(IntegrityError, match="uq_rule_sets_active"):
        session.execute(text("UPDATE rule_sets SET active = true"))


def test_all_leads_are_counted_by_the_rule_each_would_get(session: Session) -> None:
    sizes = {"company_size": {"operator": "greater_than", "value": 100}}
    seen = {"last_event_at": {"operator": "within_last", "value": "7d"}}
    written = parse_rules(
        [
            {"rule_id": "large", "name": "L", "conditions": sizes, "actions": {}},
            {"rule_id": "seen", "name": "S", "conditions": seen, "actions": {}, "priority": 1},
        ],
        AnyActions,
    )
    leads = [Lead(source="t", company_size=size) for size in (1, 500, 500, 500, None)]
    session.add_all(leads)
    session.flush()
    for lead, days in ((leads[1], 3), (leads[1], 30), (leads[2], 8), (leads[4], -1)):
        at = NOW - timedelta(days=days)
        session.add(LeadEvent(lead_id=lead.id, type="meeting", occurred_at=at, source="t"))
    session.flush()
    assert service.matches(session, written, NOW) == {"seen": 1, "large": 2, None: 2}
    nothing = parse_rules([], AnyActions)
    assert service.matches(session, nothing, NOW) == {None: 5}
    assert session.scalar(select(func.count()).select_from(RuleSetRow)) == 0


def test_the_values_of_no_lead_are_none(session: Session) -> None:
    assert service.values_of(session, [], NOW) == {}


def test_new_rules_are_held_against_the_attributes_there_are(session: Session) -> None:
    named = AttributeDefinition(name="seats", label="Seats", kind="numeric", dimension="fit")
    session.add(named)
    session.flush()
    assert service.known_names(session)["attributes."] == {"seats": "numeric"}


def test_new_rules_are_held_against_the_types_of_events_there_are(session: Session) -> None:
    assert "demo" not in service.known_names(session)["events."]
    declare_demos(session)
    assert {"demo", "meeting"} <= service.known_names(session)["events."].keys()


def test_only_rules_about_events_are_read_from_the_store() -> None:
    def about(field: str) -> bool:
        fits = {"any": [{"level": {"operator": "exists"}}, {field: {"operator": "exists"}}]}
        rule = {"rule_id": "r", "name": "R", "conditions": fits, "actions": {}}
        return service.reads_store(parse_rules([rule], AnyActions))

    assert [about(name) for name in ("budget", "attributes.plan", "total_score")] == [False] * 3
    assert [about(name) for name in ("last_event_at", "events.meeting.count_7d")] == [True] * 2
