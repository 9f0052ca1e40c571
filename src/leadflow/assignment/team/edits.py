"""Changing one salesperson or one territory of the team in use; each change is a version."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from leadflow.assignment.team.faults import Fault, TeamInvalid
from leadflow.assignment.team.file import shape_faults
from leadflow.assignment.team.schemas import DaysOff, RepIn, TeamIn, TerritoryIn
from leadflow.assignment.team.store import RepNotFound, StoredTeam
from leadflow.assignment.team.versions import lock_team, store_team

IS_FALLBACK = "is_fallback"


class DaysOffNotFound(LookupError):
    """The salesperson has no days off that begin then."""


class TerritoryNotFound(LookupError):
    """There is no such territory."""


class TerritoryInUse(ValueError):
    """The territory has others within it, or salespeople."""


def find_rep(stored: StoredTeam, rep_id: str) -> RepIn:
    """The salesperson of this id, ours or the company's own.

    Raises:
        RepNotFound: there is none.
    """
    for rep in stored.team.reps:
        if rep_id in (rep.id, stored.reps[rep.id]):
            return rep
    raise RepNotFound(rep_id)


def change_rep(session: Session, rep_id: str, changes: Mapping[str, Any], by: str) -> int:
    """Change the fields that are named, as a team file names them; the version in use afterwards.
    ``is_fallback: true`` makes this one the fallback owner.

    Raises:
        RepNotFound: there is no such salesperson.
        TeamInvalid: the change makes no sense; places are the fields.
    """
    stored = lock_team(session)
    rep = find_rep(stored, rep_id)
    fields = {name: value for name, value in changes.items() if name != IS_FALLBACK}
    if fields.get("id", rep.id) != rep.id:
        raise TeamInvalid([Fault("id", "cannot change; add another rep instead")], "The rep")
    try:
        changed = RepIn.model_validate(rep.model_dump(by_alias=True) | fields)
    except ValidationError as error:
        raise TeamInvalid(shape_faults(error), "The rep") from error
    owner = stored.team.fallback_owner
    if IS_FALLBACK in changes:
        owner = _owner(owner, rep.id, changes[IS_FALLBACK])
    return _store(session, stored.team, changed, owner, by)


def add_days_off(session: Session, rep_id: str, days: DaysOff, by: str) -> int:
    """Add days off, made one with those they overlap; the version in use afterwards.

    Raises:
        RepNotFound: there is no such salesperson.
    """
    rep = find_rep(lock_team(session), rep_id)
    given = [one.model_dump() for one in (*rep.days_off, days)]
    return change_rep(session, rep_id, {"days_off": given}, by)


def remove_days_off(session: Session, rep_id: str, first: date, by: str) -> int:
    """Take back the days off that begin on this day; the version in use afterwards.

    Raises:
        RepNotFound: there is no such salesperson.
        DaysOffNotFound: none of theirs begin then.
    """
    rep = find_rep(lock_team(session), rep_id)
    kept = [days.model_dump() for days in rep.days_off if days.first != first]
    if len(kept) == len(rep.days_off):
        known = ", ".join(str(days.first) for days in rep.days_off) or "there are none"
        raise DaysOffNotFound(f"No days off begin on {first}. They begin on: {known}.")
    return change_rep(session, rep_id, {"days_off": kept}, by)


def put_territory(
    session: Session, name: str, given: Mapping[str, Any], by: str
) -> tuple[int, bool]:
    """Add or replace one territory; the version in use afterwards, and whether it is new.

    Raises:
        TeamInvalid: it makes no sense, or ties with another; places are the fields.
    """
    stored = lock_team(session)
    try:
        territory = TerritoryIn.model_validate({**given, "name": name})
    except ValidationError as error:
        raise TeamInvalid(shape_faults(error), f"Territory {name}") from error
    change = TeamIn(territories=[territory], reps=[])
    version = _checked(session, change, by, "territories[0]", f"Territory {name}")
    return version, territory.name not in stored.territories


def remove_territory(session: Session, name: str, by: str) -> int:
    """Take a territory away; the version in use afterwards.

    Raises:
        TerritoryNotFound: there is none of this name.
        TerritoryInUse: others lie within it, or salespeople have it.
    """
    team = lock_team(session).team
    if all(territory.name != name for territory in team.territories):
        raise TerritoryNotFound(f"There is no territory {name}.")
    within = [one.name for one in team.territories if one.parent == name]
    having = [rep.id for rep in team.reps if name in rep.territories]
    if within:
        said = f"Territory {name} has others within it: {', '.join(within)}."
        raise TerritoryInUse(f"{said} Give them another parent, or delete them first.")
    if having:
        said = f"Territory {name} has salespeople: {', '.join(having)}."
        raise TerritoryInUse(f"{said} Give them others first (PATCH /reps/{{id}}).")
    kept = [territory for territory in team.territories if territory.name != name]
    return store_team(session, team.model_copy(update={"territories": kept}), by, replace=True)


def _owner(current: str | None, rep_id: str, wanted: Any) -> str | None:
    if wanted is True:
        return rep_id
    if wanted is False and current != rep_id:
        return current
    said = "write true for another rep instead: somebody must get what nobody else can take"
    raise TeamInvalid([Fault(IS_FALLBACK, said)], "The rep")


def _store(session: Session, team: TeamIn, rep: RepIn, owner: str | None, by: str) -> int:
    """The whole team is checked with this one first, so that its faults are known by place."""
    others = [one for one in team.reps if one.id != rep.id]
    whole = team.model_copy(update={"reps": [rep, *others], "fallback_owner": owner})
    return _checked(session, whole, by, "reps[0]", "The rep")


def _checked(session: Session, team: TeamIn, by: str, place: str, of: str) -> int:
    try:
        return store_team(session, team, by)
    except TeamInvalid as error:
        faults = [
            Fault(fault.place.removeprefix(place).lstrip(".") or "name", fault.problem)
            for fault in error.faults
        ]
        raise TeamInvalid(faults, of) from error
