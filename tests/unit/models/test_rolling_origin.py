"""What is judged is always later than what was learned from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.blocks import latest_block, rolling_origin


@st.composite
def dated(draw: st.DrawFn, spread: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted moments, many of them equal where ``spread`` is small, and mixed labels."""
    count = draw(st.integers(100, 400))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days = np.sort(source.integers(0, spread, count))
    labels = (source.random(count) < draw(st.sampled_from([0.05, 0.3, 0.5]))).astype(np.int64)
    labels[:10], labels[10:20] = 1, 0
    return np.datetime64("2025-01-01") + days, labels


@given(dated(spread=12))
def test_a_block_is_later_than_its_past_or_all_leads_are_folded(
    data: tuple[np.ndarray, np.ndarray],
) -> None:
    moments, labels = data
    splits = rolling_origin(moments, labels)
    judged = np.concatenate([block for _, block in splits])
    assert len(judged) == len(set(judged.tolist()))
    if len(judged) == len(labels):  # folds: each lead is judged once, by a model without it
        assert all(not set(past) & set(block) for past, block in splits)
    else:
        assert all(moments[past].max() < moments[block].min() for past, block in splits)


@given(st.integers(100, 500), st.integers(1, 5))
def test_dated_leads_with_enough_outcomes_are_never_folded(count: int, blocks: int) -> None:
    moments = np.datetime64("2025-01-01") + np.arange(count)
    labels = np.arange(count) % 2
    splits = rolling_origin(moments, labels, blocks if count >= 60 * blocks else 1)
    for past, block in splits:
        assert moments[past].max() < moments[block].min()
        assert (block == np.arange(block[0], block[-1] + 1)).all()
    assert splits[-1][1][-1] == count - 1


@given(dated(spread=12))
def test_the_latest_block_is_later_than_the_past(data: tuple[np.ndarray, np.ndarray]) -> None:
    moments, labels = data
    past, latest = latest_block(moments, labels, 0.2, 0)
    assert sorted([*past, *latest]) == list(range(len(labels)))
    enough = min(labels[-len(latest) :].sum(), len(latest) - labels[-len(latest) :].sum()) >= 8
    if moments[past].max() >= moments[latest].min():  # only where a later block would not do
        cut = moments[int(len(moments) * 0.8)]
        late = labels[moments >= cut]
        early = labels[moments < cut]
        fewest = min(late.sum(), len(late) - late.sum(), early.sum(), len(early) - early.sum())
        assert fewest < 8 or len(late) >= len(labels) / 2
    else:
        assert enough


def test_without_dates_folds_take_their_place() -> None:
    moments = np.full(120, np.datetime64("2025-01-01"))
    labels = np.arange(120) % 2
    splits = rolling_origin(moments, labels)
    assert sorted(np.concatenate([block for _, block in splits]).tolist()) == list(range(120))
    for past, block in splits:
        assert not set(past) & set(block)
        assert labels[block].mean() == 0.5
    past, latest = latest_block(moments, labels, 0.2, 0)
    assert (len(past), len(latest)) == (96, 24)
