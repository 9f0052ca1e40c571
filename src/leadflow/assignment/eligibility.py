"""Who may get a lead at all: pure rules, each with a name that a trace can show."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LeadFacts:
    """What assignment looks at in a lead. ``wants``: known skills among the services asked for."""

    lead_id: str
    country: str | None
    region: str | None
    industry: str | None
    company_size: int | None
    wants: frozenset[str]


@dataclass(frozen=True)
class TerritoryFacts:
    """A part of the market; an empty condition admits everything."""

    name: str
    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    smallest_company: int | None = None
    largest_company: int | None = None

    def admits(self, lead: LeadFacts) -> bool:
        """Whether every condition holds. What is not known of a lead meets no condition."""
        return (
            _within(lead.country, self.countries)
            and _within(lead.region, self.regions)
            and _within(lead.industry, self.industries)
            and self._admits_size(lead.company_size)
        )

    @property
    def conditions(self) -> int:
        """How many conditions it has: the more, the more specific."""
        sized = self.smallest_company is not None or self.largest_company is not None
        return sum(map(bool, (self.countries, self.regions, self.industries, sized)))

    def _admits_size(self, size: int | None) -> bool:
        if self.smallest_company is None and self.largest_company is None:
            return True
        if size is None:
            return False
        low, high = self.smallest_company or 0, self.largest_company
        return low <= size and (high is None or size <= high)


@dataclass(frozen=True)
class RepFacts:
    """A salesperson. ``load``: leads in work now; ``received``: leads ever assigned."""

    rep_id: str
    capacity: int
    weight: float
    active: bool
    skills: Mapping[str, int]
    territories: tuple[TerritoryFacts, ...]
    load: int
    received: int

    def territory_for(self, lead: LeadFacts) -> TerritoryFacts | None:
        """The most specific of the rep's territories that admits the lead."""
        admitting = [area for area in self.territories if area.admits(lead)]
        return max(admitting, key=lambda area: (area.conditions, area.name), default=None)


def exclusion(lead: LeadFacts, rep: RepFacts, load: int) -> str | None:
    """Why the rep cannot get the lead: inactive, full, territory or skill; None if they can.

    A rep without territories works everywhere. A lead that asks for skills needs a rep who knows
    at least one of them.
    """
    if not rep.active:
        return "inactive"
    if load >= rep.capacity:
        return "full"
    if rep.territories and rep.territory_for(lead) is None:
        return "territory"
    if lead.wants and not (lead.wants & rep.skills.keys()):
        return "skill"
    return None


def _within(value: str | None, allowed: frozenset[str]) -> bool:
    return not allowed or value in allowed
