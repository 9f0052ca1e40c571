"""Do two reviewers agree more than by chance? Pure.

Cohen's kappa (J. Cohen, Educational and Psychological Measurement 20(1), 1960). Standard error: the
large-sample one of J. L. Fleiss, J. Cohen and B. S. Everitt, Psychological Bulletin 72(5), 1969.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

from leadflow.quality.estimates import Z, wilson


@dataclass(frozen=True)
class Kappa:
    """Agreement of two reviewers on ``pairs`` items.

    ``agreed``: share judged alike. ``kappa``: 1 where all are, 0 where as many as chance would
    make; None where both only ever said one and the same, when there is nothing to tell chance
    from. ``low`` to ``high`` holds the true kappa 9 times in 10.
    """

    pairs: int
    agreed: float
    kappa: float | None
    error: float | None
    low: float | None
    high: float | None


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Kappa | None:
    """Kappa of what two reviewers said of the same items, in categories without an order.

    None without items. Where all pairs agree, or none do, the standard error is nil however few
    they are; the interval then is that of the share agreed (Wilson), at the same chance agreement.
    """
    if not pairs:
        return None
    shares, rows, columns = _table(pairs)
    agreed = sum(shares.get((category, category), 0.0) for category in rows)
    chance = sum(rows[category] * columns[category] for category in rows)
    if 1.0 - chance < 1e-12:
        return Kappa(len(pairs), agreed, None, None, None, None)
    kappa = (agreed - chance) / (1.0 - chance)
    error = _error(shares, rows, columns, kappa, chance) / sqrt(len(pairs))
    if error > 1e-9:
        low, high = kappa - Z * error, kappa + Z * error
    else:
        low, high = ((end - chance) / (1.0 - chance) for end in wilson(agreed, len(pairs)))
    return Kappa(len(pairs), agreed, kappa, error, max(-1.0, low), min(1.0, high))


_Shares = dict[Hashable, float]


def _table(
    pairs: Sequence[tuple[Hashable, Hashable]],
) -> tuple[dict[tuple[Hashable, Hashable], float], _Shares, _Shares]:
    """Share of each pair of categories, and the margins by category, those that never occur on
    one side included."""
    one = 1.0 / len(pairs)
    categories = dict.fromkeys(category for pair in pairs for category in pair)
    shares: dict[tuple[Hashable, Hashable], float] = {}
    rows, columns = dict.fromkeys(categories, 0.0), dict.fromkeys(categories, 0.0)
    for first, second in pairs:
        shares[first, second] = shares.get((first, second), 0.0) + one
        rows[first] += one
        columns[second] += one
    return shares, rows, columns


def _error(
    shares: dict[tuple[Hashable, Hashable], float],
    rows: _Shares,
    columns: _Shares,
    kappa: float,
    chance: float,
) -> float:
    """Standard error × √n: equation 13 of Fleiss, Cohen and Everitt."""
    total = 0.0
    for (first, second), share in shares.items():
        if first == second:
            total += share * (1.0 - (rows[first] + columns[first]) * (1.0 - kappa)) ** 2
        else:
            total += share * ((1.0 - kappa) * (columns[first] + rows[second])) ** 2
    total -= (kappa - chance * (1.0 - kappa)) ** 2
    return sqrt(max(0.0, total)) / (1.0 - chance)
