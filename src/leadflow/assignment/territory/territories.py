"""Territories: a tree of parts of the market, with overlays, and which of them has a lead. Pure.

A territory admits a lead that meets all its own conditions and all of those it lies within. What is
not known of a lead meets no condition. Of the primary territories that admit a lead the most
specific wins. Specificity is compared in this order, the conditions of the territories around it
included: named accounts, then postal codes, then how many of industry and company size, then
region, then country, then depth in the tree. So a named account goes to its owner wherever it is,
large companies go to those who serve large companies, and otherwise the narrower place wins.
Overlays never win: they add to what has won.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, Self

from features.normal_forms import company, compared
from leadflow.assignment.territory import postal

Specificity = tuple[int, ...]
Words = frozenset[str] | None


class Located(Protocol):
    """What is looked at in a lead."""

    @property
    def country(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def postal_code(self) -> str | None: ...
    @property
    def industry(self) -> str | None: ...
    @property
    def company_size(self) -> int | None: ...
    @property
    def company_name(self) -> str | None: ...


@dataclass(frozen=True)
class TerritoryFacts:
    """A part of the market within its parent's; an empty condition admits everything.

    ``postal_ranges``: first and last code, compared as text of the same length; ``accounts``:
    company names. An ``overlay`` adds its salespeople to those of the territory that wins.
    """

    name: str
    parent: str | None = None
    overlay: bool = False
    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    postal_ranges: tuple[tuple[str, str], ...] = ()
    industries: frozenset[str] = frozenset()
    smallest_company: int | None = None
    largest_company: int | None = None
    accounts: frozenset[str] = frozenset()


class TreeBroken(ValueError):
    """Territories that are no tree; checking them when they are defined says which and why."""


@lru_cache(maxsize=65536)
def plain(words: str | None) -> str:
    """Words to compare by: without spaces, whatever their case and however signs are written."""
    return "".join(compared(words or "").split())


def named_account(name: str | None) -> str:
    """A company to compare by: however it is spelled, and without its legal form."""
    return company(name or "")


@dataclass(frozen=True)
class Traits:
    """What of a lead conditions are compared with: plain words and a postal code, empty where
    unknown."""

    country: str
    region: str
    industry: str
    account: str
    code: str
    size: int | None

    @classmethod
    def of(cls, lead: Located) -> Self:
        """Of a lead."""
        return cls(
            country=plain(lead.country),
            region=plain(lead.region),
            industry=plain(lead.industry),
            account=named_account(lead.company_name),
            code=postal.code(lead.postal_code),
            size=lead.company_size,
        )


@dataclass(frozen=True)
class Conditions:
    """All that a lead must meet; ``None`` admits everything, an empty one nothing."""

    accounts: Words = None
    codes: tuple[postal.Range, ...] | None = None
    industries: Words = None
    smallest: int | None = None
    largest: int | None = None
    regions: Words = None
    countries: Words = None

    @classmethod
    def of(cls, territory: TerritoryFacts) -> Self:
        """A territory's own, without those around it."""
        return cls(
            accounts=frozenset(map(named_account, territory.accounts)) or None,
            codes=territory.postal_ranges or None,
            industries=_words(territory.industries),
            smallest=territory.smallest_company,
            largest=territory.largest_company,
            regions=_words(territory.regions),
            countries=_words(territory.countries),
        )

    def __and__(self, other: "Conditions") -> "Conditions":
        """What both admit."""
        codes = self.codes if other.codes is None else other.codes
        if self.codes is not None and other.codes is not None:
            codes = postal.common(self.codes, other.codes)
        return Conditions(
            accounts=_both(self.accounts, other.accounts),
            codes=codes,
            industries=_both(self.industries, other.industries),
            smallest=max(_known(self.smallest, other.smallest), default=None),
            largest=min(_known(self.largest, other.largest), default=None),
            regions=_both(self.regions, other.regions),
            countries=_both(self.countries, other.countries),
        )

    @property
    def possible(self) -> bool:
        """Whether some lead can meet them."""
        kinds = (self.accounts, self.codes, self.industries, self.regions, self.countries)
        sizes = self.smallest is None or self.largest is None or self.smallest <= self.largest
        return sizes and all(kind is None or kind for kind in kinds)

    @property
    def sized(self) -> bool:
        return self.smallest is not None or self.largest is not None

    def met_by(self, lead: Traits) -> bool:
        """Whether a lead meets them all."""
        return (
            (self.countries is None or lead.country in self.countries)
            and (self.regions is None or lead.region in self.regions)
            and (self.industries is None or lead.industry in self.industries)
            and (self.accounts is None or lead.account in self.accounts)
            and (not self.sized or self._size_met(lead.size))
            and (self.codes is None or postal.holds(self.codes, lead.code))
        )

    def _size_met(self, size: int | None) -> bool:
        if size is None:
            return False
        low, high = self.smallest, self.largest
        return (low is None or low <= size) and (high is None or size <= high)


@dataclass(frozen=True)
class Area:
    """A territory as it stands in the tree. ``path``: names from itself up to its root;
    ``conditions``: its own and those of all on the path."""

    name: str
    overlay: bool
    path: tuple[str, ...]
    conditions: Conditions

    @property
    def specificity(self) -> Specificity:
        """The more specific, the greater; a territory's is greater than that of any it is in."""
        has = self.conditions
        return (
            int(has.accounts is not None),
            int(has.codes is not None),
            int(has.industries is not None) + int(has.sized),
            int(has.regions is not None),
            int(has.countries is not None),
            len(self.path),
        )


def areas(territories: Sequence[TerritoryFacts]) -> list[Area]:
    """Every territory with its place in the tree, in the order they come.

    Raises:
        TreeBroken: a parent is not there, or a territory lies within itself.
    """
    by_name = {territory.name: territory for territory in territories}
    made = []
    for territory in territories:
        path = path_of(territory.name, by_name)
        conditions = Conditions()
        for name in path:
            conditions = conditions & Conditions.of(by_name[name])
        made.append(Area(territory.name, territory.overlay, path, conditions))
    return made


def path_of(name: str, by_name: Mapping[str, TerritoryFacts]) -> tuple[str, ...]:
    """Names from this territory up to its root.

    Raises:
        TreeBroken: a parent is not there, or a territory lies within itself.
    """
    path: list[str] = []
    at: str | None = name
    while at is not None:
        if at in path:
            raise TreeBroken(f"Territory {at} lies within itself: {' < '.join([*path, at])}.")
        if at not in by_name:
            raise TreeBroken(f"There is no territory {at} for {path[-1]} to lie within.")
        path.append(at)
        at = by_name[at].parent
    return tuple(path)


def _words(given: Iterable[str]) -> Words:
    return frozenset(map(plain, given)) or None


def _both(one: Words, other: Words) -> Words:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _known(*values: int | None) -> list[int]:
    return [value for value in values if value is not None]
