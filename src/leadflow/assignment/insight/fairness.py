"""Measures of how evenly leads were distributed. Pure."""

from collections.abc import Sequence

import numpy as np


def gini(received: Sequence[float]) -> float | None:
    """Gini coefficient: 0 where everybody received the same, towards 1 where one received all.

    Half the mean difference between two of them, as a share of the mean (C. Gini, 1912). None where
    nobody received anything.
    """
    values = np.sort(np.asarray(received, dtype=float))
    total = values.sum()
    if not len(values) or total <= 0:
        return None
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * total))


def spread(received: Sequence[float]) -> float:
    """Most minus least received."""
    return float(max(received) - min(received)) if received else 0.0
