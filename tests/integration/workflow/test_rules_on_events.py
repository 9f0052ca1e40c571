"""Workflow rules: what happens is held against them, and they act, once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from leadflow.database.engine import unit_of_work
from leadflow.domain_events.tables import DomainEvent
from leadflow.intake.edits import Edit, edit_leads
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import get_lead
from leadflow.leads.tables import LeadEvent
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.batch.rescoring import rescore_changed
from leadflow.settings import get_settings
from leadflow.workflow import service, silence, wanting
from leadflow.workflow.tables import RuleFiring
from models.rubric import Rubric
from tests.integration.workflow.acting import (
    SENDER,
    act,
    edit,
    equals,
    events,
    fired,
    now,
    rule,
    store,
    take,
)

ANY = {"source": {"operator": "exists"}}
TAGGED = {"set": {"attributes": {"seen": True}}}


@pytest.fixture(autouse=True)
def stored(store: Engine) -> None:
    """Every test begins with an empty store."""


def attribute(lead_id: str, name: str) -> Any:
    with unit_of_work() as session:
        return get_lead(session, lead_id).attributes.get(name)


def test_a_rule_acts_on_what_happens_and_says_why() -> None:
    store(rule("shops", ["lead.created"], equals(industry="retail"), TAGGED))
    shop, other = take(email="a@example.com", industry="Retail"), take(email="b@example.com")
    assert act() == 2
    assert fired("shops") == [shop]
    assert (attribute(shop, "seen"), attribute(other, "seen")) == (True, None)
    with unit_of_work() as session:
        [why] = service.why(session, shop).items
        assert (why.firing.rule_id, why.firing.type) == ("shops", "lead.created")
        assert why.firing.matched == {"industry": "retail"}
        assert [(one.action, one.status) for one in why.carried] == [("set", "done")]
        assert dict(why.carried[0].result) == {"set": ["attributes"]}
        assert service.why(session, other).items == []


def test_only_what_a_rule_wants_is_written() -> None:
    store(rule("a", ["lead.updated"], ANY, TAGGED))
    lead_id = take(email="a@example.com", industry="retail")
    assert events(lead_id) == []
    edit(lead_id, industry="food")
    assert events(lead_id) == [("lead.updated", {"changed": ["industry"]})]


def test_nothing_is_held_against_the_rules_twice() -> None:
    store(rule("a", ["lead.created"], ANY, TAGGED))
    lead_id = take(email="a@example.com")
    assert (act(), act(), act()) == (1, 0, 0)
    assert fired() == [lead_id]


def test_a_batch_fires_as_one_event_after_another() -> None:
    store(
        rule("shops", ["lead.created", "lead.updated"], equals(industry="retail"), TAGGED),
        rule("new", ["lead.created"], ANY, {"tag": ["new"]}, priority=5, limits={"per_day": 3}),
        rule("told", ["lead.updated"], equals(**{"event.type": "lead.updated"}), TAGGED, stop=True),
        rule("once", ["lead.updated"], ANY, {"tag": ["a"]}, priority=9, limits={"per_lead": 1}),
    )
    leads = [
        take(email=f"{n}@example.com", industry="retail" if n % 2 else "food") for n in range(6)
    ]
    for n, lead_id in enumerate([*leads, *leads[:3]]):
        edit(lead_id, company_size=n + 1)
    moment = now()
    together = firings(moment, at_a_time=100)
    with unit_of_work() as session:
        session.execute(delete(RuleFiring))
        session.execute(delete(OutboxRow))
        session.execute(update(DomainEvent).values(reacted_at=None))
    assert firings(moment, at_a_time=1) == together
    counted = Counter((rule_id, status) for _, rule_id, status in together)
    assert counted["new", "fired"] == counted["new", "limited"] == 3
    assert (counted["once", "fired"], counted["once", "limited"]) == (6, 3)


def firings(moment: datetime, at_a_time: int) -> list[tuple[int, str, str]]:
    """Hold the rules against all that happened, so many at a time; what became of it."""
    taken = 1
    while taken:
        with unit_of_work() as session:
            taken = service.react(session, moment, at_a_time)
    with unit_of_work() as session:
        asked = select(RuleFiring.event_id, RuleFiring.rule_id, RuleFiring.status)
        return sorted(session.execute(asked).tuples().all())


def test_an_event_of_ones_own_and_what_it_tells() -> None:
    store(
        rule("form", ["lead.did.form_sent"], equals(**{"event.source": "web"}), TAGGED),
        rule("other", ["lead.did.meeting"], ANY, TAGGED),
    )
    lead_id = take(email="a@example.com")
    with unit_of_work() as session:
        for source in ("web", "crm"):
            session.add(
                LeadEvent(lead_id=lead_id, type="form_sent", occurred_at=now(), source=source)
            )
        old = now() - timedelta(days=30)
        session.add(LeadEvent(lead_id=lead_id, type="form_sent", occurred_at=old, source="web"))
    assert act() == 3
    assert fired() == [lead_id]
    assert fired("form") == [lead_id]


def test_rules_are_tried_in_order_until_one_says_stop() -> None:
    store(
        rule("third", ["lead.created"], ANY, TAGGED, priority=1),
        rule("first", ["lead.created"], ANY, TAGGED, priority=9),
        rule("second", ["lead.created"], equals(industry="retail"), TAGGED, priority=5, stop=True),
    )
    shop = take(email="a@example.com", industry="retail")
    other = take(email="b@example.com", industry="food")
    act()
    assert fired("first") == [shop, other]
    assert (fired("second"), fired("third")) == ([shop], [other])


def test_a_rule_acts_no_more_often_than_it_may() -> None:
    limits = {"per_lead": 1, "within": "30d", "per_day": 2}
    store(rule("a", ["lead.created", "lead.updated"], ANY, TAGGED, limits=limits))
    leads = [take(email=f"{number}@example.com") for number in range(3)]
    act()
    assert fired() == leads[:2]
    assert fired(status="limited") == leads[2:]
    edit(leads[0], industry="food")
    act()
    assert fired() == leads[:2]


def test_in_other_hours_it_acts_as_they_begin() -> None:
    today, tomorrow = f"{now():%a}".lower(), f"{now() + timedelta(days=1):%a}".lower()
    hours = {"zone": "UTC", "week": {tomorrow: ["08:00-09:00"]}}
    assert today != tomorrow
    store(rule("a", ["lead.created"], ANY, TAGGED, hours=hours))
    lead_id = take(email="a@example.com")
    act()
    assert attribute(lead_id, "seen") is None
    with unit_of_work() as session:
        [row] = session.scalars(select(OutboxRow).where(OutboxRow.act == service.PERFORM))
        assert (row.status, row.available_at.hour) == ("waiting", 8)
        [why] = service.why(session, lead_id).items
        assert why.firing.acts_at == row.available_at


def test_rules_lead_to_rules_and_end() -> None:
    store(
        rule("one", ["lead.created"], ANY, {"set": {"industry": "one"}}),
        rule("two", ["lead.updated"], equals(industry="one"), {"set": {"industry": "two"}}),
        rule("end", ["lead.updated"], equals(industry="two"), {"set": {"timeline": "3 months"}}),
    )
    lead_id = take(email="a@example.com")
    act(rounds=4)
    with unit_of_work() as session:
        lead = get_lead(session, lead_id)
        assert (lead.industry, lead.timeline) == ("two", "3 months")
        firings = [why.firing.rule_id for why in service.why(session, lead_id).items]
        assert sorted(firings) == ["end", "one", "two"]


def test_what_depends_on_values_is_capped() -> None:
    store(
        rule(
            "up",
            ["lead.updated"],
            {"total_score": {"operator": "greater_or_equal", "value": 0}},
            {"set": {"industry": "up"}},
        ),
        rule(
            "down",
            ["lead.updated"],
            {
                "industry": {"operator": "equals", "value": "up"},
                "total_score": {"operator": "greater_or_equal", "value": 0},
            },
            {"set": {"industry": "down"}},
        ),
    )
    lead_id = take(email="a@example.com")
    edit(lead_id, industry="food")
    act(rounds=20)
    assert 2 < len(fired()) <= 20
    assert fired(status="capped")


CHIEF = {"job_title": "CEO", "company_size": 5000, "budget": 200000, "currency": "EUR"}
PROMOTED = rule("a", ["lead.scored"], equals(industry="food"), {"set": CHIEF})


def test_a_score_that_came_of_a_rule_is_as_deep_as_that_rule_and_does_not_set_it_off() -> None:
    store(PROMOTED)
    lead_id, other = take(email="a@example.com", industry="food"), take(email="b@example.com")
    act()
    edit_unscored(other, **CHIEF)
    assert rescore() == 2
    assert scored(lead_id) == [(0, False), (1, True)]
    assert scored(other) == [(0, False), (0, False)]
    act()
    assert fired() == [lead_id]


def test_what_was_marked_for_a_rule_and_for_something_else_is_as_deep_and_nobodys() -> None:
    store(PROMOTED)
    lead_id = take(email="a@example.com", industry="food")
    act()
    edit_unscored(lead_id, country="DE")
    rescore()
    assert scored(lead_id) == [(0, False), (1, False)]


def edit_unscored(lead_id: str, **fields: Any) -> None:
    """A lead is edited where no model is at hand: it is marked."""
    with unit_of_work() as session:
        change = Edit(lead_id, LeadEdit.model_validate(fields), SENDER)
        edit_leads(session, [change], None, get_settings())


def rescore() -> int:
    with unit_of_work() as session:
        return rescore_changed(session, Rubric.load(), now(), get_settings(), 100)


def scored(lead_id: str) -> list[tuple[int, bool]]:
    """How deep each score of a lead came, and whether all of it came of a rule."""
    with unit_of_work() as session:
        asked = select(DomainEvent.depth, DomainEvent.caused_by.is_not(None)).where(
            DomainEvent.lead_id == lead_id, DomainEvent.type == "lead.scored"
        )
        return list(session.execute(asked.order_by(DomainEvent.id)).tuples())


def test_who_is_silent_is_found_once() -> None:
    rules = rule("quiet", ["lead.silent"], ANY, TAGGED, silent_for="14d")
    store(rules)
    quiet, recent = take(email="a@example.com"), take(email="b@example.com")
    with unit_of_work() as session:
        for lead_id, days in ((quiet, 14.5), (recent, 14.5)):
            get_lead(session, lead_id).created_at = now() - timedelta(days=days)
        week = now() - timedelta(days=7)
        session.add(LeadEvent(lead_id=recent, type="website_visit", occurred_at=week, source="w"))
    for expected in (1, 0):
        with unit_of_work() as session:
            assert silence.note_silence(session, now()) == expected
    act()
    assert fired("quiet") == [quiet]


def test_the_rules_that_come_with_it_count_until_others_are_stored() -> None:
    with unit_of_work() as session:
        wanting.want_what_counts(session)
        assert service.rules_in_use(session).version is None
    take(email="a@example.com")
    assert act() > 0
    store(rule("a", ["lead.created"], ANY, TAGGED))
    with unit_of_work() as session:
        assert service.rules_in_use(session).version == 1
