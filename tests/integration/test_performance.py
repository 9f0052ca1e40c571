"""The report says what really happened; the comparison says no more than the past allows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from leadflow.assignment.insight.override_report import assignment_override_report
from leadflow.assignment.insight.performance_report import performance_report
from leadflow.assignment.insight.strategy_comparison import NothingToCompare, compare_strategies
from leadflow.assignment.routing import sweep
from leadflow.assignment.routing.decision_trace import last_trace
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.track_record import read_effects
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.settings import get_settings
from tests.integration.test_assignment import put_lead

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MONDAY = datetime(2026, 1, 5, 16, 50, tzinfo=UTC)
TEAM = """
reps:
  - {id: ann, name: Ann, capacity: 400, team: north,
     working_hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}}
  - {id: bob, name: Bob, capacity: 400, team: south}
  - {id: cem, name: Cem, capacity: 400, team: south}
"""


def put_team(session: Session, folder: Path) -> dict[str, str]:
    (folder / "team.yaml").write_text(TEAM)
    store_team(session, load_team(folder / "team.yaml"))
    return dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())


def put_past(
    session: Session,
    rep_id: str,
    converted: bool | None,
    at: datetime = MONDAY,
    probability: float = 0.5,
    strategy: str = "hybrid",
    touched: timedelta | None = None,
    after: timedelta = timedelta(days=20),
) -> str:
    """A lead that was somebody's, and how it ended; None: it has not."""
    lead = Lead(source="test", created_at=at, industry="retail")
    session.add(lead)
    session.flush()
    ended = None if converted is None else at + after
    session.add(
        Assignment(
            lead_id=lead.id,
            rep_id=rep_id,
            strategy=strategy,
            reason="",
            source="sweep",
            assigned_by="assign_leads",
            probability=probability,
            segment="retail",
            assigned_at=at,
            first_touch_at=None if touched is None else at + touched,
            due_at=at + timedelta(days=1),
            ended_at=ended,
            end_reason=None if converted is None else ("converted" if converted else "lost"),
        )
    )
    if converted is not None:
        how = "converted" if converted else "lost"
        session.add(Outcome(lead_id=lead.id, outcome=how, occurred_at=ended, source="test"))
    session.flush()
    return lead.id


def report(session: Session, team: str | None = None):  # type: ignore[no-untyped-def]
    start = MONDAY - timedelta(days=30)
    return performance_report(session, get_settings(), start, NOW, NOW, team)


def test_the_report_counts_what_happened_in_working_minutes(
    session: Session, tmp_path: Path
) -> None:
    ids = put_team(session, tmp_path)
    put_past(session, ids["ann"], True, touched=timedelta(hours=16, minutes=20), probability=0.25)
    put_past(session, ids["ann"], False, probability=0.25)
    put_past(session, ids["bob"], True, strategy="round_robin", touched=timedelta(minutes=30))
    made = report(session)
    by_name = {rep.name: rep for rep in made.reps}
    ann = by_name["Ann"].record
    assert (ann.assigned, ann.accepted_share, ann.in_time_share) == (2, 0.5, 0.5)
    # 16:50 to 9:10 the next morning are ten minutes before the end of the day and ten after nine.
    assert ann.response_minutes == (20.0, 20.0)
    assert (ann.conversion.leads, ann.conversion.converted, ann.conversion.expected) == (2, 1, 0.5)
    assert ann.conversion.ratio == 2.0
    assert ann.conversion.low is not None
    assert ann.conversion.high is not None
    assert ann.conversion.low < 1 < ann.conversion.high
    assert by_name["Cem"].record.response_minutes is None
    assert {name: one.assigned for name, one in made.strategies.items()} == {
        "hybrid": 2,
        "round_robin": 1,
    }
    assert made.fairness.most_minus_least == 2
    assert made.fairness.gini == pytest.approx(4 / 9)
    assert {rep.name for rep in report(session, "south").reps} == {"Bob", "Cem"}


def test_who_has_a_queue_is_judged_from_when_each_lead_could_be_worked(
    session: Session, tmp_path: Path
) -> None:
    ids = put_team(session, tmp_path)
    worked = put_past(session, ids["bob"], None, touched=timedelta(minutes=63))
    waits = put_past(session, ids["bob"], None, at=NOW - timedelta(minutes=5))
    for made in session.scalars(select(Assignment).where(Assignment.lead_id == worked)):
        made.clock_starts_at = made.assigned_at + timedelta(minutes=60)
    session.flush()
    bob = next(rep for rep in report(session).reps if rep.name == "Bob").record
    assert (bob.assigned, bob.response_minutes) == (2, (3.0, 3.0))
    # The second is due tomorrow: nothing can be said of it yet.
    of_second = select(Assignment.id).where(Assignment.lead_id == waits, Assignment.due_at > NOW)
    assert session.scalars(of_second).one()
    assert bob.in_time_share == 1.0


def test_conversions_count_when_they_have_had_their_time_and_came_in_time(
    session: Session, tmp_path: Path
) -> None:
    ids = put_team(session, tmp_path)
    put_past(session, ids["bob"], True, at=NOW - timedelta(days=40))
    put_past(session, ids["bob"], True, after=timedelta(days=120))
    put_past(session, ids["bob"], None)
    bob = next(rep for rep in report(session).reps if rep.name == "Bob").record
    assert bob.assigned == 3
    assert (bob.conversion.leads, bob.conversion.converted) == (2, 0)


def put_history(session: Session, ids: dict[str, str], better: float) -> None:
    """900 leads in turn, of which Ann converts more."""
    draw = np.random.default_rng(3)
    reps = list(ids.values())
    for number in range(900):
        probability = float(draw.uniform(0.1, 0.6))
        rep = reps[number % 3]
        odds = probability / (1 - probability) * (better if rep == ids["ann"] else 1)
        won = bool(draw.random() < odds / (1 + odds))
        at = MONDAY + timedelta(hours=number / 12)
        put_past(session, rep, won, at, probability, after=timedelta(days=1))


def test_somebody_who_is_better_is_found_and_so_are_strategies_that_use_it(
    session: Session, tmp_path: Path
) -> None:
    put_history(session, put_team(session, tmp_path), better=4.0)
    made = compare_strategies(session, get_settings(), NOW, last=400)
    assert (made.leads, made.reps) == (400, 3)
    found = {one.strategy: one for one in made.estimates}
    assert found["optimal"].clearly_better
    assert found["optimal"].gain > found["performance_weighted"].gain * 0.9
    assert found["round_robin"].gain == 0
    assert "clearly better than round robin" in made.verdict


@pytest.mark.long
def test_where_nobody_is_better_nobody_is_said_to_be(session: Session, tmp_path: Path) -> None:
    put_history(session, put_team(session, tmp_path), better=1.0)
    made = compare_strategies(session, get_settings(), NOW, last=400)
    assert made.between == 0
    told_apart = [one for one in made.estimates if one.clearly_better or one.clearly_worse]
    assert told_apart == []
    assert made.verdict.startswith("No strategy is clearly better")


def test_too_little_past_is_said_to_be_too_little(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path)
    with pytest.raises(NothingToCompare, match="0 past leads"):
        compare_strategies(session, get_settings(), NOW)


def put_moved(session: Session, ids: dict[str, str], converted: bool) -> None:
    """A lead that Ann had from the machine, moved to Bob by a person two days later."""
    lead_id = put_past(session, ids["bob"], converted, MONDAY + timedelta(days=2), 0.4)
    now_with = session.scalars(select(Assignment).where(Assignment.lead_id == lead_id)).one()
    now_with.source = "person"
    session.add(
        Assignment(
            lead_id=lead_id,
            rep_id=ids["ann"],
            strategy="hybrid",
            reason="",
            source="sweep",
            assigned_by="assign_leads",
            probability=0.4,
            assigned_at=MONDAY,
            ended_at=MONDAY + timedelta(days=2),
            end_reason="reassigned",
        )
    )


@pytest.mark.parametrize(
    ("won", "verdict"),
    [
        (38, "Leads that people moved converted more often"),
        (16, "No clear difference"),
        (3, "Leads that people moved converted less often"),
    ],
)
def test_leads_that_people_moved_are_held_against_those_left_with_the_machine(
    session: Session, tmp_path: Path, won: int, verdict: str
) -> None:
    ids = put_team(session, tmp_path)
    for number in range(40):
        put_moved(session, ids, number < won)
        put_past(session, ids["cem"], number < 16, probability=0.4)
    given_by_a_person = put_past(session, ids["cem"], True)
    made = session.scalars(select(Assignment).where(Assignment.lead_id == given_by_a_person)).one()
    made.source = "person"
    session.flush()
    found = assignment_override_report(session, timedelta(days=90), NOW)
    assert (found.moved.leads, found.moved.converted, found.stayed.leads) == (40, won, 40)
    assert found.ratio == pytest.approx(won / 16)
    assert found.low is not None
    assert found.high is not None
    assert found.low < won / 16 < found.high
    assert found.verdict.startswith(verdict)
    assert assignment_override_report(session, timedelta(days=180), NOW).open == 40


def test_too_few_moves_are_said_to_be_too_few(session: Session, tmp_path: Path) -> None:
    ids = put_team(session, tmp_path)
    assert assignment_override_report(session, timedelta(days=90), NOW).verdict.startswith(
        "Too few"
    )
    put_moved(session, ids, True)
    found = assignment_override_report(session, timedelta(days=90), NOW)
    assert found.verdict.startswith("Too few to say: 0 leads")


def test_all_are_answered_over_http(client: TestClient, tmp_path: Path) -> None:
    with unit_of_work() as session:
        ids = put_team(session, tmp_path)
        for number in range(60):
            put_past(session, ids["ann"], number % 3 == 0)
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    answer = client.get("/analytics/assignment", params=period).json()
    ann = next(rep for rep in answer["reps"] if rep["name"] == "Ann")
    assert ann["record"]["assigned"] == 60
    assert ann["record"]["conversion"]["converted"] == 20
    turned = {"from": period["to"], "to": period["from"]}
    assert client.get("/analytics/assignment", params=turned).status_code == 422
    compared = client.get("/analytics/assignment/strategies?last=50").json()
    assert compared["verdict"].startswith("No strategy is clearly better")
    assert {one["strategy"] for one in compared["estimates"]} >= {"optimal", "round_robin"}
    overrides = client.get("/analytics/overrides").json()
    assert overrides["scores"]["verdict"].startswith("Too few")
    assert overrides["assignments"]["stayed"]["leads"] == 60


@pytest.mark.long
def test_the_past_is_read_at_once_where_the_planner_takes_the_tables_for_empty(
    store: Engine, session: Session, tmp_path: Path
) -> None:
    put_history(session, put_team(session, tmp_path), better=1.0)
    tables = "leads, assignments, outcomes, lead_scores, score_overrides"
    with store.connect() as other:
        other.execution_options(isolation_level="AUTOCOMMIT")
        other.execute(text(f"ANALYZE {tables}"))
    session.execute(text("SET LOCAL statement_timeout = '30s'"))
    assert compare_strategies(session, get_settings(), NOW, last=50).leads == 50
    session.rollback()
    with store.begin() as other:
        # What the planner believes would else stay for the tests that come after this one.
        other.execute(text("SET LOCAL session_replication_role = replica"))
        other.execute(text(f"TRUNCATE {tables} CASCADE"))


@pytest.mark.long
def test_a_sweep_is_optimal_once_outcomes_tell_whom_a_lead_fits_and_says_so(
    session: Session, tmp_path: Path
) -> None:
    ids = put_team(session, tmp_path)
    settings = get_settings()
    first = put_lead(session, 90, industry="retail")
    sweep.sweep(session, settings, None, MONDAY)
    before = last_trace(session, first)
    assert before is not None
    assert (before.strategy, "too little to learn from" in str(before.strategy_why)) == (
        "hybrid",
        True,
    )
    put_history(session, ids, better=4.0)
    second = put_lead(session, 90, industry="retail")
    sweep.sweep(session, settings, None, NOW)
    after = last_trace(session, second)
    assert after is not None
    assert (after.strategy, after.rep_id) == ("optimal", ids["ann"])
    assert str(after.strategy_why).startswith(
        "Optimal, where no rule names a strategy: what became"
    )
    assert "tells salespeople apart" in str(after.strategy_why)
    # Whoever names a strategy gets that one, and nothing is to be said about it.
    third = put_lead(session, 90, industry="retail")
    sweep.sweep(session, settings, "hybrid", NOW)
    named = last_trace(session, third)
    assert named is not None
    assert (named.strategy, named.strategy_why) == ("hybrid", None)


def test_young_leads_are_learned_from_as_far_as_their_time_has_passed(
    session: Session, tmp_path: Path
) -> None:
    """Everybody sells alike; Ann has her leads since yesterday: none has converted, as is to be
    expected, and that is nothing against her. Bob, who sells nothing in two months, is found."""
    ids = put_team(session, tmp_path)
    draw = np.random.default_rng(4)
    for number in range(240):
        at = MONDAY + timedelta(hours=number)
        won, days = bool(number % 2), float(draw.uniform(2, 80))
        put_past(session, ids["cem"], won, at, 0.5, after=timedelta(days=days))
    for _ in range(60):
        put_past(session, ids["ann"], None, NOW - timedelta(days=1))
        put_past(session, ids["bob"], None, NOW - timedelta(days=70))
    found = read_effects(session, list(ids.values()), NOW, 90)
    effects = dict(zip(ids, found.rep, strict=True))
    assert effects["bob"] < min(effects["ann"], effects["cem"]) - 0.1
    counted = dict(zip(ids, found.leads, strict=True))
    assert counted["cem"] == 240
    assert counted["ann"] < 3
    assert 40 < counted["bob"] < 60
