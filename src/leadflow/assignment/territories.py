"""Territories: a tree of parts of the market, with overlays. Pure."""

from dataclasses import dataclass


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
