"""The leads of a salesperson stand in the order in which to work them, each in its list."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.service import Said, touch
from leadflow.assignment.work.worklist import Counts, Day, Which, closed, counts, worklist
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.paging.keyset import Wanted
from leadflow.scoring.tables import LeadScore, ScorecardUsed, ScoreOverride

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = Day(NOW, NOW + timedelta(hours=12), ("email_reply",), "EUR")
TEAM = {"reps": [{"id": "ann", "name": "Ann", "capacity": 50}]}


@pytest.fixture
def ann(session: Session) -> str:
    store_team(session, TeamIn.model_validate(TEAM))
    session.add(ScorecardUsed(id=1, regime="rubric", model_version="1", features=["a"]))
    session.flush()
    return session.scalars(select(Rep.id)).one()


def put(
    session: Session,
    ann: str,
    name: str,
    due: timedelta | None = None,
    chance: float | None = None,
    budget: float | None = None,
    currency: str = "EUR",
) -> str:
    """A lead that Ann got a week ago."""
    minor = None if budget is None else round(budget * 100)
    lead = Lead(
        source="test",
        first_name=name,
        budget_minor=minor,
        budget_currency=None if budget is None else currency,
        known_from=NOW - timedelta(days=9),
    )
    session.add(lead)
    session.flush()
    if chance is not None:
        parts = dict.fromkeys(("demographic", "behavioural", "engagement", "fit", "ai"), 50.0)
        session.add(
            LeadScore(
                **parts,
                lead_id=lead.id,
                as_of=NOW - timedelta(days=1),
                scorecard_id=1,
                total_score=50,
                points=50,
                probability=chance,
                probability_low=chance,
                probability_high=chance,
                confidence="low",
                level="warm",
                regime="rubric",
                model_version="1",
                contribution_points=[0.0],
                reason_places=[],
                reason_texts=["Met with us once"],
            )
        )
    session.add(
        Assignment(
            lead_id=lead.id,
            rep_id=ann,
            strategy="hybrid",
            reason="",
            source="sweep",
            assigned_by="test",
            assigned_at=NOW - timedelta(days=7),
            due_at=None if due is None else NOW + due,
        )
    )
    session.flush()
    return lead.id


def names(session: Session, ann: str, which: Which) -> list[str | None]:
    """The list, read two at a time."""
    found, cursor = [], None
    while True:
        part = worklist(session, ann, which, DAY, Wanted(2, cursor))
        found += [line.lead.first_name for line in part.items]
        cursor = part.next
        if cursor is None:
            return found


def test_what_is_due_today_comes_first_and_then_what_is_worth_most(
    session: Session, ann: str
) -> None:
    hour = timedelta(hours=1)
    put(session, ann, "little", chance=0.5, budget=100)
    put(session, ann, "much", chance=0.1, budget=10_000)
    put(session, ann, "soon", due=hour)
    put(session, ann, "late", due=-hour)
    put(session, ann, "next week, and sure", due=150 * hour, chance=0.9, budget=10_000)
    # By the budget in the middle, 5,000: neither another currency nor nothing said is a figure.
    put(session, ann, "middle", chance=0.001, budget=5_000)
    put(session, ann, "yen", chance=0.11, budget=1_000_000, currency="JPY")
    put(session, ann, "unsaid", chance=0.012)
    expected = ["late", "soon", "next week, and sure", "much", "yen", "unsaid", "little", "middle"]
    assert names(session, ann, "due") == ["late", "soon", *expected[2:]]
    lines = worklist(session, ann, "mine", DAY, Wanted(50)).items
    worth = {line.lead.first_name: line.worth for line in lines}
    assert worth["much"] == pytest.approx(1000)
    assert (worth["yen"], worth["unsaid"]) == (None, None)


def test_a_lead_waits_for_its_answer_until_it_answers_or_something_is_due(
    session: Session, ann: str
) -> None:
    ids = {name: put(session, ann, name) for name in ("new", "asked", "answered", "reminded")}
    said = Said("test", NOW - timedelta(days=2))
    for name in ("asked", "answered"):
        touch(session, ids[name], said, "call", "no answer")
    # Later than that one has answered.
    touch(session, ids["reminded"], Said("test", NOW - timedelta(minutes=1)), "email")
    replied = {"type": "email_reply", "source": "test", "known_at": NOW}
    session.add(LeadEvent(lead_id=ids["answered"], occurred_at=NOW - timedelta(hours=1), **replied))
    # Of before it was asked: no answer.
    session.add(LeadEvent(lead_id=ids["asked"], occurred_at=NOW - timedelta(days=3), **replied))
    tasks = [
        NewTask(ids["reminded"], "Call again", NOW + timedelta(hours=2)),
        NewTask(ids["asked"], "Ask once more", NOW + timedelta(days=3)),
    ]
    add_task(session, tasks, "test", NOW)
    assert sorted(map(str, names(session, ann, "due"))) == ["answered", "new", "reminded"]
    assert names(session, ann, "waiting") == ["asked"]
    assert counts(session, ann, DAY) == Counts(due=3, mine=4, waiting=1)
    told = {
        line.lead.first_name: line for line in worklist(session, ann, "mine", DAY, Wanted(9)).items
    }
    assert told["answered"].answered_at == NOW - timedelta(hours=1)
    assert told["reminded"].task is not None
    assert told["reminded"].task.what == "Call again"
    assert told["asked"].touched_at == said.at


def test_a_score_set_by_hand_moves_the_chance_and_the_place(session: Session, ann: str) -> None:
    put(session, ann, "sure", chance=0.5, budget=100)
    hoped = put(session, ann, "hoped for", chance=0.1, budget=100)
    session.add(
        ScoreOverride(
            lead_id=hoped,
            new_score=100,
            level="hot",
            model_score=50,
            model_points=50,
            model_probability=0.1,
            model_version="1",
            reason="Met them",
            override_by="test",
            status="active",
            created_at=NOW - timedelta(days=1),
            in_force_from=NOW - timedelta(days=1),
            expires_at=NOW + timedelta(days=1),
        )
    )
    session.flush()
    first = worklist(session, ann, "mine", DAY, Wanted(2)).items[0]
    # Five doublings of odds of one to nine.
    assert (first.lead.id, first.level, first.total) == (hoped, "hot", 100)
    assert first.chance == pytest.approx((32 / 9) / (1 + 32 / 9))


def test_leads_that_ended_in_their_hands_are_kept_and_those_let_go_are_not(
    session: Session, ann: str
) -> None:
    ended = {name: put(session, ann, name) for name in ("won", "lost", "let go")}
    for days, (name, lead_id) in enumerate(ended.items()):
        made = session.scalars(select(Assignment).where(Assignment.lead_id == lead_id)).one()
        made.ended_at = NOW - timedelta(days=days)
        made.end_reason = {"won": "converted", "lost": "lost", "let go": "returned"}[name]
    session.flush()
    first = closed(session, ann, Wanted(1))
    assert [(one.lead.first_name, one.how) for one in first.items] == [("won", "converted")]
    rest = closed(session, ann, Wanted(1, first.next))
    assert ([one.how for one in rest.items], rest.next) == (["lost"], None)
