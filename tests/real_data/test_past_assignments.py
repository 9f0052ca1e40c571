"""The pipeline of Maven with its salespeople: everybody's record, and no skill without evidence."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select

from leadflow.assignment.insight.performance_report import performance_report
from leadflow.assignment.insight.strategy_comparison import compare_strategies
from leadflow.assignment.routing.past_assignments import record_past
from leadflow.assignment.tables import Assignment, Rep, RepLoad, Team
from leadflow.assignment.team.track_record import read_effects
from leadflow.database.engine import unit_of_work
from leadflow.leads.files.mapping import load_mapping
from leadflow.scoring.batch import runs
from leadflow.settings import get_settings
from models.rubric import Rubric
from tests.real_data.conftest import MAPPINGS, NOW, BringIn, real_file

pytestmark = [pytest.mark.real_data, pytest.mark.uncounted, pytest.mark.long]


def test_who_had_the_leads_is_recorded_once_and_nobody_is_said_to_be_better_without_evidence(
    store: Engine, bring_in: BringIn
) -> None:
    past = bring_in("maven_crm").past
    assert past is not None
    mapping, settings = load_mapping(MAPPINGS / "maven_crm.yaml"), get_settings()
    with unit_of_work() as session:
        again = record_past(session, real_file("maven_crm"), mapping, NOW)
    assert (past.assignments, past.new_reps) == (8_800, 30)
    assert (again.assignments, again.new_reps) == (0, 0)
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Team)) == 3
        assert session.scalar(select(func.sum(RepLoad.open_leads))) == 1_589 + 500
        ended = select(Assignment.end_reason, func.count()).group_by(Assignment.end_reason)
        assert dict(session.execute(ended).tuples().all()) == {
            "converted": 4_238,
            "lost": 2_473,
            None: 2_089,
        }
        run = runs.open_run(
            session, Rubric.load(), None, True, datetime(2017, 12, 31, tzinfo=UTC), settings
        )
    for number in run.partitions_left:
        with unit_of_work() as session:
            runs.score_partition(session, Rubric.load(), run, number, settings)
    with unit_of_work() as session:
        ids = list(session.scalars(select(Rep.id).order_by(Rep.id)))
        effects = read_effects(session, ids, NOW, settings.horizon_days)
        assert effects.leads.sum() > 6_000
        assert effects.between < 0.15
        report = performance_report(
            session,
            settings,
            datetime(2016, 1, 1, tzinfo=UTC),
            datetime(2018, 1, 1, tzinfo=UTC),
            NOW,
        )
        assert sum(rep.record.assigned for rep in report.reps) == 8_300
        assert report.strategies.keys() == {"import"}
        assert report.fairness.gini is not None
        made = compare_strategies(session, settings, NOW, last=1_500)
    assert made.leads == 1_500
    assert not any(estimate.clearly_better for estimate in made.estimates), made.verdict
    assert made.verdict.startswith("No strategy is clearly better")
