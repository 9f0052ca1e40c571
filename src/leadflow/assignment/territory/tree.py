"""Lookup of the territories that cover a lead; the tree is built once for many leads. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from leadflow.assignment.territory import postal
from leadflow.assignment.territory.territories import (
    Area,
    Located,
    TerritoryFacts,
    Traits,
    areas,
    named_account,
    plain,
)

MOST_REMEMBERED = 100_000
Key = tuple[str, str, str, str, str, int]
Standing = tuple[Area | None, frozenset[str]]


class TerritoryTree:
    """Territories, prepared for asking about many leads.

    Leads that no condition tells apart are answered from memory; the rest are compared with the
    territories of their country alone, the most specific first.

    Raises:
        TreeBroken: a parent is not there, or a territory lies within itself.
    """

    def __init__(self, territories: Sequence[TerritoryFacts]) -> None:
        placed = [area for area in areas(territories) if area.conditions.possible]
        placed.sort(key=lambda area: (area.specificity, area.name), reverse=True)
        everywhere = [area for area in placed if area.conditions.countries is None]
        self._countries = {
            country: [area for area in placed if _of_country(area, country)]
            for country in _all_words(placed, "countries")
        }
        self._elsewhere = everywhere
        self._tell_apart = _Telling(placed)
        self._standings: dict[Key, Standing] = {}
        self._coverings: dict[tuple[Key, frozenset[str]], frozenset[str]] = {}

    def winning(self, lead: Located) -> str | None:
        """The most specific primary territory that admits the lead, if any does."""
        winner, _ = self._standing(self._tell_apart.key(lead), lead)
        return None if winner is None else winner.name

    def overlays(self, lead: Located) -> frozenset[str]:
        """The overlays that admit the lead."""
        return self._standing(self._tell_apart.key(lead), lead)[1]

    def covering(self, lead: Located, staffed: frozenset[str]) -> frozenset[str]:
        """The territories whose salespeople may have the lead, where ``staffed`` are those that
        have any: the one that wins, or the nearest one around it that is staffed, and overlays."""
        key = self._tell_apart.key(lead)
        known = self._coverings.get((key, staffed))
        if known is None:
            winner, overlays = self._standing(key, lead)
            path = () if winner is None else winner.path
            nearest = next((name for name in path if name in staffed), None)
            known = (overlays & staffed) | ({nearest} if nearest is not None else frozenset())
            if len(self._coverings) >= MOST_REMEMBERED:
                self._coverings.clear()
            self._coverings[key, staffed] = known
        return known

    def _standing(self, key: Key, lead: Located) -> Standing:
        known = self._standings.get(key)
        if known is None:
            traits = Traits.of(lead)
            possible = self._countries.get(traits.country, self._elsewhere)
            admitting = [area for area in possible if area.conditions.met_by(traits)]
            winner = next((area for area in admitting if not area.overlay), None)
            known = winner, frozenset(area.name for area in admitting if area.overlay)
            if len(self._standings) >= MOST_REMEMBERED:
                self._standings.clear()
            self._standings[key] = known
        return known


def winning(lead: Located, territories: Sequence[TerritoryFacts]) -> str | None:
    """The most specific primary territory that admits one lead, if any does."""
    return TerritoryTree(territories).winning(lead)


def overlays(lead: Located, territories: Sequence[TerritoryFacts]) -> frozenset[str]:
    """The overlays that admit one lead."""
    return TerritoryTree(territories).overlays(lead)


def covering(lead: Located, tree: TerritoryTree, staffed: frozenset[str]) -> frozenset[str]:
    """The territories whose salespeople may have the lead; see ``TerritoryTree.covering``."""
    return tree.covering(lead, staffed)


class _Telling:
    """What conditions tell leads apart by: words and codes that no condition names are all one,
    and sizes are told apart only by the bounds that some condition has."""

    def __init__(self, placed: Sequence[Area]) -> None:
        self._country = _folding(_all_words(placed, "countries"))
        self._region = _folding(_all_words(placed, "regions"))
        self._industry = _folding(_all_words(placed, "industries"))
        self._account = _folding(_all_words(placed, "accounts"), named_account)
        codes = [span for area in placed for span in area.conditions.codes or ()]
        self._length = max((len(low) for low, _ in codes), default=0)
        lows = {area.conditions.smallest for area in placed}
        highs = {area.conditions.largest for area in placed}
        bounds = {low for low in lows if low is not None}
        self._bounds = sorted(bounds | {high + 1 for high in highs if high is not None})

    def key(self, lead: Located) -> Key:
        """Equal for leads that every territory treats alike."""
        size, code = lead.company_size, ""
        if self._length and lead.postal_code:
            code = postal.code(lead.postal_code)[: self._length]
        return (
            self._country(lead.country),
            self._region(lead.region),
            self._industry(lead.industry),
            self._account(lead.company_name),
            code,
            -1 if size is None else bisect_right(self._bounds, size),
        )


def _folding(
    named: set[str], form: Callable[[str | None], str] = plain
) -> Callable[[str | None], str]:
    if not named:
        return lambda words: ""

    def fold(words: str | None) -> str:
        found = form(words)
        return found if found in named else ""

    return fold


def _all_words(placed: Sequence[Area], kind: str) -> set[str]:
    return {word for area in placed for word in getattr(area.conditions, kind) or ()}


def _of_country(area: Area, country: str) -> bool:
    return area.conditions.countries is None or country in area.conditions.countries
