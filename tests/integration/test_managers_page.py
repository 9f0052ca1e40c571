"""A manager's first page: decisions, several at once where that may be; who is late; figures."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.accounts.permissions import Reach
from leadflow.approvals import service as approvals
from leadflow.assignment.insight.arrivals import arrivals
from leadflow.assignment.insight.strain import strained
from leadflow.assignment.insight.weeks import changes, week
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.home import deciding
from leadflow.leads.tables import Lead, Outcome
from tests.integration import test_forms
from tests.integration.test_forms import Browser, approval_of

pytestmark = pytest.mark.uncounted
lead_id = test_forms.lead_id
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TEAM = {
    "reps": [
        {"id": "ann", "name": "Ann", "capacity": 2},
        {
            "id": "bob",
            "name": "Bob",
            "capacity": 9,
            "days_off": [{"first": "2026-03-04", "last": "2026-03-05"}],
        },
        {"id": "cem", "name": "Cem", "capacity": 9},
    ]
}


@pytest.fixture
def asked(client: TestClient, lead_id: str) -> str:
    """Ann asks for a score that only a manager may agree to; the approval's id."""
    ann = Browser(client, "ann")
    said = {"new_score": "5", "reason": "They have chosen somebody else"}
    assert ann.post(f"/console/leads/{lead_id}/override", **said).status_code == 303
    with unit_of_work() as session:
        return approval_of(session, "score_override").id


def picks(page: str) -> list[str]:
    return re.findall(r'name="chosen" value="([^"]+)"', page)


def test_several_are_decided_at_once_each_as_it_was_shown(client: TestClient, asked: str) -> None:
    root = Browser(client, "root")
    [pick] = picks(root.get("/console").text)
    other, reason = f"{asked}:another-content", "Agreed with the team"
    form = {"decision": "approve", "reason": reason}
    nothing = root.post("/console/decisions", **form)
    told = root.told(root.get(nothing.headers["location"]))
    assert told == ("bad", "Choose what you decide about.")
    refused = root.post("/console/decisions", chosen=other, **form)
    told = root.told(root.get(refused.headers["location"]))
    assert "This is not what was shown to you" in told[1]
    unsaid = root.post("/console/decisions", chosen=pick, decision="approve", reason=" ")
    assert "Say why" in root.told(root.get(unsaid.headers["location"]))[1]
    with unit_of_work() as session:
        assert approvals.get(session, asked).status == "waiting"
    done = root.post("/console/decisions", chosen=[pick, "appr_none:x"], **form)
    told = root.told(root.get(done.headers["location"]))
    assert told[1].startswith("1 decision is approved. 1 not: There is no approval appr_none.")
    with unit_of_work() as session:
        assert approvals.get(session, asked).status == "approved"
    assert picks(root.get("/console").text) == []


def test_what_is_decided_alone_cannot_be_chosen_and_says_why(
    client: TestClient, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Browser(client, "root")
    [pick] = picks(root.get("/console").text)
    monkeypatch.setattr(deciding, "alone_because", lambda approval: "Look at it alone.")
    page = root.get("/console").text
    assert picks(page) == []
    assert "Look at it alone." in page
    # Nor by a form that was open before.
    form = {"decision": "approve", "reason": "Fine"}
    answer = root.post("/console/decisions", chosen=pick, **form)
    assert "Look at it alone." in root.told(root.get(answer.headers["location"]))[1]
    with unit_of_work() as session:
        assert approvals.get(session, asked).status == "waiting"


def test_only_who_leads_salespeople_sees_the_team(client: TestClient, lead_id: str) -> None:
    for who, sees in (("root", True), ("ann", False), ("mary", False)):
        page = Browser(client, who).get("/console").text
        assert ('id="strain"' in page, 'id="week"' in page) == (sees, sees), who


def put(session, rep: str, days: float, **more):  # type: ignore[no-untyped-def]
    """A lead that somebody got so many days ago."""
    lead = Lead(source="test", known_from=NOW)
    session.add(lead)
    session.flush()
    at = NOW - timedelta(days=days)
    rep_id = session.scalars(select(Rep.id).where(Rep.external_id == rep)).one()
    usual = {"strategy": "hybrid", "reason": "", "source": "sweep", "assigned_by": "test"}
    session.add(Assignment(lead_id=lead.id, rep_id=rep_id, assigned_at=at, **usual | more))
    session.flush()
    return at


def test_who_is_late_comes_before_who_is_full_and_others_are_not_named(store: Engine) -> None:
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for _ in range(2):
            put(session, "ann", 1, due_at=NOW + timedelta(hours=1))
        put(session, "bob", 1, due_at=NOW - timedelta(hours=3))
        put(session, "bob", 1, due_at=NOW - timedelta(hours=2), first_touch_at=NOW)
        put(session, "cem", 1)
        found, people = strained(session, None, NOW)
        assert people == 3
        assert [(one.name, one.late, one.full, one.away) for one in found] == [
            ("Bob", 1, False, True),
            ("Ann", 0, True, False),
        ]
        assert found[0].since == NOW - timedelta(hours=3)
        cem = session.scalars(select(Rep.id).where(Rep.external_id == "cem")).one()
        assert strained(session, [cem], NOW) == ([], 1)


def test_a_week_stands_beside_the_week_before_in_working_minutes(store: Engine) -> None:
    horizon = timedelta(days=30)
    minutes = timedelta(minutes=1)
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for days, touched in ((1, 10), (2, 30), (3, None), (9, 60)):
            first = NOW - timedelta(days=days) + touched * minutes if touched else None
            put(session, "ann" if days < 3 else "cem", days, first_touch_at=first)
        won = {"probability": 0.5, "ended_at": NOW - timedelta(hours=5), "end_reason": "lost"}
        put(session, "cem", 32, **won)
        this = week(session, None, Reach.ALL, NOW, horizon)
        before = week(session, None, Reach.ALL, NOW - timedelta(days=7), horizon)
        assert (this.touch_minutes, before.touch_minutes) == (20, 60)
        assert this.accepted == pytest.approx(2 / 3)
        assert before.accepted == 1
        assert (this.won.leads, this.won.converted, this.won.expected) == (1, 0, 0.5)
        assert before.won.ratio is None
        day = changes(session, None, Reach.ALL, NOW)
        assert (day.handed_out, day.ended) == (1, {"lost": 1})
        # Whoever is in no team reaches nobody.
        assert week(session, None, Reach.TEAM, NOW, horizon).accepted is None


def test_leads_of_last_year_that_are_stored_today_are_no_news(store: Engine) -> None:
    horizon, day = timedelta(days=30), timedelta(days=1)
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for source, days in (("crm", 400), ("crm", 300), ("crm", 9), ("fair", 3), ("fair", 0.5)):
            session.add(Lead(source=source, created_at=NOW - days * day, known_from=NOW))
        session.flush()
        this = week(session, None, Reach.ALL, NOW, horizon)
        before = week(session, None, Reach.ALL, NOW - timedelta(days=7), horizon)
        assert (this.came, before.came) == (2, 1)
        assert changes(session, None, Reach.ALL, NOW).came == 1
        assert [tuple(row) for row in arrivals(session, None, Reach.ALL, NOW - day)] == [
            ("fair", 1)
        ]


def test_who_bought_last_month_has_not_bought_since_yesterday(store: Engine) -> None:
    told = NOW - timedelta(hours=2)
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for days in (30, 0.5):
            put(session, "ann", 40, ended_at=told, end_reason="converted")
            told_of = Lead.id.not_in(select(Outcome.lead_id))
            lead_id = session.scalars(select(Lead.id).where(told_of)).one()
            at = NOW - timedelta(days=days)
            session.add(Outcome(lead_id=lead_id, outcome="converted", occurred_at=at, source="crm"))
        put(session, "ann", 40, ended_at=told, end_reason="returned")
        session.flush()
        ended = changes(session, None, Reach.ALL, NOW).ended
        assert ended == {"converted": 1, "returned": 1}
