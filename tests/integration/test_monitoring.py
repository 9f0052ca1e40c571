"""Monitoring on a real store: quiet while the market is steady, once a day when it is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from features.moments import all_leads
from features.recent_moments import recent_moments
from features.training_moments import AGES_IN_DAYS
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.outbox.tables import OutboxRow
from leadflow.quality.flags import flag
from leadflow.scoring.learning import challenger as learning
from leadflow.scoring.learning.trainings import keep_training, last_training
from leadflow.scoring.monitoring import model_check as monitoring
from leadflow.scoring.monitoring.health_report import write_health
from leadflow.scoring.monitoring.matured import Serving, paired_scores, served_scores
from leadflow.scoring.monitoring.model_health import ModelHealth
from leadflow.scoring.monitoring.ripened import ask_once_told
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.score import score_leads
from leadflow.scoring.serving.shadow import shadow_scorer
from leadflow.scoring.serving.tables import ShadowScore
from leadflow.settings import Settings, get_settings
from leadflow.simulation.market import still_to_come
from leadflow.simulation.service import simulate
from models.evaluation import evaluate
from tests.integration.registered_models import approve
from tests.servers import empty, forget_models

pytestmark = [pytest.mark.uncounted, pytest.mark.long]

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LEARNED, SCORED = NOW - timedelta(days=100), NOW - timedelta(days=95)


@pytest.fixture(scope="module")
def watched(engine: Engine) -> Iterator[Settings]:
    """A market of 16 months: a champion learned 100 days ago, who scored everyone 95 days ago with
    a challenger beside, and was right."""
    settings = get_settings().model_copy(
        update={"model_name": "watched", "minimum_outcomes": 40, "score_batch": 3000}
    )
    simulate(engine, settings, seed=21, leads=5000, months=16.0, reps=3, now=NOW)
    first = learning.learn_challenger(unit_of_work, settings, LEARNED - timedelta(days=60))
    # As long as nobody has decided on the first, the second would have to be clearly better.
    approve(first, settings, LEARNED)
    learning.learn_challenger(unit_of_work, settings, LEARNED)
    champion, challenger = learning.serving_scorer(settings), shadow_scorer(settings)
    with unit_of_work() as session:
        score_leads(session, champion, all_leads(SCORED), SCORED, settings, challenger)
    tell_the_truth(settings, 21)
    yield settings

    empty(engine)
    forget_models(settings)


def tell_the_truth(settings: Settings, seed: int) -> None:
    """Give the champion's scores the true probabilities, so that only chance sets outcomes apart
    from them, and the same chance in each run."""
    truth = pd.read_parquet(settings.home / "simulation" / f"truth-{seed}.parquet")
    with unit_of_work() as session:
        created = dict(session.execute(select(Lead.external_id, Lead.created_at)).tuples().all())
        age = np.array(
            [(SCORED - created[name]).days for name in truth["external_id"]], dtype=float
        )
        honest = still_to_come(truth["probability_at_creation"].to_numpy(), np.maximum(age, 0.0))
        rows = zip(truth["external_id"], np.clip(honest, 0, 1).tolist(), strict=True)
        session.execute(
            text(
                "UPDATE lead_scores SET probability = :chance FROM leads "
                "WHERE leads.id = lead_id AND external_id = :name"
            ),
            [{"name": name, "chance": chance} for name, chance in rows],
        )


@pytest.fixture
def market(engine: Engine, watched: Settings) -> Iterator[Session]:
    """The market; what a test does to it is undone."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        transaction.rollback()


def shift(session: Session, change: str) -> None:
    """Change leads that came in lately, as if they had always been so."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    statement = text(f"UPDATE leads SET {change} WHERE created_at > :since")  # noqa: S608
    session.execute(statement, {"since": NOW - timedelta(days=80)})
    session.execute(text("SET LOCAL session_replication_role = DEFAULT"))


def started(session: Session) -> list[dict[str, Any]]:
    """What is told of the model; an automation starts a training by it."""
    rows = session.scalars(select(OutboxRow).where(OutboxRow.act == "tell_of_drift"))
    return [row.payload | {"key": row.key} for row in rows]


def test_a_steady_market_gives_no_reason_to_train(market: Session, watched: Settings) -> None:
    health = monitoring.check_model(market, watched, NOW)
    assert health.serving == "model 1"
    assert health.drift is not None
    assert health.calibration is not None
    assert health.drift.leads > 250
    assert health.drift.reference_leads > 1000
    assert health.calibration.converted >= 20
    assert {item.verdict for item in health.drift.features} == {"steady"}
    assert not health.calibration.alarming, health.calibration.words
    assert health.reasons_to_train == []
    monitoring.keep_check(market, health, watched)
    assert started(market) == []


def test_a_shifted_market_starts_training_once_a_day_and_says_why(
    market: Session, watched: Settings
) -> None:
    shift(market, "company_size = company_size * 40, industry = 'mining'")
    checks = [monitoring.check_model(market, watched, NOW + timedelta(hours=h)) for h in (0, 5)]
    for health in checks:
        monitoring.keep_check(market, health, watched)
    assert checks[0].drift is not None
    assert {item.name for item in checks[0].drift.shifted} == {"company_size", "industry"}
    (payload,) = started(market)
    assert payload["serving"] == "model 1"
    assert payload["key"] == "drifted:model 1:2026-06-01"
    reason = payload["reason"]
    assert "Company size" in reason
    assert "Industry" in reason
    kept = market.scalars(select(ModelCheck).order_by(ModelCheck.checked_at)).all()
    assert [check.reasons for check in kept] == [[reason], [checks[1].reason]]
    drift: Any = kept[0].findings["drift"]
    assert drift["features"][0]["psi"] > watched.drift_bound
    tomorrow = monitoring.check_model(market, watched, NOW + timedelta(days=1))
    assert [line.feature for line in tomorrow.earlier] == ["Industry", "Industry"]
    assert tomorrow.earlier[1].index == drift["features"][0]["psi"]
    assert "| 2026-06-01 05:00 UTC | Industry (" in write_health(tomorrow)
    monitoring.keep_check(market, tomorrow, watched)
    assert len(started(market)) == 2


def test_people_are_asked_about_the_challenger_once_it_can_be_told_how_good_it_is(
    market: Session, watched: Settings
) -> None:
    assert ask_once_told(market, watched, LEARNED + timedelta(days=1)) is None
    later = NOW + timedelta(days=60)
    asked = ask_once_told(market, watched, later)
    assert asked is not None
    assert (asked.payload["version"], asked.requested_by) == ("2", "monitor_model")
    assert asked.headline.startswith("Proposed: ")
    assert "cannot be told" not in asked.headline
    assert ask_once_told(market, watched, later + timedelta(days=1)) is None


def test_what_moved_starts_one_training_and_then_only_outcomes_do(
    market: Session, watched: Settings
) -> None:
    shift(market, "company_size = company_size * 40")
    monitoring.keep_check(market, monitoring.check_model(market, watched, NOW), watched)
    assert len(started(market)) == 1
    began = NOW + timedelta(hours=1)
    keep_training(market, watched, began, "nothing_to_decide", None)
    for night in range(1, 4):
        health = monitoring.check_model(market, watched, NOW + timedelta(days=night))
        monitoring.keep_check(market, health, watched)
        assert health.reasons_to_train == []
        assert health.moved
        assert health.headline.startswith("Learned anew on 2026-06-01; no more to learn from yet")
    assert len(started(market)) == 1
    # Half as many again as there were: there is something new to learn.
    run = last_training(market, watched)
    assert run is not None
    run.began_at, run.leads = NOW - timedelta(days=99), run.leads // 3
    more = monitoring.check_model(market, watched, NOW + timedelta(days=4))
    assert "have passed the horizon since the last model learned" in more.reason


def test_what_moved_anew_after_a_quiet_time_is_a_reason_again(
    market: Session, watched: Settings
) -> None:
    monitoring.keep_check(market, monitoring.check_model(market, watched, NOW), watched)
    keep_training(market, watched, NOW + timedelta(hours=1), "kept", "2")
    shift(market, "company_size = company_size * 40")
    health = monitoring.check_model(market, watched, NOW + timedelta(days=1))
    assert "Company size" in health.reason


def test_a_training_that_found_nothing_counts_while_the_rubric_scores(
    market: Session, watched: Settings
) -> None:
    nobody = watched.model_copy(update={"model_name": "nobody-yet"})
    keep_training(market, nobody, NOW - timedelta(days=1), "cannot_learn", None)
    assert monitoring.check_model(market, nobody, NOW).reasons_to_train == []


def test_a_base_rate_that_changed_is_a_reason(market: Session, watched: Settings) -> None:
    market.execute(
        text(
            "UPDATE outcomes SET outcome = 'converted' WHERE occurred_at > :since "
            "AND outcome = 'lost' AND hashtext(lead_id) % 3 = 0"
        ),
        {"since": SCORED},
    )
    health = monitoring.check_model(market, watched, NOW)
    assert health.calibration is not None
    assert health.calibration.verdict == "too low"
    assert health.calibration.words in health.reasons_to_train


def test_without_a_kept_reference_it_is_read_from_the_training_window_again(
    market: Session, watched: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import training_record as record

    kept = monitoring.check_model(market, watched, NOW).drift
    monkeypatch.setattr(record, "_reference", lambda client, run_id: None)
    assert monitoring.check_model(market, watched, NOW).drift == kept


def test_recent_leads_are_looked_at_at_the_ages_learned_from(
    market: Session, watched: Settings
) -> None:
    looked = recent_moments(NOW, timedelta(days=30), 100_000).subquery()
    rows = market.execute(
        select(looked.c.as_of, Lead.created_at).join(Lead, Lead.id == looked.c.lead_id)
    ).all()
    assert rows
    assert all(NOW - timedelta(days=30) < as_of <= NOW for as_of, _ in rows)
    assert {(as_of - created).days for as_of, created in rows} == set(AGES_IN_DAYS)
    few = market.execute(recent_moments(NOW, timedelta(days=30), 7)).all()
    assert len(few) == 7


def test_matured_scores_are_each_lead_once_still_open_and_followed_to_its_horizon(
    market: Session, watched: Settings
) -> None:
    horizon = timedelta(days=90)

    def read(now: datetime, since: datetime = LEARNED) -> tuple[int, int]:
        found = served_scores(market, Serving("1"), since, now, horizon)
        return len(found.converted), int(found.converted.sum())

    young = Lead.created_at.between(SCORED - timedelta(days=45), SCORED)
    ended = select(Outcome.lead_id).where(Outcome.occurred_at <= SCORED)
    later = select(Outcome.lead_id).where(
        Outcome.outcome == "converted",
        Outcome.occurred_at > SCORED,
        Outcome.occurred_at <= SCORED + horizon,
    )
    count = select(func.count()).select_from(Lead).where(young, Lead.id.not_in(ended))
    expected = (market.scalar(count), market.scalar(count.where(Lead.id.in_(later))))
    assert read(NOW) == expected
    assert read(SCORED + horizon - timedelta(seconds=1)) == (0, 0)
    assert read(NOW, since=SCORED + timedelta(seconds=1)) == (0, 0)
    assert read(NOW + timedelta(days=900)) == expected
    # What a person has said is wrong tells nothing about the model.
    wrong = market.scalars(select(Lead.id).where(young, Lead.id.in_(later)).limit(3)).all()
    for lead_id in wrong:
        flag(market, lead_id, "the deal was entered twice", "ana", NOW)
    leads, converted = expected
    assert read(NOW) == (leads - 3, converted - 3)


def test_the_challenger_is_compared_on_the_same_leads(market: Session, watched: Settings) -> None:
    shadow = monitoring.check_model(market, watched, NOW).shadow
    assert shadow is not None
    assert (shadow.serving, shadow.challenger) == ("model 1", "2")
    assert shadow.leads == market.scalar(select(func.count()).select_from(ShadowScore))
    changed = market.scalar(
        text(
            "SELECT count(*) FROM lead_scores s JOIN shadow_scores c USING (lead_id, as_of) "
            "WHERE s.level <> c.level"
        )
    )
    assert shadow.changed == changed
    assert shadow.mean_distance >= abs(shadow.mean_shift)
    pairs = paired_scores(market, Serving("1"), "2", LEARNED, NOW, timedelta(days=90))
    assert shadow.matured == len(pairs.converted) > 200
    assert shadow.serving_metrics == evaluate(pairs.probability, pairs.converted)
    assert shadow.challenger_metrics == evaluate(pairs.beside, pairs.converted)
    assert shadow.challenger_metrics.auc > 0.5
    assert shadow.challenger_metrics != shadow.serving_metrics


def test_shadow_scores_of_a_model_that_is_neither_are_forgotten(
    market: Session, watched: Settings
) -> None:
    row = market.scalars(select(ShadowScore).limit(1)).one()
    count = select(func.count()).select_from(ShadowScore)
    before = market.scalars(count).one()
    market.execute(
        text("UPDATE shadow_scores SET model_version = '99' WHERE lead_id = :id"),
        {"id": row.lead_id},
    )
    monitoring.keep_check(market, monitoring.check_model(market, watched, NOW), watched)
    versions = market.scalars(select(ShadowScore.model_version).distinct()).all()
    assert (versions, market.scalar(count)) == (["2"], before - 1)


def test_many_new_outcomes_are_a_reason(market: Session, watched: Settings) -> None:
    few = watched.model_copy(update={"new_outcomes_share": 0.2})
    (reason,) = monitoring.check_model(market, few, NOW).reasons_to_train
    assert "have passed the horizon since the last model learned" in reason


def test_the_report_says_the_finding_first_and_holds_every_table(
    market: Session, watched: Settings
) -> None:
    quiet = write_health(monitoring.check_model(market, watched, NOW))
    assert quiet.startswith("# No need to train anew")
    shift(market, "company_size = company_size * 40")
    report = write_health(monitoring.check_model(market, watched, NOW))
    assert report.startswith("# Time to train anew\n\nRecent leads differ")
    for part in ("| Company size |", "observed over expected", "| at training |", "Brier"):
        assert part in report
    assert "change level" in report


def test_while_the_rubric_scores_enough_outcomes_are_the_reason(
    market: Session, watched: Settings
) -> None:
    nobody = watched.model_copy(update={"model_name": "nobody-yet"})
    health = monitoring.check_model(market, nobody, NOW)
    assert health.serving.startswith("rubric ")
    assert (health.drift, health.calibration, health.shadow) == (None, None, None)
    assert "enough to learn from" in health.reason
    needs_more = nobody.model_copy(update={"minimum_outcomes": 100_000})
    quiet: ModelHealth = monitoring.check_model(market, needs_more, NOW)
    assert quiet.reasons_to_train == []
    assert write_health(quiet).startswith("# The expert rubric scores")


def test_the_reason_stands_on_the_report_and_on_the_run(watched: Settings) -> None:
    version = learning.registry(watched).version("1")
    learned = learning.Learned("1", version.run_id, version.sha256, "# Report", {})
    told = monitoring.triggered(learned, "Leads differ.", watched)
    assert told.report == "# Report\n\n> **Why it was trained.** Leads differ.\n"
    from mlflow import MlflowClient

    from leadflow.database.cluster import locate

    uri = locate(watched).mlflow.render_as_string(hide_password=False)
    assert MlflowClient(uri).get_run(version.run_id).data.tags["trigger"] == "Leads differ."
    assert monitoring.triggered(learned, "", watched) is learned


def test_only_scoring_knows_shadow_scores() -> None:
    project = Path(__file__).parents[2]
    allowed = {"tables.py", "shadow.py", "matured.py", "0005_monitoring.py"}
    naming = {
        path.name
        for folder in ("src", "flows", "tasks")
        for path in (project / folder).rglob("*.py")
        if "shadow_scores" in path.read_text() or "ShadowScore" in path.read_text()
    }
    assert naming <= allowed


def test_the_shadow_is_the_challenger_until_it_serves(watched: Settings) -> None:
    models = learning.registry(watched)
    shadow = shadow_scorer(watched)
    assert shadow is not None
    assert shadow.version == "2"
    try:
        models.promote(models.version("2"))
        assert shadow_scorer(watched) is None
    finally:
        models.promote(models.version("1"))
    nobody = watched.model_copy(update={"model_name": "nobody-yet"})
    assert shadow_scorer(nobody) is None
