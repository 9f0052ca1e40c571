"""Features that rank leads better than all others together, alone or as a group.

Columns that were all filled in by the outcome hide each other: beside the rest of them no single
one stands out. So the strongest are set aside until what is left no longer reaches the weakest of
them; then what is left is looked at again.
"""

from collections.abc import Sequence

import numpy as np

from models.leak import Leak
from models.single_features import SingleFeature, same_thing, together

# What a feature must surely reach alone before it is held against all others together.
STRONG = 0.75
# How much better alone than all others together: the length of a bank's sales calls, known once
# the call is over, reaches 0.82 against 0.79; what was known before the call stays below.
BEYOND = 0.01
# The same for each of a group. Honest features come in groups too, such as all that a lead clicked,
# and are weaker than that.
STRONG_GROUP, BEYOND_GROUP = 0.82, 0.02
# How many times as often as at the bound the features that are left must rank two leads wrongly.
TIMES = 2.0
# Of each outcome, leads from which on that is told: among two dozen, noise reaches 0.98 at times.
FEWEST = 30

Group = list[SingleFeature]


def stands_out(
    singles: Sequence[SingleFeature], labels: np.ndarray, strata: np.ndarray
) -> list[Leak]:
    """Features that alone rank leads better than all that is left without them and those like
    them, strongest first."""
    found: list[Leak] = []
    left = list(singles)
    while True:
        group, rest = _smallest_group(_guises(left), labels, strata)
        if not group:
            return found
        found += [_too_strong(single, len(group), rest) for single in group]
        left = [single for single in left if all(single is not one for one in group)]


def too_good_together(
    singles: Sequence[SingleFeature], labels: np.ndarray, strata: np.ndarray, bound: float
) -> list[Leak]:
    """Where all these features together rank leads as well as ``bound`` or better: the strongest
    of them, until those that are left mistake pairs twice as often. Nothing is told of a few
    leads."""
    converted = int(labels.sum())
    if min(converted, len(labels) - converted) < FEWEST:
        return []
    left = sorted(singles, key=_by_strength)
    reached = together(left, labels, strata)
    if reached < bound:
        return []
    found: list[Leak] = []
    rest = reached
    while left and 1.0 - rest < TIMES * (1.0 - bound):
        single = left.pop(0)
        rest = together(left, labels, strata)
        words = (
            f"Together features rank leads better than honest ones do (AUC {reached:.3f}, from "
            f"{bound:g} on it is doubted), and {single.feature.label} is among the strongest of "
            f"them (AUC {single.auc:.2f} alone)."
        )
        found.append(Leak(single.feature.name, "too good together", words, reached))
    return found


def _smallest_group(
    guises: Sequence[Group], labels: np.ndarray, strata: np.ndarray
) -> tuple[Group, float]:
    """The fewest of the strongest that each rank leads better than all the rest together, and what
    the rest reaches; nothing where there are none."""
    for size in range(1, len(guises) + 1):
        weakest = guises[size - 1][0]
        alone = size == 1
        strong, beyond = (STRONG, BEYOND) if alone else (STRONG_GROUP, BEYOND_GROUP)
        if weakest.auc - 3 * weakest.error < min(STRONG, STRONG_GROUP):
            break
        if weakest.auc - (3 if alone else 2) * weakest.error < strong:
            continue
        others = [single for guise in guises[size:] for single in guise]
        # The others together are no worse than the best of them, which costs nothing to know.
        if weakest.auc < max((other.auc for other in others), default=0.5) + beyond:
            continue
        rest = together(others, labels, strata)
        if weakest.auc >= rest + beyond:
            return [single for guise in guises[:size] for single in guise], rest
    return [], 0.0


def _guises(singles: Sequence[SingleFeature]) -> list[Group]:
    """Features in groups that are one in several guises, the strongest first."""
    left = sorted(singles, key=_by_strength)
    groups: list[Group] = []
    while left:
        first = left[0]
        # Weak ones are never looked at, and whether they are alike costs time to know.
        alike = same_thing(first, left) if first.auc >= STRONG else []
        group = [first, *alike]
        groups.append(group)
        left = [one for one in left if all(one is not taken for taken in group)]
    return groups


def _by_strength(single: SingleFeature) -> tuple[float, str]:
    return -single.auc, single.feature.name


def _too_strong(single: SingleFeature, group: int, rest: float) -> Leak:
    others = "all other features" if group == 1 else f"all features but {group:,}"
    words = (
        f"{single.feature.label} alone ranks leads better than {others} together "
        f"(AUC {single.auc:.2f} against {rest:.2f})."
    )
    if group > 1:
        words += " The others of these are named too: beside them it does not stand out."
    return Leak(single.feature.name, "too strong", words, single.auc)
