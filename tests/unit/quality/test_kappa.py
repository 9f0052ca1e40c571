"""Kappa is Cohen's, and its error is what repeating the reviews would show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from leadflow.quality.kappa import cohen_kappa

LEVELS = ("hot", "warm", "cold", "unqualified")
PAIRS = st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), min_size=1)
DRAWS = 4_000


@given(PAIRS)
def test_kappa_is_what_scikit_learn_makes_of_the_same_pairs(pairs: list[tuple[str, str]]) -> None:
    found = cohen_kappa(pairs)
    assert found is not None
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) == 1:
        assert found.kappa is None
        assert found.agreed == pytest.approx(1.0)
        return
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert found.kappa is not None
    assert found.low is not None
    assert found.high is not None
    assert -1.0 <= found.low <= found.kappa + 1e-9
    assert found.kappa - 1e-9 <= found.high <= 1.0


def test_without_pairs_there_is_nothing_to_say() -> None:
    assert cohen_kappa([]) is None


def test_perfect_agreement_of_few_is_not_certain() -> None:
    few = cohen_kappa([("hot", "hot"), ("cold", "cold")])
    many = cohen_kappa([("hot", "hot"), ("cold", "cold")] * 100)
    assert few is not None
    assert many is not None
    assert few.low is not None
    assert many.low is not None
    assert (few.kappa, few.high) == (1.0, 1.0)
    assert few.low < 0.2
    assert many.low > 0.95


def test_the_error_is_what_repeated_samples_show() -> None:
    table = np.array([[0.30, 0.05, 0.02], [0.08, 0.25, 0.05], [0.02, 0.03, 0.20]])
    names = [(a, b) for a in range(3) for b in range(3)]
    rng = np.random.default_rng(7)
    counts = rng.multinomial(150, table.ravel(), size=DRAWS)
    agreed = np.einsum("ijj->i", counts.reshape(-1, 3, 3)) / 150
    shares = counts.reshape(-1, 3, 3) / 150
    chance = (shares.sum(1) * shares.sum(2)).sum(1)
    spread = ((agreed - chance) / (1 - chance)).std()
    truth = (0.75 - (table.sum(0) * table.sum(1)).sum()) / (1 - (table.sum(0) * table.sum(1)).sum())
    errors, held = [], 0
    for row in counts[:400]:
        pairs = [name for name, count in zip(names, row, strict=True) for _ in range(count)]
        found = cohen_kappa(pairs)
        assert found is not None
        assert found.error is not None
        assert found.low is not None
        assert found.high is not None
        errors.append(found.error)
        held += found.low <= truth <= found.high
    assert np.mean(errors) == pytest.approx(spread, rel=0.05)
    assert 0.85 <= held / 400 <= 0.95  # 9 times in 10
