"""Feature drift by the population stability index: recent leads against those of the training.

For bins with shares ``e`` then and ``a`` now it is the sum of ``(a - e) · ln(a / e)``, which is the
symmetric divergence of Kullback and Leibler ("On Information and Sufficiency", 1951). The usual
bands, below 0.1 nothing, to 0.25 something, above it much, are Siddiqi's ("Credit Risk Scorecards",
2006).

Between two samples of n and m leads of the same kind the index is not nought: it is about
``1/n + 1/m`` times a chi-squared variable of ``bins - 1`` degrees of freedom (Yurdakul,
"Statistical Properties of Population Stability Index", 2018). Only what chance does not explain is
drift.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.how_many import how_many
from models.reference import FeatureReference, Reference

SOMETHING, MUCH = 0.1, 0.25
MINIMUM_LEADS = 50
HALF = 0.5  # Krichevsky and Trofimov's half a lead in each bin, so that none is empty
FALSE_ALARMS = 0.001  # share of checks, all features together, that may alarm without drift
DriftVerdict = Literal["too few", "steady", "moved", "shifted"]


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature has moved.

    ``by_chance`` is the index to expect without drift, ``limit`` the most that chance explains;
    ``most`` names the bin that moved most, with its shares then and now.
    """

    name: str
    label: str
    psi: float
    by_chance: float
    limit: float
    most: str
    share_then: float
    share_now: float
    verdict: DriftVerdict


@dataclass(frozen=True)
class Drift:
    """How far the inputs have moved: features in order, the farthest first."""

    leads: int
    reference_leads: int
    bound: float
    features: tuple[FeatureDrift, ...]

    @property
    def enough(self) -> bool:
        """Whether there are enough leads on both sides to say anything."""
        return min(self.leads, self.reference_leads) >= MINIMUM_LEADS

    @property
    def shifted(self) -> tuple[FeatureDrift, ...]:
        """The features beyond the bound."""
        return tuple(item for item in self.features if item.verdict == "shifted")

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        if not self.enough:
            return (
                f"Too few to say: {how_many(self.leads, 'recent lead')} against "
                f"{self.reference_leads:,} "
                f"learned from; at least {MINIMUM_LEADS} of each are needed."
            )
        named = self.shifted
        if not named:
            looked_at = how_many(self.leads, "recent lead")
            return f"{looked_at}: like those the model learned from."
        found = ", ".join(f"{item.label} ({item.psi:.2f})" for item in named[:5])
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        return (
            f"Recent leads differ from those the model learned from: {found}{more}. "
            f"The bound of the population stability index is {self.bound:g}."
        )


def measure(reference: Reference, frame: pd.DataFrame, bound: float = MUCH) -> Drift:
    """How far a frame of recent leads (n × features) is from the reference.

    A column the frame lacks counts as missing for every lead.
    """
    learned = max((item.leads for item in reference.features), default=0)
    found = [_measure(item, frame, len(reference.features), bound) for item in reference.features]
    order = sorted(found, key=lambda item: -item.psi)
    return Drift(len(frame), learned, bound, tuple(order))


def stability_index(then: "np.ndarray", now: "np.ndarray") -> "np.ndarray":
    """What each bin adds to the index, given the counts then and now (each of b bins)."""
    shares_then, shares_now = _shares(then), _shares(now)
    return np.asarray((shares_now - shares_then) * np.log(shares_now / shares_then))


def _shares(counts: "np.ndarray") -> "np.ndarray":
    return np.asarray((counts + HALF) / (counts.sum() + HALF * len(counts)))


def _measure(
    reference: FeatureReference, frame: pd.DataFrame, features: int, bound: float
) -> FeatureDrift:
    # Of scipy.stats, chi2.isf says the same and takes a second to load.
    from scipy.special import chdtri

    column = frame.get(reference.name, pd.Series(None, index=frame.index, dtype=object))
    then, now = np.array(reference.counts), reference.count(column)
    # A bin that nobody is in, then or now, says nothing.
    used = np.flatnonzero(then + now)
    if not then.sum() or not now.sum():
        return FeatureDrift(reference.name, reference.label, 0.0, 0.0, 0.0, "", 0.0, 0.0, "too few")
    parts = stability_index(then[used], now[used])
    psi, free = float(parts.sum()), len(used) - 1
    spread = 1 / then.sum() + 1 / now.sum()
    limit = float(chdtri(free, FALSE_ALARMS / max(1, features))) * spread if free else 0.0
    most = int(used[parts.argmax()])
    return FeatureDrift(
        reference.name,
        reference.label,
        psi,
        free * float(spread),
        limit,
        reference.names[most],
        float(then[most] / then.sum()),
        float(now[most] / now.sum()),
        _verdict(psi, limit, int(min(then.sum(), now.sum())), bound),
    )


def _verdict(psi: float, limit: float, leads: int, bound: float) -> DriftVerdict:
    if leads < MINIMUM_LEADS:
        return "too few"
    if psi <= limit:
        return "steady"
    if psi > bound:
        return "shifted"
    return "moved" if psi > SOMETHING else "steady"


def drift_rows(drift: Drift) -> list[dict[str, Any]]:
    """One row a feature, for a table that people read."""
    return [
        {
            "feature": item.label,
            "index": f"{item.psi:.3f}",
            "by chance": f"{item.by_chance:.3f}",
            "moved most": f"{item.most}: {item.share_then:.0%} to {item.share_now:.0%}",
            "verdict": item.verdict,
        }
        for item in drift.features
    ]
