"""The combination stands unless another candidate is better by more than chance explains."""

import numpy as np
import pytest

from models.candidates import COMBINATION
from models.choice import choose, clearly_better, mean_loss

UNITS = [np.arange(place * 2000, (place + 1) * 2000) for place in range(3)]


def blocks(level: float, gains: tuple[float, ...], seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [level - gain + draw.normal(0, 0.02, 2000) for gain in gains]


@pytest.mark.parametrize("dated", [True, False])
def test_a_candidate_better_in_every_block_is_taken(dated: bool) -> None:
    found = {
        COMBINATION: blocks(0.3, (0, 0, 0)),
        "trees": blocks(0.3, (0.01, 0.011, 0.009), seed=1),
        "lines": blocks(0.3, (-0.1, -0.1, -0.1), seed=2),
    }
    assert choose(found, UNITS, dated) == "trees"


def test_a_candidate_better_in_one_lucky_period_is_not_taken() -> None:
    found = {
        COMBINATION: blocks(0.3, (0, 0, 0)),
        "trees": blocks(0.3, (0.08, -0.005, -0.005), seed=1),
    }
    assert mean_loss(found["trees"]) < mean_loss(found[COMBINATION])
    assert choose(found, UNITS, dated=True) == COMBINATION


def test_without_dates_leads_decide_however_much_folds_differ() -> None:
    """Three folds are too few to tell, six thousand leads are not."""
    found = {
        COMBINATION: blocks(0.3, (0, 0, 0)),
        "trees": blocks(0.3, (0.001, 0.03, 0.004), seed=1),
    }
    assert choose(found, UNITS, dated=True) == COMBINATION
    assert choose(found, UNITS, dated=False) == "trees"


def test_copies_of_a_lead_are_no_proof_of_each_other() -> None:
    """A gain that 300 leads make by chance is none, though each is there twenty times."""
    gains = np.random.default_rng(4).normal(0, 0.1, 300)
    gains += 0.004 - gains.mean()
    theirs = [np.full(2000, 0.3)] * 3
    ours = [0.3 - part for part in np.split(np.repeat(gains, 20), 3)]
    copied = np.split(np.repeat(np.arange(300), 20), 3)
    assert clearly_better(ours, theirs, UNITS, dated=False)
    assert not clearly_better(ours, theirs, copied, dated=False)


@pytest.mark.parametrize("dated", [True, False])
def test_equal_candidates_are_not_clearly_better(dated: bool) -> None:
    better = [
        clearly_better(
            blocks(0.3, (0, 0, 0), seed), blocks(0.3, (0, 0, 0), 100 + seed), UNITS, dated
        )
        for seed in range(200)
    ]
    assert np.mean(better) < 0.1
