"""The simulated market: repeatable, true to its own odds, and never ahead of its time."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from leadflow.assignment.team.faults import team_faults
from leadflow.simulation.market import BLOCK, Block, generate, still_to_come
from leadflow.simulation.team import make_team, true_selling

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def market() -> Block:
    return next(generate(3, 6000, 12, NOW))


def test_the_same_seed_makes_the_same_market(market: Block) -> None:
    again = next(generate(3, 6000, 12, NOW))
    other = next(generate(4, 6000, 12, NOW))
    for name in ("leads", "events", "outcomes", "truth"):
        pd.testing.assert_frame_equal(getattr(market, name), getattr(again, name))
    assert not market.truth["interest"].equals(other.truth["interest"])


def test_blocks_are_bounded_and_leads_never_repeat() -> None:
    blocks = list(generate(5, BLOCK + 500, 12, NOW))
    assert [len(block.leads) for block in blocks] == [BLOCK, 500]
    ids = pd.concat([block.leads["external_id"] for block in blocks])
    emails = pd.concat([block.leads["email"] for block in blocks])
    assert ids.is_unique
    assert emails.is_unique


def test_nothing_happens_before_a_lead_arrives_after_it_ends_or_after_now(market: Block) -> None:
    created = market.leads["created_at"]
    events = market.events
    assert (events["occurred_at"].to_numpy() >= created[events["lead"]].to_numpy()).all()
    assert (events["occurred_at"] <= pd.Timestamp(NOW)).all()
    assert (market.outcomes["occurred_at"] <= pd.Timestamp(NOW)).all()
    ends = market.outcomes.set_index("lead")["occurred_at"]
    ended = events[events["lead"].isin(ends.index)]
    assert (ended["occurred_at"].to_numpy() <= ends[ended["lead"]].to_numpy()).all()


def test_outcomes_follow_the_true_probabilities(market: Block) -> None:
    old = market.leads["created_at"] < pd.Timestamp("2026-01-01", tz="UTC")
    probability = market.truth["probability_at_creation"][old]
    won = market.outcomes[market.outcomes["outcome"] == "converted"]["lead"]
    converted = probability.index.isin(won)
    spread = np.sqrt((probability * (1 - probability)).sum())
    assert abs(converted.sum() - probability.sum()) < 3 * spread
    assert 0.80 < roc_auc_score(converted, probability) < 0.90


def test_behaviour_tells_of_interest(market: Block) -> None:
    visits = market.events[market.events["type"] == "website_visit"].groupby("lead").size()
    visits = visits.reindex(market.leads.index, fill_value=0)
    assert np.corrcoef(visits, market.truth["interest"])[0, 1] > 0.4


def test_the_probability_still_to_come_follows_from_what_has_not_happened() -> None:
    chance = np.array([0.2, 0.2, 0.2])
    left = still_to_come(chance, np.array([0.0, 40.0, 81.0]))
    assert left[0] == pytest.approx(0.2)
    assert left[2] == pytest.approx(0.0)
    assert 0 < left[1] < 1


def test_every_service_is_known_by_somebody_and_somebody_works_everywhere() -> None:
    team = make_team(3, 12, 20)
    assert team == make_team(3, 12, 20)
    assert team_faults(team) == []
    sellers = [rep for rep in team.reps if rep.id != team.fallback_owner]
    assert len(sellers) == 12
    assert any(not rep.territories for rep in sellers)
    known = {skill for rep in sellers for skill in rep.skills}
    assert len(known) == 6
    assert len(true_selling(3, 12)) == 12 * 7
