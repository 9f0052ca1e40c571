"""The cheap look before a sweep says yes where the sweep would do something, and only there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.deadlines import anything_waits
from leadflow.approvals.service import Proposal
from leadflow.assignment.routing.sweep import sweep, sweep_is_due
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.work import alarms, escalation, event_touches, redistribution
from leadflow.assignment.work.due import work_is_due
from leadflow.leads.tables import LeadEvent, Outcome
from leadflow.settings import get_settings
from tests.integration.test_assignment import put_lead, put_team

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
ONE = """
fallback_owner: two
reps: [{id: one, name: One, capacity: 1}, {id: two, name: Two, capacity: 0}]
"""


def assigned(session: Session, folder: Path, team: str = ONE) -> str:
    """A lead that somebody has, since NOW; nothing else is due."""
    put_team(session, folder, team)
    lead = put_lead(session, 80)
    assert sweep(session, get_settings(), None, NOW).assigned == 1
    assert not work_is_due(session, get_settings(), LATER)
    return lead


def test_a_sweep_is_due_while_a_lead_has_nobody(session: Session, tmp_path: Path) -> None:
    settings = get_settings()
    put_team(session, tmp_path, ONE)
    assert not sweep_is_due(session, settings, NOW)
    put_lead(session, 80)
    assert sweep_is_due(session, settings, NOW)
    sweep(session, settings, None, NOW)
    assert not sweep_is_due(session, settings, LATER)


def test_a_sweep_is_due_where_a_lead_in_work_is_closed(session: Session, tmp_path: Path) -> None:
    lead = assigned(session, tmp_path)
    session.add(Outcome(lead_id=lead, outcome="converted", occurred_at=LATER, source="test"))
    session.flush()
    assert sweep_is_due(session, get_settings(), LATER)
    sweep(session, get_settings(), None, LATER)
    assert not sweep_is_due(session, get_settings(), LATER)


def test_work_is_due_with_a_reminder(session: Session, tmp_path: Path) -> None:
    assigned(session, tmp_path)
    session.execute(update(Assignment).values(next_step_at=NOW))
    assert work_is_due(session, get_settings(), LATER)
    assert escalation.escalate(session, get_settings(), LATER).leads == 1
    assert not work_is_due(session, get_settings(), LATER)


def test_work_is_due_with_a_touch_that_came_another_way(session: Session, tmp_path: Path) -> None:
    lead = assigned(session, tmp_path)
    touch = {"type": "rep_call", "occurred_at": LATER, "known_at": LATER, "source": "test"}
    session.add(LeadEvent(lead_id=lead, **touch))
    session.flush()
    assert work_is_due(session, get_settings(), LATER)
    assert event_touches.catch_up_touches(session, LATER) == 1
    assert not work_is_due(session, get_settings(), LATER)


def test_work_is_due_with_leads_of_who_has_left(session: Session, tmp_path: Path) -> None:
    assigned(session, tmp_path)
    session.execute(update(Rep).where(Rep.external_id == "one").values(active=False))
    assert work_is_due(session, get_settings(), LATER)
    assert redistribution.redistribute(session, get_settings(), LATER) == 1
    assert not redistribution.anything_to_redistribute(session, get_settings(), LATER)


def test_work_is_due_with_an_alarm(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path, "reps: [{id: one, name: One, capacity: 1}]")
    put_lead(session, 80)
    put_lead(session, 70)
    sweep(session, get_settings(), None, NOW)
    assert session.scalars(select(UnroutableLead)).one()
    assert work_is_due(session, get_settings(), LATER)
    assert alarms.raise_alarms(session, get_settings(), LATER).unroutable == 1
    assert not work_is_due(session, get_settings(), LATER)


def test_decisions_are_looked_after_while_one_waits(session: Session) -> None:
    assert not anything_waits(session, get_settings(), NOW)
    payload = {"version": "9", "sha256": "x"}
    question = Proposal("model_promotion", "x/9", "promote_model", payload, "# Why", "train_model")
    approvals.propose(session, question, NOW)
    assert anything_waits(session, get_settings(), NOW)
