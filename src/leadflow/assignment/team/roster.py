"""Everyone in the team as they stand now, for people to look at."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.team.edits import TerritoryNotFound
from leadflow.assignment.team.schemas import RepIn, TeamIn, TerritoryIn
from leadflow.assignment.team.snapshot import read_team
from leadflow.assignment.team.store import RepNotFound, read_stored
from leadflow.hours import NeverWorks


@dataclass(frozen=True)
class RosterEntry:
    """A salesperson: what is stored, what assignment makes of it now, whether at work, and when
    next (now, if so; ``None`` if never within 400 days)."""

    given: RepIn
    facts: RepSnapshot
    working: bool
    opens_at: datetime | None


@dataclass(frozen=True)
class TerritoryNode:
    """A territory, the company's own ids of its salespeople, and those within it."""

    territory: TerritoryIn
    reps: list[str]
    children: list["TerritoryNode"]


def roster(session: Session, now: datetime) -> list[RosterEntry]:
    """Everyone, by the company's own id."""
    stored = read_stored(session)
    facts = {rep.rep_id: rep for rep in read_team(session, now).reps}
    return [_standing(rep, facts[stored.reps[rep.id]], now) for rep in stored.team.reps]


def find_standing(session: Session, rep_id: str, now: datetime) -> RosterEntry:
    """The salesperson of this id, ours or the company's own.

    Raises:
        RepNotFound: there is none.
    """
    for standing in roster(session, now):
        if rep_id in (standing.facts.rep_id, standing.given.id):
            return standing
    raise RepNotFound(rep_id)


def territory_forest(team: TeamIn) -> list[TerritoryNode]:
    """The territories as they lie within each other; roots and siblings by name."""
    nodes = {
        territory.name: TerritoryNode(
            territory,
            [rep.id for rep in team.reps if rep.active and territory.name in rep.territories],
            [],
        )
        for territory in team.territories
    }
    roots: list[TerritoryNode] = []
    for node in nodes.values():
        parent = nodes.get(node.territory.parent or "")
        (roots if parent is None else parent.children).append(node)
    return roots


def find_territory(team: TeamIn, name: str) -> TerritoryNode:
    """The territory of this name.

    Raises:
        TerritoryNotFound: there is none.
    """
    within = territory_forest(team)
    while within:
        node = within.pop()
        if node.territory.name == name:
            return node
        within.extend(node.children)
    raise TerritoryNotFound(f"There is no territory {name}.")


def _standing(rep: RepIn, facts: RepSnapshot, now: datetime) -> RosterEntry:
    calendar = facts.calendar
    if calendar is None or not facts.active:
        return RosterEntry(rep, facts, working=False, opens_at=None)
    try:
        opens_at = calendar.opens(now)
    except NeverWorks:
        return RosterEntry(rep, facts, working=False, opens_at=None)
    return RosterEntry(rep, facts, working=opens_at <= now, opens_at=opens_at)
