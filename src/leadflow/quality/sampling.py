"""Stratified sampling of a day's decisions: how many of each stratum, and which. Pure.

A stratum is a confidence band and a value band. Within one, every decision is as likely to be drawn
as any other; between them, decisions the machine was unsure of, or where much is at stake, are
likelier. How likely is kept with each, and reports weigh by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from heapq import heapify, heapreplace
from math import ceil, sqrt

# How much likelier a decision is drawn than one of the same number of sure and small ones.
CONFIDENCE_WEIGHTS: Mapping[str, float] = {"low": 3.0, "medium": 2.0, "high": 1.0}
VALUE_WEIGHTS: Mapping[str, float] = {"high": 3.0, "middle": 2.0, "low": 1.0}


@dataclass(frozen=True, order=True)
class Stratum:
    """``confidence``: low, medium or high; ``value``: low, middle or high."""

    confidence: str
    value: str

    @property
    def name(self) -> str:
        return f"{self.confidence} confidence, {self.value} value"

    @property
    def weight(self) -> float:
        return CONFIDENCE_WEIGHTS[self.confidence] * VALUE_WEIGHTS[self.value]


@dataclass(frozen=True)
class Candidate:
    """A decision that may be drawn. ``place``: from 1, in its stratum's seeded random order;
    ``population``: decisions in that stratum."""

    subject_id: str
    lead_id: str
    stratum: Stratum
    place: int
    population: int


@dataclass(frozen=True)
class Drawn:
    """A decision that was drawn, and how likely it was to be."""

    subject_id: str
    lead_id: str
    stratum: Stratum
    inclusion_probability: float
    second_review: bool


def seed_of(day: date, kind: str, phrase: str) -> str:
    """The seed of a day's draw: the same for the same day, kind and phrase."""
    return sha256(f"{phrase}\0{kind}\0{day.isoformat()}".encode()).hexdigest()[:32]


def allocate(populations: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """How many to draw of each stratum: ``size`` in all, at least one of every stratum that has
    any (so more than ``size`` where there are more strata), never more than there are.

    Neyman's allocation in whole numbers, with ``Stratum.weight`` where it has the standard
    deviation: each next unit goes to the largest population × weight / √(n (n + 1)), n being what
    the stratum has (T. Wright, The American Statistician 66(4), 2012).
    """
    given = {stratum: 1 for stratum in sorted(populations) if populations[stratum] > 0}
    if not given or size < 1:
        return {}

    def turn(stratum: Stratum) -> tuple[float, Stratum]:
        count = given[stratum]
        if count >= populations[stratum]:
            return 0.0, stratum
        return -populations[stratum] * stratum.weight / sqrt(count * (count + 1)), stratum

    turns = [turn(stratum) for stratum in given]
    heapify(turns)
    for _ in range(min(size, sum(populations.values())) - len(given)):
        stratum = turns[0][1]
        given[stratum] += 1
        heapreplace(turns, turn(stratum))
    return given


def draw(candidates: Sequence[Candidate], size: int, second_share: float, seed: str) -> list[Drawn]:
    """The sample, in an order that says nothing of the strata.

    Args:
        candidates: of each stratum at least the first ``size`` places.
        size: how many to draw.
        second_share: share of them that two people judge, rounded up.
    """
    populations = {item.stratum: item.population for item in candidates}
    taken = allocate(populations, size)
    chosen = [item for item in candidates if item.place <= taken.get(item.stratum, 0)]
    chosen.sort(key=lambda item: _random(seed, "order", item.subject_id))
    twice = second_reviews([item.subject_id for item in chosen], second_share, seed)
    return [
        Drawn(
            item.subject_id,
            item.lead_id,
            item.stratum,
            taken[item.stratum] / item.population,
            item.subject_id in twice,
        )
        for item in chosen
    ]


def second_reviews(subject_ids: Iterable[str], share: float, seed: str) -> frozenset[str]:
    """Those that two people judge."""
    ordered = sorted(subject_ids, key=lambda subject_id: _random(seed, "second", subject_id))
    return frozenset(ordered[: ceil(round(share * len(ordered), 9))])


def _random(seed: str, purpose: str, subject_id: str) -> str:
    return sha256(f"{seed}\0{purpose}\0{subject_id}".encode()).hexdigest()
