"""Sets of features side by side: which there are, and how two of them differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.scoring.feature_sets.reading import find_set, read_manifest, read_set
from leadflow.scoring.feature_sets.tables import FeatureSet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FeatureChange:
    """How one feature differs between two sets: of how many leads that both have, and its mean, or
    its most frequent word, in each."""

    name: str
    leads: int
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What differs between two sets."""

    leads_gone: int
    leads_new: int
    leads_both: int
    same_definitions: bool
    features_gone: tuple[str, ...]
    features_new: tuple[str, ...]
    changed: tuple[FeatureChange, ...]


def newest_sets(session: Session, most: int) -> Sequence[FeatureSet]:
    """The newest sets that count, newest first."""
    return session.scalars(
        select(FeatureSet)
        .where(FeatureSet.ready_at.is_not(None))
        .order_by(FeatureSet.ready_at.desc())
        .limit(most)
    ).all()


def difference(session: Session, one: str, other: str) -> Difference:
    """How the second set differs from the first.

    Raises:
        NoSuchSet: one of them is not there.
        SetGone: the files of one of them are not there any more.
    """
    rows = find_set(session, one), find_set(session, other)
    before, after = (read_manifest(row) for row in rows)
    then, now = read_set(rows[0], before), read_set(rows[1], after)
    both = then.index.intersection(now.index, sort=False)
    names = [feature.name for feature in after.feature_list]
    shared = [feature.name for feature in before.feature_list if feature.name in names]
    changes = (_change(name, then.loc[both, name], now.loc[both, name]) for name in shared)
    return Difference(
        leads_gone=len(then) - len(both),
        leads_new=len(now) - len(both),
        leads_both=len(both),
        same_definitions=before.definitions_sha256 == after.definitions_sha256,
        features_gone=tuple(f.name for f in before.feature_list if f.name not in names),
        features_new=tuple(name for name in names if name not in shared),
        changed=tuple(change for change in changes if change.leads),
    )


def _change(name: str, then: "pd.Series", now: "pd.Series") -> FeatureChange:
    old, new = then.astype(object), now.astype(object)
    same = (old == new) | (then.isna() & now.isna())
    return FeatureChange(name, int((~same).sum()), _typical(then), _typical(now))


def _typical(values: "pd.Series") -> str:
    known = values.dropna()
    if known.empty:
        return "not known"
    if values.dtype == "category":
        return f"mostly {known.mode().iloc[0]}"
    return f"{known.mean():.4g} on average"
