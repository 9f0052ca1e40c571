"""Territories: the most specific one wins, always one alone, and what is unclear is refused."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.territory.faults import find_faults, find_ties
from leadflow.assignment.territory.postal import PostalRangeInvalid, read_range
from leadflow.assignment.territory.territories import (
    Area,
    TerritoryFacts,
    Traits,
    TreeBroken,
    areas,
)
from leadflow.assignment.territory.tree import TerritoryTree, covering, overlays, winning
from tests.examples import examples


def territory(name: str, parent: str | None = None, **conditions: Any) -> TerritoryFacts:
    ranges = tuple(read_range(text) for text in conditions.pop("postal", ()))
    known: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, tuple) else value
        for name, value in conditions.items()
    }
    return TerritoryFacts(name, parent, postal_ranges=ranges, **known)


GERMANY = territory("Germany", countries=("DE",))
WORLD = [
    GERMANY,
    territory("Berlin", "Germany", regions=("BE",)),
    territory("German codes", "Germany", postal=("10000-19999",)),
    territory("Large", countries=("DE", "FR"), smallest_company=1000),
    territory("Acme", accounts=("Acme GmbH",)),
    territory("Banks", overlay=True, industries=("Finance",)),
    territory("German banks", "Banks", overlay=True, countries=("DE",)),
]
LEAD = LeadSnapshot("lead", country="DE")


@pytest.mark.parametrize(
    ("facts", "winner"),
    [
        ({}, "Germany"),
        ({"country": None}, None),
        ({"country": "US"}, None),
        ({"region": "BE"}, "Berlin"),
        ({"country": "US", "region": "BE"}, None),
        ({"region": "BE", "company_size": 1000}, "Large"),
        ({"region": "BE", "company_size": 999}, "Berlin"),
        ({"company_size": 1000, "postal_code": "10 115-001"}, "German codes"),
        ({"postal_code": "101"}, "Germany"),
        ({"postal_code": "20095"}, "Germany"),
        ({"country": None, "company_name": "ACME  gmbh"}, "Acme"),
        ({"company_name": "Acme GmbH", "postal_code": "10115"}, "Acme"),
    ],
)
def test_the_most_specific_territory_that_admits_a_lead_wins(
    facts: dict[str, Any], winner: str | None
) -> None:
    assert find_faults(WORLD) == []
    assert winning(replace(LEAD, **facts), WORLD) == winner


def test_a_territory_admits_only_within_those_around_it() -> None:
    german = replace(LEAD, industry="finance")
    assert overlays(german, WORLD) == {"Banks", "German banks"}
    assert overlays(replace(german, country="FR"), WORLD) == {"Banks"}


def test_the_nearest_staffed_territory_has_the_lead_and_overlays_add_theirs() -> None:
    tree = TerritoryTree(WORLD)
    lead = replace(LEAD, region="BE", industry="FINANCE")
    assert covering(lead, tree, frozenset({"Berlin", "Germany"})) == {"Berlin"}
    assert covering(lead, tree, frozenset({"Germany", "Large"})) == {"Germany"}
    assert covering(lead, tree, frozenset({"Germany", "Banks"})) == {"Germany", "Banks"}
    assert covering(lead, tree, frozenset({"Large"})) == frozenset()


def test_a_tie_names_both_and_says_how_to_mend_it() -> None:
    tied = [territory("A", regions=("CA",)), territory("B", regions=("CA", "NY"))]
    [said] = find_ties(tied)
    assert "A and B" in said
    assert "overlay" in said
    assert find_ties([tied[0], replace(tied[1], overlay=True)]) == []
    assert find_ties([tied[0], territory("B", regions=("NY",))]) == []
    assert find_ties([territory("US", countries=("US",)), *tied[:1]]) == []


@pytest.mark.parametrize(
    ("one", "two", "ties"),
    [
        (("10000-19999",), ("19999-20000",), 1),
        (("10000-19999",), ("20000-29999",), 0),
        (("10000-19999",), ("19",), 1),
        (("10000-19989",), ("19990-19999", "200"), 0),
        (("SW1-SW9",), ("SW1A1AA",), 1),
    ],
)
def test_postal_ranges_of_any_lengths_are_compared(
    one: tuple[str, ...], two: tuple[str, ...], ties: int
) -> None:
    assert len(find_ties([territory("A", postal=one), territory("B", postal=two)])) == ties


@pytest.mark.parametrize(
    ("made", "place", "field", "said"),
    [
        ([territory("A", "B"), territory("B", "A")], 0, "parent", "lies within itself"),
        ([territory("A", "Mars")], 0, "parent", "no territory Mars"),
        ([territory("A"), territory("A")], 0, "name", "2 territories called A"),
        ([GERMANY, territory("P", "Germany", countries=("FR",))], 1, None, "No lead can be in P"),
        ([territory("A", overlay=True), territory("B", "A")], 1, "overlay", "overlay: true"),
        ([territory("A", smallest_company=9, largest_company=8)], 0, "smallest_company", "larger"),
        ([TerritoryFacts("A", postal_ranges=(("2", "1"),))], 0, "postal_ranges", "lower code"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_place(
    made: list[TerritoryFacts], place: int, field: str | None, said: str
) -> None:
    first = find_faults(made)[0]
    assert (first.place, first.field) == (place, field)
    assert said in first.problem


def test_a_tree_that_is_none_is_refused_rather_than_followed_forever() -> None:
    with pytest.raises(TreeBroken, match="within itself"):
        TerritoryTree([territory("A", "B"), territory("B", "A")])


@pytest.mark.parametrize("text", ["", "-", "10-1", "2-1", "1-2-3", "a-b-c-d-e"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PostalRangeInvalid):
        read_range(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10000 - 19999", ("10000", "19999")),
        ("sw1", ("SW1", "SW1")),
        ("00-950-00-999", ("00950", "00999")),
    ],
)
def test_a_range_is_read_as_people_write_it(text: str, span: tuple[str, str]) -> None:
    assert read_range(text) == span


def some(*words: str) -> st.SearchStrategy[frozenset[str]]:
    return st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(words), max_size=2))


RANGES = ("10-19", "15-25", "1", "2", "150-199", "26")
CODES = (None, "1", "12", "17", "2 5", "151", "26-1")


@st.composite
def forests(draw: st.DrawFn) -> list[TerritoryFacts]:
    made: list[TerritoryFacts] = []
    for number in range(draw(st.integers(1, 7))):
        parent = draw(st.sampled_from([None, *made]))
        spans = draw(st.lists(st.sampled_from(RANGES), max_size=2))
        made.append(
            TerritoryFacts(
                name=f"t{number}",
                parent=None if parent is None else parent.name,
                overlay=bool(parent and parent.overlay) or draw(st.integers(0, 4)) == 0,
                countries=draw(some("DE", "FR")),
                regions=draw(some("BE", "HH")),
                postal_ranges=tuple(read_range(text) for text in spans),
                industries=draw(some("Retail", "finance")),
                smallest_company=draw(st.sampled_from([None, None, 10, 100])),
                largest_company=draw(st.sampled_from([None, None, 50, 500])),
                accounts=draw(st.one_of(st.just(frozenset()), some("Acme", "Bolt Inc"))),
            )
        )
    return made


LEADS = st.builds(
    LeadSnapshot,
    lead_id=st.just("lead"),
    country=st.sampled_from([None, "DE", "FR", "US"]),
    region=st.sampled_from([None, "BE", "HH"]),
    postal_code=st.sampled_from(CODES),
    industry=st.sampled_from([None, "RETAIL", "Finance"]),
    company_size=st.sampled_from([None, 0, 10, 50, 51, 100, 501]),
    company_name=st.sampled_from([None, "acme", "Bolt inc", "Other"]),
)


def admitting(lead: LeadSnapshot, made: Sequence[TerritoryFacts]) -> list[Area]:
    """Those whose own conditions and those of all around them hold, one after another."""
    by_name = {area.name: area for area in areas(made)}
    own = {
        one.name: areas([replace(one, parent=None)])[0].conditions.met_by(Traits.of(lead))
        for one in made
    }
    return [area for area in by_name.values() if all(own[name] for name in area.path)]


@settings(max_examples=examples(120), deadline=None)
@given(forests(), st.lists(LEADS, min_size=1, max_size=12))
def test_where_no_tie_is_found_no_lead_has_two_winners(
    made: list[TerritoryFacts], leads: list[LeadSnapshot]
) -> None:
    tied = find_ties(made)
    for lead in leads:
        primary = [area for area in admitting(lead, made) if not area.overlay]
        best = max((area.specificity for area in primary), default=())
        first = [area for area in primary if area.specificity == best]
        assert tied or len(first) <= 1
        assert all(f"{a.name} and {b.name}" in " ".join(tied) for a, b in pairwise(first))


@settings(max_examples=examples(100), deadline=None)
@given(forests(), st.lists(LEADS, min_size=1, max_size=12))
def test_the_prepared_tree_answers_as_comparing_one_by_one_does(
    made: list[TerritoryFacts], leads: list[LeadSnapshot]
) -> None:
    tree = TerritoryTree(made)
    for lead in leads * 2:
        found = admitting(lead, made)
        assert tree.overlays(lead) == {area.name for area in found if area.overlay}
        primary = [area for area in found if not area.overlay]
        best = max((area.specificity for area in primary), default=())
        winners: set[str | None] = {area.name for area in primary if area.specificity == best}
        winners = winners or {None}
        assert tree.winning(lead) in winners
        if len(winners) == 1:
            assert winning(lead, made) == tree.winning(lead)
