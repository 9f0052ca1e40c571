"""Leaks: features that know the outcome, because they were filled in by it.

A model that learns from one looks brilliant and is useless, as the value is not there yet when a
lead is scored. Nothing here proves a leak: each finding names a feature for a person to judge.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from features.feature import Feature
from models.leak import Leak
from models.leak_groups import stands_out, too_good_together
from models.leak_signs import filled_by_outcome, only_converted, separates
from models.row_order import canonical_order
from models.single_features import SingleFeature, look_at, periods

# An AUC that leads' honest features do not reach together; the setting of the same name decides.
SUSPICIOUS_AUC = 0.95


def find_leaks(
    frame: pd.DataFrame,
    labels: np.ndarray,
    features: Sequence[Feature],
    moments: np.ndarray | None = None,
    *,
    ever: np.ndarray | None = None,
    suspicious_auc: float = SUSPICIOUS_AUC,
) -> list[Leak]:
    """Features of n leads (rows of ``frame``) that may know ``labels`` (n, 0 or 1), each named
    once, by its plainest sign.

    With ``moments`` (n), leads are compared within periods only, so that a feature that merely
    tells the date is not mistaken for one that tells the outcome. ``ever`` (n) is whether each
    converted at any time: a value that comes with the purchase is also there for those who bought
    after the horizon. Features that reach ``suspicious_auc`` together are never passed over.
    """
    labels = np.asarray(labels).astype(np.int64)
    if not 0 < labels.sum() < len(labels):
        return []
    bought = labels if ever is None else np.maximum(labels, np.asarray(ever).astype(np.int64))
    order = canonical_order(frame, labels, moments)
    frame, labels, bought = frame.iloc[order], labels[order], bought[order]
    strata = periods(None if moments is None else moments[order], labels)
    found: list[Leak] = []
    rest: list[SingleFeature] = []
    for feature in sorted(features, key=lambda feature: feature.name):
        single = look_at(feature, frame[feature.name], labels, strata)
        leak = (
            filled_by_outcome(single, bought)
            or separates(single, labels)
            or only_converted(single, bought)
        )
        if leak is None:
            rest.append(single)
        else:
            found.append(leak)
    found += stands_out(rest, labels, strata)
    named = {leak.feature for leak in found}
    rest = [single for single in rest if single.feature.name not in named]
    return [*found, *too_good_together(rest, labels, strata, suspicious_auc)]


def named_once(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """These leaks without those whose feature an earlier one has named."""
    first: dict[str, Leak] = {}
    for leak in leaks:
        first.setdefault(leak.feature, leak)
    return tuple(first.values())


def too_good(
    reached: float, suspicious_auc: float, importance: Sequence[tuple[Feature, float]]
) -> list[Leak]:
    """Where a model ranks leads it had not learned from as well as ``suspicious_auc`` or better:
    the features that move its scores most, until they make up half of all that moves them.

    ``importance`` is how much each feature moves scores, in points.
    """
    total = sum(points for _, points in importance)
    if not reached >= suspicious_auc or total <= 0:
        return []
    named: list[Leak] = []
    so_far = 0.0
    for feature, points in sorted(importance, key=lambda pair: (-pair[1], pair[0].name)):
        if so_far >= total / 2:
            break
        so_far += points
        words = (
            f"Leads are ranked better than honest features rank them (AUC {reached:.3f}, from "
            f"{suspicious_auc:g} on it is doubted), and {feature.label} moves "
            f"{points / total:.0%} of the scores."
        )
        named.append(Leak(feature.name, "too good together", words, reached))
    return named
