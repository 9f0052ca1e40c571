"""Faults in the definition of territories, found before any lead meets them. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from leadflow.assignment.territory.territories import (
    Area,
    Conditions,
    Specificity,
    TerritoryFacts,
    TreeBroken,
    areas,
    path_of,
)


@dataclass(frozen=True)
class TerritoryFault:
    """What is wrong with one territory: its place in the list, the field, and what to do."""

    place: int
    field: str | None
    problem: str


def find_faults(territories: Sequence[TerritoryFacts]) -> list[TerritoryFault]:
    """All that is wrong; where the tree itself is broken, only that."""
    broken = [*_own(territories), *_tree(territories)]
    if broken:
        return broken
    placed = areas(territories)
    impossible = list(_impossible(territories, placed))
    places = {area.name: place for place, area in enumerate(placed)}
    ties = [TerritoryFault(places[one.name], None, _tie(one, two)) for one, two in _ties(placed)]
    return impossible + ties


def find_ties(territories: Sequence[TerritoryFacts]) -> list[str]:
    """Each pair of primary territories of which neither could win a lead that both admit.

    Raises:
        TreeBroken: a parent is not there, or a territory lies within itself.
    """
    return [_tie(one, two) for one, two in _ties(areas(territories))]


def _own(territories: Sequence[TerritoryFacts]) -> Iterator[TerritoryFault]:
    """What is wrong with single territories."""
    named = Counter(territory.name for territory in territories)
    for place, territory in enumerate(territories):
        if named[territory.name] > 1:
            said = f"There are {named[territory.name]} territories called {territory.name}."
            yield TerritoryFault(place, "name", f"{said} Give each a name of its own.")
        for low, high in territory.postal_ranges:
            if low > high or len(low) != len(high):
                said = f"{low}-{high} must go from a lower code to a higher one of the same length."
                yield TerritoryFault(place, "postal_ranges", said)
        low_size, high_size = territory.smallest_company, territory.largest_company
        if low_size is not None and high_size is not None and low_size > high_size:
            said = f"The smallest company ({low_size}) is larger than the largest ({high_size})."
            yield TerritoryFault(place, "smallest_company", said)


def _tree(territories: Sequence[TerritoryFacts]) -> Iterator[TerritoryFault]:
    """Parents that are not there, circles, and primary territories within an overlay."""
    by_name = {territory.name: territory for territory in territories}
    for place, territory in enumerate(territories):
        try:
            path_of(territory.name, by_name)
        except TreeBroken as error:
            yield TerritoryFault(place, "parent", str(error))
            continue
        parent = by_name.get(territory.parent or "")
        if parent is not None and parent.overlay and not territory.overlay:
            said = f"{parent.name} is an overlay, so that what lies within must be one as well."
            yield TerritoryFault(place, "overlay", f"{said} Write overlay: true.")


def _impossible(
    territories: Sequence[TerritoryFacts], placed: Sequence[Area]
) -> Iterator[TerritoryFault]:
    """Those that no lead can be in, although the one around them can have leads."""
    by_name = {area.name: area.conditions for area in placed}
    for place, (territory, area) in enumerate(zip(territories, placed, strict=True)):
        around = by_name.get(territory.parent or "", Conditions())
        if around.possible and not area.conditions.possible:
            said = f"No lead can be in {territory.name} and in {territory.parent} at once."
            advice = "Change its conditions, or the territory it lies within."
            yield TerritoryFault(place, None, f"{said} {advice}")


def _ties(placed: Sequence[Area]) -> Iterator[tuple[Area, Area]]:
    """Of those equally specific, the pairs that can admit the same lead. A territory and one
    within it are never equally specific, since depth counts."""
    alike: dict[Specificity, list[Area]] = defaultdict(list)
    for area in placed:
        if not area.overlay and area.conditions.possible:
            alike[area.specificity].append(area)
    for group in alike.values():
        for one, two in combinations(group, 2):
            if (one.conditions & two.conditions).possible:
                yield one, two


def _tie(one: Area, two: Area) -> str:
    return (
        f"{one.name} and {two.name} are equally specific and can admit the same lead, so that "
        "neither wins. Narrow one of them, put one within the other, or make one an overlay."
    )
