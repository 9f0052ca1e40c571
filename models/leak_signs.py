"""The signs by which one feature alone shows that it may know the outcome."""

import numpy as np

from features.feature import FeatureKind
from features.how_many import how_many
from models.leak import Leak
from models.single_features import MISSING, SingleFeature, folds

# An AUC that no honest feature of real leads reaches.
PERFECT = 0.98
# How well a value's mere presence may rank leads.
PRESENCE = 0.85
# The share of converted leads among those that have a value: "only converted leads have it". It is
# held against what chance leaves open: 33 of 34 may well be 97 %.
ONLY, OPEN = 0.97, 0.9
# The least share of all converted leads that values only they have must hold to be named.
SHARE = 0.2
# A value that comes with a loss: so many of the others have it, and of those that do so much less
# than the average convert.
LOST_SHARE, LOST_RATE, SURE = 0.3, 1 / 8, 0.95
# Values that fewer leads share say nothing of a lead by themselves; together they may.
RARE = 5
# The share from which a value counts as one that only converted leads have, by other leads.
NEARLY = 0.9
# How likely chance alone may make a finding; many features and categories are looked at.
CHANCE, CHANCE_IN_ERRORS = 1e-7, 4.5


def filled_by_outcome(single: SingleFeature, converted: np.ndarray) -> Leak | None:
    """A value that leads have because they converted (n, 0 or 1, at any time), or because they
    did not."""
    has = single.codes != MISSING
    if has.all() or not has.any():
        return None
    with_it, without_it = float(converted[has].mean()), float(converted[~has].mean())
    held = float(has[converted == 1].mean())
    others = float(has[converted == 0].mean())
    ranked = 0.5 + (held - others) / 2
    words = (
        f"{single.feature.label} is filled in for {held:.0%} of the converted leads and "
        f"{others:.0%} of the others; of those that have it {with_it:.1%} converted, of those that "
        f"lack it {without_it:.1%}."
    )
    if _only(has, converted) or (ranked >= PRESENCE and _far_from_chance(ranked, converted)):
        return Leak(single.feature.name, "filled in when converted", words, with_it)
    if others >= LOST_SHARE and _hardly_any(has, converted):
        return Leak(single.feature.name, "filled in when lost", words, with_it)
    return None


def separates(single: SingleFeature, labels: np.ndarray) -> Leak | None:
    """A feature that alone tells converted leads from others almost without error."""
    if single.auc < PERFECT or not _far_from_chance(single.auc, labels):
        return None
    words = (
        f"{single.feature.label} alone tells converted leads from others almost without error "
        f"(AUC {single.auc:.3f})."
    )
    return Leak(single.feature.name, "separates", words, single.auc)


def only_converted(single: SingleFeature, converted: np.ndarray) -> Leak | None:
    """Values that only converted leads (n, 0 or 1, at any time) have, such as a stage that is set
    when they buy, or the number of a contract."""
    counts = np.bincount(single.codes)
    bought = np.bincount(single.codes, weights=converted).astype(np.int64)
    for code in np.flatnonzero(bought >= SHARE * converted.sum()):
        if code != MISSING and single.feature.kind is not FeatureKind.NUMERIC:
            leak = _belongs(single, single.codes == code, converted, "A value")
            if leak is not None:
                return leak
    known = single.codes != MISSING
    rare = known & (counts[single.codes] < RARE)
    leak = _belongs(single, rare, converted, "A kind of value that hardly two leads share,")
    if leak is not None:
        return leak
    pure = _pure_elsewhere(single, converted)
    if single.feature.kind is FeatureKind.NUMERIC and not _one_value(single.codes[~pure]):
        return None  # The far end of an honest number may be pure too.
    return _belongs(single, pure, converted, "Some values")


def _one_value(codes: np.ndarray) -> bool:
    """Whether nearly all of these leads have the same value, such as nil."""
    return len(codes) > 0 and float(np.bincount(codes).max()) >= NEARLY * len(codes)


def _belongs(
    single: SingleFeature, rows: np.ndarray, converted: np.ndarray, what: str
) -> Leak | None:
    bought = int(converted[rows].sum())
    if bought < SHARE * converted.sum() or not _only(rows, converted):
        return None
    count = int(rows.sum())
    verb = "belong" if what.endswith("s") else "belongs"
    words = (
        f"{what} of {single.feature.label} {verb} to converted leads only: {bought:,} of "
        f"{how_many(count, 'lead')} with it converted."
    )
    return Leak(single.feature.name, "known after the outcome", words, bought / count)


def _pure_elsewhere(single: SingleFeature, converted: np.ndarray) -> np.ndarray:
    """The leads (n) whose value belongs to converted leads only, judged by other leads than them:
    picked by themselves, the purest of many values would look pure by chance."""
    fold = folds(converted)
    size = int(single.codes.max()) + 1
    everyone, bought = np.zeros((2, int(fold.max()) + 1, size))
    np.add.at(everyone, (fold, single.codes), 1.0)
    np.add.at(bought, (fold, single.codes), converted.astype(np.float64))
    others = (everyone.sum(axis=0) - everyone)[fold, single.codes]
    theirs = (bought.sum(axis=0) - bought)[fold, single.codes]
    pure = (others >= 2) & (theirs >= NEARLY * others)
    return np.asarray(pure & (single.codes != MISSING))


def _only(rows: np.ndarray, converted: np.ndarray) -> bool:
    """Whether these leads may all but a few have converted, and not by chance."""
    from scipy.stats import beta, binom

    count, bought = int(rows.sum()), int(converted[rows].sum())
    rate = float(converted.mean())
    if count == 0 or binom.sf(bought - 1, count, rate) >= CHANCE:
        return False
    # The highest share that is still likely to show so few (Clopper and Pearson, 1934).
    highest = 1.0 if bought == count else float(beta.ppf(OPEN, bought + 1, count - bought))
    return highest >= ONLY


def _hardly_any(rows: np.ndarray, converted: np.ndarray) -> bool:
    """Whether these leads surely convert far less often than the average, and not by chance."""
    from scipy.stats import beta, binom

    count, bought = int(rows.sum()), int(converted[rows].sum())
    rate = float(converted.mean())
    highest = 1.0 if bought == count else float(beta.ppf(SURE, bought + 1, count - bought))
    return highest <= LOST_RATE * rate and bool(binom.cdf(bought, count, rate) < CHANCE)


def _far_from_chance(ranked: float, labels: np.ndarray) -> bool:
    """Whether an AUC lies further from 0.5 than chance puts it (Mann and Whitney, 1947)."""
    converted = int(labels.sum())
    other = len(labels) - converted
    error = np.sqrt((len(labels) + 1) / (12 * converted * other))
    return bool(abs(ranked - 0.5) >= CHANCE_IN_ERRORS * error)
