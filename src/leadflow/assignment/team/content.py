"""A sales team as one value: joining what is new to what is there, and its one way of writing.
Pure."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import TypeVar

from leadflow.assignment.team.schemas import GroupIn, RepIn, TeamIn, TerritoryIn

Part = TypeVar("Part", GroupIn, RepIn, TerritoryIn)
NOBODY = TeamIn(reps=[])


def joined(current: TeamIn, given: TeamIn, *, replace: bool) -> TeamIn:
    """The team after ``given`` is stored over ``current``: first what is given, in its order, then
    the rest.

    What is named anew takes the place of what is there. With ``replace`` the rest goes: salespeople
    who are not named become inactive and lose their territories, everything else is gone.
    """
    others = _unnamed(current.reps, given.reps, "id")
    whole = given.model_copy(
        update={
            "reps": [*given.reps, *(map(_gone, others) if replace else others)],
            "teams": given.teams or _named(given.reps),
            "territories": given.territories,
        }
    )
    if not replace:
        new = given.teams or _unnamed(whole.teams, current.teams, "name")
        whole.teams = [*new, *_unnamed(current.teams, new, "name")]
        others_of_tree = _unnamed(current.territories, given.territories, "name")
        whole.territories = [*given.territories, *others_of_tree]
    if whole.fallback_owner is None:
        kept = not replace or any(rep.id == current.fallback_owner for rep in given.reps)
        whole.fallback_owner = current.fallback_owner if kept else None
    return with_owner(whole)


def with_owner(team: TeamIn) -> TeamIn:
    """The team with a fallback owner, who gets what nobody else can take: the one it names, else
    the first active manager, else the first active salesperson."""
    if team.fallback_owner is not None:
        return team
    active = [rep.id for rep in team.reps if rep.active]
    managers = [group.manager for group in team.teams if group.manager in active]
    return team.model_copy(update={"fallback_owner": next(iter([*managers, *active]), None)})


def ordered(team: TeamIn) -> TeamIn:
    """The team in its one order, with every team that somebody is in listed."""
    groups = [*team.teams, *_unnamed(_named(team.reps), team.teams, "name")]
    return TeamIn(
        fallback_owner=team.fallback_owner,
        teams=sorted(groups, key=lambda group: group.name),
        territories=in_order(team.territories),
        reps=sorted(team.reps, key=lambda rep: rep.id),
    )


def in_order(territories: Iterable[TerritoryIn]) -> list[TerritoryIn]:
    """By name, each after the one it lies within; those in a circle come last."""
    waiting = sorted(territories, key=lambda territory: territory.name)
    names = {territory.name for territory in waiting}
    done: list[TerritoryIn] = []
    placed: set[str] = set()
    while waiting:
        ready = [
            one for one in waiting if one.parent in placed or one.parent not in names
        ] or waiting
        done.extend(ready)
        placed.update(one.name for one in ready)
        waiting = [one for one in waiting if one.name not in placed]
    return done


def content(team: TeamIn) -> str:
    """The team as JSON; equal for equal teams."""
    return json.dumps(plain_team(team), ensure_ascii=False, sort_keys=True)


def plain_team(team: TeamIn) -> dict[str, object]:
    """The team as the file format has it, without what says nothing; dates as text."""
    return team.model_dump(mode="json", exclude_defaults=True)


def content_hash(written: str) -> str:
    """What tells two teams apart."""
    return sha256(written.encode()).hexdigest()


def _unnamed(current: Iterable[Part], given: Iterable[Part], key: str) -> list[Part]:
    named = {getattr(one, key) for one in given}
    return [one for one in current if getattr(one, key) not in named]


def _named(reps: Iterable[RepIn]) -> list[GroupIn]:
    """Where no teams are listed, naming one is enough."""
    return [GroupIn(name=name) for name in sorted({rep.team for rep in reps if rep.team})]


def _gone(rep: RepIn) -> RepIn:
    changes = {"active": False, "team": None, "capacity": rep.capacity or 0}
    return rep.model_copy(update={**changes, "territories": []})
