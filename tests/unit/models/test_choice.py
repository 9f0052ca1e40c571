"""The combination stands unless another candidate is better by more than chance explains."""

import numpy as np

from models.candidates import COMBINATION
from models.choice import choose, clearly_better, mean_loss


def blocks(level: float, gains: tuple[float, ...], seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [level - gain + draw.normal(0, 0.02, 2000) for gain in gains]


def test_a_candidate_better_in_every_block_is_taken() -> None:
    found = {
        COMBINATION: blocks(0.3, (0, 0, 0)),
        "trees": blocks(0.3, (0.01, 0.011, 0.009), seed=1),
        "lines": blocks(0.3, (-0.1, -0.1, -0.1), seed=2),
    }
    assert choose(found) == "trees"


def test_a_candidate_better_in_one_lucky_block_is_not_taken() -> None:
    found = {
        COMBINATION: blocks(0.3, (0, 0, 0)),
        "trees": blocks(0.3, (0.08, -0.005, -0.005), seed=1),
    }
    assert mean_loss(found["trees"]) < mean_loss(found[COMBINATION])
    assert choose(found) == COMBINATION


def test_equal_candidates_are_not_clearly_better() -> None:
    better = [
        clearly_better(blocks(0.3, (0, 0, 0), seed), blocks(0.3, (0, 0, 0), 100 + seed))
        for seed in range(200)
    ]
    assert np.mean(better) < 0.1
