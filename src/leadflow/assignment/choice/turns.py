"""Whose turn it is: what every salesperson is owed, lead by lead. Pure.

The rule of R. Fagin and J. H. Williams, "A fair carpool scheduling algorithm" (IBM Journal of
Research and Development 27, 1983): each lead is shared out among those who could have had it, by
weight, and the one who gets it pays for the whole. Whoever is owed most is next. Nobody is owed
anything for leads they could not have had, so that those who come back, or begin, are not flooded;
where all can have every lead and weights are equal, nobody is ever more than one lead ahead.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
# Sums of shares such as 1/3 differ in their last digits from what they should be.
DIGITS = 9


def shares(weight: Floats) -> Floats:
    """What each of these is owed for one lead; adds up to 1."""
    total = weight.sum()
    return weight / total if total > 0 else np.zeros_like(weight)


def settle(owed: Floats, who: Places, share: Floats, chosen: int) -> None:
    """Enter one lead into the accounts ``owed`` (of all): shared among ``who``, paid by one.

    ``share`` is of those in ``who``; ``chosen`` is the place in there of the one who pays.
    """
    account = owed[who] + share
    account[chosen] -= 1.0
    owed[who] = account.round(DIGITS)


def settle_least(owed: Floats, who: Places, amount: Floats, chosen: int) -> None:
    """Enter one lead into accounts that grow by an ``amount`` each (less than what is fair), and
    never fall below nothing: whoever is owed a whole lead there must get the next."""
    owed[who] += amount
    owed[chosen] = max(0.0, owed[chosen] - 1.0)
    owed[who] = owed[who].round(DIGITS)
