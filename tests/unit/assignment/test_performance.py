"""What salespeople add is found where it is there, and nothing is where it is not."""

from dataclasses import replace

import numpy as np
import pytest

from leadflow.assignment.choice.conversion_times import share_by
from leadflow.assignment.choice.fit_known import FitKnown, by_what_is_known
from leadflow.assignment.choice.plan import Group
from leadflow.assignment.choice.rep_effects import Counts, RepEffects, fit_effects, no_effects
from tests.unit.assignment.teams import plan

REPS, SEGMENTS = 40, 6
IDS = tuple(f"rep_{number:02}" for number in range(REPS))
NAMES = tuple(f"segment {number}" for number in range(SEGMENTS))


def history(
    effects: np.ndarray, leads: int, seed: int = 1, better: int | None = None
) -> tuple[RepEffects, Counts]:
    """Leads handed out by chance, converting by their own odds and these effects; ``better``: a
    salesperson who is given leads of twice the odds."""
    draw = np.random.default_rng(seed)
    rep = draw.integers(REPS, size=leads)
    segment = draw.integers(SEGMENTS, size=leads)
    logit = draw.normal(-1.5, 0.8, leads) + np.log(2) * (rep == better)
    truth = 1 / (1 + np.exp(-(logit + effects[rep, segment])))
    converted = draw.random(leads) < truth
    counts = Counts.of(rep, segment, 1 / (1 + np.exp(-logit)), converted, (REPS, SEGMENTS))
    return fit_effects(counts, IDS, NAMES), counts


def test_known_effects_are_recovered_better_than_by_counting() -> None:
    draw = np.random.default_rng(5)
    truth = draw.normal(0, 0.4, REPS)[:, None] + draw.normal(0, 0.2, (REPS, SEGMENTS))
    fitted, counts = history(truth, 60_000)
    raw = (counts.converted - counts.expected) / counts.variance
    really = truth.mean(axis=1).std()
    assert fitted.between == pytest.approx(really, abs=0.1)
    assert fitted.within == pytest.approx(0.2, abs=0.1)
    found, by_counting = fitted.cell - truth, raw - truth
    assert np.corrcoef(fitted.cell.ravel(), truth.ravel())[0, 1] > 0.9
    assert np.square(found - found.mean()).mean() < 0.7 * np.square(by_counting).mean()


def test_errors_are_as_large_as_they_are_said_to_be() -> None:
    draw = np.random.default_rng(6)
    truth = draw.normal(0, 0.4, REPS)[:, None] + draw.normal(0, 0.2, (REPS, SEGMENTS))
    fitted, _ = history(truth, 60_000)
    off = (fitted.cell - truth - (fitted.cell - truth).mean()) / fitted.cell_error
    assert 0.8 < (np.abs(off) < 1.645).mean() < 0.97


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_told_apart_by_chance(seed: int) -> None:
    fitted, _ = history(np.zeros((REPS, SEGMENTS)), 6_000, seed)
    assert np.abs(fitted.cell).max() < 0.25
    assert fitted.between < 0.2


def test_whoever_is_given_better_leads_gains_nothing_by_it() -> None:
    fitted, counts = history(np.zeros((REPS, SEGMENTS)), 40_000, better=3)
    rate = counts.converted.sum(axis=1) / counts.leads.sum(axis=1)
    assert rate.argmax() == 3
    assert fitted.cell[3].mean() < 0.1


def test_somebody_new_is_expected_to_do_as_the_team() -> None:
    fitted = no_effects(["a", "b"])
    chances = fitted.probability(["retail", "media"], np.array([0.2, 0.5]))
    assert chances == pytest.approx(np.array([[0.2, 0.2], [0.5, 0.5]]))


def test_a_segment_without_history_goes_by_the_salesperson_alone() -> None:
    effects = np.zeros((REPS, SEGMENTS))
    effects[0] = 1.0
    fitted, _ = history(effects, 40_000)
    chances = fitted.probability(["never seen", NAMES[0]], np.array([0.2, 0.2]))
    assert chances[0, 0] > 0.3
    assert chances[1, 0] > 0.3
    assert chances[:, 1] == pytest.approx(0.2, abs=0.05)


def test_where_the_score_is_wrong_about_a_segment_nobody_who_works_it_is_blamed() -> None:
    """Half of the people work all segments, half all but one, about which the score says twice the
    odds that are true: whoever was never there must not look better for it."""
    draw = np.random.default_rng(8)
    leads = 40_000
    rep, segment = draw.integers(REPS, size=leads), draw.integers(SEGMENTS, size=leads)
    segment = np.where((segment == 0) & (rep % 2 == 1), 1, segment)
    logit = draw.normal(-1.5, 0.8, leads)
    own = draw.normal(0, 0.3, REPS)
    truth = 1 / (1 + np.exp(-(logit + own[rep] - np.log(2) * (segment == 0))))
    said = 1 / (1 + np.exp(-logit))
    counts = Counts.of(rep, segment, said, draw.random(leads) < truth, (REPS, SEGMENTS))
    fitted = fit_effects(counts, IDS, NAMES)
    there, never_there = fitted.cell[::2, 0].mean(), fitted.cell[1::2, 0].mean()
    assert there - never_there == pytest.approx(own[::2].mean() - own[1::2].mean(), abs=0.12)
    assert fitted.within < 0.15


def test_young_leads_count_as_far_as_their_time_has_passed() -> None:
    times = np.arange(1.0, 81.0)
    ages = np.array([0.5, 20.0, 60.0, 89.0, 90.0, 400.0])
    assert share_by(ages, times, 90).tolist() == [0.0, 0.25, 0.75, 1.0, 1.0, 1.0]
    # Too few conversions to say how long they take: only leads that had their time.
    assert share_by(ages, times[:9], 90).tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("known", "enough", "says"),
    [
        (FitKnown(900, 300, True, 40), True, "Optimal"),
        (FitKnown(900, 300, False, 40), False, "by more than chance"),
        (FitKnown(900, 39, True, 40), False, "too little to learn from"),
        (FitKnown(900, 870, True, 40), False, "too little to learn from"),
        (FitKnown(0, 0, False, 40), False, "0 past leads"),
    ],
)
def test_sweeps_go_by_what_was_learned_where_there_is_enough_to_learn_from(
    known: FitKnown, enough: bool, says: str
) -> None:
    automatic, named = plan("hybrid"), plan("skill_based")
    groups = [Group(replace(automatic, automatic=True), []), Group(named, [])]
    chosen, why = by_what_is_known(groups, known)
    assert [group.plan.strategy for group in chosen] == [
        "optimal" if enough else "hybrid",
        "skill_based",
    ]
    assert why is not None
    assert says in why
    assert by_what_is_known(groups[1:], known) == (groups[1:], None)
