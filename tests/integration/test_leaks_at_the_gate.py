"""A suspected leak stops a promotion until a person accepts it by name."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import AttributeDefinition
from leadflow.outbox.consumer import drain
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.learning.leak_check import known_late
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.scoring.serving.feature_frames import (
    all_features,
    custom_definitions,
    read_training_set,
)
from leadflow.settings import Settings, get_settings
from leadflow.simulation.service import simulate
from models.copies import copies, find_copies
from models.leaks import find_leaks
from models.registry import Registry
from tests.deciders import settle
from tests.integration.registered_models import NOW
from tests.servers import forget_models

pytestmark = pytest.mark.uncounted

# Every converted lead gets the value of its deal; with the trigger off, as if it had been there
# from the start, with it on, when it is.
DEAL_VALUE = """
UPDATE leads SET attributes = attributes || '{"deal_value": 4200}'
WHERE id IN (SELECT lead_id FROM outcomes WHERE outcome = 'converted')
"""


def test_a_leak_stops_an_approval_until_it_is_accepted(
    store: Engine, models: Registry, learned: list[Learned], settings: Settings
) -> None:
    leaky = replace(learned[0], leaks=("attributes.stage", "attributes.call"))
    with unit_of_work() as session:
        question = approvals.propose(session, challenger.promotion(leaky, settings), NOW)
    for reason in (
        "better",
        "accept",
        "attributes.stage attributes.call",
        "accept attributes.stage",
        "accept attributes.stage attributes.call_length",
        "unacceptable: attributes.stage attributes.call",
    ):
        with unit_of_work() as session:
            refused = settle(session, question.id, NOW, reason=reason)
            assert refused.problem == "warnings-not-accepted"
            assert "accept" in refused.words
    reason = "Known before the call; I accept attributes.stage and ATTRIBUTES.CALL."
    with unit_of_work() as session:
        assert settle(session, question.id, NOW, reason=reason).counted
    with unit_of_work() as session:
        session.execute(text("DELETE FROM outbox WHERE act <> 'promote_model'"))
    assert drain(store, settings, lambda: datetime.now(UTC)) == 1
    assert serving_scorer(settings).version == learned[0].version


def test_a_leak_may_be_rejected_without_further_words(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    leaky = replace(learned[0], leaks=("attributes.stage",))
    with unit_of_work() as session:
        question = approvals.propose(session, challenger.promotion(leaky, settings), NOW)
        rejected = settle(session, question.id, NOW, "reject", "no").approval
        assert rejected.status == "rejected"


def a_market(store: Engine) -> None:
    """A simulated market, and the definition of an attribute that says what a deal was worth."""
    now = datetime.now(UTC)
    simulate(store, get_settings(), seed=3, leads=1200, months=12.0, reps=3, now=now)
    with unit_of_work() as session:
        session.add(
            AttributeDefinition(
                name="deal_value", label="Deal value", kind="numeric", dimension="fit"
            )
        )


@pytest.mark.long
def test_a_challenger_that_learned_from_a_leak_is_proposed_for_rejection(store: Engine) -> None:
    a_market(store)
    own = get_settings().model_copy(update={"model_name": "leaky"})
    with unit_of_work(store) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(DEAL_VALUE))
    try:
        learned = challenger.learn_challenger(unit_of_work, own, datetime.now(UTC))
    finally:
        forget_models(own)
    assert learned.leaks == ("attributes.deal_value",)
    first = learned.report.splitlines()[0]
    assert first.startswith("# Proposed: reject, unless you accept")
    assert "attributes.deal_value" in first
    assert "accept attributes.deal_value" in learned.report
    assert challenger.promotion(learned, own).payload["must_acknowledge"] == list(learned.leaks)


def test_a_value_that_came_in_after_the_conversion_is_named(store: Engine) -> None:
    a_market(store)
    with unit_of_work() as session:
        features = all_features(custom_definitions(session))
        assert known_late(session, features) == []
        session.execute(text(DEAL_VALUE))
        (leak,) = known_late(session, features)
        assert known_late(session, features[:5]) == []
    assert (leak.feature, leak.kind) == ("attributes.deal_value", "known after the outcome")
    assert leak.figure == 1.0


def test_a_value_known_before_the_conversion_is_not_named(store: Engine) -> None:
    a_market(store)
    with unit_of_work(store) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(DEAL_VALUE))
        assert known_late(session, all_features(custom_definitions(session))) == []


def test_nothing_is_claimed_of_honest_leads(store: Engine) -> None:
    a_market(store)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        data = read_training_set(session, now, challenger.horizon(get_settings()))
    assert (data.ever >= data.converted).all()
    honest = [feature for feature in data.features if feature.name != "attributes.deal_value"]
    found = find_leaks(data.frame, data.converted, honest, data.moments, ever=data.ever)
    assert found == []
    assert copies(find_copies(data.frame, data.converted, honest)) <= 0.01 * len(data.frame)
