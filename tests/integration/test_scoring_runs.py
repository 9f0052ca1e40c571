"""Many leads are scored in partitions: the same scores as one by one, once each, from where it
was."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from features.moments import these_leads
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.changes import mark_changed
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent
from leadflow.leads.upsert import upsert_lead
from leadflow.scoring.batch import runs
from leadflow.scoring.serving.feature_frames import definitions_of, read_features, read_one
from leadflow.scoring.serving.score import score_lead, score_leads
from leadflow.scoring.serving.score_rows import scored_leads
from leadflow.scoring.tables import LeadScore, ScoringPartition, ScoringRun
from leadflow.settings import Settings, get_settings
from leadflow.simulation.service import simulate
from models.rubric import Rubric

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LEADS = 230
RUBRIC = Rubric.load()


@pytest.fixture
def settings() -> Settings:
    return get_settings().model_copy(update={"score_batch": 50})


@pytest.fixture
def market(store: Engine) -> Engine:
    """A market whose leads are all marked as changed, as imports leave them."""
    simulate(store, get_settings(), seed=5, leads=LEADS, months=6.0, reps=2, now=NOW)
    return store


def turn(run: runs.Run, number: int, settings: Settings) -> int | None:
    with unit_of_work() as session:
        scored = runs.score_partition(session, RUBRIC, run, number, settings)
        return None if scored is None else scored.leads


def begin(
    settings: Settings,
    as_of: datetime | None = None,
    everything: bool = False,
    now: datetime = NOW,
) -> runs.Run:
    with unit_of_work() as session:
        return runs.open_run(session, RUBRIC, as_of, everything, now, settings)


def run_all(run: runs.Run, settings: Settings) -> int:
    for number in run.partitions_left:
        turn(run, number, settings)
    with unit_of_work() as session:
        return runs.end_run(session, run, NOW)


def all_scores() -> dict[str, tuple[float, list[float], list[str]]]:
    with unit_of_work() as session:
        return {
            score.lead_id: (score.points, score.contribution_points, score.reason_texts)
            for score in session.scalars(select(LeadScore).where(LeadScore.is_current))
        }


def count(table: type) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_lead_is_scored_once_in_partitions(market: Engine, settings: Settings) -> None:
    run = begin(settings)
    assert run.partitions_left == (0, 1, 2, 3, 4)
    assert run_all(run, settings) == LEADS
    assert (count(LeadScore), len(all_scores())) == (LEADS, LEADS)


def test_a_score_among_many_is_the_score_alone(market: Engine, settings: Settings) -> None:
    run_all(begin(settings), settings)
    many = all_scores()
    with unit_of_work() as session:
        stored = session.scalars(select(LeadScore).limit(40)).all()
        for among_many in stored:
            values = read_one(session, among_many.lead_id, NOW, definitions_of(session, RUBRIC))
            assert values is not None
            columns = {name: [value] for name, value in values.items()}
            lead = [among_many.lead_id]
            alone = scored_leads(RUBRIC.score_one(values), lead, columns, NOW, settings)
            points, contributions, texts = many[among_many.lead_id]
            assert alone.contributions[0].tolist() == pytest.approx(contributions, abs=1e-9)
            assert float(alone.numbers[0, 1]) == pytest.approx(points, abs=1e-9)
            assert [text for text in alone.reason_texts[0] if text] == texts
            assert among_many.points == pytest.approx(50 + sum(contributions), abs=1e-6)


def test_a_run_killed_in_the_middle_goes_on_where_it_was(
    market: Engine, settings: Settings
) -> None:
    run = begin(settings)
    assert turn(run, 1, settings) == 50
    assert turn(run, 1, settings) is None
    with get_engine().connect() as connection, Session(connection) as session:
        runs.score_partition(session, RUBRIC, run, 2, settings)
        connection.rollback()  # as PostgreSQL does for a process that is gone
    assert count(LeadScore) == 50
    later = begin(settings, now=NOW + timedelta(minutes=10))
    assert (later.run_id, later.as_of) == (run.run_id, NOW)
    assert later.partitions_left == (0, 2, 3, 4)
    assert run_all(later, settings) == LEADS
    killed = all_scores()
    with unit_of_work() as session:
        for table in (LeadScore, ScoringPartition, ScoringRun):
            session.query(table).delete()
    run_all(begin(settings, everything=True), settings)
    assert all_scores() == killed


def test_a_run_left_behind_long_ago_is_not_taken_up_again(
    market: Engine, settings: Settings
) -> None:
    run = begin(settings)
    later = begin(settings, now=NOW + timedelta(hours=7))
    assert later.run_id != run.run_id


def test_only_leads_with_news_are_scored_again(market: Engine, settings: Settings) -> None:
    run_all(begin(settings), settings)
    with unit_of_work() as session:
        session.query(ChangedLead).delete()
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id).limit(1)).one()
        session.add(
            LeadEvent(lead_id=lead_id, type="meeting", occurred_at=NOW, known_at=NOW, source="x")
        )
        mark_changed(session, [lead_id])
    before = all_scores()
    an_hour_later = NOW + timedelta(hours=1)
    assert run_all(begin(settings, now=an_hour_later), settings) == 1
    after = all_scores()
    assert {name for name in before if before[name] != after[name]} == {lead_id}


def test_an_old_score_or_another_scorers_is_given_anew(market: Engine, settings: Settings) -> None:
    run_all(begin(settings), settings)
    with unit_of_work() as session:
        session.query(ChangedLead).delete()
    next_day = NOW + timedelta(hours=25)
    assert run_all(begin(settings, now=next_day), settings) == LEADS
    with unit_of_work() as session:
        some = select(LeadScore.lead_id).where(LeadScore.is_current).limit(3).scalar_subquery()
        session.execute(
            update(LeadScore)
            .where(LeadScore.is_current, LeadScore.lead_id.in_(some))
            .values(scorecard_id=7)
        )
    assert run_all(begin(settings, now=next_day + timedelta(hours=1)), settings) == 3


def test_any_past_score_is_reproduced_exactly(market: Engine, settings: Settings) -> None:
    past = NOW - timedelta(days=60)
    with unit_of_work() as session:
        known = session.scalars(select(Lead.id).where(Lead.known_from <= past)).all()
        for lead_id in known[:20]:
            score_lead(session, RUBRIC, lead_id, past, settings)
    given = all_scores()
    # Everything the simulation knows of later than that is in the store by now.
    with unit_of_work() as session:
        frame = read_features(session, these_leads(past, list(given)), ())
        again = scored_leads(RUBRIC.score(frame), frame.index.tolist(), frame, past, settings)
    for row, lead_id in enumerate(again.lead_ids):
        points, contributions, _ = given[lead_id]
        assert again.contributions[row].tolist() == pytest.approx(contributions, abs=1e-12)
        assert float(again.numbers[row, 1]) == pytest.approx(points, abs=1e-12)


def test_scores_as_of_a_past_moment_join_the_history_alone(
    market: Engine, settings: Settings
) -> None:
    run_all(begin(settings), settings)
    current = all_scores()
    past = NOW - timedelta(days=30)
    scored = run_all(begin(settings, as_of=past), settings)
    assert 0 < scored < LEADS  # some were not known yet
    assert all_scores() == current
    assert count(LeadScore) == LEADS + scored
    assert run_all(begin(settings, as_of=past), settings) == 0  # nothing is scored twice


def test_a_lead_scored_meanwhile_keeps_one_current_score(
    market: Engine, settings: Settings
) -> None:
    run = begin(settings)
    with unit_of_work() as session:
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id).limit(1)).one()
        newer = score_lead(session, RUBRIC, lead_id, NOW + timedelta(minutes=1), settings)
    run_all(run, settings)
    with unit_of_work() as session:
        current = session.scalars(
            select(LeadScore).where(LeadScore.lead_id == lead_id, LeadScore.is_current)
        ).one()
        assert current.as_of == newer.as_of
        assert len(session.scalars(select(LeadScore).filter_by(lead_id=lead_id)).all()) == 2


def test_scores_go_when_their_lead_goes(market: Engine, settings: Settings) -> None:
    run_all(begin(settings), settings)
    with unit_of_work() as session:
        gone = session.scalars(select(Lead).limit(1)).one()
        session.delete(gone)
    assert count(LeadScore) == LEADS - 1


def test_a_lead_without_events_and_with_nothing_known_is_scored(
    store: Engine, settings: Settings
) -> None:
    with unit_of_work() as session:
        lead = Lead(source="bare", known_from=NOW, created_at=NOW)
        session.add(lead)
        session.flush()
        scored = score_leads(session, RUBRIC, these_leads(NOW, [lead.id]), NOW, settings)
    assert scored.leads == 1


def test_one_lead_with_attributes_of_its_company_is_scored(
    store: Engine, settings: Settings
) -> None:
    rubric = Rubric.parse(
        "{version: '1', base_rate: 0.1, features: {attributes.plan: {values: {pro: 7, free: -3}}}}"
    )
    with unit_of_work() as session:
        for name, points in (("pro", 57.0), ("free", 47.0), ("other", 50.0)):
            sent = LeadIn(email=f"{name}@company.com", attributes={"plan": name})
            lead, _ = upsert_lead(session, sent, NOW)
            assert score_lead(session, rubric, lead.id, NOW, settings).points == points
