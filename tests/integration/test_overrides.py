"""A person's score stands beside the model's, with a reason, for a while, and is never learned."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import Requester
from leadflow.accounts.tables import Person
from leadflow.approvals import service as approvals
from leadflow.approvals.evidence import Evidence
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.tables import Approval
from leadflow.assignment.insight.overview import best_leads
from leadflow.assignment.routing import sweep
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.audit.reasons import in_words
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.overrides import service as overrides
from leadflow.scoring.overrides.report import override_report
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.scoring.overrides.standing import active_override, standing_overrides
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.scoring.serving.score import current_score, score_lead
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import get_settings
from models.rubric import Rubric
from tests.deciders import settle, somebody

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
HORIZON = timedelta(days=90)
KIND = overrides.KIND


def put_lead(session: Session) -> str:
    lead = Lead(source="test", created_at=NOW, known_from=NOW, company_size=100)
    session.add(lead)
    session.flush()
    score_lead(session, Rubric.load(), lead.id, NOW, get_settings())
    return lead.id


def say(
    session: Session,
    lead_id: str,
    points: float,
    now: datetime = NOW,
    expires_at: datetime | None = None,
) -> ScoreOverride:
    """Override by so many points above what the model says."""
    said = OverrideIn(
        new_score=current_score(session, lead_id).total_score + points,
        reason="Strong interest shown in demo call",
        expires_at=expires_at,
    )
    by = somebody(session, "sales_manager_1", "sales_manager")
    asks = Requester(by.id, frozenset(by.roles), by.id)
    return overrides.override(session, lead_id, said, asks, now, get_settings())


def approve(session: Session, made: ScoreOverride, now: datetime = NOW) -> dict[str, object]:
    """Agree as another manager, and carry the act out."""
    assert made.approval_id is not None
    approval = settle(session, made.approval_id, now).approval
    payload = {**approval.payload, "approval_id": approval.id}
    done = overrides.apply_override(session, payload, now)
    session.refresh(made)
    return done


def statuses(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(ScoreOverride.status).order_by(ScoreOverride.created_at)))


def audited(session: Session) -> list[str]:
    said = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))
    return [action for action in said if action != "person.added"]


def test_an_override_stands_beside_the_model_and_changes_no_score_of_it(session: Session) -> None:
    lead_id = put_lead(session)
    model = current_score(session, lead_id)
    made = say(session, lead_id, 20)
    assert (made.status, made.expires_at) == ("active", NOW + timedelta(days=30))
    assert (made.model_score, made.model_version) == (model.total_score, model.model_version)
    assert active_override(session, lead_id, NOW) == made
    score_lead(session, Rubric.load(), lead_id, NOW + timedelta(hours=1), get_settings())
    session.expire_all()
    assert current_score(session, lead_id).total_score == made.model_score
    assert active_override(session, lead_id, NOW) == made
    assert audited(session) == ["override.made"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == lead_id)).one()
    assert entry.actor == made.override_by
    assert (entry.before, entry.after) == (
        {"score": made.model_score},
        {"score": made.new_score, "until": made.expires_at.isoformat()},
    )
    assert "demo call" not in str(list(vars(entry).values()))
    assert "demo call" in str(in_words(session, [entry])[entry.number])


def test_an_override_ends_by_the_clock_alone_and_is_marked_afterwards(session: Session) -> None:
    lead_id = put_lead(session)
    made = say(session, lead_id, 20)
    assert active_override(session, lead_id, made.expires_at) is None
    assert standing_overrides(session, LATER, 9) == []
    assert overrides.settle_due(session, made.expires_at - timedelta(seconds=1)) == 0
    assert overrides.settle_due(session, LATER) == 1
    session.refresh(made)
    assert (made.status, made.ended_at) == ("expired", made.expires_at)
    assert overrides.settle_due(session, LATER) == 0


def test_an_override_after_one_that_expired_unmarked_takes_its_place(session: Session) -> None:
    lead_id = put_lead(session)
    say(session, lead_id, 10)
    made = say(session, lead_id, 20, LATER)
    assert statuses(session) == ["expired", "active"]
    assert active_override(session, lead_id, LATER) == made


def test_a_large_change_waits_and_counts_once_another_manager_agrees(session: Session) -> None:
    somebody(session, "another", "sales_manager")
    lead_id = put_lead(session)
    small = say(session, lead_id, 10)
    large = say(session, lead_id, 31, NOW + timedelta(minutes=1))
    assert statuses(session) == ["active", "waiting"]
    assert active_override(session, lead_id, NOW) == small
    [asked] = approvals.waiting(session)
    assert asked.id == large.approval_id
    assert (asked.kind, asked.subject_id) == ("score_override", lead_id)
    assert f"**{large.new_score:.0f}**" in asked.description
    shown = [fact.value for fact in Evidence.of(asked.evidence).facts]
    assert shown[:2] == [f"{large.new_score:.0f}", f"{large.model_score:.0f}"]
    assert asked.asked_why == large.reason
    assert large.reason not in asked.description
    assert approve(session, large) == {"override": large.id, "status": "active"}
    assert statuses(session) == ["replaced", "active"]
    assert active_override(session, lead_id, NOW) == large
    assert audited(session)[-6:] == [
        "approval.asked",
        "override.asked",
        "approval.approve_vote",
        "approval.approved",
        "override.applied",
        "approval.carried_out",
    ]


@pytest.mark.parametrize(
    ("budget", "currency", "asked"),
    [(60_000, "EUR", ["admin"]), (60_000, "JPY", []), (40_000, "EUR", []), (None, None, [])],
)
def test_policies_go_by_what_the_lead_is_worth(
    session: Session, budget: int | None, currency: str | None, asked: list[str]
) -> None:
    worth = {
        "value": {"operator": "greater_than", "value": 50_000},
        "currency": {"operator": "equals", "value": "EUR"},
    }
    policies = [
        {"policy": "dear", "decision": KIND, "when": worth, "levels": [{"roles": ["admin"]}]},
        {"policy": "others", "decision": KIND, "levels": []},
    ]
    store_policies(session, parse_policies({"policies": policies}), "test", None)
    lead_id = put_lead(session)
    lead = session.get_one(Lead, lead_id)
    lead.budget_minor = None if budget is None else budget * 100
    lead.budget_currency = currency
    say(session, lead_id, 5)
    waits = [role for approval in approvals.waiting(session) for role in approval.roles_now]
    assert waits == asked


def test_who_asks_cannot_agree(session: Session) -> None:
    made = say(session, put_lead(session), 40)
    assert made.approval_id is not None
    asker = session.get_one(Person, made.override_by)
    refused = approvals.decide(session, made.approval_id, "approve", asker, "me", NOW, "api")
    assert (refused.counted, refused.problem) == (False, "own-request")
    assert statuses(session) == ["waiting"]


def test_an_act_without_an_approval_puts_nothing_in_force(session: Session) -> None:
    made = say(session, put_lead(session), 40)
    asked = session.scalars(select(Approval)).one()
    with pytest.raises(approvals.NotApproved):
        overrides.apply_override(session, {**asked.payload, "approval_id": asked.id}, NOW)
    session.refresh(made)
    assert made.status == "waiting"


def test_an_approved_act_carried_out_twice_changes_nothing_more(session: Session) -> None:
    lead_id = put_lead(session)
    large = say(session, lead_id, 40)
    approve(session, large)
    newer = say(session, lead_id, 5, NOW + timedelta(minutes=1))
    asked = session.scalars(select(Approval)).one()
    overrides.apply_override(session, {**asked.payload, "approval_id": asked.id}, NOW)
    assert active_override(session, lead_id, NOW) == newer


def test_a_rejected_override_never_counts(session: Session) -> None:
    lead_id = put_lead(session)
    made = say(session, lead_id, 40)
    assert made.approval_id is not None
    settle(session, made.approval_id, NOW, "reject")
    assert overrides.settle_due(session, NOW) == 1
    assert statuses(session) == ["rejected"]
    assert active_override(session, lead_id, NOW) is None


def test_questions_about_different_leads_wait_side_by_side(session: Session) -> None:
    first = say(session, put_lead(session), 40)
    second = say(session, put_lead(session), 40)
    assert {item.id for item in approvals.waiting(session)} == {
        first.approval_id,
        second.approval_id,
    }


@pytest.mark.parametrize(("points", "left"), [(40, 1), (10, 0)])
def test_a_newer_override_takes_back_the_question_of_the_older(
    session: Session, points: float, left: int
) -> None:
    lead_id = put_lead(session)
    older = say(session, lead_id, 35)
    say(session, lead_id, points, NOW + timedelta(minutes=1))
    assert statuses(session)[0] == "replaced"
    assert session.get_one(Approval, older.approval_id).status == "void"
    assert len(approvals.waiting(session)) == left


def test_an_override_that_expires_while_it_waits_asks_no_more(session: Session) -> None:
    lead_id = put_lead(session)
    say(session, lead_id, 40, expires_at=NOW + timedelta(hours=1))
    assert overrides.settle_due(session, LATER) == 1
    assert statuses(session) == ["expired"]
    assert approvals.waiting(session) == []


def test_an_approval_that_comes_after_the_expiry_puts_nothing_in_force(session: Session) -> None:
    made = say(session, put_lead(session), 40, expires_at=NOW + timedelta(hours=1))
    assert made.approval_id is not None
    settle(session, made.approval_id, NOW)
    payload = {"lead_id": made.lead_id, "approval_id": made.approval_id}
    assert "void" in overrides.apply_override(session, payload, LATER)
    assert approvals.get(session, made.approval_id).status == "void"
    session.refresh(made)
    assert made.status == "waiting"
    assert overrides.settle_due(session, LATER) == 1


def test_the_end_of_an_old_override_leaves_a_newer_question_alone(session: Session) -> None:
    lead_id = put_lead(session)
    say(session, lead_id, 10, expires_at=NOW + timedelta(hours=1))
    say(session, lead_id, 40, NOW + timedelta(minutes=1))
    assert overrides.settle_due(session, NOW + timedelta(hours=2)) == 1
    assert statuses(session) == ["expired", "waiting"]
    assert len(approvals.waiting(session)) == 1


def test_withdrawing_takes_back_what_counts_and_what_waits(session: Session) -> None:
    lead_id = put_lead(session)
    say(session, lead_id, 10)
    say(session, lead_id, 40, NOW + timedelta(minutes=1))
    assert len(overrides.withdraw(session, lead_id, "ana", NOW)) == 2
    assert statuses(session) == ["withdrawn", "withdrawn"]
    assert active_override(session, lead_id, NOW) is None
    assert approvals.waiting(session) == []
    with pytest.raises(overrides.NoOverride):
        overrides.withdraw(session, lead_id, "ana", NOW)


def test_ten_overrides_at_once_leave_one_that_counts(store: Engine) -> None:
    with unit_of_work() as session:
        somebody(session, "sales_manager_1", "sales_manager")
        lead_id = put_lead(session)

    def one(number: int) -> None:
        with unit_of_work() as session:
            say(session, lead_id, number, datetime.now(UTC))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(10)))
    with unit_of_work() as session:
        assert sorted(statuses(session)) == ["active"] + ["replaced"] * 9


def test_the_store_itself_keeps_that_one_override_counts(session: Session) -> None:
    made = say(session, put_lead(session), 10)
    names = {column.name for column in ScoreOverride.__table__.columns} - {"id"}
    session.add(ScoreOverride(**{name: getattr(made, name) for name in names}))
    with pytest.raises(IntegrityError, match="uq_score_overrides_active"):
        session.flush()


def test_the_sweep_goes_by_the_score_that_counts(session: Session, tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("reps:\n  - {id: one, name: One, capacity: 1}")
    store_team(session, load_team(tmp_path / "team.yaml"))
    settings = get_settings()
    raised, lowered, expired = (put_lead(session) for _ in range(3))
    scores = {raised: 35.0, lowered: 90.0, expired: 35.0}
    for score in session.scalars(select(LeadScore)):
        score.total_score, score.level = scores[score.lead_id], "cold"
        if score.lead_id == lowered:
            score.level = "hot"
    session.flush()
    say(session, raised, 30)
    say(session, lowered, -29)  # warm still, but behind the one at 65
    say(session, expired, 30, expires_at=NOW + timedelta(minutes=1))
    at = NOW + timedelta(minutes=2)
    assert sweep.sweep(session, settings, None, at).assigned == 1
    assert session.scalars(select(Assignment.lead_id)).all() == [raised]


def test_the_table_of_best_leads_goes_by_the_score_that_counts(session: Session) -> None:
    first, second = put_lead(session), put_lead(session)
    model = current_score(session, second).total_score
    say(session, second, 25, datetime.now(UTC))
    say(session, first, 28, NOW - timedelta(days=9999))
    best = best_leads(session, 9)
    assert [lead.lead_id for lead in best] == [second, first]
    assert [lead.total for lead in best] == [model + 25, model]
    assert best[0].reasons[0] == f"Set by sales_manager_1; the model says {model:.0f}"
    assert best[0].level != best[1].level


def test_training_never_sees_an_override(session: Session) -> None:
    ids = [put_lead(session) for _ in range(8)]
    for number, lead_id in enumerate(ids):
        outcome = ("converted", "lost")[number % 2]
        at = NOW + timedelta(days=60)
        session.add(Outcome(lead_id=lead_id, outcome=outcome, occurred_at=at, source="test"))
    session.flush()
    then = NOW + timedelta(days=200)
    before = read_training_set(session, then, HORIZON)
    for lead_id in ids:
        approve(session, say(session, lead_id, 45))
    after = read_training_set(session, then, HORIZON)
    assert len(before.frame) == 8
    assert before.frame.equals(after.frame)
    assert before.features == after.features
    assert (before.converted == after.converted).all()
    assert (before.moments == after.moments).all()


def test_the_report_judges_each_lead_once_by_what_came_of_it(session: Session) -> None:
    won, lost, late, open_, withdrawn, rejected, afterwards = (put_lead(session) for _ in range(7))
    for lead_id in (won, lost, late, withdrawn):
        say(session, lead_id, 10)
    say(session, withdrawn, 12, NOW + timedelta(minutes=1))
    say(session, won, 20, NOW + timedelta(hours=1))
    say(session, rejected, 40)
    say(session, open_, 10, NOW + timedelta(days=50))
    say(session, afterwards, 10, NOW + timedelta(days=50))
    overrides.withdraw(session, withdrawn, "ana", NOW)
    ends = {
        won: ("converted", 20),
        lost: ("lost", 30),
        late: ("converted", 95),
        withdrawn: ("converted", 9),
        rejected: ("converted", 9),
        afterwards: ("converted", 9),
    }
    for lead_id, (outcome, days) in ends.items():
        at = NOW + timedelta(days=days)
        session.add(Outcome(lead_id=lead_id, outcome=outcome, occurred_at=at, source="test"))
    session.flush()
    found = override_report(session, HORIZON, NOW + timedelta(days=100))
    assert (found.judged, found.converted, found.open) == (3, 1, 1)
    assert found.person_auc == 1.0  # twenty points more for the one that converted
    assert found.model_auc == 0.5
    assert found.verdict.startswith("Too few to say: 3 of the 20")
    assert session.scalar(select(func.count()).select_from(ScoreOverride)) == 9
