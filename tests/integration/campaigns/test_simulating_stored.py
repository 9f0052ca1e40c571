"""A campaign is simulated with the leads that are stored, and nothing of them changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from leadflow.campaigns.enrolling.service import entries_of
from leadflow.campaigns.simulating.entering import held_out
from leadflow.campaigns.simulating.past_leads import simulate_past
from leadflow.campaigns.simulating.tallying import Tally
from leadflow.campaigns.tables import Enrolment
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, LeadEvent
from tests.unit.campaigns.written import program

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STEPS: list[dict[str, Any]] = [
    {"step": "hello", "send": "hello"},
    {
        "step": "answers",
        "listen": {
            "on": ["lead.did.form_sent"],
            "within": "P9D",
            "then": "again",
            "otherwise": "end",
        },
    },
    {"step": "again", "send": "hello"},
]
ENTER = {"enter": {"on": ["lead.did.meeting"], "when": {"company_size": {"operator": "exists"}}}}


def lead(number: int, size: int | None, *did: tuple[str, int]) -> None:
    """A lead of long ago, and what it did so many days ago."""
    long_ago = NOW - timedelta(days=90)
    with unit_of_work() as session:
        one = Lead(id=f"lead_{number}", source="test", created_at=long_ago, known_from=long_ago)
        one.company_size = size
        session.add(one)
        session.flush()
        for kind, days in did:
            at = NOW - timedelta(days=days)
            event = {"occurred_at": at, "known_at": at, "source": "test"}
            session.add(LeadEvent(lead_id=one.id, type=kind, **event))


def past(days: int, since: int, **others: Any) -> Tally:
    """The campaign from so many days ago on."""
    with unit_of_work() as session:
        begins = NOW - timedelta(days=since)
        return simulate_past(session, program(STEPS, **ENTER, **others), begins, NOW, days)


def test_leads_that_are_stored_go_through_it_as_they_lived(store: Engine) -> None:
    lead(1, 50, ("meeting", 30), ("form_sent", 25))
    lead(2, 50, ("meeting", 30), ("form_sent", 20))
    lead(3, None, ("meeting", 30))
    lead(4, 50, ("meeting", 70))
    lead(5, 50, ("meeting", 3), ("form_sent", 60))
    found = past(40, since=60)
    assert (found.leads, found.came, found.still) == (5, 3, 1)
    assert found.passed["answers", "then"] == 1
    assert found.passed["answers", "otherwise"] == 1
    assert found.mails == {"hello": 4}
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_the_leads_that_are_held_out_are_those_of_production(store: Engine) -> None:
    for number in range(40):
        lead(number, 50)
    made = program(STEPS, holdout=30, **ENTER)
    ids = [f"lead_{number}" for number in range(40)]
    with unit_of_work() as session:
        entries = entries_of(session, made, ids, NOW)
    kept_out = [entries[one] == "held_out" for one in ids]
    assert held_out(made, ids).tolist() == kept_out
    assert any(kept_out)
