"""Facts come in many at a time, and what comes of each is as if it had come alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from leadflow.accounts.actors import Actor
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.audit.context import Acting
from leadflow.audit.tables import AuditEntry, AuditWaiting
from leadflow.database.engine import unit_of_work
from leadflow.intake.edits import Edit, edit_leads
from leadflow.intake.events.of_lead import EventsTold, take_events
from leadflow.intake.keyed_requests import Answer, AnsweredBefore, KeyedRequest, KeyReused
from leadflow.intake.leads import LeadSent, LeadTaken, take_leads
from leadflow.intake.outcomes import OutcomeTaken, OutcomeTold, take_outcomes
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding, standings
from leadflow.intake.units import together
from leadflow.leads.events.recording import EventIn, record_events
from leadflow.leads.outcomes.telling import OutcomeIn
from leadflow.leads.schemas import EXAMPLE, LeadEdit, LeadIn
from leadflow.leads.service import LeadNotFound
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.rubric import Rubric
from models.scores import Scores

TEAM = """
reps:
  - {id: west, name: Wanda West, capacity: 500, skills: {crm integration: 4}}
  - {id: world, name: Walt World, capacity: 500, skills: {crm integration: 2}}
"""
RUBRIC = Rubric.load()
MAY = frozenset({"lead.create", "lead.edit", "lead.read"})
SENDER = Sender(Actor("key", "key:test", "test", scopes=MAY), Acting("gateway", "req_test"))


@pytest.fixture
def team(store: Engine, tmp_path: Path) -> Engine:
    """The store, with two salespeople who have room."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    return store


def sent(number: int, key: str | None = None, **more: Any) -> LeadSent:
    body = LeadIn.model_validate({**EXAMPLE, "email": f"lead{number}@example.com", **more})
    keyed = None if key is None else KeyedRequest.of("test", key, body.model_dump_json(), answer)
    return LeadSent(body, SENDER, keyed)


def answer(taken: LeadTaken) -> Answer:
    return Answer(201 if taken.created else 200, taken.standing.lead.id)


def take(leads: Sequence[LeadSent], scorer: Any = RUBRIC) -> list[LeadTaken]:
    with unit_of_work() as session:
        return taken(take_leads(session, leads, scorer, get_settings()))


def taken(answers: Sequence[LeadTaken | Exception]) -> list[LeadTaken]:
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    return [answer for answer in answers if isinstance(answer, LeadTaken)]


def test_a_batch_of_leads_is_stored_scored_audited_and_handed_out(team: Engine) -> None:
    answers = take([sent(number) for number in range(40)])
    assert all(answer.created for answer in answers)
    with unit_of_work() as session:
        read = standings(session, [a.standing.lead.id for a in answers], datetime.now(UTC))
        waiting = session.execute(select(AuditWaiting.action, AuditWaiting.request_id)).all()
    for answer in answers:
        assert_same(answer.standing, read[answer.standing.lead.id])
        assert answer.standing.owner is not None
    assert sorted(row.action for row in waiting) == ["lead.assigned"] * 40 + ["lead.scored"] * 40
    assert {row.request_id for row in waiting} == {"req_test"}


def assert_same(said: LeadStanding, read: LeadStanding) -> None:
    """What the answer says is what is stored."""
    assert (said.owner, said.outcome, said.ai) == (read.owner, read.outcome, read.ai)
    assert said.score is not None
    assert read.score is not None
    columns = [column.name for column in LeadScore.__table__.columns if column.name != "scored_at"]
    names = ["contribution_points" if name == "contributions" else name for name in columns]
    assert {n: getattr(said.score, n) for n in names} == {n: getattr(read.score, n) for n in names}
    assert said.score.reasons == read.score.reasons
    for column in Lead.__table__.columns:
        assert getattr(said.lead, column.name) == getattr(read.lead, column.name), column.name


def test_a_lead_has_the_same_score_in_a_batch_as_alone(team: Engine) -> None:
    bodies: list[dict[str, Any]] = [
        {"budget": 1000 * n, "company_size": n or None, "website_visits": n} for n in range(9)
    ]
    many = take([sent(number, **body) for number, body in enumerate(bodies)])
    alone = [take([sent(100 + number, **body)])[0] for number, body in enumerate(bodies)]
    for one, other in zip(many, alone, strict=True):
        assert one.standing.score is not None
        assert other.standing.score is not None
        assert one.standing.score.total_score == pytest.approx(other.standing.score.total_score)
        assert one.standing.score.reasons == other.standing.score.reasons


def test_a_lead_that_is_sent_twice_in_a_batch_is_one_lead(team: Engine) -> None:
    first, second, third = take([sent(1, budget=1), sent(1, budget=2), sent(1, budget=3)])
    assert [first.created, second.created, third.created] == [True, False, False]
    assert first.standing.lead.id == third.standing.lead.id
    with unit_of_work() as session:
        assert session.scalars(select(Lead.budget_minor)).all() == [300]
        assert session.scalar(select(func.count()).select_from(LeadScore)) == 1


def test_known_and_new_leads_share_a_batch(team: Engine) -> None:
    (before,) = take([sent(1, budget=1)])
    known, new = take([sent(1, budget=99_000), sent(2)])
    assert (known.created, new.created) == (False, True)
    assert known.standing.lead.id == before.standing.lead.id
    assert known.standing.score is not None
    assert before.standing.score is not None
    assert known.standing.score.as_of > before.standing.score.as_of
    assert known.standing.owner is not None
    with unit_of_work() as session:
        current = select(func.count()).where(LeadScore.is_current)
        assert session.scalar(current) == 2


def test_the_same_request_twice_under_one_key_is_taken_once(team: Engine) -> None:
    for batch in ([sent(1, "k"), sent(1, "k")], [sent(1, "k")]):
        with unit_of_work() as session:
            *first, again = take_leads(session, batch, RUBRIC, get_settings())
        assert all(one.created for one in taken(first))
        assert isinstance(again, AnsweredBefore)
        with unit_of_work() as session:
            assert again.answer == Answer(201, session.scalars(select(Lead.id)).one())


def test_a_key_used_for_another_request_fails_alone(team: Engine) -> None:
    take([sent(1, "k")])
    with unit_of_work() as session:
        wrong, right = take_leads(session, [sent(2, "k"), sent(3)], RUBRIC, get_settings())
    assert isinstance(wrong, KeyReused)
    assert isinstance(right, LeadTaken)


def test_what_raises_in_a_batch_fails_alone(team: Engine) -> None:
    """Whoever shares a batch with a request that breaks the transaction is taken all the same."""
    (known,) = take([sent(1)])
    lead_id = known.standing.lead.id
    late = EventIn(type="meeting", occurred_at=datetime(2999, 1, 1, tzinfo=UTC))
    anothers = EventIn(type="meeting", external_id="7")
    (other,) = take([sent(2)])
    with unit_of_work() as session:
        record_events(session, [(other.standing.lead.id, anothers)], datetime.now(UTC))
    told = [
        EventsTold(lead_id, [EventIn(type="meeting")], SENDER),
        EventsTold(lead_id, [EventIn(type="form_sent"), late], SENDER),
        EventsTold(lead_id, [EventIn(type="form_sent"), anothers], SENDER),
        EventsTold("lead_none", [EventIn(type="meeting")], SENDER),
        EventsTold(lead_id, [EventIn(type="email_reply")], SENDER),
    ]
    answers = together(
        lambda session, part: take_events(session, part, RUBRIC, get_settings()), told
    )
    kinds = [type(answer).__name__ for answer in answers]
    wrong = ["MomentInFuture", "EventIdTaken", "LeadNotFound"]
    assert kinds == ["EventsTaken", *wrong, "EventsTaken"]
    with unit_of_work() as session:
        of_lead = select(LeadEvent.type).where(LeadEvent.lead_id == lead_id)
        assert sorted(session.scalars(of_lead)) == ["email_reply", "meeting"]


class Failing:
    """A model that cannot score leads of one company size."""

    def __getattr__(self, name: str) -> Any:
        return getattr(RUBRIC, name)

    def score_rows(self, leads: Sequence[Any]) -> Scores:
        if any(values["company_size"] == 13 for values in leads):
            raise ZeroDivisionError
        return RUBRIC.score_rows(leads)


@pytest.mark.parametrize(("scorer", "scored"), [(None, 0), (Failing(), 2)])
def test_a_lead_that_nothing_can_score_is_stored_and_marked(
    team: Engine, scorer: Any, scored: int
) -> None:
    sizes = (1, 13, 2)
    answers = take([sent(n, company_size=size) for n, size in enumerate(sizes)], scorer)
    assert sum(answer.standing.score is not None for answer in answers) == scored
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 3
        marked = set(session.scalars(select(ChangedLead.lead_id)))
        given = set(session.scalars(select(Assignment.lead_id)))
    left = {a.standing.lead.id for a in answers if a.standing.score is None}
    assert marked == left
    assert not given & left


def test_edits_and_outcomes_of_many_leads_come_in_together(team: Engine) -> None:
    ids = [answer.standing.lead.id for answer in take([sent(1), sent(2)])]
    edits = [Edit(one, LeadEdit(budget=7), SENDER) for one in (*ids, "lead_none")]
    ends = [OutcomeTold(one, OutcomeIn(outcome="lost"), SENDER) for one in (*ids, "lead_none")]
    with unit_of_work() as session:
        *changed, missing = edit_leads(session, edits, RUBRIC, get_settings())
        assert isinstance(missing, LeadNotFound)
        assert [one.lead.budget_minor for one in changed if isinstance(one, LeadStanding)] == [
            700,
            700,
        ]
    with unit_of_work() as session:
        *ended, unknown = take_outcomes(session, ends, get_settings())
        assert isinstance(unknown, LeadNotFound)
        assert all(isinstance(one, OutcomeTaken) and one.outcome.created for one in ended)
        open_ones = select(func.count()).where(Assignment.ended_at.is_(None))
        assert session.scalar(open_ones) == 0


def test_two_edits_of_one_lead_in_a_batch_are_each_audited_with_what_they_changed(
    team: Engine,
) -> None:
    lead_id = take([sent(1, budget=1)])[0].standing.lead.id
    person = Sender(Actor("person", "user_test", "test", scopes=MAY), Acting("gateway", "req_test"))
    edits = [Edit(lead_id, LeadEdit(budget=budget), person) for budget in (2, 3)]
    with unit_of_work() as session:
        edit_leads(session, edits, RUBRIC, get_settings())
    with unit_of_work() as session:
        kept = select(AuditEntry.before, AuditEntry.after)
        kept = kept.where(AuditEntry.action == "lead.edited").order_by(AuditEntry.number)
        first, second = session.execute(kept).all()
    assert first.after == second.before
    assert first.before != first.after != second.after
