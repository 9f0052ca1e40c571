"""What serves is on record, and one can go back."""

import importlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from leadflow.approvals import service as approvals
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.learning.promotion import CannotRollBack, promote, roll_back
from leadflow.scoring.serving.champion import champion_version, scorer_at, serving_scorer
from leadflow.scoring.serving.serving_record import remember_rubric, served_at
from leadflow.scoring.serving.tables import RubricUsed, ServingModel
from leadflow.settings import Settings
from models.refused import NoSuchVersion
from models.registry import Registry
from models.rubric import Rubric
from tests.integration.registered_models import NOW, approve

pytestmark = pytest.mark.uncounted


def test_an_approved_version_serves_and_is_on_record(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    assert serving_scorer(settings).regime == "rubric"
    approval_id = approve(learned[0], settings)
    assert serving_scorer(settings).version == learned[0].version
    with unit_of_work() as session:
        (row,) = session.scalars(select(ServingModel)).all()
    assert (row.version, row.sha256) == (learned[0].version, learned[0].sha256)
    assert (row.approval_id, row.since, row.until) == (approval_id, NOW, None)
    assert (row.how, row.regime) == ("approved", "model")


def test_a_look_at_the_alias_reads_what_the_registry_says(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    assert champion_version(settings) is None
    for one in learned[:2]:
        approve(one, settings)
        assert champion_version(settings) == models.alias_version("champion") == one.version
    models.retire()
    assert champion_version(settings) is None


def test_what_served_at_a_moment_is_told(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    later = NOW + timedelta(days=10)
    approve(learned[0], settings, NOW)
    approve(learned[1], settings, later)
    with unit_of_work() as session:
        roll_back(session, settings, "rubric", "ana", "both were bad", later + timedelta(days=5))

        def at(moment: datetime) -> str | None:
            found = served_at(session, moment, settings.model_name)
            return None if found is None else found[0]

        assert at(NOW - timedelta(seconds=1)) is None
        assert at(NOW) == learned[0].version
        assert at(later - timedelta(seconds=1)) == learned[0].version
        assert at(later) == learned[1].version
        assert at(later + timedelta(days=5)) is None
        assert served_at(session, later, settings.model_name) == (
            learned[1].version,
            learned[1].sha256,
        )
        assert served_at(session, later, "another-model") is None


def test_promoting_twice_is_promoting_once_and_never_undoes_a_rollback(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    approve(learned[0], settings)
    approval_id = approve(learned[1], settings, NOW + timedelta(days=1))
    with unit_of_work() as session:
        payload = {**approvals.get(session, approval_id).payload, "approval_id": approval_id}
        promote(session, settings, payload, NOW + timedelta(days=2))
        assert len(session.scalars(select(ServingModel)).all()) == 2
        roll_back(session, settings, None, "ana", "worse", NOW + timedelta(days=3))
        promote(session, settings, payload, NOW + timedelta(days=4))
    assert serving_scorer(settings).version == learned[0].version


def test_rolling_back_goes_through_the_approved_versions_in_turn(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    for day, version in enumerate(learned):
        approve(version, settings, NOW + timedelta(days=day))
    numbers = [version.version for version in learned]
    for day, number in enumerate([numbers[1], numbers[0]], start=5):
        with unit_of_work() as session:
            done = roll_back(session, settings, None, "ana", "too few", NOW + timedelta(days=day))
        assert done.now == number
        assert serving_scorer(settings).version == number
    with unit_of_work() as session, pytest.raises(CannotRollBack, match="rollback rubric"):
        roll_back(session, settings, None, "ana", "more", NOW + timedelta(days=9))
    with unit_of_work() as session:
        roll_back(session, settings, numbers[2], "ana", "back", NOW + timedelta(days=10))
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        rows = session.scalars(select(ServingModel).order_by(ServingModel.since)).all()
    assert last is not None
    assert (last.actor, last.action) == ("ana", "model.rolled_back")
    assert (last.before, last.after) == ({"champion": numbers[0]}, {"champion": numbers[2]})
    assert [row.how for row in rows] == ["approved"] * 3 + ["rolled_back"] * 3
    assert [row.until for row in rows] == [*(row.since for row in rows[1:]), None]


def test_one_rolls_back_only_to_what_was_approved_and_only_with_a_reason(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    approve(learned[0], settings)
    with unit_of_work() as session, pytest.raises(CannotRollBack, match="never approved"):
        roll_back(session, settings, learned[1].version, "ana", "why not", NOW)
    with unit_of_work() as session, pytest.raises(CannotRollBack, match="why"):
        roll_back(session, settings, "rubric", "ana", "  ", NOW)
    with pytest.raises(NoSuchVersion, match="models list"):
        models.version("999")
    assert serving_scorer(settings).version == learned[0].version


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM serving_models",
        "UPDATE serving_models SET sha256 = repeat('0', 64), until = now()",
        "UPDATE serving_models SET until = NULL",
    ],
)
def test_the_record_refuses_to_be_rewritten(
    models: Registry, learned: list[Learned], settings: Settings, statement: str
) -> None:
    approve(learned[0], settings)
    with unit_of_work() as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_models_promoted_before_there_was_a_record_go_on_serving(
    models: Registry, learned: list[Learned], settings: Settings, engine: Engine
) -> None:
    migration = importlib.import_module("leadflow.database.migrations.versions.0006_serving")
    for day in (0, 1):
        approve(learned[day], settings, NOW + timedelta(days=day))
    with unit_of_work(engine) as session:
        session.execute(text("TRUNCATE serving_models"))
        session.execute(text(migration.EARLIER))
    with unit_of_work() as session:
        rows = session.scalars(select(ServingModel).order_by(ServingModel.since)).all()
    assert [(row.model_name, row.version) for row in rows] == [
        (models.name, version.version) for version in learned[:2]
    ]
    assert [row.until for row in rows] == [NOW + timedelta(days=1), None]
    assert serving_scorer(settings).version == learned[1].version


def test_a_rubric_that_was_changed_since_scores_the_past_as_it_did(
    models: Registry, settings: Settings
) -> None:
    first, second = (
        Rubric.parse(
            f"{{version: '{name}', base_rate: 0.1, features: {{has_phone: {{values: "
            f"{{'1': {points}, '0': 0}}}}}}}}"
        )
        for name, points in (("1", 3), ("2", 9))
    )
    with unit_of_work() as session:
        for days, rubric in ((0, first), (1, first), (5, second), (9, first)):
            remember_rubric(session, rubric.version, rubric.content, NOW + timedelta(days=days))
        assert len(session.scalars(select(RubricUsed)).all()) == 3
    assert [
        scorer_at(settings, NOW + timedelta(days=days)).version for days in (-1, 0, 4, 5, 8, 9)
    ] == [rubric.version for rubric in (first, first, first, second, second, first)]


def test_the_rubric_that_serves_is_remembered_once(models: Registry, settings: Settings) -> None:
    for _ in range(2):
        serving_scorer(settings)
    with unit_of_work() as session:
        [remembered] = session.scalars(select(RubricUsed)).all()
    assert Rubric.parse(remembered.content).version == Rubric.load().version
