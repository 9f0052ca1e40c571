"""Which leads are learned from where the market has changed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.recipe import Recipe
from models.training import train
from models.window import choose_window, newest_that_tell
from tests.unit.models.made_up_leads import FEATURES, Leads, make

pytestmark = pytest.mark.uncounted


def joined(older: Leads, newer: Leads) -> Leads:
    """One market after another."""
    later = newer.moments + (older.moments[-1] - newer.moments[0]) + np.timedelta64(1, "h")
    return Leads(
        pd.concat([older.frame, newer.frame], ignore_index=True),
        np.concatenate([older.labels, newer.labels]),
        np.concatenate([older.moments, later]),
        np.concatenate([older.chance, newer.chance]),
    )


def recipe_of(leads: Leads) -> Recipe:
    return Recipe.of(leads.frame, leads.labels, leads.moments, FEATURES, 0)


def turned(leads: Leads, seed: int = 5) -> Leads:
    """The same market, where those buy who did not."""
    draw = np.random.default_rng(seed)
    chance = leads.chance.max() + leads.chance.min() - leads.chance
    labels = (draw.random(len(chance)) < chance).astype(np.int64)
    return replace(leads, labels=labels, chance=chance)


@pytest.mark.parametrize("seed", range(8))
def test_of_one_market_every_lead_is_learned_from(seed: int) -> None:
    leads = make(4000, seed=seed)
    window = choose_window(recipe_of(leads))
    assert window.leads == window.of == 4000
    assert window.words == ""


def test_more_conversions_than_before_are_no_reason_to_forget_who_converts() -> None:
    older, newer = make(5000, seed=1), make(2000, seed=2)
    draw = np.random.default_rng(8)
    odds = 2.5 * newer.chance / (1 - newer.chance)
    more = (draw.random(len(newer)) < odds / (1 + odds)).astype(np.int64)
    leads = joined(older, replace(newer, labels=more))
    assert choose_window(recipe_of(leads)).leads == 7000


def test_after_a_change_only_the_newer_leads_are_learned_from() -> None:
    older, newer = make(6000, seed=1), turned(make(1500, seed=2))
    recipe, window = newest_that_tell(recipe_of(joined(older, newer)))
    assert 700 <= window.leads <= 1900
    assert len(recipe.labels) == window.leads
    assert window.words.startswith(f"It learned from the newest {window.leads:,} of 7,500 leads")


def test_who_came_before_a_change_is_left_out_however_late_they_were_looked_at() -> None:
    leads = joined(make(6000, seed=1), turned(make(1500, seed=2)))
    change, last = leads.moments[6000], leads.moments[-1]
    ages = np.zeros(7500)
    ages[:6000:4] = 1 + (last - leads.moments[0]) // np.timedelta64(1, "D")
    moments = leads.moments + ages.astype("timedelta64[D]")
    # Looked at among those that came after the change.
    moments = np.where(ages > 0, np.minimum(moments, last), moments)
    recipe, window = newest_that_tell(
        recipe_of(replace(leads, frame=leads.frame.assign(age_days=ages), moments=moments))
    )
    # A quarter of the older leads was looked at since.
    assert 2200 <= window.leads <= 3600
    assert recipe.moments.min() >= change - np.timedelta64(40, "D")


def test_a_model_learned_after_a_change_ranks_as_the_market_is_now() -> None:
    older, newer = make(6000, seed=1), turned(make(1500, seed=2))
    leads, later = joined(older, newer), turned(make(3000, seed=9))
    training = train(leads.frame, leads.labels, leads.moments, FEATURES)
    assert training.leads < 2000
    probability = training.scorecard.score(later.frame).probability
    assert np.corrcoef(probability, later.chance)[0, 1] > 0.8


def test_leads_without_an_order_of_time_are_all_learned_from() -> None:
    leads = joined(make(6000, seed=1), turned(make(1500, seed=2)))
    leads = replace(leads, moments=np.full_like(leads.moments, leads.moments[0]))
    assert choose_window(recipe_of(leads)).leads == 7500


def test_few_outcomes_are_never_made_fewer() -> None:
    leads = joined(make(200, seed=1), turned(make(150, seed=2)))
    assert choose_window(recipe_of(leads)).leads == 350
