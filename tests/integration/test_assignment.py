"""The sweep on a real store: one owner a lead, capacity kept, in however many processes."""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.insight.overview import best_leads
from leadflow.assignment.routing import sweep as service
from leadflow.assignment.routing.decision_trace import last_trace
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, AssignmentDecision, Rep, RepLoad
from leadflow.assignment.team.versions import TeamFileInvalid, load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.outbox.tables import OutboxRow
from leadflow.rules.schemas import parse_rules
from leadflow.rules.service import store_rules
from leadflow.scoring.tables import LeadScore, ScorecardUsed
from leadflow.settings import get_settings
from tests.integration.assigning_processes import work
from tests.processes import processes

pytestmark = pytest.mark.uncounted

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
    assert said[nobody] == (
        "Nobody can take it: 1 inactive, 1 in other territories, 2 without the skill."
    )
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
    later = NOW + timedelta(minutes=1)
    assert service.sweep(session, get_settings(), None, later).assigned == 1
    ended = session.execute(
        select(Assignment.lead_id, Assignment.end_reason).order_by(Assignment.ended_at)
    )
    assert ended.tuples().all() == [(first, "converted"), (second, None)]
    assert session.scalars(select(RepLoad.open_leads)).all() == [1]


def test_the_table_of_best_leads_says_who_and_why(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path)
    put_lead(session, 90, country="FR", company_name="Acme", job_title="CEO")
    put_lead(session, 95, "cold", country="FR", company_name="Bolt")
    service.sweep(session, get_settings(), None, NOW)
    first, second = best_leads(session, 10)
    assert (first.company, first.owner) == ("Bolt", None)
    assert (second.owner, second.why) == ("Walt World", "Works everywhere, 0 of 5 leads in work")
    assert second.reasons == ["A reason (+3)"]


def test_what_a_sweep_decided_can_be_read_again_for_everybody(
    session: Session, tmp_path: Path
) -> None:
    put_team(session, tmp_path)
    crm = put_lead(session, 90, country="US", region="CA", service_requirements=["crm integration"])
    service.sweep(session, get_settings(), "hybrid", NOW)
    trace = last_trace(session, crm)
    assert trace is not None
    ids = dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())
    assert (trace.strategy, trace.rule_id, trace.source) == ("hybrid", "qualified", "sweep")
    assert trace.rep_id == ids["west"]
    (chosen,) = trace.candidates
    assert chosen.chosen
    assert chosen.parts == {
        "skill": 0.8,
        "territory": 1.0,
        "capacity": 1.0,
        "fairness": 1.0,
        "performance": 1.0,
    }
    assert chosen.total == pytest.approx(0.94)
    why = {excluded.rep_id: excluded.constraints for excluded in trace.excluded}
    assert why == {ids["world"]: ["skill"], ids["gone"]: ["inactive", "skill"]}
    assert trace.why_not(ids["world"]) == (
        "Could not have it: knows none of what the lead asks for well enough."
    )
    assert trace.why_not(ids["west"]).startswith("Got it. Knows crm integration (4 of 5)")
    assert trace.why_not("rep_unknown") == "Was not in the team when this was decided."


def test_who_finds_nobody_is_on_the_list_until_somebody_is_found(
    session: Session, tmp_path: Path
) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 1}")
    first, second = put_lead(session, 90), put_lead(session, 80)
    for turn in range(3):
        service.sweep(session, get_settings(), None, NOW + timedelta(minutes=turn))
    (listed,) = session.scalars(select(UnroutableLead)).all()
    assert (listed.lead_id, listed.reason) == (second, "Nobody can take it: 1 full.")
    assert listed.last_tried_at - listed.since == timedelta(minutes=2)
    assert session.scalar(select(func.count()).select_from(AssignmentDecision)) == 2
    session.add(Outcome(lead_id=first, outcome="lost", occurred_at=NOW, source="test"))
    session.flush()
    service.sweep(session, get_settings(), None, NOW + timedelta(minutes=3))
    assert owners(session)[second] == "one"
    assert session.scalars(select(UnroutableLead)).all() == []


def test_without_any_salesperson_leads_wait_and_are_handed_out_once_there_is_one(
    session: Session, tmp_path: Path
) -> None:
    lead, settings = put_lead(session, 90), get_settings()
    assert not service.sweep_is_due(session, settings, NOW)
    assert service.sweep(session, settings, None, NOW).leads == 0
    assert not session.scalars(select(UnroutableLead)).all()
    assert not session.scalars(select(AssignmentDecision)).all()
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 1}")
    assert service.sweep_is_due(session, settings, NOW)
    assert service.sweep(session, settings, None, NOW).assigned == 1
    assert owners(session) == {lead: "one"}


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


def test_a_sweep_in_parts_tries_no_lead_twice(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 1}")
    for number in range(5):
        put_lead(session, 60 + number)
    settings, tried = get_settings(), []
    for minute in range(2, 6):
        at = NOW + timedelta(minutes=minute)
        part = service.sweep(session, settings, None, at, limit=2, started_at=NOW)
        tried += [row["lead"] for row in part.rows]
    assert len(tried) == len(set(tried)) == 5
    new = put_lead(session, 55)
    later = NOW + timedelta(hours=1)
    only_new = service.sweep(session, settings, None, later, retry=False)
    assert [row["lead"] for row in only_new.rows] == [new]


def test_rules_choose_strategy_and_pool_and_the_default_takes_the_rest(
    session: Session, tmp_path: Path
) -> None:
    team = """
reps:
  - {id: a, name: A, capacity: 5, team: north}
  - {id: b, name: B, capacity: 5, team: south}
"""
    put_team(session, tmp_path, team)
    rules = {
        "rules": [
            {
                "rule_id": "banks",
                "name": "Banks go south",
                "conditions": {"industry": {"operator": "equals", "value": "finance"}},
                "actions": {"strategy": "round_robin", "teams": ["south"], "sla_minutes": 30},
                "priority": 10,
            },
            {
                "rule_id": "no_retail",
                "name": "Retail is nobody's",
                "conditions": {"industry": {"operator": "equals", "value": "retail"}},
                "actions": {"assign_lead": False},
                "priority": 5,
            },
        ],
        "default": {"teams": ["north"], "strategy": "workload_balanced", "notify_manager": True},
    }
    store_rules(session, "assignment", parse_rules(rules, AssignActions), "test", None, True)
    bank = put_lead(session, 20, "unqualified", industry="finance")
    shop = put_lead(session, 90, industry="retail")
    other = put_lead(session, 60, industry="media")
    service.sweep(session, get_settings(), None, NOW)
    assert owners(session) == {bank: "b", other: "a"}
    assert last_trace(session, shop) is None
    made = {row.lead_id: row for row in session.scalars(select(Assignment))}
    assert (made[bank].rule_id, made[bank].strategy) == ("banks", "round_robin")
    assert made[bank].sla_minutes == 30
    assert made[bank].due_at == NOW + timedelta(minutes=30)
    assert (made[other].rule_id, made[other].strategy) == (None, "workload_balanced")
    told = session.scalars(select(OutboxRow.payload).where(OutboxRow.act == "notify_rep")).all()
    # Hot, so its salesperson is told; its rule has the manager told too.
    assert sorted((row["what"], row["to"], *row["lead_ids"]) for row in told) == [
        ("assigned", "rep", other),
        ("rule", "manager", other),
    ]


@pytest.mark.parametrize("portions", [3, pytest.param(20, marks=pytest.mark.long)])
def test_many_processes_give_no_lead_two_owners_and_nobody_more_than_the_capacity(
    store: Engine, tmp_path: Path, portions: int
) -> None:
    """Requests and sweeps at once, each lead asked for by two processes, in turn by round robin."""
    team = "reps:\n" + "\n".join(
        f"  - {{id: r{number:02}, name: N, capacity: 30}}" for number in range(10)
    )
    with unit_of_work() as session:
        put_team(session, tmp_path, team)
        leads = [put_lead(session, 60 + number % 40) for number in range(400)]
        rules = {"rules": [], "default": {"strategy": "round_robin", "at_once": True}}
        store_rules(session, "assignment", parse_rules(rules, AssignActions), "test", None, True)
    parts = [leads[start::portions] for start in range(portions)]
    tasks = [("request", part) for part in (*parts, *parts)] + [("sweep", [])] * (portions // 2)
    with ProcessPoolExecutor(len(tasks), mp_context=processes()) as pool:
        given = list(pool.map(work, tasks, chunksize=1))
    with unit_of_work() as session:
        per_rep = dict(
            session.execute(
                select(Assignment.rep_id, func.count())
                .where(Assignment.ended_at.is_(None))
                .group_by(Assignment.rep_id)
            )
            .tuples()
            .all()
        )
        owned = session.scalars(select(Assignment.lead_id)).all()
        counted = session.scalars(select(RepLoad.open_leads)).all()
    assert sum(given) == len(owned) == len(set(owned)) == 300
    assert set(per_rep.values()) == {30}
    assert set(counted) == {30}


def test_turns_are_kept_across_processes_and_restarts(store: Engine, tmp_path: Path) -> None:
    team = "reps:\n" + "\n".join(
        f"  - {{id: r{number}, name: N, capacity: 100}}" for number in range(7)
    )
    with unit_of_work() as session:
        put_team(session, tmp_path, team)
        leads = [put_lead(session, 60 + number % 40) for number in range(60)]
        rules = {"rules": [], "default": {"strategy": "round_robin", "at_once": True}}
        store_rules(session, "assignment", parse_rules(rules, AssignActions), "test", None, True)
    tasks = [("request", leads[start:40:4]) for start in range(4)] + [("sweep", [])]
    for _ in range(2):
        with ProcessPoolExecutor(5, mp_context=processes()) as pool:
            list(pool.map(work, tasks, chunksize=1))
    with unit_of_work() as session:
        counts = session.scalars(select(RepLoad.received)).all()
    assert sum(counts) == 60
    assert max(counts) - min(counts) <= 1
