"""The sweep on a real store: one owner a lead, capacity kept, in however many processes."""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadflow.assignment import service
from leadflow.assignment.overview import best_leads
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team import TeamFileInvalid, load_team, read_reps, store_team
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.tables import LeadScore, ScorecardUsed
from leadflow.settings import get_settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEAM = """
territories:
  - {name: US West, countries: [US], regions: [CA]}
reps:
  - {id: west, name: Wanda West, capacity: 3, skills: {crm integration: 4}, territories: [US West]}
  - {id: world, name: Walt World, capacity: 5, skills: {sales training: 2}}
  - {id: gone, name: Gus Gone, capacity: 9, active: false}
"""


def put_team(session: Session, folder: Path, text: str = TEAM) -> None:
    path = folder / "team.yaml"
    path.write_text(text)
    store_team(session, load_team(path))


def put_lead(session: Session, total: float, level: str = "hot", **facts: object) -> str:
    lead = Lead(source="test", **facts)
    session.add(lead)
    session.flush()
    card = ScorecardUsed(id=1, regime="rubric", model_version="1", features=["f"])
    session.merge(card)
    numbers = dict.fromkeys(("demographic", "behavioural", "engagement", "fit", "ai"), 50.0)
    session.add(
        LeadScore(
            lead_id=lead.id,
            as_of=NOW,
            total_score=total,
            points=total,
            probability=0.5,
            probability_low=0.4,
            probability_high=0.6,
            confidence="high",
            level=level,
            scorecard_id=1,
            contribution_points=[3.0],
            reason_places=[0],
            reason_texts=["A reason"],
            regime="rubric",
            model_version="1",
            **numbers,
        )
    )
    session.flush()
    return lead.id


def owners(session: Session) -> dict[str, str]:
    rows = session.execute(select(Assignment.lead_id, Rep.external_id).join(Rep))
    return dict(rows.tuples().all())


def test_the_sweep_respects_territory_and_skill_and_leaves_the_rest_alone(
    session: Session, tmp_path: Path
) -> None:
    put_team(session, tmp_path)
    crm = put_lead(session, 90, country="US", region="CA", service_requirements=["crm integration"])
    training = put_lead(session, 80, "warm", country="DE", service_requirements=["sales training"])
    nobody = put_lead(session, 70, country="DE", service_requirements=["crm integration"])
    put_lead(session, 40, "cold")
    closed = put_lead(session, 95)
    session.add(Outcome(lead_id=closed, outcome="lost", occurred_at=NOW, source="test"))
    session.flush()
    result = service.sweep(session, get_settings(), "hybrid", NOW)
    assert owners(session) == {crm: "west", training: "world"}
    assert (result.assigned, result.unroutable) == (2, 1)
    said = {row["lead"]: row["why"] for row in result.rows}
    assert said[nobody] == "Nobody can take it: 1 inactive, 1 skill, 1 territory."
    again = service.sweep(session, get_settings(), "hybrid", NOW)
    assert again.assigned == 0


def test_the_best_leads_go_first_when_hands_are_few(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path)
    leads = [put_lead(session, 70 + number, country="FR") for number in range(8)]
    service.sweep(session, get_settings(), "round_robin", NOW)
    assert set(owners(session)) == set(leads[3:])


def test_a_lead_that_ended_frees_the_hands_for_the_next(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 1}")
    first = put_lead(session, 90)
    second = put_lead(session, 80)
    assert service.sweep(session, get_settings(), None, NOW).assigned == 1
    assert service.sweep(session, get_settings(), None, NOW).assigned == 0
    session.add(Outcome(lead_id=first, outcome="converted", occurred_at=NOW, source="test"))
    session.flush()
    assert service.sweep(session, get_settings(), None, NOW).assigned == 1
    ended = session.execute(
        select(Assignment.lead_id, Assignment.end_reason).order_by(Assignment.ended_at)
    )
    assert ended.all() == [(first, "converted"), (second, None)]
    assert {rep.load for rep in read_reps(session)} == {1}


def test_the_table_of_best_leads_says_who_and_why(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path)
    put_lead(session, 90, country="FR", company_name="Acme", job_title="CEO")
    put_lead(session, 95, "cold", country="FR", company_name="Bolt")
    service.sweep(session, get_settings(), None, NOW)
    first, second = best_leads(session, 10)
    assert (first.company, first.owner) == ("Bolt", None)
    assert (second.owner, second.why) == ("Walt World", "Works everywhere, 0 of 5 leads in work")
    assert second.reasons == ["A reason (+3)"]


def test_reading_the_same_team_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path)
    before = read_reps(session)
    put_team(session, tmp_path)
    assert read_reps(session) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reps:\n  - {id: a, name: A, capacity: 1, territories: [Mars]}", "no territory Mars"),
        ("reps:\n  - {id: a, name: A, capacity: 1, skills: {crm: 9}}", "from 1 to 5"),
        ("reps:\n  - {id: a, name: A, capacity: -1}", r"reps\[0\]\.capacity"),
        ("reps:\n  - {id: a, name: A, capacity: 1, colour: red}", r"reps\[0\]\.colour"),
        ("reps: [", "cannot be read"),
    ],
)
def test_a_bad_team_file_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "team.yaml"
    path.write_text(text)
    with pytest.raises(TeamFileInvalid, match=message):
        load_team(path)


def sweep_once(number: int) -> int:
    """One sweep in a process of its own."""
    with unit_of_work() as session:
        return service.sweep(session, get_settings(), None, NOW, limit=7).assigned


def test_sweeps_in_four_processes_give_one_owner_each_and_nobody_too_much(
    store: Engine, tmp_path: Path
) -> None:
    team = "reps:\n" + "\n".join(
        f"  - {{id: r{number}, name: N, capacity: 6}}" for number in range(5)
    )
    with unit_of_work() as session:
        put_team(session, tmp_path, team)
        for number in range(50):
            put_lead(session, 60 + number / 2)
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assigned = list(pool.map(sweep_once, range(16)))
    assert sum(assigned) == 30
    with unit_of_work() as session:
        per_rep = session.execute(
            select(Assignment.rep_id, func.count()).group_by(Assignment.rep_id)
        ).all()
        leads = session.scalars(select(Assignment.lead_id)).all()
    assert {count for _, count in per_rep} == {6}
    assert len(set(leads)) == len(leads) == 30
