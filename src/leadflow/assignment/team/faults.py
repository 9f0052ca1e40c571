"""Faults in a sales team's definition, each with its place. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from leadflow.assignment.team.schemas import TeamIn, TerritoryIn
from leadflow.assignment.territory.faults import find_faults
from leadflow.assignment.territory.postal import read_range
from leadflow.assignment.territory.territories import TerritoryFacts


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where: ``reps[3].working_hours.mon``."""

    place: str
    problem: str


class TeamInvalid(ValueError):
    """A sales team that does not hold together; ``faults`` are all that is wrong."""

    def __init__(self, faults: list[Fault], of: str = "The sales team") -> None:
        self.faults = faults
        lines = [f"  {fault.place}: {fault.problem}" for fault in faults]
        super().__init__("\n".join([f"{of} is not valid:", *lines]))


def team_faults(team: TeamIn) -> list[Fault]:
    """All that does not fit: names used twice or not known, ties, and the fallback owner."""
    return [
        *_twice("reps", "id", [rep.id for rep in team.reps]),
        *_twice("teams", "name", [group.name for group in team.teams]),
        *_territories(team),
        *_groups(team),
        *_reps(team),
        *_fallback(team),
    ]


def territory_facts(given: TerritoryIn) -> TerritoryFacts:
    """The territory as assignment decides on it."""
    return TerritoryFacts(
        name=given.name,
        parent=given.parent,
        overlay=given.overlay,
        countries=frozenset(given.countries),
        regions=frozenset(given.regions),
        postal_ranges=tuple(read_range(text) for text in given.postal_ranges),
        industries=frozenset(given.industries),
        smallest_company=given.smallest_company,
        largest_company=given.largest_company,
        accounts=frozenset(given.accounts),
    )


def _twice(section: str, field: str, names: list[str]) -> Iterator[Fault]:
    counts = Counter(names)
    for place, name in enumerate(names):
        if counts[name] > 1:
            said = f"{name} is there {counts[name]} times; give each an own {field}"
            yield Fault(f"{section}[{place}].{field}", said)


def _territories(team: TeamIn) -> Iterator[Fault]:
    for fault in find_faults([territory_facts(given) for given in team.territories]):
        field = f".{fault.field}" if fault.field else ""
        yield Fault(f"territories[{fault.place}]{field}", fault.problem)


def _groups(team: TeamIn) -> Iterator[Fault]:
    known = {rep.id for rep in team.reps}
    for place, group in enumerate(team.teams):
        for field in ("lead", "manager"):
            person = getattr(group, field)
            if person is not None and person not in known:
                yield Fault(f"teams[{place}].{field}", f"no rep {person}; name one of the reps")


def _reps(team: TeamIn) -> Iterator[Fault]:
    areas = {territory.name for territory in team.territories}
    groups = {group.name for group in team.teams}
    for place, rep in enumerate(team.reps):
        for unknown in (name for name in rep.territories if name not in areas):
            said = f"no territory {unknown}; define it under territories"
            yield Fault(f"reps[{place}].territories", said)
        # Where no teams are listed, naming one is enough.
        if rep.team is not None and groups and rep.team not in groups:
            yield Fault(f"reps[{place}].team", f"no team {rep.team}; list it under teams")
        if rep.capacity is None and rep.id != team.fallback_owner:
            said = f"only the fallback owner may leave the capacity out; give {rep.id} a number"
            yield Fault(f"reps[{place}].capacity", said)


def _fallback(team: TeamIn) -> Iterator[Fault]:
    if not any(rep.active for rep in team.reps):
        said = "a team needs somebody active, who gets what nobody else can take"
        yield Fault("reps", said)
        return
    by_id = {rep.id: rep for rep in team.reps}
    owner = by_id.get(team.fallback_owner or "")
    if team.fallback_owner is not None and owner is None:
        yield Fault("fallback_owner", f"no rep {team.fallback_owner}; name one of the reps")
    elif owner is not None and not owner.active:
        said = f"{owner.id} is not active, but gets what nobody else can take; name another first"
        yield Fault("fallback_owner", said)
