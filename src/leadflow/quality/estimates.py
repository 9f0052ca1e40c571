"""Estimates for all decisions from a sample, weighted by how likely each item was drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.6448536269514722  # 9 times in 10


@dataclass(frozen=True)
class Share:
    """A share of all decisions. ``low`` to ``high`` holds the true one 9 times in 10. ``items``
    were looked at; weighted unevenly, they tell as much as ``effective`` drawn all alike."""

    value: float
    low: float
    high: float
    items: int
    effective: float


def weighted_share(held: Sequence[bool], weights: Sequence[float]) -> Share | None:
    """The share of the population for which something holds; None without items.

    Hájek's estimator: Σ weight of those that hold / Σ weight (J. Hájek, 1971), with weights of one
    over the inclusion probability. The interval is Wilson's on Kish's effective sample size,
    (Σ weight)² / Σ weight² (L. Kish, Survey Sampling, 1965), which does not count what stratifying
    gains: a little wide rather than too narrow.
    """
    total = sum(weights)
    if total <= 0:
        return None
    value = sum(w for holds, w in zip(held, weights, strict=True) if holds) / total
    effective = total**2 / sum(weight**2 for weight in weights)
    low, high = wilson(value, effective)
    return Share(value, low, high, len(weights), effective)


def wilson(share: float, size: float) -> tuple[float, float]:
    """Wilson's interval of a share seen in ``size`` draws, which need not be a whole number
    (E. B. Wilson, Journal of the American Statistical Association 22, 1927)."""
    shrink = 1.0 + Z**2 / size
    centre = (share + Z**2 / (2.0 * size)) / shrink
    half = Z * sqrt(share * (1.0 - share) / size + Z**2 / (4.0 * size**2)) / shrink
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def answer_weights(
    probabilities: Sequence[float], groups: Sequence[object], answered: Sequence[bool]
) -> list[float]:
    """One over the inclusion probability of each answered item, in their order, raised by what its
    group (the stratum of one draw) has not answered yet: those who have, stand for it.

    A group without any answer is stood for by nobody.
    """
    drawn: dict[object, int] = {}
    done: dict[object, int] = {}
    for group, said in zip(groups, answered, strict=True):
        drawn[group] = drawn.get(group, 0) + 1
        done[group] = done.get(group, 0) + said
    return [
        drawn[group] / done[group] / probability
        for probability, group, said in zip(probabilities, groups, answered, strict=True)
        if said
    ]
