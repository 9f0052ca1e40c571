"""Leaks: features that know the outcome, because they were filled in by it.

A model that learns from one looks brilliant and is useless, as the value is not there yet when a
lead is scored. Nothing here proves a leak: each finding names a feature for a person to judge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from features.how_many import how_many
from models.single_features import MISSING, SingleFeature, look_at, periods, same_thing, together

LeakKind = Literal["known after the outcome", "filled in when converted", "separates", "too strong"]

# An AUC that no honest feature of real leads reaches.
PERFECT = 0.98
# What a feature must surely reach alone before it is held against all others together.
STRONG = 0.75
# How much better alone than all others together: the length of a bank's sales calls, known once
# the call is over, reaches 0.82 against 0.79; what was known before the call stays below.
BEYOND = 0.01
# How well a value's mere presence may rank leads.
PRESENCE = 0.85
# The share of converted leads among those that have a value: "only converted leads have it".
ONLY = 0.97
# The least share of all converted leads that a category only they have must hold to be named.
SHARE = 0.2
# How likely chance alone may make a finding; many features and categories are looked at.
CHANCE, CHANCE_IN_ERRORS = 1e-7, 4.5


@dataclass(frozen=True)
class Leak:
    """A feature that may know the outcome.

    ``figure`` is an AUC for ``separates`` and ``too strong``, else a share of leads; ``words`` says
    what was seen.
    """

    feature: str
    kind: LeakKind
    words: str
    figure: float


def find_leaks(
    frame: pd.DataFrame,
    labels: np.ndarray,
    features: Sequence[Feature],
    moments: np.ndarray | None = None,
) -> list[Leak]:
    """Features of n leads (rows of ``frame``) that may know ``labels`` (n, 0 or 1), each named
    once, by its plainest sign.

    With ``moments`` (n), leads are compared within periods only, so that a feature that merely
    tells the date is not mistaken for one that tells the outcome.
    """
    labels = np.asarray(labels).astype(np.int64)
    if not 0 < labels.sum() < len(labels):
        return []
    strata = periods(moments, labels)
    found: list[Leak] = []
    rest: list[SingleFeature] = []
    for feature in features:
        single = look_at(feature, frame[feature.name], labels, strata)
        leak = _filled(single, labels) or _separates(single, labels) or _category(single, labels)
        if leak is None:
            rest.append(single)
        else:
            found.append(leak)
    return [*found, *_too_strong(rest, labels, strata)]


def named_once(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """These leaks without those whose feature an earlier one has named."""
    first: dict[str, Leak] = {}
    for leak in leaks:
        first.setdefault(leak.feature, leak)
    return tuple(first.values())


def _filled(single: SingleFeature, labels: np.ndarray) -> Leak | None:
    """A value that converted leads have and others lack."""
    has = single.codes != MISSING
    if has.all() or not has.any():
        return None
    with_it, without_it = float(labels[has].mean()), float(labels[~has].mean())
    held = float(has[labels == 1].mean())
    ranked = 0.5 + (held - float(has[labels == 0].mean())) / 2
    only = with_it >= ONLY and _beyond_chance(int(has.sum()), int(labels[has].sum()), labels)
    if not only and not (ranked >= PRESENCE and _far_from_chance(ranked, labels)):
        return None
    words = (
        f"{single.feature.label} is filled in for {held:.0%} of the converted leads; of those that "
        f"have it {with_it:.1%} converted, of those that lack it {without_it:.1%}."
    )
    return Leak(single.feature.name, "filled in when converted", words, with_it)


def _separates(single: SingleFeature, labels: np.ndarray) -> Leak | None:
    """A feature that alone tells converted leads from others almost without error."""
    if single.auc < PERFECT or not _far_from_chance(single.auc, labels):
        return None
    words = (
        f"{single.feature.label} alone tells converted leads from others almost without error "
        f"(AUC {single.auc:.3f})."
    )
    return Leak(single.feature.name, "separates", words, single.auc)


def _category(single: SingleFeature, labels: np.ndarray) -> Leak | None:
    """A category that only converted leads have, such as a stage that is set when they buy."""
    if single.feature.kind is not FeatureKind.CATEGORICAL:
        return None
    leads = np.bincount(single.codes)
    converted = np.bincount(single.codes, weights=labels).astype(np.int64)
    for code in np.flatnonzero(converted >= SHARE * labels.sum()):
        count, bought = int(leads[code]), int(converted[code])
        if code != MISSING and bought >= ONLY * count and _beyond_chance(count, bought, labels):
            words = (
                f"A value of {single.feature.label} belongs to converted leads only: {bought:,} of "
                f"{how_many(count, 'lead')} with it converted."
            )
            share = bought / count
            return Leak(single.feature.name, "known after the outcome", words, share)
    return None


def _too_strong(
    singles: Sequence[SingleFeature], labels: np.ndarray, strata: np.ndarray
) -> list[Leak]:
    """Features that alone rank leads better than all the others together, strongest first.

    One that is found, and those that say the same, are no longer among the others.
    """
    found: list[Leak] = []
    left = list(singles)
    for single in sorted(singles, key=lambda single: -single.auc):
        if single.auc - 3 * single.error < STRONG:
            break
        alike = same_thing(single, left)
        others = [other for other in left if other is not single and other not in alike]
        # The others together are no worse than the best of them, which costs nothing to know.
        if single.auc < max((other.auc for other in others), default=0.5) + BEYOND:
            continue
        rest = together(others, labels, strata)
        if single.auc >= rest + BEYOND:
            left.remove(single)
            words = (
                f"{single.feature.label} alone ranks leads better than all other features together "
                f"(AUC {single.auc:.2f} against {rest:.2f})."
            )
            found.append(Leak(single.feature.name, "too strong", words, single.auc))
    return found


def _far_from_chance(ranked: float, labels: np.ndarray) -> bool:
    """Whether an AUC lies further from 0.5 than chance puts it (Mann and Whitney, 1947)."""
    converted = int(labels.sum())
    other = len(labels) - converted
    error = np.sqrt((len(labels) + 1) / (12 * converted * other))
    return bool(abs(ranked - 0.5) >= CHANCE_IN_ERRORS * error)


def _beyond_chance(leads: int, converted: int, labels: np.ndarray) -> bool:
    """Whether so many of these leads convert by chance less often than once in ten million."""
    from scipy.stats import binom

    return bool(binom.sf(converted - 1, leads, float(labels.mean())) < CHANCE)
