"""The rules of score overrides: pure functions of scores and moments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=366)
DOUBLING = 10.0
SMALLEST = 1e-9


class ExpiryInvalid(ValueError):
    """An override is said to expire before it begins, or later than a year from now."""


@dataclass(frozen=True)
class Effective:
    """The score that counts, and its level."""

    total: float
    level: str


def expiry(now: datetime, said: datetime | None, days: int) -> datetime:
    """When an override ends: as said, else after this many days.

    Raises:
        ExpiryInvalid: the moment said is past, or more than a year ahead.
    """
    if said is None:
        return now + timedelta(days=days)
    if not now < said <= now + LONGEST:
        raise ExpiryInvalid("expires_at must lie ahead, and at most a year.")
    return said


def effective(
    model_total: float, model_level: str, override: tuple[float, str] | None
) -> Effective:
    """What counts: the score and level of the override in force, else the model's."""
    if override is None:
        return Effective(model_total, model_level)
    return Effective(*override)


def implied_probability(new_score: float, model_points: float, model_probability: float) -> float:
    """The chance that a score set by a person stands for.

    A score is odds on a scale of points: odds = average odds · 2^((score - 50) / 10). The model's
    own points and probability give the average odds, so the person's odds are the model's, doubled
    for every ten points that the person's score lies above the model's.

    Args:
        new_score: 0 to 100.
        model_points: the model's score at that moment, not clipped.
        model_probability: the model's chance at that moment.
    """
    model_probability = min(max(model_probability, SMALLEST), 1 - SMALLEST)
    odds = model_probability / (1 - model_probability)
    odds *= 2 ** ((new_score - model_points) / DOUBLING)
    return odds / (1 + odds)
