"""Snapshots of leads and of the sales team: values that are read once and decided on without a
store."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from leadflow.assignment.territory.territories import TerritoryFacts
from leadflow.hours import Calendar


@dataclass(frozen=True)
class LeadSnapshot:
    """What assignment looks at in a lead. ``wants``: known skills among the services asked for;
    ``value``: what it is worth if it converts, in currency units; ``segment``: what performance is
    told apart by (its industry)."""

    lead_id: str
    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    industry: str | None = None
    company_size: int | None = None
    company_name: str | None = None
    language: str | None = None
    wants: frozenset[str] = frozenset()
    level: str | None = None
    total_score: float | None = None
    probability: float | None = None
    value: float = 1.0

    @property
    def segment(self) -> str:
        return self.industry or ""


@dataclass(frozen=True)
class RepSnapshot:
    """A salesperson. ``capacity``: most leads in work at once, ``None`` without a limit (the
    fallback owner); ``ramp_share``: share of the capacity and of the turns given while new;
    ``external_id``: the company's own; ``territories``: names; ``load``: leads in work now."""

    rep_id: str
    capacity: int | None
    external_id: str = ""
    weight: float = 1.0
    ramp_share: float = 1.0
    active: bool = True
    team: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    territories: frozenset[str] = frozenset()
    calendar: Calendar | None = None
    is_fallback: bool = False
    load: int = 0

    @property
    def limit(self) -> int | None:
        """Most leads in work at once as of now: the ramp's share of the capacity, rounded down,
        and at least 1 of any capacity at all; ``None`` without a limit."""
        if not self.capacity:
            return self.capacity
        # Rounded first: 29 % of 100 is a little under 29 in floating point.
        return max(1, math.floor(round(self.capacity * self.ramp_share, 6)))


@dataclass(frozen=True)
class TeamSnapshot:
    """All salespeople by id, and the territories; ``version`` changes whenever any of it does
    (loads excepted)."""

    version: int
    reps: tuple[RepSnapshot, ...]
    territories: tuple[TerritoryFacts, ...] = ()
